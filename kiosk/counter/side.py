"""Taps on the faces of the counter's other work: what each offers, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import day, filing, orders, pads, paper_slips, persons, proxies, resting, stock, tally, voids
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import Stock
from kiosk.counter.desk import (
    AllowVoid,
    CountTogether,
    DayShown,
    Errand,
    NumberPad,
    OrderShown,
    OwnPin,
    Persons,
    PinPad,
    ProxyNumber,
    ProxyReasons,
    SalesList,
    SideFace,
    SlipDays,
    SlipHousehold,
    SlipPad,
    StockDonor,
    StockGoods,
    StockMenu,
    StockPad,
    StockReasons,
    StockSheet,
    StockShort,
    TakeOver,
    VoidAsked,
    VoidReasons,
    VouchCart,
)
from kiosk.counter.effects import Effect
from kiosk.counter.events import Action, Moment, Tap
from kiosk.counter.values import Face, HouseholdShown, Idle, Till

Step = tuple[Till, tuple[Effect, ...]]


def at_idle(till: Till, book: CounterBook, tap: Tap, moment: Moment) -> Step | None:
    """What can be begun while nobody is served."""
    match tap.action:
        case Action.NO_CARD:
            return pads.begin(till, book)
        case Action.SLIP:
            return paper_slips.begin(till)
        case Action.VOID:
            return voids.begin(till)
        case Action.CLERK:
            return persons.ask(till, TakeOver())
        case Action.DAY:
            return day.begin(till, book, moment)
        case Action.STOCK:
            return replace(till, face=StockMenu()), ()
        case _:
            return None


def at_side(till: Till, book: CounterBook, face: SideFace, tap: Tap, moment: Moment) -> Step | None:
    """The step of that tap; None when the face does not offer it."""
    if tap.action is Action.LEAVE:
        return _leave(till, face)
    match face:
        case Persons(errand):
            return _at_persons(till, book, errand, tap, moment)
        case PinPad() | NumberPad():
            return _at_pad(till, book, face, tap, moment)
        case SlipPad() | SlipHousehold() | SlipDays():
            return paper_slips.at_slip(till, book, face, tap.action, tap.arg)
        case ProxyReasons() | ProxyNumber():
            return proxies.at_proxy(till, book, face, tap, moment)
        case OrderShown():
            return _at_order(till, book, face, tap, moment)
        case SalesList() | VoidReasons() | VoidAsked():
            return _at_void(till, book, face, tap, moment)
        case DayShown() if tap.action is Action.CLOSE_DAY:
            return day.close(till, face, moment)
        case StockMenu() | StockShort() | StockSheet() | StockGoods() | StockPad() | StockReasons() | StockDonor():
            return _at_stock(till, book, face, tap, moment)
        case _:
            return None


def _leave(till: Till, face: SideFace) -> Step | None:
    """返回: to where it was begun. What is being written or checked is not left."""
    match face:
        case PinPad(checking=True):
            return None
        case Persons(errand) | PinPad(errand):
            return replace(till, face=_before(errand)), ()
        case ProxyReasons(cart) | ProxyNumber(cart):
            return replace(till, face=proxies.given_up(cart)), ()
        case OrderShown(customer, _, way):
            return replace(till, face=HouseholdShown(customer, way)), ()
        case SlipPad() | SlipHousehold() | SlipDays():
            return resting.rest(till), ()
        case VoidReasons() | SalesList() | VoidAsked() | DayShown() | NumberPad() | StockMenu() | StockSheet():
            return resting.rest(till), ()
        case StockShort():
            return replace(till, face=StockMenu()), ()
        case _:
            return None


def _before(errand: Errand) -> Face:
    match errand:
        case VouchCart(cart) | OwnPin(cart):
            return cart
        case AllowVoid(sale, reason):
            return VoidAsked(sale, reason)
        case CountTogether(paper):
            return StockSheet(paper)
        case _:
            return Idle()


def _at_persons(till: Till, book: CounterBook, errand: Errand, tap: Tap, moment: Moment) -> Step | None:
    if isinstance(errand, CountTogether) and tap.action is Action.FILE:
        return filing.file(
            till, moment, errand.stock
        )  # nobody else is here: the paper is signed, and the office sees one name
    return persons.chosen(till, book, errand, tap.arg, moment) if tap.action is Action.PERSON else None


def _at_pad(till: Till, book: CounterBook, face: PinPad | NumberPad, tap: Tap, moment: Moment) -> Step | None:
    if isinstance(face, PinPad) and face.checking:
        return None
    most = persons.LONGEST_PIN if isinstance(face, PinPad) else pads.CARD_DIGITS
    match tap.action:
        case Action.DIGIT:
            return replace(till, face=replace(face, digits=pads.typed(face.digits, tap.arg, most))), ()
        case Action.ERASE:
            return replace(till, face=replace(face, digits=face.digits[:-1])), ()
        case Action.ENTER if isinstance(face, PinPad):
            return persons.entered(till, book, face, moment)
        case Action.ENTER if isinstance(face, NumberPad):
            return pads.numbered(till, book, face)
        case _:
            return None


def _at_order(till: Till, book: CounterBook, face: OrderShown, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.COLLECT:
            return orders.collect(till, book, face, moment)
        case Action.CANCEL:
            return orders.cancel(till, book, face, moment)
        case _:
            return None


def _at_void(
    till: Till, book: CounterBook, face: SalesList | VoidReasons | VoidAsked, tap: Tap, moment: Moment
) -> Step | None:
    match face, tap.action:
        case SalesList(), Action.SALE:
            return voids.chosen(till, face, tap.arg)
        case SalesList(), Action.OLDER | Action.NEWER:
            return replace(till, face=voids.turn(face, 1 if tap.action is Action.OLDER else -1)), ()
        case VoidReasons(sale), Action.REASON:
            return voids.because(till, sale, tap.arg)
        case VoidAsked(), Action.SUPERVISOR:
            return voids.allow(till, face)
        case VoidAsked(), Action.VOID:
            return voids.void(till, book, face, moment)
        case VoidAsked(sale), Action.BACK:
            return replace(till, face=VoidReasons(sale)), ()
        case _:
            return None


def _at_stock(
    till: Till,
    book: CounterBook,
    face: StockMenu | StockShort | StockSheet | StockGoods | StockPad | StockReasons | StockDonor,
    tap: Tap,
    moment: Moment,
) -> Step | None:
    match face:
        case StockMenu() if tap.action is Action.SHEET:
            return stock.sheet(till, tap.arg)
        case StockMenu() if tap.action is Action.SHORT:
            return replace(till, face=StockShort()), ()
        case StockShort() if tap.action is Action.GOODS:
            return stock.goods(till, book, Stock("counted", ()), tap.arg)
        case StockShort() if tap.action in (Action.OLDER, Action.NEWER):
            return stock.turn(till, book, face, 1 if tap.action is Action.OLDER else -1), ()
        case StockSheet():
            return stock.at_sheet(till, book, face, tap.action, tap.arg, moment)
        case StockGoods():
            return stock.at_goods(till, book, face, tap.action, tap.arg)
        case StockPad():
            return tally.at_pad(till, book, face, tap.action, tap.arg)
        case StockReasons(stock=paper) if tap.action is Action.BACK:
            return replace(till, face=StockSheet(paper)), ()
        case StockReasons() if tap.action is Action.REASON:
            return tally.because(till, book, face, tap.arg)
        case StockDonor():
            return stock.given_by(till, book, face, tap.action, tap.arg, moment)
        case _:
            return None
