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


@dataclass(frozen=True, slots=True)
class Patient:
    """The running kiosk as the clinic reaches it. ``learn`` asks the printer what it can do; ``encode`` makes a slip's bytes; ``voice``
    says how 乡音 is."""

    data_dir: Path
    printer_url: str
    identity: Identity
    journal: Journal
    printer: Printer
    stick: StickCopy | None
    state: Callable[[], Till]
    clock: Clock
    pulse: Pulse
    encode: Callable[[Slip], bytes]
    learn: Callable[[], Abilities]
    voice: Callable[[], str]
    version: str
    phone: str


_CAME_OUT = (PrintResult.PRINTED, PrintResult.SENT)


class Clinic:
    """Safe from any thread."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._starts = count_start(patient.data_dir)
        self._started_ms = patient.clock.monotonic_ms()
        self._seen: frozenset[FaultCode] = frozenset()
        self._events: deque[str] = deque(maxlen=_EVENTS)
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Look at the counter once more, and remember what came and what went."""
        till = self._patient.state()
        at = f"{self._patient.clock.now().astimezone(zone_of(till)):%H:%M}"
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
        its = self._patient
        head = its.journal.head()
        there = its.stick is not None and its.stick.there()
        return Known(
            village=its.identity.village,
            kiosk=its.identity.kiosk,
            version=its.version,
            up_s=(its.clock.monotonic_ms() - self._started_ms) / 1000,
            starts=self._starts,
            clock_off=its.pulse.clock_off(),
            till=its.state(),
            taken_up_to=its.journal.taken_up_to(),
            unsent_points=unsent_points(its.journal),
            head=(head.number, check_text(head.link)) if head else (0, ""),
            printer=self._status(),
            abilities=known_abilities(its.data_dir, its.printer_url),
            papers=last_papers(its.journal),
            scanned_ago_s=its.pulse.scanned_ago_s(),
            scanner_device=its.pulse.scanner_device(),
            screen_ago_s=its.pulse.screen_ago_s(),
            now=its.clock.now(),
            free_bytes=looking.free_bytes(its.data_dir),
            wants_stick=its.stick is not None,
            stick_number=its.stick.number if its.stick is not None and there else None,
            throttled=looking.throttled(),
            celsius=looking.celsius(),
            voice=its.voice(),
        )

    def print_diagnostics(self) -> bool:
        """Print the 诊断条; False when it did not come out."""
        known = self.known()
        book = known.till.book
        phone = self._patient.phone or (book.snapshot.village.phone if book else "")
        return self._print(diagnostics_slip(known, self.events(), self._patient.clock.now(), phone))

    def selftest(self) -> bool:
        """Learn the printer, keep what was learned for the next start, and print the 自检页."""
        try:
            abilities = self._patient.learn()
        except DeviceFault:
            return False
        keep_abilities(self._patient.data_dir, self._patient.printer_url, abilities)
        status = (self._status() if abilities.status is not Capability.NONE else None) or PrinterStatus()
        now, zone = self._patient.clock.now(), zone_of(self._patient.state())
        papers = last_papers(self._patient.journal)
        return self._print(selftest_slip(self._patient.identity.kiosk, now, zone, abilities, status, papers))

    def _status(self) -> PrinterStatus | None:
        try:
            return self._patient.printer.status()
        except DeviceFault:
            return None

    def _print(self, slip: Slip) -> bool:
        try:
            return self._patient.printer.print(self._patient.encode(slip)) in _CAME_OUT
        except DeviceFault as fault:
            log.warning("a paper of the machine did not come out: %s", fault.code)
            return False
