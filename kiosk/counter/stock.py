"""进货、盘点、报损: scan or choose goods, type how many, and the paper is one entry."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import Stock, StockKind, StockLine
from kiosk.counter.desk import StockGoods, StockPad, StockReasons, StockSheet, StockShort
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Action, Moment
from kiosk.counter.filing import file
from kiosk.counter.pads import fen_of, typed
from kiosk.counter.telling import told
from kiosk.counter.values import Note, Till
from schemas.kiosk_api import SnapshotGood
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS, CountReason, WriteOffReason
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

KINDS: tuple[StockKind, ...] = ("bought", "donated", "counted", "written_off")
MOST_LINES = 60  # schemas.entries: received, written_off
MOST_PIECES = 99_999
QUANTITY_DIGITS, COST_DIGITS = 5, 7
GOODS_SHOWN = 6
BEST_BEFORE_DAYS = 30


def sheet(till: Till, kind: str) -> Step | None:
    """An empty paper of that kind."""
    if kind not in KINDS:
        return None
    return replace(till, face=StockSheet(Stock(kind, ()))), ()


def goods(till: Till, book: CounterBook, stock: Stock, barcode: str) -> Step:
    """Those goods: how many? Goods that are on the paper already are asked for anew."""
    if barcode not in book.goods:
        return told(till, Refusal(RefusalCode.GOODS_UNKNOWN, {"good": barcode}))
    if len(stock.lines) >= MOST_LINES and all(line.barcode != barcode for line in stock.lines):
        return told(till, Note.SHEET_FULL)
    return replace(till, face=StockPad(stock, barcode), notice=None), (Beep.OK,)


def at_sheet(till: Till, book: CounterBook, face: StockSheet, action: Action, arg: str, moment: Moment) -> Step | None:
    """A tap on the paper."""
    match action:
        case Action.GOODS:
            return goods(till, book, face.stock, arg)
        case Action.PICK:
            return replace(till, face=StockGoods(face.stock)), ()
        case Action.REMOVE:
            lines = tuple(line for line in face.stock.lines if line.barcode != arg)
            return replace(till, face=StockSheet(replace(face.stock, lines=lines))), ()
        case Action.FILE:
            return file(till, moment, face.stock) if face.stock.lines else told(till, Note.NOTHING_FILED)
        case _:
            return None


def at_goods(till: Till, book: CounterBook, face: StockGoods, action: Action, arg: str) -> Step | None:
    """A tap on the list of goods."""
    match action:
        case Action.GOODS:
            return goods(till, book, face.stock, arg)
        case Action.OLDER | Action.NEWER:
            first = face.first + (GOODS_SHOWN if action is Action.OLDER else -GOODS_SHOWN)
            fits = 0 <= first < len(book.snapshot.goods)
            return replace(till, face=replace(face, first=first) if fits else face), ()
        case Action.BACK:
            return replace(till, face=StockSheet(face.stock)), ()
        case _:
            return None


def at_pad(till: Till, book: CounterBook, face: StockPad, action: Action, arg: str) -> Step | None:
    """A key of the pad."""
    match action:
        case Action.DIGIT:
            most = QUANTITY_DIGITS if face.asks == "quantity" else COST_DIGITS
            digits = typed(face.digits, arg, most, point=face.asks == "cost")
            return replace(till, face=replace(face, digits=digits)), ()
        case Action.ERASE:
            return replace(till, face=replace(face, digits=face.digits[:-1])), ()
        case Action.ENTER:
            return _entered(till, book, face)
        case Action.BACK:
            return replace(till, face=StockSheet(face.stock)), ()
        case _:
            return None


def _entered(till: Till, book: CounterBook, face: StockPad) -> Step:
    if face.barcode not in book.goods:
        return _gone(till, face.stock, face.barcode)
    if face.asks == "cost":
        return _put(till, book, face.stock, face.barcode, face.quantity, cost_fen=fen_of(face.digits)), (Beep.OK,)
    quantity = int(face.digits) if face.digits else -1
    least = 0 if face.stock.kind == "counted" else 1
    if not least <= quantity <= MOST_PIECES:
        return told(till, Note.QUANTITY_ODD)
    if face.stock.kind in ("bought", "donated"):
        return replace(till, face=replace(face, asks="cost", digits="", quantity=quantity)), ()
    if face.stock.kind == "counted" and quantity == books.stock_left(book, face.barcode):
        return _put(till, book, face.stock, face.barcode, quantity), (Beep.OK,)
    return replace(till, face=StockReasons(face.stock, face.barcode, quantity)), ()


def because(till: Till, book: CounterBook, face: StockReasons, reason: str) -> Step | None:
    """For that reason; one that is not on the list is none."""
    known = reason in (COUNT_REASONS if face.stock.kind == "counted" else WRITE_OFF_REASONS)
    if not known:
        return None
    if face.barcode not in book.goods:
        return _gone(till, face.stock, face.barcode)
    why = cast(CountReason | WriteOffReason, reason)
    return _put(till, book, face.stock, face.barcode, face.quantity, reason=why), (Beep.OK,)


def _gone(till: Till, stock: Stock, barcode: str) -> Step:
    """The goods left the price list meanwhile."""
    return told(replace(till, face=StockSheet(stock)), Refusal(RefusalCode.GOODS_UNKNOWN, {"good": barcode}))


def _put(
    till: Till,
    book: CounterBook,
    stock: Stock,
    barcode: str,
    quantity: int,
    *,
    cost_fen: int = 0,
    reason: CountReason | WriteOffReason | None = None,
) -> Till:
    good = book.goods[barcode]
    booked = books.stock_left(book, barcode)
    line = StockLine(barcode, good.name, good.unit, booked, quantity, cost_fen, reason)
    others = tuple(other for other in stock.lines if other.barcode != barcode)
    return replace(till, face=StockSheet(replace(stock, lines=(*others, line))), notice=None)


def short(till: Till, book: CounterBook) -> tuple[SnapshotGood, ...]:
    """What is low, or goes bad within 30 days; what goes bad first stands first."""
    limit = book.snapshot.limits.low_stock
    listed = [
        good for good in book.snapshot.goods if books.stock_left(book, good.barcode) <= limit or _soon(till, good)
    ]
    return tuple(sorted(listed, key=lambda good: (good.best_before is None, good.best_before, good.name)))


def _soon(till: Till, good: SnapshotGood) -> bool:
    return (
        good.best_before is not None
        and till.today is not None
        and (good.best_before - till.today).days <= BEST_BEFORE_DAYS
    )


def turn(till: Till, book: CounterBook, face: StockShort, pages: int) -> Till:
    """So many pages on or back; the ends of the list hold."""
    first = face.first + pages * GOODS_SHOWN
    return replace(till, face=StockShort(first)) if 0 <= first < len(short(till, book)) else till
