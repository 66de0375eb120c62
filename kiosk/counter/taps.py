"""A tap on the screen: what each face offers, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import aloud, answering, asking, orders, paper, proxies, resting, side, ways
from kiosk.counter import cart as carts
from kiosk.counter.book import CounterBook
from kiosk.counter.desk import ProxyReasons
from kiosk.counter.effects import Effect, FetchPassbook, PrintBalance
from kiosk.counter.events import Action, Moment, Paper, Tap
from kiosk.counter.telling import told
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    NoSnapshot,
    Note,
    NotEnrolled,
    Printing,
    PrintUnknown,
    Refused,
    Saving,
    Till,
    Waiting,
)

Step = tuple[Till, tuple[Effect, ...]]


def tapped(till: Till, tap: Tap, moment: Moment) -> Step:
    """The till after a tap; one made on an older face, or that the face does not offer, changes nothing."""
    if not till.face_since <= tap.version <= till.version or till.book is None:
        return till, ()
    if tap.action is Action.SPEAK:
        return aloud.speak(till, till.book) or (till, ())
    quiet = replace(till, notice=None)
    match till.face:
        case Idle():
            step = side.at_idle(quiet, till.book, tap, moment)
        case HouseholdShown():
            step = _at_household(quiet, till.book, till.face, tap)
        case Cart():
            step = _at_cart(quiet, till.book, till.face, tap, moment)
        case Confirm():
            step = _at_confirm(quiet, till.book, till.face, tap, moment)
        case Refused(cart=cart):
            step = _at_refused(quiet, till.book, till.face, cart, tap, moment)
        case AskHandOver():
            step = _at_hand_over(quiet, till.face, tap, moment)
        case PrintUnknown():
            step = _at_paper(quiet, till.face, tap, moment)
        case Done() if tap.action is Action.LEAVE:
            step = resting.rest(quiet), ()
        case NotEnrolled() | NoSnapshot() | Saving() | Waiting() | Printing() | Done():
            step = None
        case _:
            step = side.at_side(quiet, till.book, till.face, tap, moment)
    return step or (till, ())


def _at_household(till: Till, book: CounterBook, face: HouseholdShown, tap: Tap) -> Step | None:
    cart = Cart(face.customer, way=face.way)
    match tap.action:
        case Action.CHOOSE:
            return replace(till, face=cart), ()
        case Action.ADD:
            return _add(till, book, cart, tap.arg)
        case Action.LEAVE:
            return resting.rest(till), ()
        case Action.ORDER_GOODS:
            return orders.begin(till, book, face)
        case Action.ORDER:
            return orders.shown(till, book, face, tap.arg)
        case Action.BALANCE | Action.PASSBOOK:
            return _told_to_customer(till, face.customer.household, tap.action)
        case _:
            return None


def _told_to_customer(till: Till, household: str, action: Action) -> Step:
    """Without buying: a balance slip, or the passbook. Only when somebody asked for it."""
    paper = PrintBalance(household) if action is Action.BALANCE else FetchPassbook(household)
    return replace(till, notice=Note.SLIP_PRINTING), (paper,)


def _at_cart(till: Till, book: CounterBook, cart: Cart, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.ADD:
            return _add(till, book, cart, tap.arg)
        case Action.LESS:
            return replace(till, face=carts.less(cart, tap.arg)), ()
        case Action.REMOVE:
            return replace(till, face=carts.remove(cart, tap.arg)), ()
        case Action.EMPTY if cart.slip is not None:
            return resting.rest(till), ()
        case Action.EMPTY:
            return replace(till, face=proxies.begun_anew(cart)), ()
        case Action.NEXT:
            return replace(till, face=carts.turn(book, cart, tap.arg, 1)), ()
        case Action.PREVIOUS:
            return replace(till, face=carts.turn(book, cart, tap.arg, -1)), ()
        case Action.REVIEW:
            return asking.review(till, book, cart, moment)
        case Action.LEAVE:
            return resting.rest(till), ()
        case _:
            return None


def _add(till: Till, book: CounterBook, cart: Cart, barcode: str) -> Step:
    changed, notice = carts.add(book, cart, barcode)
    return told(till, notice) if changed == cart and notice else (replace(till, face=changed, notice=notice), ())


def _at_confirm(till: Till, book: CounterBook, face: Confirm, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.CONFIRM:
            return asking.begin(till, book, face, moment)
        case Action.BACK:
            return replace(till, face=face.cart), ()
        case Action.PROXY if not face.cart.ordering and face.cart.slip is None:
            return replace(till, face=ProxyReasons(face.cart)), ()
        case Action.LEAVE:
            return resting.rest(till), ()
        case _:
            return None


def _at_refused(till: Till, book: CounterBook, face: Refused, cart: Cart, tap: Tap, moment: Moment) -> Step | None:
    if tap.action in (Action.CASH, Action.SECOND, Action.OWN_PIN):
        return ways.out_of(till, book, face, tap.action, moment)
    match tap.action:
        case Action.BACK:
            return replace(till, face=cart), ()
        case Action.REMOVE:
            return replace(till, face=carts.remove(cart, tap.arg)), ()
        case Action.LEAVE:
            return resting.rest(till), ()
        case _:
            return None


def _at_hand_over(till: Till, face: AskHandOver, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.HAND_OVER:
            return answering.hand_over(till, face, moment)
        case Action.CALL_OFF:
            return answering.call_off(till, face, moment)
        case _:
            return None


def _at_paper(till: Till, face: PrintUnknown, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.PAPER_OUT:
            return paper.seen(till, face, moment, Paper.PRINTED)
        case Action.NO_PAPER:
            return paper.seen(till, face, moment, Paper.NOT_PRINTED)
        case Action.REPRINT:
            return paper.reprint(till, face)
        case _:
            return None
