"""The till's thread: one queue, one event after the other, every effect in order. Nothing else executes what the till wants.

What the journal says comes back to the till before the next event. The screen reads ``state`` and ``wait``, and gives events to ``submit``;
it never waits for a device or the line.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kiosk.acts import Acts, Enrolment
from kiosk.clock import At
from kiosk.counter.effects import Beep, Effect, Send, Speak
from kiosk.counter.events import (
    Answered,
    AnswersChanged,
    Device,
    DeviceTrouble,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    Scanned,
    SnapshotCame,
    Tick,
)
from kiosk.counter.till import step
from kiosk.counter.values import Line, LineStatus, Till
from kiosk.devices.ports import Scan, ScanEvent, ScannerFound, ScannerLost, ScanUnreadable
from kiosk.sources import Sources
from kiosk.uplink.uplink import Tell
from schemas.refusals import FaultCode
from schemas.tokens import NotOurs, read_code

log = logging.getLogger("kiosk.runner")

TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """The latest beep and how many there have been: a screen that counts plays each once."""

    beep: Beep | None
    count: int


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
        self._sound = Sound(None, 0)
        self._sources = sources
        self._deadline_ms = int(answer_deadline_s * 1000)
        self._demo = demo
        self._at = at
        self._hands: Enrolment | None = None
        self._acts: Acts | None = None
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
            outcomes=lambda outcomes: self.submit(Answered(outcomes)),
            snapshot=lambda snapshot: self.submit(SnapshotCame(snapshot)),
            status=self._queue.put,
            answers_changed=lambda: self.submit(AnswersChanged()),
            server_time=self._sources.trust.heard,
        )

    def start(self, hands: Enrolment | None, first: Iterable[Event] = ()) -> None:
        """Begin with these events, before any other. ``hands`` None: not enrolled, nothing can be sold."""
        self.begin(hands, first)
        self._thread.start()
        if hands is not None:
            hands.printer.start()
            hands.errands.start()
            hands.uplink.start()

    def begin(self, hands: Enrolment | None, first: Iterable[Event] = ()) -> None:
        """Take up the hands, and these events in the calling thread; ``start`` goes on from there."""
        self._hands = hands
        if hands is not None:
            self._acts = Acts(hands, self.state, self.submit, demo=self._demo, at=self._at)
        for event in first:
            self._happen(event)

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
        if self._acts is not None:
            self._acts.remember_cart()

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
            case Speak(clips):
                self._speak(clips)
            case Send(sale) if self._hands is not None:
                self._due = (sale, self._sources.clock.monotonic_ms() + self._deadline_ms)
                self._hands.uplink.wake()
            case _ if self._acts is not None:
                for event in self._acts.do(effect, moment):
                    self._happen(event)
            case _:
                raise AssertionError("the till wants something done before it was enrolled")

    def _line(self, status: LineStatus) -> Line:
        return self._acts.line(status) if self._acts is not None else Line(status, 0)
