"""Puts the self-care of a running kiosk together."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from kiosk.care.caretaker import Caretaker, Senses
from kiosk.care.clinic import Clinic, Patient, Pulse
from kiosk.care.looking import device_text, devices_are_virtual, free_bytes
from kiosk.care.rules import Beat
from kiosk.care.stick import StickCopy, StickGone
from kiosk.care.watchdog import Notifier
from kiosk.clock import Clock
from kiosk.config import KioskSettings
from kiosk.counter.events import Cared
from kiosk.devices.ports import Printer, PrinterStatus, PrintResult
from kiosk.devices.printer import learn_abilities
from kiosk.devices.scanner import ScannerReader
from kiosk.journal.journal import Journal
from kiosk.printing import Encode, PrintThread
from kiosk.runner import Runner
from kiosk.uplink.identity import Identity

_SCANNER_S = 10.0
_TILL_S = 20.0
_AROUND_A_JOB_S = 15.0  # encoding a long receipt on a slow machine


class OneAtATime:
    """A printer that the printing thread and the diagnostics page share: one job or question at a time."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._lock = threading.Lock()

    def print(self, job: bytes) -> PrintResult:
        with self._lock:
            return self._printer.print(job)

    def status(self) -> PrinterStatus:
        with self._lock:
            return self._printer.status()


@dataclass(frozen=True, slots=True)
class Parts:
    """What an enrolled kiosk is made of, as far as its care goes."""

    identity: Identity
    journal: Journal
    printing: PrintThread
    stick: StickCopy | None


def stick_of(settings: KioskSettings, identity: Identity, journal: Journal) -> StickCopy | None:
    """The second copy, compared with the journal; None where none is wanted. Raises StickFault when they differ."""
    if settings.stick_dir is None:
        return None
    stick = StickCopy(settings.stick_dir, identity.village, identity.kiosk, sign=identity.sign_head)
    with contextlib.suppress(StickGone):  # a bar on the screen says so
        stick.check(journal)
    return stick


def clinic_of(
    settings: KioskSettings,
    parts: Parts,
    runner: Runner,
    scanner: ScannerReader,
    clock: Clock,
    encode: Encode,
    voice: Callable[[], str],
) -> Clinic:
    """What the diagnostics page asks."""
    patient = Patient(
        data_dir=settings.data_dir,
        printer_url=settings.printer,
        identity=parts.identity,
        journal=parts.journal,
        printer=parts.printing.printer,
        stick=parts.stick,
        state=runner.state,
        clock=clock,
        pulse=_pulse(settings, runner, scanner, clock),
        encode=encode,
        learn=partial(learn_abilities, settings.printer, timeout_s=settings.printer_timeout_s),
        voice=voice,
        version=program_version(),
        phone=settings.repair_phone,
    )
    return Clinic(patient)


def _pulse(settings: KioskSettings, runner: Runner, scanner: ScannerReader, clock: Clock) -> Pulse:
    def scanned_ago_s() -> float | None:
        heard_s = scanner.heard()
        return None if heard_s is None else time.monotonic() - heard_s

    def screen_ago_s() -> float | None:
        looked_ms = runner.looked_at_ms()
        return None if looked_ms is None else (clock.monotonic_ms() - looked_ms) / 1000

    return Pulse(runner.clock_off, scanned_ago_s, screen_ago_s, partial(device_text, settings.scanner))


def caretaker_of(
    settings: KioskSettings,
    parts: Parts | None,
    runner: Runner,
    scanner: ScannerReader,
    clock: Clock,
    clinic: Clinic | None,
) -> Caretaker:
    """The caretaker of a kiosk, enrolled or not."""

    limits = (_SCANNER_S, _TILL_S, settings.printer_timeout_s + _AROUND_A_JOB_S)
    scanner_s, counter_s, printer_s = (settings.stall_s or limit for limit in limits)

    def beats() -> tuple[Beat, ...]:
        if clinic is not None:
            clinic.watch()
        now_s = time.monotonic()
        till_s = now_s - (clock.monotonic_ms() - runner.alive_ms()) / 1000
        found = (Beat("scanner", scanner.alive(), scanner_s), Beat("till", till_s, counter_s))
        if parts is None:
            return found
        return (*found, Beat("printer", parts.printing.alive(), printer_s))

    senses = Senses(
        beats=beats,
        free_bytes=partial(free_bytes, settings.data_dir),
        virtual=_not_asked if settings.demo else partial(devices_are_virtual, settings.printer, settings.scanner),
    )
    return Caretaker(
        senses,
        lambda troubles: runner.submit(Cared(troubles)),
        demo=settings.demo,
        journal=parts.journal if parts else None,
        stick=parts.stick if parts else None,
        notifier=Notifier(),
    )


def _not_asked() -> bool:
    return False


def program_version() -> str:
    """This program's."""
    try:
        return version("village-merit")
    except PackageNotFoundError:
        return "0"
