"""A scan at the counter: a card, goods, or something that is neither."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import cart as carts
from kiosk.counter import paper_slips, proxies, stock
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred
from kiosk.counter.desk import (
    NumberPad,
    OwnPin,
    Persons,
    PinPad,
    ProxyNumber,
    ProxyReasons,
    SlipHousehold,
    StockGoods,
    StockSheet,
    VouchCart,
)
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Moment
from kiosk.counter.telling import told
from kiosk.counter.values import (
    Cart,
    Confirm,
    Customer,
    Done,
    HouseholdShown,
    Idle,
    Note,
    Refused,
    Till,
)
from schemas.kiosk_api import SnapshotCard
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import Barcode, Code, CodeKind, NotOurs, token_hash

Step = tuple[Till, tuple[Effect, ...]]

_CARD_STATES = {"lost": RefusalCode.CARD_REPORTED_LOST, "replaced": RefusalCode.CARD_REPLACED}
_NOT_A_CARD = {CodeKind.RECEIPT: RefusalCode.RECEIPT_CODE_NOT_CARD, CodeKind.DOOR: RefusalCode.DOOR_CODE_NOT_CARD}


def scanned(till: Till, code: Code | Barcode | NotOurs, moment: Moment) -> Step:
    """The till after a scan. Whatever is not wanted now is told and leaves the face as it is."""
    book = till.book
    if book is None:
        return told(till, Note.NOT_READY)
    match code:
        case NotOurs():
            return told(till, Refusal(RefusalCode.of(code.value)))
        case Barcode(digits):
            return _goods(till, book, digits)
        case Code(kind=CodeKind.CARD):
            return _card(till, book, code, moment)
        case Code(kind=kind):
            return told(till, Refusal(_NOT_A_CARD[kind]))


def cart_of(till: Till) -> Cart | None:
    """The cart in hand, wherever the face keeps it; None when nobody is choosing."""
    match till.face:
        case Cart():
            return till.face
        case Confirm(cart=cart) | Refused(cart=cart):
            return cart
        case HouseholdShown(customer, way):
            return Cart(customer, way=way)
        case _:
            return None


def goods_in_hand(till: Till) -> bool:
    """Goods are chosen and not confirmed, also while a PIN or a proxy is asked for: what a power cut would lose."""
    match till.face:
        case (
            ProxyReasons(asked)
            | ProxyNumber(asked)
            | Persons(VouchCart(asked))
            | PinPad(VouchCart(asked) | OwnPin(asked))
        ):
            return bool(asked.lines)
        case _:
            cart = cart_of(till)
            return cart is not None and bool(cart.lines)


def _goods(till: Till, book: CounterBook, barcode: str) -> Step:
    if isinstance(till.face, StockSheet | StockGoods):
        return stock.goods(till, book, till.face.stock, barcode)
    cart = cart_of(till)
    if cart is None:
        free = isinstance(till.face, Idle | Done)
        return told(till, Note.CARD_FIRST if free else Note.BUSY)
    changed, notice = carts.add(book, cart, barcode)
    if changed == cart:
        return told(till, notice or Note.BUSY)
    return replace(till, face=changed, notice=notice), (Beep.OK,)


def _card(till: Till, book: CounterBook, code: Code, moment: Moment) -> Step:
    found = _customer(book, code)
    if isinstance(found, Refusal):
        return told(till, found)
    match till.face:
        case HouseholdShown(customer, way) if customer.household == found.household and not way.without_card:
            return replace(till, notice=None), (Beep.OK,)
        case Idle() | Done() | HouseholdShown() | NumberPad():
            return _show(till, found)
        case (Cart() as cart) | Refused(cart=cart) | Confirm(cart=cart):
            if cart.customer.household == found.household:
                return _found_again(till, found)
            return told(till, Note.OTHER_HOUSEHOLD) if cart.lines or cart.slip else _show(till, found)
        case SlipHousehold() as face:
            return paper_slips.carded(till, face, found)
        case ProxyNumber() as face:
            return proxies.carded(till, book, face, found, moment)
        case _:
            return told(till, Note.BUSY)


def _found_again(till: Till, found: Customer) -> Step:
    """The card of the household in hand: one that came without it goes on with it."""
    cart = cart_of(till)
    if cart is None or not cart.way.without_card:
        return replace(till, notice=None), (Beep.OK,)
    with_card = replace(cart, customer=found, way=replace(cart.way, without_card=False, second=None))
    return replace(till, face=with_card, notice=None), (Beep.OK,)


def _show(till: Till, customer: Customer) -> Step:
    if (no := barred(till)) is not None:
        return told(replace(till, face=Idle()), no)
    beep = Beep.OK if till.line.sells_online else Beep.OFFLINE
    return replace(till, face=HouseholdShown(customer), notice=None), (beep,)


def _customer(book: CounterBook, code: Code) -> Customer | Refusal:
    """Who holds that card; the village is looked at first, so that another village's card is never called unknown."""
    if code.village != book.snapshot.village.code:
        return Refusal(RefusalCode.WRONG_VILLAGE, {"village": code.village})
    card = book.cards.get(token_hash(code.token).hex())
    if card is None or card.household not in book.households:
        return Refusal(RefusalCode.CARD_UNKNOWN)
    if card.state in _CARD_STATES:
        return Refusal(_CARD_STATES[card.state])
    return _open_household(book, card)


def _open_household(book: CounterBook, card: SnapshotCard) -> Customer | Refusal:
    household = book.households[card.household]
    if household.state == "closed":
        return Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    return Customer(household.number, household.masked_name, household.group, card.hash, card.tail)
