"""A tap on the screen: what each face offers, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import cart as carts
from kiosk.counter import sales
from kiosk.counter.book import CounterBook
from kiosk.counter.effects import Effect
from kiosk.counter.events import Action, Moment, Paper, Tap
from kiosk.counter.scans import told
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Note,
    PrintUnknown,
    Refused,
    Till,
)

Step = tuple[Till, tuple[Effect, ...]]


def tapped(till: Till, tap: Tap, moment: Moment) -> Step:
    """The till after a tap; one made on an older face, or that the face does not offer, changes nothing."""
    if not till.face_since <= tap.version <= till.version or till.book is None:
        return till, ()
    quiet = replace(till, notice=None)
    match till.face:
        case HouseholdShown(customer):
            step = _at_household(quiet, till.book, Cart(customer), tap)
        case Cart():
            step = _at_cart(quiet, till.book, till.face, tap, moment)
        case Confirm():
            step = _at_confirm(quiet, till.book, till.face, tap, moment)
        case Refused(cart=cart):
            step = _at_refused(quiet, cart, tap)
        case AskHandOver():
            step = _at_hand_over(quiet, till.face, tap, moment)
        case PrintUnknown():
            step = _at_paper(quiet, till.face, tap, moment)
        case Done() if tap.action is Action.LEAVE:
            step = sales.rest(quiet), ()
        case _:
            step = None
    return step or (till, ())


def _at_household(till: Till, book: CounterBook, cart: Cart, tap: Tap) -> Step | None:
    match tap.action:
        case Action.CHOOSE:
            return replace(till, face=cart), ()
        case Action.ADD:
            return _add(till, book, cart, tap.arg)
        case Action.LEAVE:
            return sales.rest(till), ()
        case _:
            return None


def _at_cart(till: Till, book: CounterBook, cart: Cart, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.ADD:
            return _add(till, book, cart, tap.arg)
        case Action.LESS:
            return replace(till, face=carts.less(cart, tap.arg)), ()
        case Action.REMOVE:
            return replace(till, face=carts.remove(cart, tap.arg)), ()
        case Action.EMPTY:
            return replace(till, face=HouseholdShown(cart.customer)), ()
        case Action.NEXT:
            return replace(till, face=carts.turn(book, cart, tap.arg, 1)), ()
        case Action.PREVIOUS:
            return replace(till, face=carts.turn(book, cart, tap.arg, -1)), ()
        case Action.REVIEW:
            return _review(till, book, cart, moment)
        case Action.LEAVE:
            return sales.rest(till), ()
        case _:
            return None


def _add(till: Till, book: CounterBook, cart: Cart, barcode: str) -> Step:
    changed, notice = carts.add(book, cart, barcode)
    return told(till, notice) if changed == cart and notice else (replace(till, face=changed, notice=notice), ())


def _review(till: Till, book: CounterBook, cart: Cart, moment: Moment) -> Step:
    if not cart.lines:
        return told(till, Note.CART_EMPTY)
    if (why := sales.why_not(till, book, cart, moment)) is not None:
        return sales.refused(till, book, why, cart)
    return replace(till, face=Confirm(cart, offline=not till.line.sells_online)), ()


def _at_confirm(till: Till, book: CounterBook, face: Confirm, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.CONFIRM:
            return sales.begin(till, book, face, moment)
        case Action.BACK:
            return replace(till, face=face.cart), ()
        case Action.LEAVE:
            return sales.rest(till), ()
        case _:
            return None


def _at_refused(till: Till, cart: Cart, tap: Tap) -> Step | None:
    match tap.action:
        case Action.BACK:
            return replace(till, face=cart), ()
        case Action.REMOVE:
            return replace(till, face=carts.remove(cart, tap.arg)), ()
        case Action.LEAVE:
            return sales.rest(till), ()
        case _:
            return None


def _at_hand_over(till: Till, face: AskHandOver, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.HAND_OVER:
            return sales.hand_over(till, face, moment)
        case Action.CALL_OFF:
            return sales.call_off(till, face, moment)
        case _:
            return None


def _at_paper(till: Till, face: PrintUnknown, tap: Tap, moment: Moment) -> Step | None:
    match tap.action:
        case Action.PAPER_OUT:
            return sales.paper_seen(till, face, moment, Paper.PRINTED)
        case Action.NO_PAPER:
            return sales.paper_seen(till, face, moment, Paper.NOT_PRINTED)
        case Action.REPRINT:
            return sales.reprint(till, face)
        case _:
            return None
