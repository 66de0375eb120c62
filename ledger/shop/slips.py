"""备用小票: paper for the day the kiosk is dead. Printed in numbered batches, each slip entered once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from ledger.book.store import lock_book
from ledger.shop.tables import slip_batches, slips
from schemas.problems import BrokenContract, Fault

MOST_A_BATCH, MOST_SLIPS = 200, 99_999


def print_batch(tx: Connection, village_id: int, many: int, *, by: str, now: datetime) -> range:
    """The numbers of a new batch, after the last of all. BrokenContract for too many."""
    if not 1 <= many <= MOST_A_BATCH:
        raise BrokenContract([Fault("many", f"一次印 1 到 {MOST_A_BATCH} 张，现在是 {many}")])
    lock_book(tx, village_id)
    query = select(func.coalesce(func.max(slip_batches.c.last), 0)).where(slip_batches.c.village_id == village_id)
    first = int(tx.execute(query).scalar_one()) + 1
    if first + many - 1 > MOST_SLIPS:
        raise BrokenContract([Fault("many", f"备用小票的号用到 {first - 1} 了，最多到 {MOST_SLIPS}")])
    row = {"village_id": village_id, "first": first, "last": first + many - 1, "printed_at": now, "printed_by": by}
    tx.execute(insert(slip_batches).values(**row))
    return range(first, first + many)


def printed_ranges(tx: Connection, village_id: int) -> tuple[range, ...]:
    """The numbers of every batch that was printed, the first batch first."""
    query = select(slip_batches).where(slip_batches.c.village_id == village_id).order_by(slip_batches.c.first)
    return tuple(range(row.first, row.last + 1) for row in tx.execute(query))


def entered_slips(tx: Connection, village_id: int, numbers: Collection[int] | None = None) -> set[int]:
    """The slips that were entered, of these (None: of all)."""
    if numbers is not None and not numbers:
        return set()
    query = select(slips.c.slip).where(slips.c.village_id == village_id)
    if numbers is not None:
        query = query.where(slips.c.slip.in_(numbers))
    return set(tx.execute(query).scalars())
