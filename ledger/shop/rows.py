"""A goods list (条码,品名,单位,积分,库存,类别) → rows and what they would do, with every fault by row and column. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from ledger.shop.values import Good, GoodsRow
from ledger.web.sheets import Reading, Row
from schemas.tokens import Barcode, read_code

COLUMNS = ("条码", "品名", "单位", "积分", "库存", "类别")
OPTIONAL = ("类别",)
MOST_STOCK = 99_999
_OPENING = UUID("6f1d1f0c-9a1e-5a53-8f0a-0d5b1f2c7a10")  # names the opening stock of goods; never changes


@dataclass(frozen=True, slots=True)
class GoodsPlan:
    """What an import would do. ``kept`` are goods whose list says another stock than the shelf's count, which stays."""

    new: tuple[GoodsRow, ...]
    changed: tuple[tuple[Good, GoodsRow], ...]
    same: tuple[Good, ...]
    kept: tuple[tuple[Good, GoodsRow], ...]


def opening_id(village_code: str, barcode: str) -> UUID:
    """The document of a good's opening stock: one a village and barcode, so that it is written once whoever imports."""
    return uuid5(_OPENING, f"{village_code}/{barcode}")


def parse_goods(rows: Sequence[Row], decimals: int) -> list[GoodsRow]:
    """The rows as goods. BrokenContract names every cell that is not as it should be, and every barcode that comes twice."""
    reading = Reading()
    found = [_read(reading, row, decimals) for row in rows]
    _once_each(reading, rows, found)
    reading.done()
    return found


def plan_import(rows: Sequence[GoodsRow], shelf: Mapping[str, Good]) -> GoodsPlan:
    """New goods, goods whose words or price change, and goods that stay as they are; in the list's order."""
    known = [(shelf[row.barcode], row) for row in rows if row.barcode in shelf]
    return GoodsPlan(
        new=tuple(row for row in rows if row.barcode not in shelf),
        changed=tuple((good, row) for good, row in known if not _agrees(good, row)),
        same=tuple(good for good, row in known if _agrees(good, row)),
        kept=tuple((good, row) for good, row in known if good.stock != row.stock),
    )


def _read(reading: Reading, row: Row, decimals: int) -> GoodsRow:
    barcode = row.cells["条码"]
    if not isinstance(read_code(barcode), Barcode):
        reading.wrong(row, "条码", _barcode_words(barcode))
    return GoodsRow(
        line=row.line,
        barcode=barcode,
        name=reading.text(row, "品名", most=40),
        unit=reading.text(row, "单位", most=4),
        price=reading.points(row, "积分", decimals, least=1),
        stock=reading.whole(row, "库存", least=0, most=MOST_STOCK),
        category=reading.text(row, "类别", most=20, blank=True),
    )


def _barcode_words(barcode: str) -> str:
    """Excel likes to turn thirteen digits into 2E+12, and takes zeros off the front."""
    if "E+" in barcode.upper():
        return "是表格改成的样子，把这一列设成“文本”，再打一遍"
    if barcode.isascii() and barcode.isdigit() and len(barcode) in (8, 13):
        return "最后一位和前面的对不上，照着包装再打一遍"
    return "条码是 8 位或 13 位数字，照着包装写"


def _once_each(reading: Reading, rows: Sequence[Row], found: Sequence[GoodsRow]) -> None:
    first: dict[str, int] = {}
    for row, good in zip(rows, found, strict=True):
        if good.barcode and first.setdefault(good.barcode, good.line) != good.line:
            reading.wrong(row, "条码", f"第 {first[good.barcode]} 行已经有了，留一行")


def _agrees(good: Good, row: GoodsRow) -> bool:
    return (good.name, good.unit, good.price, good.category) == (row.name, row.unit, row.price, row.category)
