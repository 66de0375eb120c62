"""A day as the journal adds it up: from the first entry of that day to the last there is, by what the kiosk itself knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.counter.book import POSTED
from kiosk.counter.deals import DaySum
from kiosk.journal.journal import FactRow, Journal
from schemas.entries import DayFigures

_SINCE = (
    "e.kind != 'day_closed' AND e.number > (SELECT coalesce(max(c.number), 0) FROM entries AS c"
    " WHERE c.kind = 'day_closed' AND c.text ->> 'day' < ?)"
)

Entry = dict[str, Any]  # an entry's own text, which the contract has checked when it was written


def added_up(journal: Journal, day: date, timezone: str) -> DaySum:
    """The sum of that day. Entries between its first and the last belong to it whatever their clock said, so that none falls between
    two days; voided sales are in ``sales``, voids apart."""
    zone = ZoneInfo(timezone)
    recent = journal.facts(_SINCE, day.isoformat())
    first = next((row.number for row in recent if _day(row, zone) == day), None)
    rows = [row for row in recent if first is not None and row.number >= first]
    entries = {row.number: (json.loads(row.text), row) for row in rows}
    last = rows[-1].number if rows else None
    return DaySum(day, first, last, _figures([*entries.values()], journal))


def _day(row: FactRow, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(json.loads(row.text)["wall"]).astimezone(zone).date()


def _figures(rows: list[tuple[Entry, FactRow]], journal: Journal) -> DayFigures:
    handed = {entry["asked"] for entry, row in rows if row.kind == "handed_over"}
    sales = [entry for entry, row in rows if _counts(entry, row, handed)]
    offline = [entry for entry in sales if entry["id"] in handed]
    voids = [_sale_of(journal, entry["sale"]) for entry, row in rows if row.kind == "voided"]
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
    if row.kind in ("collected", "slip_entered"):
        return True
    posted = row.answer is not None and json.loads(row.answer)["outcome"] == POSTED
    return row.kind == "asked" and (posted or entry["id"] in handed)


def _sale_of(journal: Journal, id_: str) -> int:
    """What the voided sale had cost the household, whenever it was."""
    return sum(json.loads(row.text)["total"] for row in journal.facts("e.id = ?", id_))


def _reprints(rows: list[tuple[Entry, FactRow]]) -> Iterator[tuple[str, int]]:
    for entry, row in rows:
        if row.kind == "printed" and entry["copy_number"] > 0 and entry["state"] != "not_printed":
            yield entry["sale"], entry["copy_number"]
