"""The pad: digits in and out, and the number of a household that came without its card."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import persons
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred
from kiosk.counter.desk import NumberPad, VouchFor
from kiosk.counter.effects import Effect
from kiosk.counter.telling import told
from kiosk.counter.values import Customer, Note, Till
from schemas.kiosk_api import SnapshotHousehold
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

CARD_DIGITS = 6
TAIL_DIGITS = 4


def typed(digits: str, key: str, most: int, *, point: bool = False) -> str:
    """The digits with one more; what does not fit, and a second point, is not taken."""
    one = len(key) == 1 and key.isascii() and (key.isdigit() or (point and key == "." and digits and "." not in digits))
    return digits + key if one and len(digits) < most else digits


def fen_of(digits: str) -> int:
    """Money in fen of what was typed in 元: "10.5" is 1050; digits after the second place do not count."""
    whole, _, part = digits.partition(".")
    return int(whole or 0) * 100 + int((part + "00")[:2])


def begin(till: Till, book: CounterBook) -> Step:
    """没带卡，输户号: where the village allows it."""
    if (why := barred(till)) is not None:
        return told(till, why)
    limit = book.snapshot.limits.no_card
    if limit == 0:
        return told(till, Refusal(RefusalCode.LIMIT_NO_CARD, {"limit": 0}))
    return replace(till, face=NumberPad()), ()


def numbered(till: Till, book: CounterBook, face: NumberPad) -> Step:
    """That household, if somebody who knows it stands by: nothing of it is shown before."""
    found = found_by_number(book, face.digits)
    if isinstance(found, SnapshotHousehold) and found.state == "closed":
        found = Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    if isinstance(found, Note | Refusal):
        return told(replace(till, face=NumberPad()), found)
    customer = Customer(found.number, found.masked_name, found.group, None, "")
    return persons.ask(till, VouchFor(customer))


def found_by_number(book: CounterBook, digits: str) -> SnapshotHousehold | Note | Refusal:
    """By its number, with or without the zeros in front; by six digits of a card, of which the register knows the last four. Closed
    households too."""
    if len(digits) == CARD_DIGITS and digits not in book.households:
        return _by_card(book, digits[-TAIL_DIGITS:])
    number = next((number for number in (digits, digits.zfill(TAIL_DIGITS)) if number in book.households), None)
    if number is None or not digits:
        return Note.NO_SUCH_NUMBER
    return book.households[number]


def _by_card(book: CounterBook, tail: str) -> SnapshotHousehold | Note | Refusal:
    cards = [card for card in book.cards.values() if card.tail == tail and card.household in book.households]
    holders = {card.household for card in cards if card.state == "active"}
    if len(holders) == 1:
        return book.households[holders.pop()]
    if holders:
        return Note.NUMBER_OF_SEVERAL
    lost = any(card.state == "lost" for card in cards)
    return Refusal(RefusalCode.CARD_REPORTED_LOST) if lost else Note.NO_SUCH_NUMBER
