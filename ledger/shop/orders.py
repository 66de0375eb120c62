"""Goods ordered ahead: open while the book holds their points."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from ledger.book.tables import hold_ends
from ledger.people.tables import households
from ledger.shop.tables import order_lines, orders
from ledger.shop.values import Order, RedeemedLine


def orders_named(tx: Connection, village_id: int, ids: Collection[UUID]) -> dict[UUID, Order]:
    """The orders with these ids, open or not."""
    return {one.order_id: one for one in _orders(tx, village_id, orders.c.order_id.in_(ids))} if ids else {}


def open_orders(tx: Connection, village_id: int) -> list[Order]:
    """What is ordered and neither collected, cancelled nor over; the earliest to go first."""
    return _orders(tx, village_id, hold_ends.c.how.is_(None))


def _orders(tx: Connection, village_id: int, condition: ColumnElement[bool]) -> list[Order]:
    here = orders.c.village_id
    joined = orders.join(
        households, (households.c.village_id == here) & (households.c.household_id == orders.c.household_id)
    ).outerjoin(hold_ends, (hold_ends.c.village_id == here) & (hold_ends.c.hold_id == orders.c.order_id))
    query = (
        select(orders, households.c.number.label("household"))
        .select_from(joined)
        .where(here == village_id, condition)
        .order_by(orders.c.until_day, orders.c.number)
    )
    rows = tx.execute(query).mappings().all()
    lines = _lines(tx, village_id, [row["order_id"] for row in rows])
    return [
        Order(
            row["order_id"],
            row["number"],
            row["household"],
            row["total"],
            row["until_day"],
            tuple(lines[row["order_id"]]),
        )
        for row in rows
    ]


def _lines(tx: Connection, village_id: int, ids: Collection[UUID]) -> dict[UUID, list[RedeemedLine]]:
    found: dict[UUID, list[RedeemedLine]] = {id_: [] for id_ in ids}
    if not found:
        return found
    query = select(order_lines).where(order_lines.c.village_id == village_id, order_lines.c.order_id.in_(ids))
    for row in tx.execute(query.order_by(order_lines.c.line)):
        found[row.order_id].append(RedeemedLine(row.barcode, row.name, row.unit, row.quantity, row.price))
    return found
