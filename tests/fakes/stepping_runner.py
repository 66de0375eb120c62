"""A runner that only steps, for the screen's tests; and the first steps of every way to a face."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from uuid import UUID

from kiosk.counter.desk import Filing
from kiosk.counter.effects import Beep, Effect, WriteEntries
from kiosk.counter.events import (
    CHANCE_BYTES,
    Action,
    Answered,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NotWritten,
    Paper,
    PaperState,
    Scanned,
    SnapshotCame,
    Tap,
    Written,
    WrittenEntry,
)
from kiosk.counter.till import step
from kiosk.counter.values import Line, Printing, Sale, Saving, Till, Waiting
from schemas.kiosk_api import EntryOutcome, Snapshot
from schemas.refusals import FaultCode
from schemas.tokens import Barcode, Code, CodeKind
from tests.fakes.counter_village import NOW, ONLINE, SOAP, SOY, token_of, village


@dataclass(frozen=True, slots=True)
class Heard:
    """The latest beep and how many there have been."""

    beep: Beep | None = None
    count: int = 0


class SteppingRunner:
    """The runner's face to the screen over the real ``step``, at once and without devices: effects are kept, not executed.

    ``writes``: what the till wants written counts as written at once, as with a journal that is well.
    """

    def __init__(self, till: Till | None = None, *, trusted: bool = True, writes: bool = True) -> None:
        self._till = till or Till()
        self._sound = Heard()
        self._writes = writes
        self._next = 1
        self._changed = threading.Condition(threading.RLock())
        self.trusted = trusted
        self.taken: list[Event] = []
        self.effects: list[Effect] = []
        self.ms = 0

    def submit(self, event: Event) -> None:
        with self._changed:
            self.taken.append(event)
            self._till, effects = step(self._till, event, self._moment())
            self.effects += effects
            for effect in effects:
                if isinstance(effect, Beep):
                    self._sound = Heard(effect, self._sound.count + 1)
                if isinstance(effect, WriteEntries) and self._writes:
                    self.written(len(effect.drafts))
            self._changed.notify_all()

    def state(self) -> Till:
        return self._till

    def sound(self) -> Heard:
        return self._sound

    def wait(self, after_version: int, timeout_s: float) -> Till:
        with self._changed:
            self._changed.wait_for(lambda: self._till.version > after_version, timeout_s)
            return self._till

    def written(self, count: int = 1) -> None:
        """The journal wrote what the face waits for."""
        face = self._till.face
        first = UUID(int=1)
        match face:
            case Saving():
                first = face.entry
            case Filing(filed):
                first = filed.id
        entries = tuple(WrittenEntry(first if i == 0 else UUID(int=900 + i), 482 + i, bytes(32)) for i in range(count))
        self.submit(Written(entries))

    def not_written(self, fault: FaultCode) -> None:
        """The journal could not write what the face waits for."""
        face = self._till.face
        assert isinstance(face, Saving)
        self.submit(NotWritten(face.entry, fault))

    def tap(self, action: Action, arg: str = "") -> None:
        self.submit(Tap(self._till.version, action, arg))

    def tap_on(self, version: int, action: Action) -> None:
        """A tap on a face that was seen earlier."""
        self.submit(Tap(version, action))

    def scan_card(self, household: int) -> None:
        self.submit(Scanned(Code(CodeKind.CARD, "SQ", token_of(household))))

    def scan_goods(self, *barcodes: str) -> None:
        for barcode in barcodes:
            self.submit(Scanned(Barcode(barcode)))

    @property
    def sale(self) -> Sale:
        """The sale in hand."""
        face = self._till.face
        assert isinstance(face, Waiting | Printing)
        assert isinstance(face.sale, Sale)
        return face.sale

    def answer(self, outcome: str = "posted", **figures: int) -> None:
        sale = self.sale
        balance = sale.before - sale.total if outcome == "posted" else None
        self.submit(
            Answered((EntryOutcome(number=482, id=sale.id, outcome=outcome, figures=dict(figures), balance=balance),))
        )

    def printer_says(self, state: Paper, trouble: FaultCode | None = None) -> None:
        face = self._till.face
        assert isinstance(face, Printing)
        self.submit(PaperState(face.sale.id, face.copy, state, trouble))

    def _moment(self) -> Moment:
        self._next += 2
        ids = (UUID(int=self._next), UUID(int=self._next + 1))
        return Moment(NOW, self.ms, UUID(int=5), self.trusted, ids, bytes(CHANCE_BYTES))


def at_rest(
    line: Line = ONLINE, snapshot: Snapshot | None = None, *, writes: bool = True, trusted: bool = True
) -> SteppingRunner:
    """A counter that waits for a card."""
    runner = SteppingRunner(writes=writes, trusted=trusted)
    for event in (Enrolled(1), SnapshotCame(snapshot or village()), LineChanged(line)):
        runner.submit(event)
    return runner


def choosing(
    line: Line = ONLINE, *barcodes: str, writes: bool = True, snapshot: Snapshot | None = None
) -> SteppingRunner:
    """0007 at the counter with these goods in the cart; 酱油 and 香皂 unless others are named."""
    runner = at_rest(line, snapshot, writes=writes)
    runner.scan_card(7)
    runner.tap(Action.CHOOSE)
    runner.scan_goods(*(barcodes or (SOY, SOAP)))
    return runner


def asking(
    line: Line = ONLINE, *barcodes: str, snapshot: Snapshot | None = None, writes: bool = True
) -> SteppingRunner:
    """The same, confirmed: online it waits for an answer, offline it prints."""
    runner = choosing(line, *barcodes, snapshot=snapshot, writes=writes)
    runner.tap(Action.REVIEW)
    runner.tap(Action.CONFIRM)
    return runner


def household(number: int, line: Line = ONLINE) -> SteppingRunner:
    """Its card was scanned."""
    runner = at_rest(line)
    runner.scan_card(number)
    return runner


def reviewed(runner: SteppingRunner) -> SteppingRunner:
    """选好了: the question, or the no."""
    runner.tap(Action.REVIEW)
    return runner


def tapped(runner: SteppingRunner, *actions: Action | tuple[Action, str]) -> SteppingRunner:
    """These taps, one after the other."""
    for each in actions:
        action, arg = each if isinstance(each, tuple) else (each, "")
        runner.tap(action, arg)
    return runner


def typed(runner: SteppingRunner, digits: str) -> SteppingRunner:
    """Keys of the pad, one after the other."""
    return tapped(runner, *((Action.DIGIT, digit) for digit in digits))


def printed(runner: SteppingRunner) -> SteppingRunner:
    """The paper is out."""
    runner.printer_says(Paper.PRINTED)
    return runner
