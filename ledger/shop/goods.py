"""Goods on the shelf: the price list, and stock that is always the sum of its moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, func, insert, select, update

from ledger.shop.tables import goods, stock_moves
from ledger.shop.values import Good, GoodsRow, Move
from ledger.storage.bulk import Columns, among, insert_columns


def all_goods(tx: Connection, village_id: int) -> list[Good]:
    """Every good of the village in the list's order, those off sale too."""
    return _goods(tx, goods.c.village_id == village_id)


def shelf_of(tx: Connection, village_id: int, barcodes: Sequence[str]) -> dict[str, Good]:
    """Those of the goods that there are, by barcode."""
    rows = tx.execute(_shelf(tx.dialect.name), {"village": village_id, "barcodes": sorted(barcodes)}).mappings()
    return {row["barcode"]: _good(row) for row in rows}


def add_goods(tx: Connection, village_id: int, rows: Sequence[tuple[GoodsRow, UUID]], now: datetime) -> None:
    """New goods at the end of the list, each with its opening stock as one move. IntegrityError when a barcode is taken."""
    if not rows:
        return
    query = select(func.coalesce(func.max(goods.c.place), 0)).where(goods.c.village_id == village_id)
    first = int(tx.execute(query).scalar_one()) + 1
    values = [
        {"village_id": village_id, "place": first + index, **_columns(row), "barcode": row.barcode, "stock": 0}
        | {"limit_visit": None, "on_sale": True}
        for index, (row, _) in enumerate(rows)
    ]
    tx.execute(insert(goods), values)
    for row, document_id in rows:
        if row.stock:
            move_stock(tx, village_id, document_id, "opening", [(row.barcode, row.stock)], now)


def change_goods(tx: Connection, village_id: int, row: GoodsRow) -> None:
    """Write what the list says of goods that are there. The shelf's count stays: only moves change it."""
    here = (goods.c.village_id == village_id) & (goods.c.barcode == row.barcode)
    tx.execute(update(goods).where(here).values(**_columns(row)))


def move_stock(
    tx: Connection, village_id: int, document_id: UUID, kind: str, moved: Sequence[tuple[str, int]], now: datetime
) -> None:
    """Add (or take, when negative) pieces of goods that are on the list, with the document that says so."""
    if not moved:
        return
    keys = {"village_id": village_id, "document_id": document_id, "kind": kind, "at": now}
    tx.execute(_ADD_MOVES, [{**keys, "barcode": barcode, "quantity": many} for barcode, many in moved])
    rows = [{"village": village_id, "the_barcode": barcode, "pieces": many} for barcode, many in moved]
    tx.execute(_CHANGE_STOCK, rows)


def write_moves(tx: Connection, village_id: int, moves: Sequence[Move], now: datetime) -> None:
    """Add moves of goods that are on the list, and change every shelf once."""
    if not moves:
        return
    columns: Columns = {
        "village_id": [village_id] * len(moves),
        "document_id": [move.document_id for move in moves],
        "barcode": [move.barcode for move in moves],
        "kind": [move.kind for move in moves],
        "quantity": [move.quantity for move in moves],
        "at": [now] * len(moves),
    }
    insert_columns(tx, stock_moves, columns)
    pieces: dict[str, int] = {}
    for move in moves:
        pieces[move.barcode] = pieces.get(move.barcode, 0) + move.quantity
    tx.execute(
        _CHANGE_STOCK,
        [{"village": village_id, "the_barcode": barcode, "pieces": many} for barcode, many in pieces.items()],
    )


def stock_by_moves(tx: Connection, village_id: int) -> dict[str, int]:
    """What the moves add up to, by barcode: what every good's ``stock`` must be."""
    query = (
        select(stock_moves.c.barcode, func.sum(stock_moves.c.quantity).label("pieces"))
        .where(stock_moves.c.village_id == village_id)
        .group_by(stock_moves.c.barcode)
    )
    return {row.barcode: int(row.pieces) for row in tx.execute(query)}


def _columns(row: GoodsRow) -> dict[str, Any]:
    return {"name": row.name, "unit": row.unit, "price": row.price, "category": row.category}


@cache
def _shelf(dialect: str) -> Select[Any]:
    return select(goods).where(goods.c.village_id == bindparam("village"), among(goods.c.barcode, "barcodes", dialect))


_ADD_MOVES = insert(stock_moves)
_CHANGE_STOCK = (
    update(goods)
    .where(goods.c.village_id == bindparam("village"), goods.c.barcode == bindparam("the_barcode"))
    .values(stock=goods.c.stock + bindparam("pieces"))
)
_FIELDS = tuple(Good.__dataclass_fields__)


def _goods(tx: Connection, condition: ColumnElement[bool]) -> list[Good]:
    query = select(goods).where(condition).order_by(goods.c.place, goods.c.barcode)
    return [_good(row) for row in tx.execute(query).mappings()]


def _good(row: RowMapping) -> Good:
    return Good(**{name: row[name] for name in _FIELDS})
