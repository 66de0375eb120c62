"""Examines a running kiosk: gathers the facts, keeps the last events, prints the machine's own papers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kiosk.care import looking
from kiosk.care.facts import Known, diagnostics_slip, happened, present, selftest_slip, zone_of
from kiosk.care.history import count_start, last_papers, unsent_points
from kiosk.care.learned import keep_abilities, known_abilities
from kiosk.care.stick import StickCopy
from kiosk.clock import Clock
from kiosk.counter.values import Till
from kiosk.devices.ports import Abilities, Capability, DeviceFault, Printer, PrinterStatus, PrintResult
from kiosk.journal.journal import Journal
from kiosk.receipts.every import Slip
from kiosk.uplink.identity import Identity
from schemas.journal import check_text
from schemas.refusals import FaultCode

log = logging.getLogger("kiosk.care")

_EVENTS = 8


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the running counter tells of itself beside its state. Seconds ago; None is never."""

    clock_off: Callable[[], timedelta | None]
    scanned_ago_s: Callable[[], float | None]
    screen_ago_s: Callable[[], float | None]
    scanner_device: Callable[[], str]


_CAME_OUT = (PrintResult.PRINTED, PrintResult.SENT)


class Clinic:
    """Safe from any thread. ``learn`` asks the printer what it can do; ``encode`` makes a slip's bytes; ``voice`` says how 乡音 is."""

    def __init__(
        self,
        data_dir: Path,
        printer_url: str,
        identity: Identity,
        journal: Journal,
        printer: Printer,
        *,
        state: Callable[[], Till],
        clock: Clock,
        encode: Callable[[Slip], bytes],
        learn: Callable[[], Abilities],
        version: str,
        phone: str,
        stick: StickCopy | None,
        voice: Callable[[], str],
        pulse: Pulse,
    ) -> None:
        self._data_dir = data_dir
        self._printer_url = printer_url
        self._identity = identity
        self._journal = journal
        self._printer = printer
        self._state = state
        self._clock = clock
        self._encode = encode
        self._learn = learn
        self._version = version
        self._phone = phone
        self._stick = stick
        self._voice = voice
        self._pulse = pulse
        self._starts = count_start(data_dir)
        self._started_ms = clock.monotonic_ms()
        self._seen: frozenset[FaultCode] = frozenset()
        self._events: deque[str] = deque(maxlen=_EVENTS)
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Look at the counter once more, and remember what came and what went."""
        till = self._state()
        at = f"{self._clock.now().astimezone(zone_of(till)):%H:%M}"
        with self._lock:
            now = present(till)
            self._events.extendleft(happened(self._seen, now, at))
            self._seen = now

    def events(self) -> tuple[str, ...]:
        """What went wrong lately, newest first."""
        with self._lock:
            return tuple(self._events)

    def known(self) -> Known:
        """Everything, now."""
        head = self._journal.head()
        there = self._stick is not None and self._stick.there()
        return Known(
            village=self._identity.village,
            kiosk=self._identity.kiosk,
            version=self._version,
            up_s=(self._clock.monotonic_ms() - self._started_ms) / 1000,
            starts=self._starts,
            clock_off=self._pulse.clock_off(),
            till=self._state(),
            taken_up_to=self._journal.taken_up_to(),
            unsent_points=unsent_points(self._journal),
            head=(head.number, check_text(head.link)) if head else (0, ""),
            printer=self._status(),
            abilities=known_abilities(self._data_dir, self._printer_url),
            papers=last_papers(self._journal),
            scanned_ago_s=self._pulse.scanned_ago_s(),
            scanner_device=self._pulse.scanner_device(),
            screen_ago_s=self._pulse.screen_ago_s(),
            now=self._clock.now(),
            free_bytes=looking.free_bytes(self._data_dir),
            wants_stick=self._stick is not None,
            stick_number=self._stick.number if self._stick is not None and there else None,
            throttled=looking.throttled(),
            celsius=looking.celsius(),
            voice=self._voice(),
        )

    def print_diagnostics(self) -> bool:
        """Print the 诊断条; False when it did not come out."""
        known = self.known()
        book = known.till.book
        phone = self._phone or (book.snapshot.village.phone if book else "")
        return self._print(diagnostics_slip(known, self.events(), self._clock.now(), phone))

    def selftest(self) -> bool:
        """Learn the printer, keep what was learned for the next start, and print the 自检页."""
        try:
            abilities = self._learn()
        except DeviceFault:
            return False
        keep_abilities(self._data_dir, self._printer_url, abilities)
        status = (self._status() if abilities.status is not Capability.NONE else None) or PrinterStatus()
        now, zone = self._clock.now(), zone_of(self._state())
        papers = last_papers(self._journal)
        return self._print(selftest_slip(self._identity.kiosk, now, zone, abilities, status, papers))

    def _status(self) -> PrinterStatus | None:
        try:
            return self._printer.status()
        except DeviceFault:
            return None

    def _print(self, slip: Slip) -> bool:
        try:
            return self._printer.print(self._encode(slip)) in _CAME_OUT
        except DeviceFault as fault:
            log.warning("a paper of the machine did not come out: %s", fault.code)
            return False
