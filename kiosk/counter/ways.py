"""Ways on from a no: cash for what is missing, a second person, the household's own PIN."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import asking, persons
from kiosk.counter.book import CounterBook
from kiosk.counter.desk import VouchCart
from kiosk.counter.effects import Effect
from kiosk.counter.events import Action, Moment
from kiosk.counter.values import Notice, Refused, Till
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

_SECOND = frozenset({RefusalCode.SECOND_PERSON_NEEDED, RefusalCode.LIMIT_PROXY})
_SHORT = frozenset({RefusalCode.NOT_ENOUGH_POINTS, RefusalCode.BELOW_FLOOR})


def cash_points(book: CounterBook, face: Refused) -> int:
    """How many points cash would have to cover, 0 when cash is no way out here. The account pays at least one."""
    missing = _missing(face.why)
    allowed = book.snapshot.limits.cash_allowed and not face.cart.ordering
    return missing if allowed and 0 < missing < face.cart.total else 0


def _missing(why: Notice) -> int:
    match why:
        case Refusal(code, {"missing": int(missing)}) if code in _SHORT:
            return missing
        case _:
            return 0


def offers_second(face: Refused) -> bool:
    """True when a second person is the way on."""
    return isinstance(face.why, Refusal) and face.why.code in _SECOND


def offers_pin(face: Refused) -> bool:
    """True when the household's PIN is the way on."""
    return isinstance(face.why, Refusal) and face.why.code is RefusalCode.PIN_NEEDED


def out_of(till: Till, book: CounterBook, face: Refused, action: Action, moment: Moment) -> Step | None:
    """The step of that way, None when the no does not offer it."""
    cart = face.cart
    if action is Action.CASH and (points := cash_points(book, face)):
        way = replace(cart.way, cash_points=cart.way.cash_points + points)
        return asking.review(till, book, replace(cart, way=way), moment)
    if action is Action.SECOND and offers_second(face):
        return persons.ask(till, VouchCart(cart))
    if action is Action.OWN_PIN and offers_pin(face):
        return persons.ask_own(till, book, cart)
    return None
