"""Goods ordered ahead: points are kept for them, and they are collected or given up later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook, SoldHere
from kiosk.counter.deals import CartLine, Sale
from kiosk.counter.desk import OrderShown
from kiosk.counter.effects import CollectedDraft, Effect, OrderCancelledDraft, WriteEntries
from kiosk.counter.events import Moment
from kiosk.counter.telling import told
from kiosk.counter.values import Cart, HouseholdShown, Note, Recording, Saving, Till
from schemas.kiosk_api import SnapshotOrder
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import make_token

Step = tuple[Till, tuple[Effect, ...]]


def begin(till: Till, book: CounterBook, face: HouseholdShown) -> Step:
    """订货: choose, whatever is on the shelf. Only with a line, as the ledger keeps the points."""
    if book.snapshot.limits.order_days == 0:
        return told(till, Refusal(RefusalCode.ORDERS_OFF))
    if not till.line.sells_online:
        return told(till, Note.ORDERS_NEED_LINE)
    return replace(till, face=Cart(face.customer, way=face.way, ordering=True)), ()


def until(book: CounterBook, moment: Moment) -> date:
    """The last day on which ordered goods are kept."""
    return books.day_of(book, moment.wall) + timedelta(days=book.snapshot.limits.order_days)


def held_here(sale: Sale) -> SoldHere:
    """An order keeps points, takes no goods and counts against no day."""
    return SoldHere(sale.id, sale.customer.household, sale.total, (), date.min)


def shown(till: Till, book: CounterBook, face: HouseholdShown, id_: str) -> Step | None:
    """取订的货: that order."""
    orders = books.open_orders(book, face.customer.household)
    order = next((order for order in orders if str(order.id) == id_), None)
    return None if order is None else (replace(till, face=OrderShown(face.customer, order, face.way)), ())


def collect(till: Till, book: CounterBook, face: OrderShown, moment: Moment) -> Step:
    """取走: a fact, never refused, with its own receipt."""
    order = face.order
    sale = Sale(
        id=moment.ids[0],
        kiosk=till.kiosk,
        customer=face.customer,
        lines=tuple(CartLine(x.barcode, x.name, x.unit, x.quantity, x.price) for x in order.lines),
        before=books.purse(book, face.customer.household, till.today).available + order.total,
        snapshot=book.snapshot.seq,
        contact_at=book.snapshot.taken_at,
        token=make_token(book.snapshot.village.code, moment.chance),
        clerk=till.clerk,
        at=moment.wall,
        clock_trusted=moment.clock_trusted,
        offline=not till.line.sells_online,
        way=face.way,
        ordered=order.id,
    )
    saving = Saving(sale, Recording.COLLECT, sale.id)
    return replace(till, face=saving), (WriteEntries((CollectedDraft(sale),), moment, till.clerk),)


def collected_here(sale: Sale) -> SoldHere:
    """The points were kept already; the goods go."""
    goods = tuple((line.barcode, line.quantity) for line in sale.lines)
    return SoldHere(sale.id, sale.customer.household, 0, goods, date.min, fact=True, ordered=sale.ordered)


def cancel(till: Till, book: CounterBook, face: OrderShown, moment: Moment) -> Step:
    """不要了: the points are free again once the ledger says so."""
    sale = _given_up(till, book, face, moment)
    saving = Saving(sale, Recording.CANCEL_ORDER, moment.ids[0])
    draft = OrderCancelledDraft(moment.ids[0], face.order.id)
    return replace(till, face=saving), (WriteEntries((draft,), moment, till.clerk),)


def _given_up(till: Till, book: CounterBook, face: OrderShown, moment: Moment) -> Sale:
    """The order as what ``Saving`` holds: nothing of it is written but its id."""
    return Sale(
        id=moment.ids[0],
        kiosk=till.kiosk,
        customer=face.customer,
        lines=tuple(CartLine(x.barcode, x.name, x.unit, x.quantity, x.price) for x in face.order.lines),
        before=books.purse(book, face.customer.household, till.today).available,
        snapshot=book.snapshot.seq,
        contact_at=book.snapshot.taken_at,
        token="",
        clerk=till.clerk,
        at=moment.wall,
        clock_trusted=moment.clock_trusted,
        way=face.way,
        ordered=face.order.id,
    )


def cancelled_here(sale: Sale) -> SoldHere:
    """The order is off the list; its points come back with the ledger's snapshot."""
    return SoldHere(sale.id, sale.customer.household, 0, (), date.min, fact=True, ordered=sale.ordered)


def order_of(book: CounterBook, sale: Sale) -> SnapshotOrder | None:
    """The order that the sale fulfils, as long as the snapshot has it."""
    return next((order for order in book.snapshot.orders if order.id == sale.ordered), None)
