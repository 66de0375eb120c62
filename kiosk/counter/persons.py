"""Who else is asked for at the counter, and their PINs: five wrong ones in a row lock a person for five minutes.

A PIN lives in ``PinPad.digits`` until it is entered, goes to the runner in ``CheckPin`` or ``AskPin``, and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import asking, filing
from kiosk.counter.book import CounterBook
from kiosk.counter.desk import (
    AllowTakeOver,
    AllowVoid,
    CountTogether,
    Errand,
    OwnPin,
    Persons,
    PinPad,
    TakeOver,
    VoidAsked,
    VouchCart,
    VouchFor,
)
from kiosk.counter.effects import AskPin, Beep, CheckPin, Effect
from kiosk.counter.events import Moment, PinAnswered, PinChecked
from kiosk.counter.telling import told
from kiosk.counter.values import Cart, HouseholdShown, Idle, Note, PinTries, Refused, Till, Way
from schemas.kiosk_api import PinAnswer, SnapshotClerk
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

MOST_WRONG = 5
LOCKED_MS = 5 * 60_000
SHORTEST_PIN, LONGEST_PIN = 4, 6


def candidates(till: Till, errand: Errand) -> tuple[SnapshotClerk, ...]:
    """Who may be chosen for that, in the register's order; never who serves now."""
    others = [clerk for clerk in till.book.snapshot.clerks if clerk.login != till.clerk] if till.book else []
    match errand:
        case TakeOver():
            return tuple(clerk for clerk in others if clerk.serves)
        case AllowTakeOver(login):
            return tuple(clerk for clerk in others if clerk.supervises and clerk.pin_hash and clerk.login != login)
        case AllowVoid():
            return tuple(clerk for clerk in others if clerk.supervises and clerk.pin_hash)
        case VouchFor() | VouchCart() | CountTogether():
            return tuple(clerk for clerk in others if clerk.pin_hash)
        case OwnPin():
            return ()


def ask(till: Till, errand: Errand) -> Step:
    """Who is it? Told at once when there is nobody."""
    if not candidates(till, errand):
        return told(till, Note.NOBODY_ELSE)
    return replace(till, face=Persons(errand), notice=None), ()


def chosen(till: Till, book: CounterBook, errand: Errand, login: str, moment: Moment) -> Step | None:
    """That person: their PIN, or for a change of clerk without one, done."""
    person = next((clerk for clerk in candidates(till, errand) if clerk.login == login), None)
    if person is None:
        return None
    if isinstance(errand, TakeOver):
        return _take_over(till, book, person, moment)
    return _pad(till, errand, login, moment)


def _take_over(till: Till, book: CounterBook, person: SnapshotClerk, moment: Moment) -> Step:
    limits = book.snapshot.limits
    if limits.clerk_pin and person.pin_hash:
        return _pad(till, TakeOver(), person.login, moment)
    return _serves(till, person.login)


def _pad(till: Till, errand: Errand, login: str, moment: Moment) -> Step:
    if locked(till, login, moment.monotonic_ms):
        return told(till, Note.PIN_LOCKED)
    return replace(till, face=PinPad(errand, login), notice=None), ()


def locked(till: Till, login: str, now_ms: int) -> bool:
    """True while that person's PIN is not asked."""
    return any(tries.login == login and now_ms < tries.locked_until_ms for tries in till.tries)


def entered(till: Till, book: CounterBook, face: PinPad, moment: Moment) -> Step:
    """对了: the PIN goes to be checked, and is gone from the pad."""
    if not SHORTEST_PIN <= len(face.digits) <= LONGEST_PIN:
        return told(till, Note.PIN_SHORT)
    checking = replace(till, face=replace(face, digits="", checking=True))
    if isinstance(face.errand, OwnPin):
        return checking, (AskPin(face.errand.cart.customer.household, face.digits),)
    if locked(till, face.login, moment.monotonic_ms):
        return told(replace(till, face=replace(face, digits="")), Note.PIN_LOCKED)
    person = next((clerk for clerk in book.snapshot.clerks if clerk.login == face.login), None)
    if person is None or person.pin_hash is None:
        return told(replace(till, face=Idle()), Note.NOBODY_ELSE)
    return checking, (CheckPin(face.login, person.pin_hash, face.digits),)


