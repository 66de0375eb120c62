"""日结: what a kiosk added up of its day, held against the book. A day that differs is a case; the kiosk closes all the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, insert, select

from ledger.book.tables import transfers
from ledger.kiosks.cases import raise_case
from ledger.kiosks.reading import ReadEntry
from ledger.kiosks.store import Kiosk
from ledger.kiosks.tables import day_closes, entries
from ledger.shop.tables import redemptions
from ledger.villages.store import Village
from schemas.canonical import document_bytes
from schemas.entries import DayClosed

COMPARED = ("sales", "points", "voids", "voided_points", "cash_fen")


@dataclass(frozen=True, slots=True)
class DayClose:
    """A kiosk's day: what it told and what the book says of the same entries, by name (``COMPARED``)."""

    kiosk_id: int
    number: int
    day: date
    told: Mapping[str, int]
    booked: Mapping[str, int]
    matches: bool
    closed_at: datetime


def close_days(tx: Connection, village: Village, kiosk: Kiosk, taken: Sequence[ReadEntry], now: datetime) -> None:
    """Hold each ``day_closed`` among entries that were just kept against the book."""
    for read in taken:
        if isinstance(read.entry, DayClosed) and read.entry.number == read.sent.number:
            _close(tx, village, kiosk, read.entry, now)


def booked_figures(tx: Connection, village_id: int, kiosk_id: int, first: int, last: int) -> dict[str, int]:
    """What the book says of a kiosk's entries ``first`` to ``last``, which are all there are from ``first`` on. A sale belongs where it
    was asked; one that was called off is none; a voided one is both."""
    entry = entries.alias("entry")
    mine = (entry.c.village_id == village_id) & (entry.c.kiosk_id == kiosk_id) & entry.c.number.between(first, last)
    same = (redemptions.c.village_id == entry.c.village_id) & (redemptions.c.redemption_id == entry.c.entry_id)
    called_off = entries.alias("called_off")
    undone = (
        select(called_off.c.number)
        .where(called_off.c.village_id == village_id, called_off.c.kiosk_id == kiosk_id)
        .where(called_off.c.kind == "called_off", called_off.c.follows == entry.c.entry_id)
        .exists()
    )
    asked = entries.alias("asked")
    before = (
        select(asked.c.number)
        .where(asked.c.village_id == village_id, asked.c.kiosk_id == kiosk_id, asked.c.number < first)
        .where(entry.c.kind == "handed_over", asked.c.entry_id == entry.c.follows)
        .exists()
    )
    stands: ColumnElement[bool] = ~(undone & (redemptions.c.state == "reversed")) & ~before
    sums = func.count(), func.sum(redemptions.c.total), func.sum(redemptions.c.cash_fen)
    sold = tx.execute(select(*sums).select_from(entry.join(redemptions, same)).where(mine, stands)).one()
    back = (transfers.c.village_id == entry.c.village_id) & (transfers.c.id == entry.c.entry_id)
    query = select(func.count(), func.sum(transfers.c.amount)).select_from(entry.join(transfers, back))
    voided = tx.execute(query.where(mine, entry.c.kind == "voided")).one()
    figures = (sold[0], sold[1], voided[0], voided[1], sold[2])
    return {name: int(figure or 0) for name, figure in zip(COMPARED, figures, strict=True)}


def day_closes_of(tx: Connection, village_id: int, *, limit: int) -> list[DayClose]:
    """The newest closed days, at most ``limit``."""
    newest = day_closes.c.day.desc(), day_closes.c.kiosk_id, day_closes.c.number.desc()
    query = select(day_closes).where(day_closes.c.village_id == village_id).order_by(*newest).limit(limit)
    return [
        DayClose(row.kiosk_id, row.number, row.day, _read(row.told), _read(row.booked), row.matches, row.closed_at)
        for row in tx.execute(query)
    ]


def _close(tx: Connection, village: Village, kiosk: Kiosk, entry: DayClosed, now: datetime) -> None:
    key = (day_closes.c.village_id == village.village_id) & (day_closes.c.kiosk_id == kiosk.kiosk_id)
    if tx.execute(select(day_closes.c.number).where(key, day_closes.c.number == entry.number)).first() is not None:
        return
    first, last = entry.first or 1, entry.last or 0
    booked = booked_figures(tx, village.village_id, kiosk.kiosk_id, first, min(last, entry.number - 1))
    told = {name: getattr(entry.figures, name) for name in COMPARED}
    row = {"village_id": village.village_id, "kiosk_id": kiosk.kiosk_id, "number": entry.number, "day": entry.day}
    row |= {"first": entry.first, "last": entry.last, "told": _text(told), "booked": _text(booked)}
    tx.execute(insert(day_closes).values(**row, matches=told == booked, closed_at=now))
    if told != booked:
        _differs(tx, village, kiosk, entry.id, entry.day, told, booked, now)


def _differs(
    tx: Connection, village: Village, kiosk: Kiosk, document: UUID, day: date, told: Mapping[str, int],
    booked: Mapping[str, int], now: datetime,
) -> None:  # fmt: skip
    figures: dict[str, str | int] = {"kiosk": kiosk.kiosk_id, "day": f"{day.month}月{day.day}日"}
    figures |= {f"told_{name}": told[name] for name in COMPARED} | {f"booked_{name}": booked[name] for name in COMPARED}
    raise_case(tx, village, "day_differs", document, figures, now)


def _text(figures: Mapping[str, int]) -> str:
    return document_bytes(dict(figures)).decode()


def _read(text: str) -> dict[str, int]:
    return {str(name): int(figure) for name, figure in json.loads(text).items()}
