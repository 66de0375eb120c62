"""What the till wants done, done: entries written, papers queued, errands sent, the journal asked. In the till's thread alone.

Entries are durable before anything follows from them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from kiosk.clock import At
from kiosk.counter.drafts import Numbering, beside_of
from kiosk.counter.effects import (
    AddUpDay,
    AskPin,
    AskSeal,
    Beep,
    CheckPin,
    Effect,
    FetchPassbook,
    GiveUpPaper,
    PrintBalance,
    PrintPassbook,
    PrintReceipt,
    ReadOverturned,
    ReadSales,
    Send,
    Speak,
    WriteEntries,
    id_of,
    kept_of,
)
from kiosk.counter.events import (
    DayAddedUp,
    Event,
    LineChanged,
    Moment,
    NotWritten,
    Paper,
    PaperState,
    SalesFound,
    SlipEnded,
    Written,
    WrittenEntry,
)
from kiosk.counter.scans import goods_in_hand
from kiosk.counter.values import Line, LineStatus, Till
from kiosk.counter.wanted import wanted_slip
from kiosk.errands import ErrandThread
from kiosk.journal.day import added_up
from kiosk.journal.faults import JournalFault
from kiosk.journal.journal import Journal
from kiosk.journal.recall import overturned, receipt_text, voidable
from kiosk.journal.values import Kept
from kiosk.printing import Job, PrintThread
from kiosk.uplink.uplink import Uplink
from schemas.refusals import FaultCode

log = logging.getLogger("kiosk.acts")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What there is to act with once the kiosk is enrolled."""

    journal: Journal
    uplink: Uplink
    printer: PrintThread
    errands: ErrandThread


class Acts:
    """Does what effects say. ``till`` gives the state as it is at that moment; ``submit`` takes what is heard later."""

    def __init__(
        self, hands: Enrolment, till: Callable[[], Till], submit: Callable[[Event], None], *, demo: bool, at: At
    ) -> None:
        self._hands = hands
        self._till = till
        self._submit = submit
        self._demo = demo
        self._at = at
        self._cart_open: bool | None = None  # as the journal says; None before it was asked to

    def do(self, effect: Effect, moment: Moment) -> Iterator[Event]:
        """Do it, and give what follows at once, one after the other: the next is done when the one before has happened."""
        match effect:
            case WriteEntries():
                yield self._write(effect)
                yield LineChanged(self.line(self._till().line.status))
            case PrintReceipt():
                self._print(effect, moment)
            case PrintBalance() | PrintPassbook():
                self._print_slip(effect, moment)
            case GiveUpPaper(sale, copy):
                self._hands.journal.paper(sale, copy, "closed")
            case CheckPin() | AskPin() | FetchPassbook() | AskSeal():
                self._hands.errands.queue(effect)
            case ReadOverturned():
                yield from overturned(self._hands.journal)
            case ReadSales():
                yield SalesFound(voidable(self._hands.journal))
            case AddUpDay(day):
                yield self._add_up(day)
            case Send() | Beep() | Speak():
                raise AssertionError("the runner does this itself")

    def line(self, status: LineStatus) -> Line:
        """The line, with what is not uploaded yet."""
        return Line(status, self._hands.journal.unsent())

    def remember_cart(self) -> None:
        """Goods in a cart, or none: written only when that changes, so that a power cut is told without wearing the card."""
        changed = self._cart_changed()
        if changed is None:
            return
        self._cart_open = changed
        try:
            self._hands.journal.keep_cart_open(changed)
        except JournalFault:  # it is only for a kind word after a power cut
            log.warning("the cart's mark could not be written")

    def _cart_changed(self) -> bool | None:
        """Whether there are goods in a cart now; None while the mark says so already."""
        is_open = goods_in_hand(self._till())
        return None if is_open == self._cart_open else is_open

    def _write(self, effect: WriteEntries) -> Written | NotWritten:
        cart_open = self._cart_changed()
        self._at("before_write")
        try:
            kept = self._append(effect, cart_open)
        except Exception:  # full, torn, or an entry that the contract does not allow: none of it is in the journal
            log.exception("the journal could not be written")
            return NotWritten(id_of(effect.drafts[0]), FaultCode.DISK_NEARLY_FULL)
        self._at("after_write")
        if cart_open is not None:
            self._cart_open = cart_open
        self._hands.uplink.wake()
        return Written(tuple(WrittenEntry(entry.id, entry.number, entry.link) for entry in kept))

    def _append(self, effect: WriteEntries, cart_open: bool | None) -> tuple[Kept, ...]:
        """The entries with what their papers say and the names beside them, all or nothing."""
        makers = [Numbering(draft, effect.moment, effect.clerk) for draft in effect.drafts]
        receipts = [receipt_text(deal) for draft in effect.drafts if (deal := kept_of(draft)) is not None]
        beside = {index: names for index, draft in enumerate(effect.drafts) if (names := beside_of(draft))}
        return self._hands.journal.append(makers, receipts, beside, cart_open=cart_open)

    def _add_up(self, day: date) -> DayAddedUp:
        book = self._till().book
        if book is None:
            raise AssertionError("a day without a village")
        return DayAddedUp(added_up(self._hands.journal, day, book.snapshot.village.timezone))

    def _print(self, effect: PrintReceipt, moment: Moment) -> None:
        """Whatever goes wrong before the printer has it, the till hears that nothing was printed and asks."""
        try:
            slip = wanted_slip(effect, self._till(), moment, demo=self._demo)
            self._hands.printer.queue(Job(effect.sale.id, effect.copy, slip))
        except Exception:
            log.exception("a receipt could not be queued")
            self._submit(PaperState(effect.sale.id, effect.copy, Paper.NOT_PRINTED, FaultCode.PRINTER_UNKNOWN))

    def _print_slip(self, effect: PrintBalance | PrintPassbook, moment: Moment) -> None:
        """A paper without an entry: a fault is told, and nothing else follows from it."""
        try:
            slip = wanted_slip(effect, self._till(), moment, demo=self._demo)
            self._hands.printer.queue(Job(None, 0, slip))
        except Exception:
            log.exception("a slip could not be queued")
            self._submit(SlipEnded(FaultCode.PRINTER_UNKNOWN))
