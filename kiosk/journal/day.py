"""A day as the journal adds it up: from the first entry of that day to the last there is, by what the kiosk itself knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.counter.book import POSTED, RECORDED
from kiosk.counter.deals import DaySum
from kiosk.journal.reading import JournalReader
from kiosk.journal.values import FactRow
from schemas.entries import DayFigures

_SINCE = (
    "e.kind != 'day_closed' AND e.number > (SELECT coalesce(max(c.number), 0) FROM entries AS c"
    " WHERE c.kind = 'day_closed' AND c.text ->> 'day' < ?)"
)

Entry = dict[str, Any]  # an entry's own text, which the contract has checked when it was written


def added_up(journal: JournalReader, day: date, timezone: str) -> DaySum:
    """The sum of that day. Entries between its first and the last belong to it whatever their clock said, so that none falls between
    two days; voided sales are in ``sales``, voids apart. What was called off is no sale, whatever the ledger said to it before. The
    ledger adds the same entries up (``ledger/kiosks/days.py``)."""
    recent = [(json.loads(row.text), row) for row in journal.facts(_SINCE, day.isoformat())]
    rows = recent[_begin([entry for entry, _ in recent], day, ZoneInfo(timezone)) :]
    first, last = (rows[0][1].number, rows[-1][1].number) if rows else (None, None)
    return DaySum(day, first, last, _figures(rows, journal))


def _begin(entries: list[Entry], day: date, zone: ZoneInfo) -> int:
    """The place of the day's first entry, or the end. A sale whose goods went after midnight begins with its ``asked``."""
    begin = next((n for n, at in enumerate(_times(entries)) if at.astimezone(zone).date() == day), len(entries))
    if begin < len(entries) and entries[begin]["kind"] in ("handed_over", "called_off"):
        asked = (n for n in range(begin) if entries[n]["id"] == entries[begin]["asked"])
        return next(asked, begin)
    return begin


def _times(entries: list[Entry]) -> list[datetime]:
    """When each entry was written. After a start without a line the clock is wrong until the ledger is heard: then the time is
    reckoned back from the next entry of the same boot that knew it."""
    times: list[datetime] = []
    known: Entry | None = None
    for entry in reversed(entries):
        known = entry if entry["clock_trusted"] else known if known and known["boot"] == entry["boot"] else None
        ago_ms = known["monotonic_ms"] - entry["monotonic_ms"] if known else 0
        times.append(datetime.fromisoformat((known or entry)["wall"]) - timedelta(milliseconds=ago_ms))
    return times[::-1]


def _figures(rows: list[tuple[Entry, FactRow]], journal: JournalReader) -> DayFigures:
    handed = {entry["asked"] for entry, row in rows if row.kind == "handed_over"}
    given_up = {entry["asked"] for entry, row in rows if row.kind == "called_off"}
    sales = [entry for entry, row in rows if _counts(entry, row, handed) and entry["id"] not in given_up]
    offline = [entry for entry in sales if entry["id"] in handed]
    moved = [entry for entry, row in rows if row.kind == "voided" and _outcome(row) != RECORDED]
    voids = [_sale_of(journal, entry["sale"]) for entry in moved]
    cash = [entry["cash_fen"] for entry in sales if entry.get("cash_fen")]
    received = [entry for entry, row in rows if row.kind == "received"]
    return DayFigures(
        sales=len(sales),
        points=sum(entry["total"] for entry in sales),
        offline_sales=len(offline),
        offline_points=sum(entry["total"] for entry in offline),
        voids=len(voids),
        voided_points=sum(voids),
        cash_sales=len(cash),
        cash_fen=sum(cash),
        received=len(received),
        received_pieces=sum(line["quantity"] for entry in received for line in entry["lines"]),
        reprints=len(set(_reprints(rows))),
        unsent=journal.unsent(),
    )


def _counts(entry: Entry, row: FactRow, handed: set[str]) -> bool:
    match row.kind:
        case "collected":
            return True
        case "slip_entered":
            return _outcome(row) != RECORDED  # a slip that the ledger had already moved nothing
        case "asked":
            return _outcome(row) == POSTED or entry["id"] in handed
        case _:
            return False


def _outcome(row: FactRow) -> str | None:
    """The ledger's latest word on it, None before the first."""
    return None if row.answer is None else str(json.loads(row.answer)["outcome"])


def _sale_of(journal: JournalReader, id_: str) -> int:
    """What the voided sale had cost the household, whenever it was."""
    return sum(json.loads(row.text)["total"] for row in journal.facts("e.id = ?", id_))


def _reprints(rows: list[tuple[Entry, FactRow]]) -> Iterator[tuple[str, int]]:
    for entry, row in rows:
        if row.kind == "printed" and entry["copy_number"] > 0 and entry["state"] != "not_printed":
            yield entry["sale"], entry["copy_number"]
