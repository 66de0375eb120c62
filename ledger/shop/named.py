"""What the door loads besides sales: which ids, 单号 and holds there are, and what households spent on which day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Connection, Select, bindparam, select, union_all

from ledger.book.holding import load_holds
from ledger.book.tables import outcomes
from ledger.book.values import Hold
from ledger.shop.redemptions import spent_by_household
from ledger.shop.tables import orders, stock_papers
from ledger.storage.bulk import among
from ledger.villages.values import Village


def ids_decided(tx: Connection, village_id: int, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that the book has decided on already, as whatever."""
    given = {"village": village_id, "ids": list(ids)}
    return set(tx.execute(_decided(tx.dialect.name), given).scalars()) if ids else set()


def papers_named(tx: Connection, village_id: int, numbers: Collection[str]) -> set[str]:
    """Those of the 单号 that an order or a stock paper has."""
    given = {"village": village_id, "numbers": list(numbers)}
    return set(tx.execute(_numbered(tx.dialect.name), given).scalars()) if numbers else set()


def holds_named(tx: Connection, village_id: int, ids: Collection[UUID]) -> dict[UUID, Hold]:
    """The holds of these orders, whatever became of them."""
    return load_holds(tx, village_id, ids, []) if ids else {}


def spent_by_day(
    tx: Connection, village: Village, numbers: Collection[str], days: Collection[date]
) -> dict[tuple[int, date], int]:
    """Points that these households spent, by household id and day of the village's; reversed sales not counted."""
    if not numbers:
        return {}
    return {
        (household_id, day): spent
        for day in days
        for household_id, spent in spent_by_household(tx, village, day, numbers).items()
    }


@cache
def _decided(dialect: str) -> Select[Any]:
    return select(outcomes.c.id).where(
        outcomes.c.village_id == bindparam("village"), among(outcomes.c.id, "ids", dialect)
    )


@cache
def _numbered(dialect: str) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(table.c.number).where(
                table.c.village_id == bindparam("village"), among(table.c.number, "numbers", dialect)
            )
            for table in (orders, stock_papers)
        )
    )
