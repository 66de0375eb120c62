"""Goods from a list: new ones with their opening stock, known ones get the list's words and price. Stock on the shelf stays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ledger.book.store import lock_book
from ledger.people.importing import Applied, Preview
from ledger.shop.goods import add_goods, all_goods, change_goods
from ledger.shop.rows import COLUMNS, OPTIONAL, GoodsPlan, opening_id, parse_goods, plan_import
from ledger.shop.values import Good, GoodsRow
from ledger.villages.store import Village
from ledger.web.sheets import read_rows
from schemas.points import points_text
from schemas.problems import BrokenContract


class GoodsImporter:
    """The goods list as something to import."""

    kind = "goods"
    title = "价目和库存"
    accept = ".csv"
    columns = "、".join(COLUMNS)

    def preview(self, tx: Connection, village: Village, data: bytes) -> Preview:
        """What ``apply`` would do: counts, each change, and where the list says another stock than the shelf."""
        try:
            found = _plan(tx, village, data)
        except BrokenContract as broken:
            return Preview("还一样都没导", moves=False, faults=broken.faults)
        changes = [_changed(good, row, village.decimals) for good, row in found.changed]
        kept = [f"{g.name}：店里账上是 {g.stock} {g.unit}，表里写 {row.stock}，还按店里的数" for g, row in found.kept]
        return Preview(_counts(found), moves=bool(found.new or found.changed), changes=(*changes, *kept))

    def apply(self, tx: Connection, village: Village, data: bytes, now: datetime, actor: str) -> Applied:  # noqa: ARG002
        """Add and change in one unit of work; importing the same list again changes nothing."""
        lock_book(tx, village.village_id)
        found = _plan(tx, village, data)
        new = [(row, opening_id(village.code, row.barcode)) for row in found.new]
        add_goods(tx, village.village_id, new, now)
        for _, row in found.changed:
            change_goods(tx, village.village_id, row)
        return Applied(_counts(found))


def _plan(tx: Connection, village: Village, data: bytes) -> GoodsPlan:
    rows = parse_goods(read_rows(data, COLUMNS, optional=OPTIONAL), village.decimals)
    return plan_import(rows, {good.barcode: good for good in all_goods(tx, village.village_id)})


def _counts(found: GoodsPlan) -> str:
    known = len(found.changed) + len(found.same)
    words = f"新的 {len(found.new)} 样，已经有的 {known} 样，要改的 {len(found.changed)} 样"
    pieces = sum(row.stock for row in found.new)
    return f"{words}，期初库存共 {pieces} 件" if pieces else words


def _changed(good: Good, row: GoodsRow, decimals: int) -> str:
    told = [
        f"{label} {before} 改成 {after}"
        for label, before, after in (
            ("品名", good.name, row.name),
            ("单位", good.unit, row.unit),
            ("积分", points_text(good.price, decimals), points_text(row.price, decimals)),
            ("类别", good.category or "没写", row.category or "不写"),
        )
        if before != after
    ]
    return f"{good.name}：{'，'.join(told)}"
