"""One line of a stock paper: how many on the pad, what one costs, until when it is good, or why goods are gone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import StockLine
from kiosk.counter.desk import StockPad, StockReasons, StockSheet
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Action
from kiosk.counter.pads import fen_of, typed
from kiosk.counter.telling import told
from kiosk.counter.values import Note, Till
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS, CountReason, WriteOffReason
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

MOST_PIECES = 99_999
DIGITS = {"quantity": 5, "cost": 7, "until": 8}
LONGEST = timedelta(days=3_653)  # nothing in a village shop is good for more than ten years


def at_pad(till: Till, book: CounterBook, face: StockPad, action: Action, arg: str) -> Step | None:
    """A key of the pad."""
    match action:
        case Action.DIGIT:
            digits = typed(face.digits, arg, DIGITS[face.asks], point=face.asks == "cost")
            return replace(till, face=replace(face, digits=digits, warned=False)), ()
        case Action.ERASE:
            return replace(till, face=replace(face, digits=face.digits[:-1], warned=False)), ()
        case Action.ENTER:
            return _entered(till, book, face)
        case Action.NO_DATE if face.asks == "until":
            return _put(till, book, face), (Beep.OK,)
        case Action.BACK:
            return replace(till, face=StockSheet(face.stock)), ()
        case _:
            return None


def _entered(till: Till, book: CounterBook, face: StockPad) -> Step:
    match face.asks:
        case "quantity":
            return _counted(till, book, face)
        case "cost":
            return replace(till, face=replace(face, asks="until", digits="", cost_fen=fen_of(face.digits))), ()
        case "until":
            return _good_until(till, book, face)


def _counted(till: Till, book: CounterBook, face: StockPad) -> Step:
    quantity = int(face.digits) if face.digits else -1
    least = 0 if face.stock.kind == "counted" else 1
    if not least <= quantity <= MOST_PIECES:
        return told(till, Note.QUANTITY_ODD)
    known = replace(face, quantity=quantity)
    if face.barcode not in book.goods:
        return _put(till, book, known), ()
    if face.stock.kind in ("bought", "donated"):
        return replace(till, face=replace(known, asks="cost", digits="")), ()
    if face.stock.kind == "counted" and quantity == books.stock_left(book, face.barcode):
        return _put(till, book, known), (Beep.OK,)
    return replace(till, face=StockReasons(face.stock, face.barcode, quantity)), ()


def _good_until(till: Till, book: CounterBook, face: StockPad) -> Step:
    """A day that is over is asked twice: goods that came in spoilt are goods too, but most such days are slips of the finger."""
    until, today = day_of(face.digits), today_of(till, book)
    if until is None or until - today > LONGEST:
        return told(till, Note.DATE_ODD)
    if until < today and not face.warned:
        return told(replace(till, face=replace(face, warned=True)), Note.DATE_PAST)
    return _put(till, book, face, best_before=until), (Beep.OK,)


def day_of(digits: str) -> date | None:
    """The day that was typed: 20270615, or the last of a month, 202706; None for no such day."""
    if len(digits) not in (6, 8):
        return None
    year, month = int(digits[:4]), int(digits[4:6])
    try:
        return date(year, month, int(digits[6:]) if digits[6:] else monthrange(year, month)[1])
    except ValueError:  # calendar's IllegalMonthError is one too
        return None


def today_of(till: Till, book: CounterBook) -> date:
    """The village's day; while the clock is not trusted that of the snapshot, which is never later."""
    return till.today or books.day_of(book, book.snapshot.taken_at)


def because(till: Till, book: CounterBook, face: StockReasons, reason: str) -> Step | None:
    """For that reason; one that is not on the list is none."""
    known = reason in (COUNT_REASONS if face.stock.kind == "counted" else WRITE_OFF_REASONS)
    if not known:
        return None
    return _put(till, book, face, reason=cast(CountReason | WriteOffReason, reason)), (Beep.OK,)


def _put(
    till: Till,
    book: CounterBook,
    face: StockPad | StockReasons,
    *,
    reason: CountReason | WriteOffReason | None = None,
    best_before: date | None = None,
) -> Till:
    """The line on the paper, unless the goods left the price list meanwhile."""
    stock, barcode = face.stock, face.barcode
    good = book.goods.get(barcode)
    if good is None:
        return replace(till, face=StockSheet(stock), notice=Refusal(RefusalCode.GOODS_UNKNOWN, {"good": barcode}))
    booked, cost_fen = books.stock_left(book, barcode), face.cost_fen if isinstance(face, StockPad) else 0
    line = StockLine(barcode, good.name, good.unit, booked, face.quantity, cost_fen, reason, best_before)
    others = tuple(other for other in stock.lines if other.barcode != barcode)
    return replace(till, face=StockSheet(replace(stock, lines=(*others, line))), notice=None)
