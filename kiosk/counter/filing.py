"""What else goes into the journal with a paper of its own: written first, then counted, then printed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook, SoldHere
from kiosk.counter.deals import DayClose, Filed, Stock, Voiding
from kiosk.counter.desk import DayShown, Filing, Sealing, StockSheet, VoidAsked
from kiosk.counter.effects import AskSeal, Beep, Effect, FiledDraft, PrintReceipt, WriteEntries
from kiosk.counter.events import Moment, WrittenEntry
from kiosk.counter.values import Printing, Till
from schemas.journal import check_text
from schemas.refusals import FaultCode

Step = tuple[Till, tuple[Effect, ...]]


def file(till: Till, moment: Moment, what: Voiding | Stock | DayClose) -> Step:
    """It is to be written, and nothing else yet."""
    filed = Filed(moment.ids[0], till.kiosk, till.clerk, moment.wall, moment.clock_trusted, what)
    return replace(till, face=Filing(filed), notice=None), (WriteEntries((FiledDraft(filed),), moment, till.clerk),)


def filed_written(till: Till, book: CounterBook, filed: Filed, entries: tuple[WrittenEntry, ...]) -> Step:
    """It holds: the counter's book counts it, and its paper comes, after a day close the ledger's signature first."""
    filed = replace(filed, number=entries[0].number, check=check_text(entries[0].link))
    moved = moved_by(book, filed)
    till = replace(till, book=books.sell(book, moved) if moved is not None else book)
    if isinstance(filed.what, DayClose):
        return replace(till, face=Sealing(filed)), (AskSeal(),)
    beep = Beep.OK if till.line.sells_online else Beep.OFFLINE
    return replace(till, face=Printing(filed, 0)), (beep, PrintReceipt(filed, 0))


def not_filed(till: Till, filed: Filed, fault: FaultCode) -> Step:
    """Nothing was written: back to where it was asked, with the fault told."""
    what = filed.what
    till = replace(till, notice=fault)
    match what:
        case Voiding(sale, reason, supervisor):
            return replace(till, face=VoidAsked(sale, reason, supervisor)), (Beep.REFUSED,)
        case Stock():
            return replace(till, face=StockSheet(what)), (Beep.REFUSED,)
        case DayClose(added):
            return replace(till, face=DayShown(added)), (Beep.REFUSED,)


def moved_by(book: CounterBook, filed: Filed) -> SoldHere | None:
    """What it moves in the counter's own book, None for nothing. What comes back or comes in counts below zero."""
    match filed.what:
        case Voiding(sale, _, _, _, offline):
            goods = tuple((line.barcode, -line.quantity) for line in sale.lines)
            sold_on = sale.slip.day if sale.slip else books.day_of(book, sale.at) if sale.clock_trusted else None
            handed: UUID | None = filed.id if offline else None
            return SoldHere(
                filed.id, sale.customer.household, -sale.total, goods, sold_on, handed_over=handed, fact=True
            )
        case Stock(kind, lines):
            sign = 1 if kind == "written_off" else -1
            moved = ((line.barcode, line.quantity - (line.booked if kind == "counted" else 0)) for line in lines)
            return SoldHere(filed.id, "", 0, tuple((code, sign * much) for code, much in moved), None, fact=True)
        case DayClose():
            return None
