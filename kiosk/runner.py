"""The only place that executes what the till wants: one thread, one queue, every effect in order.

Entries are durable before anything follows from them; what the journal says comes back to the till before the next event. The screen
reads ``state`` and ``wait``, and gives events to ``submit``; it never waits for a device or the line.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kiosk.clock import At, Clock, Trust
from kiosk.counter.checks import figures
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
    CHANCE_BYTES,
    Answered,
    AnswersChanged,
    DayAddedUp,
    Device,
    DeviceTrouble,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
    Paper,
    PaperState,
    SalesFound,
    Scanned,
    SlipEnded,
    SnapshotCame,
    Tick,
    Written,
    WrittenEntry,
)
from kiosk.counter.scans import cart_of
from kiosk.counter.slip import Occasion, balance_of, passbook_of, slip_of
from kiosk.counter.till import step
from kiosk.counter.values import Line, LineStatus, Till
from kiosk.devices.ports import Scan, ScanEvent, ScannerFound, ScannerLost, ScanUnreadable
from kiosk.errands import ErrandThread
from kiosk.journal.day import added_up
from kiosk.journal.faults import JournalFault
from kiosk.journal.journal import Journal
from kiosk.journal.recall import overturned, receipt_text, voidable
from kiosk.printing import Job, PrintThread
from kiosk.receipts.every import Slip
from kiosk.uplink.uplink import Tell, Uplink
from schemas.refusals import FaultCode
from schemas.tokens import NotOurs, read_code

log = logging.getLogger("kiosk.runner")

TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Sources:
    """What the runner gives every event: time, the boot's id, fresh ids (UUIDv7) and random bytes from a CSPRNG."""

    clock: Clock
    trust: Trust
    boot: UUID
    new_id: Callable[[], UUID]
    random_bytes: Callable[[int], bytes]

    def moment(self) -> Moment:
        """Now."""
        wall, monotonic_ms = self.clock.now(), self.clock.monotonic_ms()
        return Moment(
            wall=wall,
            monotonic_ms=monotonic_ms,
            boot=self.boot,
            clock_trusted=self.trust.trusted(wall, monotonic_ms),
            ids=(self.new_id(), self.new_id()),
            chance=self.random_bytes(CHANCE_BYTES),
        )


