"""进货、盘点、报损: the paper, its goods, and who stands beside it; the paper is one entry. The pad stands in ``tally``."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter import persons
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import Stock, StockKind
from kiosk.counter.desk import CountTogether, StockDonor, StockGoods, StockPad, StockSheet, StockShort
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Action, Moment
from kiosk.counter.filing import file
from kiosk.counter.telling import told
from kiosk.counter.values import Note, Till
from schemas.kiosk_api import SnapshotGood
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import TOKEN_BYTES

Step = tuple[Till, tuple[Effect, ...]]

KINDS: tuple[StockKind, ...] = ("bought", "donated", "counted", "written_off")
MOST_LINES = 60  # schemas.entries: received, written_off
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
            return _filed(till, book, face.stock, moment) if face.stock.lines else told(till, Note.NOTHING_FILED)
        case _:
            return None


def _filed(till: Till, book: CounterBook, stock: Stock, moment: Moment) -> Step:
    """记上: who gave it is asked, and for what takes two, who else looked, wherever there is somebody to name."""
    if stock.kind == "donated" and book.snapshot.donors:
        return replace(till, face=StockDonor(stock)), ()
    together = CountTogether(stock)
    if stock.takes_two and persons.candidates(till, together):
        return persons.ask(till, together)
    return file(till, moment, stock)


def given_by(till: Till, book: CounterBook, face: StockDonor, action: Action, arg: str, moment: Moment) -> Step | None:
    """That donor; or nobody of the list, and the name is written on the paper."""
    match action:
        case Action.DONOR if arg in book.snapshot.donors:
            return file(till, moment, replace(face.stock, donor=arg, salt=moment.chance[TOKEN_BYTES:].hex()))
        case Action.FILE:
            return file(till, moment, face.stock)
        case Action.BACK:
            return replace(till, face=StockSheet(face.stock)), ()
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
