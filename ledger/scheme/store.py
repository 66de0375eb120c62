"""Rule books by version: adopt the next, read the one of a day. Nothing that was adopted is ever edited."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select

from ledger.book.store import lock_book
from ledger.scheme.tables import areas, items, rule_books
from ledger.scheme.values import Area, Caps, Draft, Item, RuleBook

__all__ = ["Adopted", "Area", "Item", "RuleBook", "adopt", "item", "latest", "rule_book", "rule_book_on", "versions"]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What adopting did: the version, and whether it is ``new`` or was the latest already."""

    version: int
    new: bool


def rule_book_on(tx: Connection, village_id: int, day: date) -> RuleBook | None:
    """The rule book for a deed of ``day``: the highest version in force by then, or None before the first."""
    query = _books(village_id).where(rule_books.c.in_force_from <= day)
    row = tx.execute(query.limit(1)).mappings().one_or_none()
    return _rule_book(tx, village_id, row) if row is not None else None


def latest(tx: Connection, village_id: int) -> RuleBook | None:
    """The highest version, in force yet or not; None before the first."""
    row = tx.execute(_books(village_id).limit(1)).mappings().one_or_none()
    return _rule_book(tx, village_id, row) if row is not None else None


def rule_book(tx: Connection, village_id: int, version: int) -> RuleBook | None:
    """That version, or None."""
    row = tx.execute(_books(village_id).where(rule_books.c.version == version)).mappings().one_or_none()
    return _rule_book(tx, village_id, row) if row is not None else None


def versions(tx: Connection, village_id: int) -> list[tuple[int, str, date]]:
    """Version, name and first day of every rule book, newest first."""
    return [(row["version"], row["name"], row["in_force_from"]) for row in tx.execute(_books(village_id)).mappings()]


def item(tx: Connection, village_id: int, version: int, code: str) -> Item | None:
    """An item as a version has it, or None."""
    return next((found for found in _items(tx, village_id, version) if found.code == code), None)


def adopt(tx: Connection, village_id: int, draft: Draft, *, now: datetime, by: str, in_force_from: date) -> Adopted:
    """Make ``draft`` the next version, in force from a day on. The same body as the latest version is nothing new."""
    lock_book(tx, village_id)  # two adoptions of one village wait for each other
    last = tx.execute(_books(village_id).limit(1)).mappings().one_or_none()
    if last is not None and last["body"] == draft.body:
        return Adopted(last["version"], new=False)
    version = (last["version"] if last is not None else 0) + 1
    keys = {"village_id": village_id, "version": version}
    row = {"name": draft.name, "in_force_from": in_force_from, "adopted_at": now, "adopted_by": by}
    tx.execute(insert(rule_books).values(**keys, **row, caps=_text(draft.caps), body=draft.body))
    places = enumerate(draft.areas, 1)
    tx.execute(
        insert(areas), [{**keys, "code": area.code, "name": area.name, "place": place} for place, area in places]
    )
    tx.execute(insert(items), [{**keys, **_item_row(one), "place": place} for place, one in enumerate(draft.items, 1)])
    return Adopted(version, new=True)


def _books(village_id: int) -> Select[Any]:
    return select(rule_books).where(rule_books.c.village_id == village_id).order_by(rule_books.c.version.desc())


def _rule_book(tx: Connection, village_id: int, row: RowMapping) -> RuleBook:
    version = row["version"]
    here = (areas.c.village_id == village_id) & (areas.c.version == version)
    found = tuple(Area(area.code, area.name) for area in tx.execute(select(areas).where(here).order_by(areas.c.place)))
    caps: Caps = json.loads(row["caps"])
    named = (row["name"], row["in_force_from"])
    return RuleBook(version, *named, caps, found, _items(tx, village_id, version), row["body"])


def _items(tx: Connection, village_id: int, version: int) -> tuple[Item, ...]:
    same = (areas.c.village_id == items.c.village_id) & (areas.c.version == items.c.version)
    query = (
        select(items, areas.c.name.label("area_name"))
        .join(areas, same & (areas.c.code == items.c.area))
        .where(items.c.village_id == village_id, items.c.version == version)
        .order_by(items.c.place)
    )
    keys = ("code", "area", "area_name", "name", "points", "unit", "public")
    rows = tx.execute(query).mappings()
    return tuple(Item(caps=json.loads(row["caps"]), **{key: row[key] for key in keys}) for row in rows)


def _item_row(one: Item) -> dict[str, str | int]:
    row: dict[str, str | int] = {key: getattr(one, key) for key in ("code", "area", "name", "points", "unit", "public")}
    return row | {"caps": _text(one.caps)}


def _text(caps: Caps) -> str:
    return json.dumps(dict(caps), sort_keys=True)