def checked(till: Till, event: PinChecked, moment: Moment) -> Step:
    """A clerk's PIN was right or wrong. An answer that nobody waits for any more changes nothing but the count."""
    if not event.ok:
        return _wrong(till, event.login, moment)
    till = replace(till, tries=tuple(tries for tries in till.tries if tries.login != event.login))
    match till.face:
        case PinPad(errand, login, _, True) if login == event.login:
            return _shown(till, errand, login, moment)
        case _:
            return till, ()


def _wrong(till: Till, login: str, moment: Moment) -> Step:
    before = next((tries for tries in till.tries if tries.login == login), PinTries(login, 0))
    wrong = before.wrong + 1
    over = wrong >= MOST_WRONG
    now = PinTries(login, 0 if over else wrong, moment.monotonic_ms + LOCKED_MS if over else 0)
    till = replace(till, tries=(*(tries for tries in till.tries if tries.login != login), now))
    match till.face:
        case PinPad(_, whose, _, True) as pad if whose == login:
            face = replace(pad, checking=False)
            return told(replace(till, face=face), Note.PIN_LOCKED if over else Note.PIN_WRONG)
        case _:
            return till, ()


def _reviewed(till: Till, cart: Cart, moment: Moment) -> Step:
    till = replace(till, notice=None)
    return (till, ()) if till.book is None else asking.review(till, till.book, cart, moment)


def _shown(till: Till, errand: Errand, login: str, moment: Moment) -> Step:
    """What the right PIN was for."""
    match errand:
        case TakeOver():
            return _serves(till, login)
        case AllowTakeOver(other):
            return _serves(till, other, allowed=True)
        case VouchFor(customer):
            way = Way(without_card=True, second=login)
            return replace(till, face=HouseholdShown(customer, way), notice=None), (Beep.OK,)
        case VouchCart(cart):
            return _reviewed(till, replace(cart, way=replace(cart.way, second=login)), moment)
        case AllowVoid(sale, reason):
            return replace(till, face=VoidAsked(sale, reason, login), notice=None), (Beep.OK,)
        case CountTogether(stock):
            return filing.file(till, moment, replace(stock, second=login))
        case OwnPin():
            return till, ()


def _serves(till: Till, login: str, *, allowed: bool = False) -> Step:
    """From now on that person serves; where the village has no substitutes, a supervisor allows it first."""
    book = till.book
    if book is not None and not book.snapshot.limits.substitute and not allowed:
        return ask(till, AllowTakeOver(login))
    return replace(till, clerk=login, face=Idle(), notice=Note.SERVES_NOW), (Beep.OK,)


# ── the household's own ─────────────────────────────────────────────────────────────────────────────────────────────


def ask_own(till: Till, book: CounterBook, cart: Cart) -> Step:
    """The household's PIN is asked online only; without a line, and for a household that has none, it is told."""
    household = book.households.get(cart.customer.household)
    if household is None or not household.pin:
        return told(till, Note.PIN_UNSET)
    if not till.line.sells_online:
        return told(till, Note.PIN_NEEDS_LINE)
    return replace(till, face=PinPad(OwnPin(cart), ""), notice=None), ()


def own_answered(till: Till, event: PinAnswered, moment: Moment) -> Step:
    """The ledger's word on it, for the pad that waits."""
    match till.face:
        case PinPad(OwnPin(cart), _, _, True) as pad if cart.customer.household == event.household:
            return _own(till, pad, cart, event.answer, moment)
        case _:
            return till, ()


def _own(till: Till, pad: PinPad, cart: Cart, answer: PinAnswer | None, moment: Moment) -> Step:
    again = replace(till, face=replace(pad, checking=False))
    if answer is None:
        return told(again, Note.PIN_NEEDS_LINE)
    if answer.ok:
        return _reviewed(till, replace(cart, way=replace(cart.way, pin_checked=True)), moment)
    if answer.unset:
        return told(replace(till, face=cart), Note.PIN_UNSET)
    if answer.locked_minutes:
        limit = till.book.snapshot.limits.pin_above if till.book else None
        figures = {"minutes": answer.locked_minutes, "limit": limit or 0}
        return replace(till, face=Refused(Refusal(RefusalCode.PIN_LOCKED, figures), cart)), (Beep.REFUSED,)
    return told(again, Refusal(RefusalCode.PIN_WRONG, {"tries": answer.tries}))
