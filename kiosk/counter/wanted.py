"""The slip that an effect wants printed, as the counter stands at that moment. Pure."""

from __future__ import annotations

from kiosk.counter.book import CounterBook
from kiosk.counter.checks import figures
from kiosk.counter.effects import PrintBalance, PrintPassbook, PrintReceipt
from kiosk.counter.events import Moment
from kiosk.counter.occasion import Occasion
from kiosk.counter.slip import balance_of, passbook_of, slip_of
from kiosk.counter.values import Till
from kiosk.receipts.every import Slip


def wanted_slip(effect: PrintReceipt | PrintBalance | PrintPassbook, till: Till, moment: Moment, *, demo: bool) -> Slip:
    """What that paper says. AssertionError for a household that the counter does not know."""
    book = till.book
    if book is None:
        raise AssertionError("a paper without a village")
    match effect:
        case PrintReceipt(deal, copy):
            return slip_of(deal, _occasion(book, copy, moment, demo))
        case PrintBalance(household):
            known, shown = book.households.get(household), figures(till, household)
            if known is None or shown is None:
                raise AssertionError("a slip of nobody")
            at = _occasion(book, 0, moment, demo)
            return balance_of(known, shown, till.kiosk, book.snapshot.seq, moment.clock_trusted, at)
        case PrintPassbook(passbook):
            known = book.households.get(passbook.household)
            if known is None:
                raise AssertionError("a passbook of nobody")
            who = f"{known.masked_name}户 {known.number}"
            return passbook_of(passbook, who, till.kiosk, moment.clock_trusted, _occasion(book, 0, moment, demo))


def _occasion(book: CounterBook, copy: int, moment: Moment, demo: bool) -> Occasion:
    snapshot = book.snapshot
    return Occasion(snapshot.village, snapshot.limits, copy, moment.wall, demo, tuple(snapshot.clerks))
