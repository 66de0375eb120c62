"""What the door loads besides sales: which ids, 单号 and holds there are, and what households spent on which day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select, union_all

from ledger.book.holding import load_holds
from ledger.book.tables import outcomes
from ledger.book.values import Hold
from ledger.people.tables import households
from ledger.shop.tables import orders, redemptions, stock_papers
from ledger.villages.values import Village


def ids_decided(tx: Connection, village_id: int, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that the book has decided on already, as whatever."""
    return set(tx.execute(_DECIDED, {"village": village_id, "ids": list(ids)}).scalars()) if ids else set()


def papers_named(tx: Connection, village_id: int, numbers: Collection[str]) -> set[str]:
    """Those of the 单号 that an order or a stock paper has."""
    return set(tx.execute(_NUMBERS, {"village": village_id, "numbers": list(numbers)}).scalars()) if numbers else set()


def holds_named(tx: Connection, village_id: int, ids: Collection[UUID]) -> dict[UUID, Hold]:
    """The holds of these orders, whatever became of them."""
    return load_holds(tx, village_id, ids, []) if ids else {}


def spent_by_day(
    tx: Connection, village: Village, numbers: Collection[str], since: datetime, until: datetime
) -> dict[tuple[int, date], int]:
    """Points by household id and day of the village's, from the first instant's day to the last's; reversed sales not counted."""
    if not numbers:
        return {}
    zone = ZoneInfo(village.timezone)
    begin = datetime.combine(village.today(since), time.min, zone)
    end = datetime.combine(village.today(until) + timedelta(days=1), time.min, zone)
    given = {"village": village.village_id, "numbers": list(numbers), "begin": begin, "end": end}
    spent: dict[tuple[int, date], int] = {}
    for household_id, at, total in tx.execute(_SPENT, given):
        key = household_id, village.today(at)
        spent[key] = spent.get(key, 0) + total
    return spent


_DECIDED = select(outcomes.c.id).where(
    outcomes.c.village_id == bindparam("village"), outcomes.c.id.in_(bindparam("ids", expanding=True))
)
_NUMBERS = union_all(
    *(
        select(table.c.number).where(
            table.c.village_id == bindparam("village"), table.c.number.in_(bindparam("numbers", expanding=True))
        )
        for table in (orders, stock_papers)
    )
)
_SPENT = (
    select(redemptions.c.household_id, redemptions.c.redeemed_at, redemptions.c.total)
    .join(
        households,
        (households.c.village_id == redemptions.c.village_id)
        & (households.c.household_id == redemptions.c.household_id),
    )
    .where(
        redemptions.c.village_id == bindparam("village"),
        redemptions.c.state == "posted",
        redemptions.c.redeemed_at >= bindparam("begin"),
        redemptions.c.redeemed_at < bindparam("end"),
        households.c.number.in_(bindparam("numbers", expanding=True)),
    )
)
