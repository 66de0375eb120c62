"""Villages and their cases. Adding a village opens its book; a code is never given twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from ledger.book.store import open_book
from ledger.book.tables import books
from ledger.villages.rules import NewVillage, village_faults
from ledger.villages.tables import cases, villages
from ledger.villages.values import Case, Village
from schemas.problems import BrokenContract, Fault

__all__ = [
    "Case",
    "NewVillage",
    "Village",
    "add_village",
    "all_villages",
    "change_village",
    "close_case",
    "open_case",
    "open_case_count",
    "open_cases",
    "open_new_cases",
    "village_by_code",
    "village_by_id",
]


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


def change_village(tx: Connection, village: Village, changes: Mapping[str, object]) -> Village:
    """The village with other settings; code and decimals stay. BrokenContract with every fault; nothing written then."""
    kept = {field: getattr(village, field) for field in NewVillage.__dataclass_fields__}
    new = NewVillage(**kept | dict(changes))
    assert (new.code, new.decimals) == (village.code, village.decimals)  # noqa: S101 - nothing offers to change them
    if faults := village_faults(new, available_timezones()):
        raise BrokenContract(faults)
    tx.execute(update(villages).where(villages.c.village_id == village.village_id).values(**dict(changes)))
    changed = village_by_id(tx, village.village_id)
    assert changed is not None  # noqa: S101 - it was there before
    return changed


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
    tx.execute(insert(cases).values(**row, document_id=document_id, opened_at=now, closed_at=None, closed_by=None))


def open_new_cases(tx: Connection, village_id: int, new: Sequence[Case]) -> None:
    """Open many cases, each once a kind and document."""
    if not new:
        return
    documents = {case.document_id for case in new}
    there = select(cases.c.kind, cases.c.document_id).where(
        cases.c.village_id == village_id, cases.c.document_id.in_(documents)
    )
    known = {(row.kind, row.document_id) for row in tx.execute(there)}
    rows = {
        (case.kind, case.document_id): {
            "village_id": village_id, "case_id": case.case_id, "kind": case.kind, "household": case.household,
            "figures": json.dumps(dict(case.figures), ensure_ascii=False, sort_keys=True),
            "document_id": case.document_id, "opened_at": case.opened_at, "closed_at": None, "closed_by": None,
        }
        for case in reversed(new)
        if (case.kind, case.document_id) not in known
    }  # fmt: skip
    if rows:
        tx.execute(insert(cases), list(rows.values()))


def close_case(tx: Connection, village_id: int, case_id: UUID, *, by: str, now: datetime) -> bool:
    """办好了: the case leaves the list and stays in the records. False when there is none open with that id."""
    waiting = (cases.c.village_id == village_id) & (cases.c.case_id == case_id) & cases.c.closed_at.is_(None)
    return tx.execute(update(cases).where(waiting).values(closed_at=now, closed_by=by)).rowcount == 1


def open_case_count(tx: Connection, village_id: int) -> int:
    """How many cases nobody has dealt with yet."""
    waiting = (cases.c.village_id == village_id) & cases.c.closed_at.is_(None)
    return int(tx.execute(select(func.count()).select_from(cases).where(waiting)).scalar_one())


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
