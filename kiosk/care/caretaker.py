"""The thread that looks after the machine: feeds the watchdog, watches the disk, keeps the second copy, finds virtual devices."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kiosk.care.rules import Beat, Findings, nearly_full, silent, troubles
from kiosk.care.stick import StickCopy, StickFault, StickGone
from kiosk.care.watchdog import ALIVE, READY, STOPPING, Notifier
from kiosk.journal.faults import JournalFault
from kiosk.journal.journal import Journal
from schemas.refusals import FaultCode

log = logging.getLogger("kiosk.care")

ROUND_S = 2.0
VIRTUAL_EVERY = 15  # rounds between two questions to a printer that has not said yet what it is


Tell = Callable[[tuple[FaultCode, ...]], None]


@dataclass(frozen=True, slots=True)
class Senses:
    """How the caretaker finds things out; each may be slow, none may wait for ever.

    ``beats`` are the other threads'; ``virtual`` is None while nobody can tell (a printer that is away).
    """

    beats: Callable[[], Sequence[Beat]]
    free_bytes: Callable[[], int]
    virtual: Callable[[], bool | None]
    monotonic_s: Callable[[], float] = time.monotonic


class Caretaker:
    """``once`` is one round, for tests and for the thread alike."""

    def __init__(
        self,
        senses: Senses,
        tell: Tell,
        *,
        demo: bool,
        journal: Journal | None,
        stick: StickCopy | None,
        notifier: Notifier,
    ) -> None:
        self._senses = senses
        self._tell = tell
        self._demo = demo
        self._journal = journal
        self._stick = stick
        self._notifier = notifier
        self._found = Findings()
        self._told: tuple[FaultCode, ...] | None = None
        self._rounds = 0
        self._devices_known = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="care", daemon=True)

    @property
    def found(self) -> Findings:
        """The last look."""
        return self._found

    def start(self) -> None:
        """Look once, so that nothing is sold before it is known that it may be, and go on in a thread."""
        self._guarded()
        self._notifier.tell(READY)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._notifier.tell(STOPPING)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def once(self) -> bool:
        """One round. True when the watchdog was fed: every thread goes round and the journal can be written."""
        self._look()
        told = troubles(self._found, demo=self._demo)
        if told != self._told:
            self._told = told
            self._tell(told)
        if missing := silent(self._senses.beats(), self._senses.monotonic_s()):
            log.error("a thread stands still: %s", ", ".join(missing))
            return False
        if not self._can_write():
            return False
        self._notifier.tell(ALIVE)
        return True

    def _run(self) -> None:
        while not self._stop.wait(ROUND_S):
            self._guarded()

    def _guarded(self) -> None:
        try:
            self.once()
        except Exception:  # what cannot look any more does not feed the watchdog either
            log.exception("the machine could not look after itself")

    def _look(self) -> None:
        full = nearly_full(self._senses.free_bytes(), self._found.full)
        self._found = replace(self._found, full=full, stick_there=self._copied())
        if not self._devices_known and self._rounds % VIRTUAL_EVERY == 0:  # asked once: another device is another start
            virtual = self._senses.virtual()
            self._devices_known = virtual is not None
            self._found = replace(self._found, virtual=bool(virtual))
        self._rounds += 1

    def _copied(self) -> bool | None:
        """Whether the second copy is up to date; None where none is wanted."""
        if self._stick is None or self._journal is None:
            return None
        try:
            self._stick.catch_up(self._journal)
        except StickGone:
            return False
        except StickFault as fault:
            log.error("the stick holds another journal: %s", fault)
            return False
        return True

    def _can_write(self) -> bool:
        if self._journal is None:
            return True
        try:
            self._journal.probe()
        except JournalFault as fault:
            log.error("the journal cannot be written: %s", fault)
            return False
        return True
