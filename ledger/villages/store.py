"""Villages and their cases. Adding a village opens its book; a code is never given twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select

from ledger.book.store import open_book
from ledger.book.tables import books
from ledger.villages.rules import NewVillage, village_faults
from ledger.villages.tables import cases, villages
from schemas.problems import BrokenContract, Fault

__all__ = [
    "Case",
    "NewVillage",
    "Village",
    "add_village",
    "all_villages",
    "open_case",
    "open_cases",
    "village_by_code",
    "village_by_id",
]


@dataclass(frozen=True, slots=True)
class Village:
    """A village and its settings. Limits in the minor unit, None is none; ``decimals`` is its book's."""

    village_id: int
    code: str
    name: str
    shop_name: str
    phone: str
    timezone: str
    base: str
    notice_days: int
    quorum: int
    limit_visit: int | None
    limit_household_day: int | None
    offline_household_day: int
    offline_kiosk_total: int
    offline_days: int
    decimals: int

    def local(self, now: datetime) -> datetime:
        """The instant on the village's clock."""
        return now.astimezone(ZoneInfo(self.timezone))

    def today(self, now: datetime) -> date:
        """The day it is in the village."""
        return self.local(now).date()


@dataclass(frozen=True, slots=True)
class Case:
    """Something that a person has to look at. ``figures`` fill the words of its kind, points in the minor unit."""

    case_id: UUID
    kind: str
    household: str | None
    figures: Mapping[str, str | int]
    document_id: UUID
    opened_at: datetime


def village_by_code(tx: Connection, code: str) -> Village | None:
    """The village with that code (upper case), or None."""
    return _one(tx, villages.c.code == code)


def village_by_id(tx: Connection, village_id: int) -> Village | None:
    """The village with that id, or None."""
    return _one(tx, villages.c.village_id == village_id)


def all_villages(tx: Connection) -> list[Village]:
    """Every village, by code."""
    return [_village(row) for row in tx.execute(_VILLAGES.order_by(villages.c.code)).mappings()]


def add_village(tx: Connection, new: NewVillage, now: datetime) -> Village:
    """The village, with an open, empty book. BrokenContract with every fault, a taken code among them; nothing written then."""
    faults = village_faults(new, available_timezones())
    if village_by_code(tx, new.code) is not None:
        faults.append(Fault("code", f"村码 {new.code} 已经有村用了"))
    if faults:
        raise BrokenContract(faults)
    village_id = int(tx.execute(select(func.coalesce(func.max(villages.c.village_id), 0))).scalar_one()) + 1
    values = {column.name: getattr(new, column.name) for column in villages.columns if hasattr(new, column.name)}
    tx.execute(insert(villages).values(**values, village_id=village_id, created_at=now))
    open_book(tx, village_id, new.code, decimals=new.decimals, now=now)
    added = village_by_id(tx, village_id)
    assert added is not None  # noqa: S101 - written two lines above
    return added


def open_case(
    tx: Connection,
    village_id: int,
    kind: str,
    *,
    case_id: UUID,
    household: str | None,
    figures: Mapping[str, str | int],
    document_id: UUID,
    now: datetime,
) -> None:
    """Open a case once: the same kind about the same document is the case that is there already."""
    same = (cases.c.village_id == village_id) & (cases.c.kind == kind) & (cases.c.document_id == document_id)
    if tx.execute(select(cases.c.case_id).where(same)).first() is not None:
        return
    text = json.dumps(dict(figures), ensure_ascii=False, sort_keys=True)
    row = {"village_id": village_id, "case_id": case_id, "kind": kind, "household": household, "figures": text}
    tx.execute(insert(cases).values(**row, document_id=document_id, opened_at=now, closed_at=None))


def open_cases(tx: Connection, village_id: int) -> list[Case]:
    """What nobody has dealt with yet, oldest first."""
    waiting = (cases.c.village_id == village_id) & cases.c.closed_at.is_(None)
    rows = tx.execute(select(cases).where(waiting).order_by(cases.c.opened_at, cases.c.case_id)).mappings()
    keys = ("case_id", "kind", "household", "document_id", "opened_at")
    return [Case(figures=json.loads(row["figures"]), **{key: row[key] for key in keys}) for row in rows]


_VILLAGES = select(villages, books.c.decimals).join(books, books.c.village_id == villages.c.village_id)
_FIELDS = tuple(Village.__dataclass_fields__)


def _one(tx: Connection, condition: ColumnElement[bool]) -> Village | None:
    row = tx.execute(_VILLAGES.where(condition)).mappings().one_or_none()
    return _village(row) if row is not None else None


def _village(row: RowMapping) -> Village:
    return Village(**{field: row[field] for field in _FIELDS})
