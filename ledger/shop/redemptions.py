"""Reading redemptions: by id, by receipt, by household, and what a household spent on a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CompoundSelect, Connection, RowMapping, Select, bindparam, func, select, union

from ledger.people.tables import households
from ledger.shop.tables import redemption_lines, redemptions
from ledger.shop.values import RedeemedLine, Redemption
from ledger.storage.bulk import among
from ledger.villages.store import Village

POSTED, REVERSED = "posted", "reversed"
_NEWEST = redemptions.c.redeemed_at.desc(), redemptions.c.seq.desc()
_WHOSE = (households.c.village_id == redemptions.c.village_id) & (
    households.c.household_id == redemptions.c.household_id
)


def redemption_by_id(tx: Connection, village_id: int, redemption_id: UUID) -> Redemption | None:
    """The redemption with that id (its transfer's and its entry's), or None."""
    found = _load(tx, village_id, redemptions.c.redemption_id == redemption_id, limit=1)
    return found[0] if found else None


def redemption_by_receipt(tx: Connection, village_id: int, receipt_hash: bytes) -> Redemption | None:
    """The redemption whose receipt's token has that SHA-256, or None."""
    found = _load(tx, village_id, redemptions.c.receipt_hash == receipt_hash, limit=1)
    return found[0] if found else None


def redemptions_of(tx: Connection, village_id: int, household_id: int, *, limit: int = 20) -> list[Redemption]:
    """A household's redemptions, newest first, at most ``limit``; reversed ones too."""
    return _load(tx, village_id, redemptions.c.household_id == household_id, limit=limit)


def redemptions_by_ids(tx: Connection, village_id: int, ids: Sequence[UUID]) -> dict[UUID, Redemption]:
    """Those of the redemptions that there are, by id: for a page of statement lines."""
    found = _load(tx, village_id, redemptions.c.redemption_id.in_(ids), limit=len(ids)) if ids else []
    return {one.redemption_id: one for one in found}


def redemptions_named(
    tx: Connection, village_id: int, ids: Collection[UUID], receipts: Collection[bytes], numbers: Collection[str]
) -> list[tuple[Redemption, bytes]]:
    """The redemptions that have one of these ids, receipts or 单号, each with its receipt's hash."""
    given = {"village": village_id, "ids": list(ids), "receipts": list(receipts), "numbers": list(numbers)}
    found = {row.redemption_id: row.receipt_hash for row in tx.execute(_named(tx.dialect.name), given)}
    known = _load(tx, village_id, redemptions.c.redemption_id.in_(found), limit=len(found)) if found else []
    return [(one, found[one.redemption_id]) for one in known]


def spent_by_household(
    tx: Connection, village: Village, day: date, numbers: Collection[str] | None = None
) -> dict[int, int]:
    """Points spent at the shop on that day of the village's, by household id, reversed sales not counted; of these households
    (None: of all) those that spent anything."""
    given = _bounds(village, day)
    query = _SPENT if numbers is None else _spent_by(tx.dialect.name)
    found = tx.execute(query, given if numbers is None else {**given, "numbers": list(numbers)})
    return {row.household_id: int(row.spent) for row in found}


def last_visits(tx: Connection, village_id: int) -> dict[int, datetime]:
    """When each household redeemed last, by its id; those that never did are absent. One index seek a household."""
    newest = (
        select(func.max(redemptions.c.redeemed_at))
        .where(redemptions.c.village_id == households.c.village_id)
        .where(redemptions.c.household_id == households.c.household_id)
        .scalar_subquery()
    )
    query = select(households.c.household_id, newest.label("at")).where(households.c.village_id == village_id)
    return {row.household_id: row.at for row in tx.execute(query) if row.at is not None}


def _bounds(village: Village, day: date) -> dict[str, Any]:
    """The village, and the midnights that begin and end its day."""
    zone = ZoneInfo(village.timezone)
    begin, end = (datetime.combine(day + timedelta(days=ahead), time.min, zone) for ahead in (0, 1))
    return {"village": village.village_id, "begin": begin, "end": end}


@cache
def _named(dialect: str) -> CompoundSelect[Any]:
    """A union, not OR: so that each part goes by its own index."""
    query = select(redemptions.c.redemption_id, redemptions.c.receipt_hash).where(
        redemptions.c.village_id == bindparam("village")
    )
    return union(
        query.where(among(redemptions.c.redemption_id, "ids", dialect)),
        query.where(redemptions.c.receipt_hash.in_(bindparam("receipts", expanding=True))),
        query.where(among(redemptions.c.number, "numbers", dialect)),
    )


_SPENT = (
    select(redemptions.c.household_id, func.sum(redemptions.c.total).label("spent"))
    .where(redemptions.c.village_id == bindparam("village"), redemptions.c.state == POSTED)
    .where(redemptions.c.redeemed_at >= bindparam("begin"), redemptions.c.redeemed_at < bindparam("end"))
    .group_by(redemptions.c.household_id)
)


@cache
def _spent_by(dialect: str) -> Select[Any]:
    ids = select(households.c.household_id).where(
        households.c.village_id == bindparam("village"), among(households.c.number, "numbers", dialect)
    )
    return _SPENT.where(redemptions.c.household_id.in_(ids))


def _load(tx: Connection, village_id: int, condition: ColumnElement[bool], *, limit: int) -> list[Redemption]:
    query = (
        select(redemptions, households.c.number.label("household"))
        .join(households, _WHOSE)
        .where(redemptions.c.village_id == village_id, condition)
        .order_by(*_NEWEST)
        .limit(limit)
    )
    rows = tx.execute(query).mappings().all()
    lines = _lines(tx, village_id, [row["redemption_id"] for row in rows])
    return [_redemption(row, lines.get(row["redemption_id"], ())) for row in rows]


def _lines(tx: Connection, village_id: int, ids: Sequence[UUID]) -> dict[UUID, tuple[RedeemedLine, ...]]:
    if not ids:
        return {}
    here = (redemption_lines.c.village_id == village_id) & redemption_lines.c.redemption_id.in_(ids)
    found: dict[UUID, tuple[RedeemedLine, ...]] = {}
    for row in tx.execute(select(redemption_lines).where(here).order_by(redemption_lines.c.line)):
        line = RedeemedLine(row.barcode, row.name, row.unit, row.quantity, row.price)
        found[row.redemption_id] = (*found.get(row.redemption_id, ()), line)
    return found


_FIELDS = tuple(name for name in Redemption.__dataclass_fields__ if name != "lines")


def _redemption(row: RowMapping, lines: tuple[RedeemedLine, ...]) -> Redemption:
    return Redemption(lines=lines, **{name: row[name] for name in _FIELDS})
