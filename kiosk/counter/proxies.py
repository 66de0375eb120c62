"""别人代领: why, and who. Nobody types a name: the proxy's own card or household number gives it, or they sign it on the paper."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import asking
from kiosk.counter.book import CounterBook
from kiosk.counter.cart import asked_anew, paid_in_points
from kiosk.counter.deals import Cart
from kiosk.counter.desk import ProxyNumber, ProxyReasons
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Action, Moment, Tap
from kiosk.counter.pads import CARD_DIGITS, found_by_number, typed
from kiosk.counter.telling import told
from kiosk.counter.values import Customer, HouseholdShown, Till
from schemas.kiosk_api import SnapshotHousehold
from schemas.reasons import PROXY_REASONS
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

OWN_FAMILY = "自家人"
LONGEST_NAME = 20  # schemas.beside.Beside


def at_proxy(till: Till, book: CounterBook, face: ProxyReasons | ProxyNumber, tap: Tap, moment: Moment) -> Step | None:
    """A tap on the way to who collects; None when the face does not offer it."""
    match face, tap.action:
        case ProxyReasons(cart), Action.REASON if tap.arg in PROXY_REASONS:
            way = replace(cart.way, proxy=tap.arg, proxy_name="")
            return replace(till, face=ProxyNumber(replace(cart, way=way))), ()
        case ProxyNumber(), Action.DIGIT:
            return replace(till, face=replace(face, digits=typed(face.digits, tap.arg, CARD_DIGITS))), ()
        case ProxyNumber(), Action.ERASE:
            return replace(till, face=replace(face, digits=face.digits[:-1])), ()
        case ProxyNumber(), Action.ENTER:
            return _numbered(till, book, face, moment)
        case ProxyNumber(cart), Action.SIGN:
            return asking.review(till, book, cart, moment)
        case _:
            return None


def carded(till: Till, book: CounterBook, face: ProxyNumber, proxy: Customer, moment: Moment) -> Step:
    """The proxy held up a card of their own. The one that they brought, the household's, says nothing of who they are."""
    if proxy.household == face.cart.customer.household:
        return replace(till, notice=None), (Beep.OK,)
    name = _name(face.cart, proxy.household, proxy.masked_name)
    return asking.review(till, book, _of(face.cart, name), moment)


def given_up(cart: Cart) -> Cart:
    """The cart as it was before: the household itself takes the goods."""
    return replace(cart, way=replace(cart.way, proxy=None, proxy_name=""))


def begun_anew(cart: Cart) -> HouseholdShown:
    """Nothing is chosen, agreed to, paid in cash or collected for the household any more; how it came and who vouched for it stay."""
    return HouseholdShown(cart.customer, asked_anew(paid_in_points(given_up(cart).way)))


def _numbered(till: Till, book: CounterBook, face: ProxyNumber, moment: Moment) -> Step:
    found = found_by_number(book, face.digits)
    if isinstance(found, SnapshotHousehold) and found.state == "closed":
        found = Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    if not isinstance(found, SnapshotHousehold):
        return told(replace(till, face=replace(face, digits="")), found)
    return asking.review(till, book, _of(face.cart, _name(face.cart, found.number, found.masked_name)), moment)


def _of(cart: Cart, name: str) -> Cart:
    return replace(cart, way=replace(cart.way, proxy_name=name))


def _name(cart: Cart, household: str, masked_name: str) -> str:
    """As the paper says it: 王**户 0012."""
    if household == cart.customer.household:
        return OWN_FAMILY
    name = f"{masked_name}户 {household}"
    return name if len(name) <= LONGEST_NAME else f"户号 {household}"
