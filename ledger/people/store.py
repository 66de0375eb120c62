"""Households of a village. Members are counts; a number is never given to another household."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, insert, select, update

from ledger.book.store import open_account
from ledger.book.values import AccountKind, household_account
from ledger.people.pinyin import initials_of
from ledger.people.rows import HouseholdRow
from ledger.people.rules import mask_name, matches
from ledger.people.tables import households
from ledger.storage.bulk import among


@dataclass(frozen=True, slots=True)
class Household:
    """A household as the office sees it. ``number`` is what is on the door plate, ``initials`` the pinyin a search takes."""

    household_id: int
    number: str
    head_name: str
    initials: str
    group_name: str
    grid: str
    members: int
    children: int
    phone_tail: str
    note: str
    closed: bool

    @property
    def masked_name(self) -> str:
        """The head's name as others may see it: 汤**."""
        return mask_name(self.head_name)


def household_by_number(tx: Connection, village_id: int, number: str) -> Household | None:
    """The household with exactly that number, or None."""
    query = select(households).where(households.c.village_id == village_id, households.c.number == number)
    row = tx.execute(query).mappings().one_or_none()
    return _household(row) if row is not None else None


def households_by_number(tx: Connection, village_id: int, numbers: Collection[str]) -> dict[str, Household]:
    """The households with these numbers, closed ones too, by number."""
    if not numbers:
        return {}
    found = tx.execute(_numbered(tx.dialect.name), {"village": village_id, "numbers": list(numbers)}).mappings()
    return {row["number"]: _household(row) for row in found}


def household_by_id(tx: Connection, village_id: int, household_id: int) -> Household | None:
    """The household with that id, or None."""
    query = select(households).where(households.c.village_id == village_id, households.c.household_id == household_id)
    row = tx.execute(query).mappings().one_or_none()
    return _household(row) if row is not None else None


def all_households(tx: Connection, village_id: int) -> list[Household]:
    """Every household, closed ones too, by number."""
    query = select(households).where(households.c.village_id == village_id).order_by(households.c.number)
    return [_household(row) for row in tx.execute(query).mappings()]


def find_households(tx: Connection, village_id: int, text: str) -> list[Household]:
    """Open households by number, name or pinyin initials (``rules.matches``), by number; none for blank text."""
    return [found for found in all_households(tx, village_id) if not found.closed and matches(found, text)]


def add_households(tx: Connection, village_id: int, rows: Sequence[HouseholdRow], now: datetime) -> None:
    """New households with their accounts (floor 0). IntegrityError when a number is taken."""
    query = select(func.coalesce(func.max(households.c.household_id), 0)).where(households.c.village_id == village_id)
    first = int(tx.execute(query).scalar_one()) + 1
    keys = {"village_id": village_id, "added_at": now, "closed_at": None}
    values = [{**keys, "household_id": first + place, **_columns(row)} for place, row in enumerate(rows)]
    if values:
        tx.execute(insert(households), values)
    for row in rows:
        open_account(tx, village_id, household_account(row.number), AccountKind.HOUSEHOLD, floor=0)


def change_household(tx: Connection, village_id: int, row: HouseholdRow) -> None:
    """Write what the list says of a household that is there; its number and points stay."""
    same = (households.c.village_id == village_id) & (households.c.number == row.number)
    tx.execute(update(households).where(same).values(**_columns(row)))


def _columns(row: HouseholdRow) -> dict[str, str | int]:
    return {
        "number": row.number,
        "head_name": row.head_name,
        "initials": initials_of(row.head_name),
        "grid": row.grid,
        "group_name": row.group_name,
        "members": row.members,
        "children": row.children,
        "phone_tail": row.phone_tail,
        "note": row.note,
    }


@cache
def _numbered(dialect: str) -> Select[Any]:
    return select(households).where(
        households.c.village_id == bindparam("village"), among(households.c.number, "numbers", dialect)
    )


_FIELDS = tuple(field for field in Household.__dataclass_fields__ if field != "closed")


def _household(row: RowMapping) -> Household:
    return Household(closed=row["closed_at"] is not None, **{field: row[field] for field in _FIELDS})