@dataclass(frozen=True, slots=True)
class Sound:
    """The latest beep and how many there have been: a screen that counts plays each once."""

    beep: Beep | None
    count: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a runner works with once the kiosk is enrolled."""

    journal: Journal
    uplink: Uplink
    printer: PrintThread
    errands: ErrandThread


Voice = Callable[[tuple[int, ...]], None]


def _silent(_clips: tuple[int, ...]) -> None:
    """Without recordings nothing is said."""


class Runner:
    """Runs the till. ``submit``, ``state``, ``sound`` and ``wait`` are safe from any thread."""

    def __init__(
        self,
        till: Till,
        sources: Sources,
        *,
        answer_deadline_s: float,
        demo: bool,
        at: At,
        speak: Voice = _silent,
    ) -> None:
        """``speak`` plays clips of the village's recordings by their numbers and comes back at once."""
        self._till = till
        self._speak = speak
        self._cart_open: bool | None = None
        self._sound = Sound(None, 0)
        self._sources = sources
        self._deadline_ms = int(answer_deadline_s * 1000)
        self._demo = demo
        self._at = at
        self._hands: Enrolment | None = None
        self._due: tuple[UUID, int] | None = None
        self._queue: queue.SimpleQueue[Event | LineStatus | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._alive_ms = sources.clock.monotonic_ms()
        self._looked_at_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name="till", daemon=True)

    # ── for the screen ──────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, event: Event) -> None:
        """Give the till an event; comes back at once."""
        self._queue.put(event)

    def state(self) -> Till:
        """The till as it is now."""
        with self._changed:
            return self._till

    def sound(self) -> Sound:
        """The latest beep."""
        with self._changed:
            return self._sound

    def wait(self, after_version: int, timeout_s: float) -> Till:
        """The till as soon as its version is above ``after_version``, or as it is when the time is over."""
        self._looked_at_ms = self._sources.clock.monotonic_ms()
        with self._changed:
            self._changed.wait_for(lambda: self._till.version > after_version, timeout_s)
            return self._till

    def alive_ms(self) -> int:
        """When the till's thread last went round, on the clock's monotonic time: what the watchdog looks at. About a second ago."""
        return self._alive_ms

    def looked_at_ms(self) -> int | None:
        """When a screen last asked (``wait``), on the clock's monotonic time; None before the first."""
        return self._looked_at_ms

    def clock_off(self) -> timedelta | None:
        """How far this machine's clock is ahead of the ledger's; None before the first contact of this start."""
        return self._sources.trust.off_by()

    # ── for the edges ───────────────────────────────────────────────────────────────────────────────────────────────

    def scanned(self, event: ScanEvent) -> None:
        """What the scanner's thread heard."""
        match event:
            case Scan(text):
                self.submit(Scanned(read_code(text)))
            case ScanUnreadable():
                self.submit(Scanned(NotOurs.UNREADABLE))
            case ScannerLost():
                self.submit(DeviceTrouble(Device.SCANNER, FaultCode.SCANNER_LOST))
            case ScannerFound():
                self.submit(DeviceTrouble(Device.SCANNER, None))

    def tell(self) -> Tell:
        """Where the uplink tells what it hears."""
        return Tell(
            outcome=lambda outcome: self.submit(Answered(outcome)),
            snapshot=lambda snapshot: self.submit(SnapshotCame(snapshot)),
            status=self._queue.put,
            answers_changed=lambda: self.submit(AnswersChanged()),
            server_time=self._sources.trust.heard,
        )

    def start(self, hands: Enrolment | None, first: Iterable[Event] = ()) -> None:
        """Begin with these events, before any other. ``hands`` None: not enrolled, nothing can be sold."""
        self._hands = hands
        for event in first:
            self._happen(event)
        self._thread.start()
        if hands is not None:
            hands.printer.start()
            hands.errands.start()
            hands.uplink.start()

    def stop(self) -> None:
        """End: what is written stays written, what is unsent goes at the next start."""
        if self._hands is not None:
            self._hands.uplink.stop()
            self._hands.errands.stop()
            self._hands.printer.stop()
        self._queue.put(None)
        self._thread.join(timeout=10)
        if self._hands is not None:
            self._hands.journal.close()

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        next_tick_ms = self._sources.clock.monotonic_ms()
        while True:
            self._alive_ms = self._sources.clock.monotonic_ms()
            try:
                item = self._queue.get(timeout=self._patience_s(next_tick_ms))
            except queue.Empty:
                next_tick_ms = self._sources.clock.monotonic_ms() + int(TICK_S * 1000)
                item = Tick()
            if item is None:
                return
            try:
                self._pass_deadline()
                self._happen(LineChanged(self._line(item)) if isinstance(item, LineStatus) else item)
            except Exception:  # a fault in one event must not end the counter; a restart takes up what it left
                log.exception("an event could not be worked off: %s", type(item).__name__)

    def _patience_s(self, next_tick_ms: int) -> float:
        now_ms = self._sources.clock.monotonic_ms()
        until_ms = min(next_tick_ms, self._due[1]) if self._due else next_tick_ms
        return max(0.0, (until_ms - now_ms) / 1000)

    def _pass_deadline(self) -> None:
        if self._due is not None and self._sources.clock.monotonic_ms() >= self._due[1]:
            sale, self._due = self._due[0], None
            self._happen(NoAnswer(sale))

    def _happen(self, event: Event) -> None:
        """One event and all that follows from it at once."""
        moment = self._sources.moment()
        till, effects = step(self._till, event, moment)
        self._show(till)
        for effect in effects:
            self._do(effect, moment)
        self._remember_cart()

    def _remember_cart(self) -> None:
        """Goods in a cart, or none: written only when that changes, so that a power cut is told without wearing the card."""
        cart = cart_of(self._till)
        is_open = cart is not None and bool(cart.lines)
        if self._hands is None or is_open == self._cart_open:
            return
        self._cart_open = is_open
        try:
            self._hands.journal.keep_cart_open(is_open)
        except JournalFault:  # it is only for a kind word after a power cut
            log.warning("the cart's mark could not be written")

    def _show(self, till: Till, beep: Beep | None = None) -> None:
        with self._changed:
            self._till = till
            if beep is not None:
                self._sound = Sound(beep, self._sound.count + 1)
            self._changed.notify_all()

    def _do(self, effect: Effect, moment: Moment) -> None:
        match effect:
            case Beep():
                self._show(self._till, effect)
            case WriteEntries():
                self._happen(self._write(effect))
                self._happen(LineChanged(self._line(self._till.line.status)))
            case Send(sale):
                self._due = (sale, self._sources.clock.monotonic_ms() + self._deadline_ms)
                self._enrolled().uplink.wake()
            case PrintReceipt():
                self._print(effect, moment)
            case GiveUpPaper(sale, copy):
                self._enrolled().journal.paper(sale, copy, "closed")
            case CheckPin() | AskPin() | FetchPassbook() | AskSeal():
                self._enrolled().errands.queue(effect)
            case Speak(clips):
                self._speak(clips)
            case ReadOverturned():
                for event in overturned(self._enrolled().journal):
                    self._happen(event)
            case ReadSales() | AddUpDay():
                self._happen(self._read(effect))
            case PrintBalance() | PrintPassbook():
                self._print_slip(effect, moment)

    def _read(self, effect: ReadSales | AddUpDay) -> Event:
        journal, book = self._enrolled().journal, self._till.book
        if isinstance(effect, ReadSales):
            return SalesFound(voidable(journal))
        if book is None:
            raise AssertionError("a day without a village")
        return DayAddedUp(added_up(journal, effect.day, book.snapshot.village.timezone))

    def _write(self, effect: WriteEntries) -> Written | NotWritten:
        hands = self._enrolled()
        receipts = [receipt_text(deal) for draft in effect.drafts if (deal := kept_of(draft)) is not None]
        beside = {index: names for index, draft in enumerate(effect.drafts) if (names := beside_of(draft))}
        self._at("before_write")
        try:
            kept = hands.journal.append(
                [Numbering(draft, effect.moment, effect.clerk) for draft in effect.drafts], receipts, beside
            )
        except Exception:  # full, torn, or an entry that the contract does not allow: none of it is in the journal
            log.exception("the journal could not be written")
            return NotWritten(id_of(effect.drafts[0]), FaultCode.DISK_NEARLY_FULL)
        self._at("after_write")
        hands.uplink.wake()
        return Written(tuple(WrittenEntry(entry.id, entry.number, entry.link) for entry in kept))

    def _print(self, effect: PrintReceipt, moment: Moment) -> None:
        """Whatever goes wrong before the printer has it, the till hears that nothing was printed and asks."""
        try:
            self._queue_print(effect, moment)
        except Exception:
            log.exception("a receipt could not be queued")
            self.submit(PaperState(effect.sale.id, effect.copy, Paper.NOT_PRINTED, FaultCode.PRINTER_UNKNOWN))

    def _queue_print(self, effect: PrintReceipt, moment: Moment) -> None:
        hands = self._enrolled()
        slip = slip_of(effect.sale, self._occasion(effect.copy, moment))
        hands.journal.paper(effect.sale.id, effect.copy, "queued")
        hands.printer.queue(Job(effect.sale.id, effect.copy, slip))

    def _print_slip(self, effect: PrintBalance | PrintPassbook, moment: Moment) -> None:
        """A paper without an entry: a fault is told, and nothing else follows from it."""
        try:
            self._enrolled().printer.queue(Job(None, 0, self._slip(effect, moment)))
        except Exception:
            log.exception("a slip could not be queued")
            self.submit(SlipEnded(FaultCode.PRINTER_UNKNOWN))

    def _slip(self, effect: PrintBalance | PrintPassbook, moment: Moment) -> Slip:
        till, at = self._till, self._occasion(0, moment)
        number = effect.household if isinstance(effect, PrintBalance) else effect.passbook.household
        shown = figures(till, number)
        if till.book is None or shown is None:
            raise AssertionError("a slip of nobody")
        known = till.book.households[number]
        if isinstance(effect, PrintBalance):
            return balance_of(known, shown, till.kiosk, till.book.snapshot.seq, moment.clock_trusted, at)
        return passbook_of(effect.passbook, f"{known.masked_name}户 {number}", till.kiosk, moment.clock_trusted, at)

    def _occasion(self, copy: int, moment: Moment) -> Occasion:
        book = self._till.book
        if book is None:
            raise AssertionError("a paper without a village")
        village, limits, clerks = book.snapshot.village, book.snapshot.limits, tuple(book.snapshot.clerks)
        return Occasion(village, limits, copy, moment.wall, self._demo, clerks)

    def _line(self, status: LineStatus) -> Line:
        return Line(status, self._hands.journal.unsent() if self._hands else 0)

    def _enrolled(self) -> Enrolment:
        if self._hands is None:
            raise AssertionError("the till wants something done before it was enrolled")
        return self._hands
