"""Reading redemptions: by id, by receipt, by household, and what a household spent on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, or_, select

from ledger.people.tables import households
from ledger.shop.tables import redemption_lines, redemptions
from ledger.shop.values import RedeemedLine, Redemption
from ledger.villages.store import Village

POSTED, REVERSED = "posted", "reversed"
_NEWEST = redemptions.c.redeemed_at.desc(), redemptions.c.seq.desc()


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


def claimants(tx: Connection, village_id: int, redemption_id: UUID, receipt_hash: bytes, number: str) -> set[UUID]:
    """Ids of the redemptions that have this id, this receipt or this 单号: none or itself, in a world without copies."""
    given = {"village": village_id, "redemption": redemption_id, "receipt": receipt_hash, "sale": number}
    return set(tx.execute(_CLAIMANTS, given).scalars())


def spent_today(tx: Connection, village: Village, household_id: int, day: date) -> int:
    """Points the household spent at the shop on that day of the village's, reversed sales not counted."""
    row = tx.execute(_SPENT_BY_ONE, {**_bounds(village, day), "household": household_id}).first()
    return int(row.spent) if row is not None else 0


def spent_by_household(tx: Connection, village: Village, day: date) -> dict[int, int]:
    """The same for every household that spent anything, by its id."""
    return {row.household_id: int(row.spent) for row in tx.execute(_SPENT, _bounds(village, day))}


def _bounds(village: Village, day: date) -> dict[str, Any]:
    """The village, and the midnights that begin and end its day."""
    zone = ZoneInfo(village.timezone)
    begin, end = (datetime.combine(day + timedelta(days=ahead), time.min, zone) for ahead in (0, 1))
    return {"village": village.village_id, "begin": begin, "end": end}


# Prepared once: the intake of a long journal runs them thousands of times.
_CLAIMANTS = select(redemptions.c.redemption_id).where(
    redemptions.c.village_id == bindparam("village"),
    or_(
        redemptions.c.redemption_id == bindparam("redemption"),
        redemptions.c.receipt_hash == bindparam("receipt"),
        redemptions.c.number == bindparam("sale"),
    ),
)
_SPENT = (
    select(redemptions.c.household_id, func.sum(redemptions.c.total).label("spent"))
    .where(redemptions.c.village_id == bindparam("village"), redemptions.c.state == POSTED)
    .where(redemptions.c.redeemed_at >= bindparam("begin"), redemptions.c.redeemed_at < bindparam("end"))
    .group_by(redemptions.c.household_id)
)
_SPENT_BY_ONE = _SPENT.where(redemptions.c.household_id == bindparam("household"))


def _load(tx: Connection, village_id: int, condition: ColumnElement[bool], *, limit: int) -> list[Redemption]:
    whose = (households.c.village_id == redemptions.c.village_id) & (
        households.c.household_id == redemptions.c.household_id
    )
    query = (
        select(redemptions, households.c.number.label("household"))
        .join(households, whose)
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
