"""The parts of a month's sheet, each read where it lies: grants by source, awards by area, overrides, the shelf, cash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from ledger.book.months import Override, documents_between, overrides_between
from ledger.book.tables import transfers
from ledger.book.values import FUND, GRANT, Kind
from ledger.scheme.tables import areas, items
from ledger.shop.goods import all_goods, stock_by_moves
from ledger.shop.money_columns import Column, goods_column
from ledger.shop.tables import redemptions, stock_moves
from ledger.staff.tables import staff

ERASED = "凭据已抹掉的"


@dataclass(frozen=True, slots=True)
class AreaLine:
    """Points awarded in an area of the rule book, and to how many households."""

    name: str
    points: int
    households: int


@dataclass(frozen=True, slots=True)
class OverrideLine:
    """An award beyond the limit, with the name of whoever answered for it."""

    override: Override
    household: str
    name: str


def grants_by_source(tx: Connection, village_id: int, first: int, last: int) -> dict[str, int]:
    """Points granted by whose money it was, in order of the first grant of each."""
    found: dict[str, int] = {}
    for _, amount, body in documents_between(tx, village_id, Kind.GRANT, GRANT, first, last):
        source = str(_read(body).get("source") or "拨款")
        found[source] = found.get(source, 0) + amount
    return found


def awards_by_area(tx: Connection, village_id: int, first: int, last: int) -> tuple[AreaLine, ...]:
    """Awards by area, the largest first. An award's document names the item and its version of the rule book."""
    same = (
        (areas.c.village_id == items.c.village_id)
        & (areas.c.version == items.c.version)
        & (areas.c.code == items.c.area)
    )
    query = (
        select(items.c.version, items.c.code, areas.c.name).join(areas, same).where(items.c.village_id == village_id)
    )
    names = {(row.version, row.code): row.name for row in tx.execute(query)}
    points: dict[str, int] = {}
    households: dict[str, set[int]] = {}
    for account, amount, body in documents_between(tx, village_id, Kind.AWARD, FUND, first, last):
        document = _read(body)
        name = names.get((document.get("version"), document.get("item")), "别的" if document else ERASED)
        points[name] = points.get(name, 0) + amount
        households.setdefault(name, set()).add(account)
    lines = [AreaLine(name, total, len(households[name])) for name, total in points.items()]
    return tuple(sorted(lines, key=lambda line: -line.points))


def answered_overrides(tx: Connection, village_id: int, first: int, last: int) -> tuple[OverrideLine, ...]:
    found = overrides_between(tx, village_id, first, last)
    ids = {one.by: int(number) for one in found if (number := one.by.removeprefix("staff:")).isdigit()}
    names = dict(tx.execute(select(staff.c.staff_id, staff.c.name).where(staff.c.staff_id.in_(ids.values()))).all())
    return tuple(
        OverrideLine(one, one.account.partition(":")[2], names.get(ids.get(one.by, 0), one.by)) for one in found
    )


def goods_of_month(tx: Connection, village_id: int, begins: datetime, ends: datetime, *, current: bool) -> Column:
    """The shelf at today's prices. Of the present month it closes with what is counted on the shelf, else with the moves until then."""
    earlier = func.sum(case((stock_moves.c.at < begins, stock_moves.c.quantity), else_=0))
    within = func.sum(case((stock_moves.c.at >= begins, stock_moves.c.quantity), else_=0))
    query = (
        select(stock_moves.c.barcode, stock_moves.c.kind, earlier, within)
        .where(stock_moves.c.village_id == village_id, stock_moves.c.at < ends)
        .group_by(stock_moves.c.barcode, stock_moves.c.kind)
    )
    shelf = {good.barcode: good for good in all_goods(tx, village_id)}
    opening, moved = 0, dict[str, int]()
    for barcode, kind, before, after in tx.execute(query):
        opening += int(before) * shelf[barcode].price
        moved[kind] = moved.get(kind, 0) + int(after) * shelf[barcode].price
    closing = sum(good.price * good.stock for good in shelf.values()) if current else opening + sum(moved.values())
    return goods_column(opening, moved, closing)


def goods_trouble(tx: Connection, village_id: int) -> list[str]:
    """Goods whose shelf is not the sum of its moves. Reads every move: for a command, not for a page."""
    moved = stock_by_moves(tx, village_id)
    wrong = [good.name for good in all_goods(tx, village_id) if good.stock != moved.get(good.barcode, 0)]
    return [f"{name}架上的数和进出的合计不一样" for name in wrong]


def cash_on_top(tx: Connection, village_id: int, first: int, last: int) -> int:
    """What households paid on top in cash, in fen; sales that were taken back not counted."""
    same = (redemptions.c.village_id == transfers.c.village_id) & (redemptions.c.redemption_id == transfers.c.id)
    query = (
        select(func.coalesce(func.sum(redemptions.c.cash_fen), 0))
        .select_from(transfers.join(redemptions, same))
        .where(transfers.c.village_id == village_id, transfers.c.seq.between(first, last))
        .where(redemptions.c.state == "posted")
    )
    return int(tx.execute(query).scalar_one())


def _read(body: bytes | None) -> Mapping[str, object]:
    document = json.loads(body) if body else {}
    return document if isinstance(document, dict) else {}
