"""补录纸条: a slip that was written by hand while the machine was dead becomes one entry. What happened is not refused.

The number in its corner, whose it is, the day, the goods, the question; the rest is a sale's (``sales``). Only who serves is asked for:
the household signed the slip, and the ledger asks no second person for it (``ledger.shop.rules``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred
from kiosk.counter.deals import Cart, Customer, PaperSlip, Way
from kiosk.counter.desk import SlipDays, SlipHousehold, SlipPad
from kiosk.counter.effects import Beep, Effect
from kiosk.counter.events import Action
from kiosk.counter.pads import CARD_DIGITS, found_by_number, typed
from kiosk.counter.resting import rest
from kiosk.counter.telling import told
from kiosk.counter.values import Note, Till
from schemas.kiosk_api import SnapshotHousehold

Step = tuple[Till, tuple[Effect, ...]]

SLIP_DIGITS = 5  # schemas.entries.SlipNumber
DAYS_SHOWN, DAYS_OFFERED = 6, 30
_AFTER_CONTACT = 5  # without a trusted clock: so many of the days offered lie after the last contact


def begin(till: Till) -> Step:
    """补录纸条, unless this kiosk writes nothing new at all."""
    if (why := barred(till)) is not None:
        return told(till, why)
    return replace(till, face=SlipPad()), ()


def at_slip(
    till: Till, book: CounterBook, face: SlipPad | SlipHousehold | SlipDays, action: Action, arg: str
) -> Step | None:
    """A tap on the way to the slip's goods."""
    match face, action:
        case SlipDays(), Action.ON_DAY:
            return _on_day(till, book, face, arg)
        case SlipDays(), Action.OLDER | Action.NEWER:
            first = face.first + (DAYS_SHOWN if action is Action.OLDER else -DAYS_SHOWN)
            return replace(till, face=replace(face, first=first) if 0 <= first < DAYS_OFFERED else face), ()
        case SlipPad() | SlipHousehold(), Action.DIGIT:
            most = SLIP_DIGITS if isinstance(face, SlipPad) else CARD_DIGITS
            return replace(till, face=replace(face, digits=typed(face.digits, arg, most))), ()
        case SlipPad() | SlipHousehold(), Action.ERASE:
            return replace(till, face=replace(face, digits=face.digits[:-1])), ()
        case SlipPad(), Action.ENTER:
            return _numbered(till, face)
        case SlipHousehold(), Action.ENTER:
            return _whose(till, book, face)
        case SlipHousehold(), Action.BACK:
            return replace(till, face=SlipPad()), ()
        case SlipDays(), Action.BACK:
            return replace(till, face=SlipHousehold(face.number)), ()
        case _:
            return None


def leave(till: Till) -> Step:
    """先不录: nothing of it is kept."""
    return rest(till), ()


def _numbered(till: Till, face: SlipPad) -> Step:
    number = int(face.digits or 0)
    if not number:
        return told(till, Note.SLIP_NUMBER_MISSING)
    if number in till.slips:
        return told(replace(till, face=SlipPad()), Note.SLIP_TWICE)
    return replace(till, face=SlipHousehold(number)), ()


def _whose(till: Till, book: CounterBook, face: SlipHousehold) -> Step:
    """By its number or its card's. A household that was closed since took the goods all the same."""
    found = found_by_number(book, face.digits)
    if not isinstance(found, SnapshotHousehold):
        return told(replace(till, face=SlipHousehold(face.number)), found)
    return carded(till, face, Customer(found.number, found.masked_name, found.group, None, ""))


def carded(till: Till, face: SlipHousehold, customer: Customer) -> Step:
    """That household: on which day?"""
    return replace(till, face=SlipDays(face.number, customer), notice=None), (Beep.OK,)


def days_offered(till: Till, book: CounterBook) -> tuple[date, ...]:
    """The days that a slip may be of, the newest first. Without a trusted clock those round the last contact: what was sold on paper
    was sold after it."""
    contact = books.day_of(book, book.snapshot.taken_at)
    newest = till.today or contact + timedelta(days=_AFTER_CONTACT)
    return tuple(newest - timedelta(days=back) for back in range(DAYS_OFFERED))


def _on_day(till: Till, book: CounterBook, face: SlipDays, arg: str) -> Step | None:
    day = next((day for day in days_offered(till, book) if day.isoformat() == arg), None)
    if day is None:
        return None
    way = Way(without_card=face.customer.card is None)
    return replace(till, face=Cart(face.customer, way=way, slip=PaperSlip(face.number, day))), ()
