"""The composition root: builds every part from the settings, and holds them running."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from uuid6 import uuid7

from kiosk.acts import Enrolment
from kiosk.care.building import OneAtATime, Parts, caretaker_of, clinic_of, stick_of
from kiosk.care.clinic import Clinic
from kiosk.care.learned import known_abilities
from kiosk.care.restoring import opened_journal, other_copies
from kiosk.clock import At, Clock, Trust, boot_id, clock_of
from kiosk.config import KioskSettings
from kiosk.counter.events import Enrolled, Event, SnapshotCame, Unheard
from kiosk.counter.values import Till
from kiosk.devices.ports import DeviceFault, Printer
from kiosk.devices.printer import open_printer
from kiosk.devices.scanner import ScannerReader, open_scanner
from kiosk.encoding import encoder_of
from kiosk.enrolling.enroller import Enroller
from kiosk.errands import ErrandThread
from kiosk.journal.faults import JournalFault
from kiosk.journal.journal import Journal
from kiosk.journal.lock import DataLock
from kiosk.journal.recall import recalled
from kiosk.power_cut import HalfPrinter, kill_at
from kiosk.printing import PrintThread
from kiosk.runner import Runner, Voice
from kiosk.sources import Sources
from kiosk.uplink.client import LedgerClient
from kiosk.uplink.identity import Identity, load_identity
from kiosk.uplink.uplink import Uplink
from kiosk.voice.player import Clips, Player
from kiosk.voice.speaking import SpeakingThread
from schemas.problems import BrokenContract, Fault

ERRAND_DEADLINE_S = 8.0
BEGIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A running kiosk without its screen."""

    runner: Runner
    scanner: ScannerReader
    settings: KioskSettings
    player: Player
    clinic: Clinic | None = None
    enroller: Enroller | None = None


@contextmanager
def running(settings: KioskSettings) -> Iterator[Kiosk]:
    """The kiosk at work: data directory held, journal verified, threads going; stopped in order at the end.

    Raises SecondCopy, JournalFault, IdentityFault, and BrokenContract for a device's bad address.
    """
    _check_addresses(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        player = Player(clips_of(settings), command=shlex.split(settings.player))
        voice = SpeakingThread(player, lambda: runner.submit(Unheard()))
        runner, hands, first = _build(settings, voice.say)
        opening = partial(open_scanner, settings.scanner)
        enroller = enroller_of(settings) if hands is None else None
        heard = runner.scanned if enroller is None else enroller.heard
        scanner = ScannerReader(opening, heard, same_code_s=settings.same_code_s)
        clock = clock_of(settings)
        parts = _parts(settings, hands)
        clinic = (
            clinic_of(settings, parts, runner, scanner, clock, encoder_of(settings), player.told) if parts else None
        )
        caretaker = caretaker_of(settings, parts, runner, scanner, clock, clinic)
        runner.start(hands, first)
        voice.start()
        caretaker.start()
        scanner.start()
        try:
            yield Kiosk(runner, scanner, settings, player, clinic, enroller)
        finally:
            caretaker.stop()
            scanner.stop()
            runner.stop()
            voice.stop()


def enroller_of(settings: KioskSettings) -> Enroller:
    """What a machine without an identity waits with. It begins a second after it was told to, so that the screen hears its answer."""
    from kiosk.enrolling.making import make_kiosk

    def begin() -> None:
        ending = threading.Timer(BEGIN_AFTER_S, os.kill, (os.getpid(), signal.SIGTERM))
        ending.daemon = True
        ending.start()

    return Enroller(partial(make_kiosk, settings), partial(other_copies, settings), begin)


def clips_of(settings: KioskSettings) -> Clips:
    """The village's recordings."""
    return Clips(settings.clips_dir or settings.data_dir / "clips")


def _build(settings: KioskSettings, speak: Voice) -> tuple[Runner, Enrolment | None, list[Event]]:
    clock = clock_of(settings)
    sources = Sources(clock, Trust(clock), boot_id(), uuid7, secrets.token_bytes)
    at = kill_at(settings.kill_at)
    version = clock.monotonic_ms()  # above every version of an earlier process, so that no page of its is believed
    till = Till(version=version, face_since=version, idle_ms=int(settings.idle_s * 1000))
    deadline_s = settings.answer_deadline_s
    runner = Runner(till, sources, answer_deadline_s=deadline_s, demo=settings.demo, at=at, speak=speak)
    identity = load_identity(settings.data_dir)
    if identity is None:
        return runner, None, []
    hands = _hands(settings, runner, identity, clock, at)
    return runner, hands, _first(hands.journal, identity)


def _first(journal: Journal, identity: Identity) -> list[Event]:
    """What the till hears before anything else: who it is, the last register and price list, what was under way."""
    snapshot = journal.snapshot()
    known: list[Event] = [SnapshotCame(snapshot)] if snapshot else []
    return [Enrolled(identity.kiosk), *known, recalled(journal, snapshot)]


def _hands(settings: KioskSettings, runner: Runner, identity: Identity, clock: Clock, at: At) -> Enrolment:
    journal = opened_journal(settings, identity)
    known = known_abilities(settings.data_dir, settings.printer)
    printer: Printer = OneAtATime(open_printer(settings.printer, timeout_s=settings.printer_timeout_s, abilities=known))
    if settings.kill_at == "mid_print":
        printer = HalfPrinter(printer, at)
    uplink = Uplink(
        journal,
        LedgerClient(settings.ledger_url),
        identity,
        runner.tell(),
        clock=clock,
        chance=lambda: secrets.randbelow(1000) / 1000,
        snapshot_every_s=settings.snapshot_every_s,
        at=at,
    )
    errands = ErrandThread(
        LedgerClient(settings.ledger_url, deadline_s=ERRAND_DEADLINE_S), identity.token, journal.unsent, runner.submit
    )
    printing = PrintThread(printer, encoder_of(settings), journal, runner.submit, at=at)
    return Enrolment(journal, uplink, printing, errands)


def _parts(settings: KioskSettings, hands: Enrolment | None) -> Parts | None:
    """What the caretaker looks after. Raises StickFault when the second copy says something else than the journal."""
    identity = load_identity(settings.data_dir)
    if hands is None or identity is None:
        return None
    try:
        stick = stick_of(settings, identity, hands.journal)
    except JournalFault:
        hands.journal.close()
        raise
    return Parts(identity, hands.journal, hands.printer, stick)


def _check_addresses(settings: KioskSettings) -> None:
    """A device that is away is no reason not to start; an address that never can be one is told at once."""
    faults: list[Fault] = []
    try:
        open_printer(settings.printer, timeout_s=settings.printer_timeout_s)
    except ValueError as error:
        faults.append(Fault("printer", str(error)))
    try:
        open_scanner(settings.scanner).close()
    except DeviceFault:
        pass
    except ValueError as error:
        faults.append(Fault("scanner", str(error)))
    if faults:
        raise BrokenContract(faults)
