"""The composition root: builds every part from the settings, and serves the screen until it is told to stop."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk.care.building import OneAtATime, Parts, caretaker_of, clinic_of, stick_of
from kiosk.care.clinic import Clinic
from kiosk.care.learned import known_abilities
from kiosk.care.restoring import opened_journal, other_copies
from kiosk.clock import At, Clock, FileClock, SystemClock, Trust, nowhere
from kiosk.config import KioskSettings, Point
from kiosk.counter.events import Enrolled, Event, SnapshotCame, Unheard
from kiosk.counter.values import Till
from kiosk.devices.ports import DeviceFault, Printer, PrinterStatus, PrintResult
from kiosk.devices.printer import open_printer
from kiosk.devices.scanner import ScannerReader, open_scanner
from kiosk.enrolling.enroller import Enroller
from kiosk.errands import ErrandThread
from kiosk.journal.faults import JournalFault
from kiosk.journal.journal import Journal
from kiosk.journal.lock import DataLock
from kiosk.journal.recall import recalled
from kiosk.printing import Encode, PrintThread
from kiosk.receipts.every import Slip
from kiosk.receipts.values import PAPER_58, PAPER_80
from kiosk.runner import Enrolment, Runner, Sources, Voice
from kiosk.uplink.client import LedgerClient
from kiosk.uplink.identity import Identity, load_identity
from kiosk.uplink.uplink import Uplink
from kiosk.voice.player import Clips, Player
from kiosk.voice.speaking import SpeakingThread
from schemas.problems import BrokenContract, Fault

log = logging.getLogger("kiosk")

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SERVER_THREADS = 8
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


def serve(settings: KioskSettings) -> None:
    """Run until SIGTERM or Ctrl-C. Prints the screen's address once it answers. A machine that was just enrolled begins anew as its
    village's kiosk: here, or by systemd, which was told that this process ends."""
    signal.signal(signal.SIGTERM, _end)
    while _served(settings) and "NOTIFY_SOCKET" not in os.environ:
        log.info("enrolled: beginning as a kiosk")


def _served(settings: KioskSettings) -> bool:
    """One run; True when it ended because the machine has become a kiosk."""
    with running(settings) as kiosk:
        from waitress.server import create_server

        from kiosk.care.pages import care_pages
        from kiosk.screen import ScreenSettings, create_screen
        from kiosk.voice.pages import voice_pages

        at_home = settings.host in ("127.0.0.1", "::1")
        shown = ScreenSettings(demo=settings.demo, loopback_only=at_home, sounds=settings.sounds)
        screen = create_screen(kiosk.runner, shown, clock_of(settings).now)
        screen.register_blueprint(voice_pages(clips_of(settings), kiosk.player))
        if kiosk.clinic is not None:
            screen.register_blueprint(care_pages(kiosk.clinic))
        if kiosk.enroller is not None:
            from kiosk.enrolling.pages import enrol_pages

            screen.register_blueprint(enrol_pages(kiosk.enroller, demo=settings.demo))
        server = create_server(
            screen,
            host=settings.host,
            port=settings.port,
            threads=SERVER_THREADS,
            ident=None,
            channel_request_lookahead=1,  # a page that has gone away frees its waiting thread at once
            clear_untrusted_proxy_headers=True,
        )
        log.info("the screen is at http://%s:%s/", settings.host, server.effective_port)
        server.run()
        server.close()
        return kiosk.enroller is not None and kiosk.enroller.now.step == "beginning"


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def enroller_of(settings: KioskSettings) -> Enroller:
    """What a machine without an identity waits with. It begins a second after it was told to, so that the screen hears its answer."""
    from kiosk.enrolling.making import make_kiosk

    def begin() -> None:
        ending = threading.Timer(BEGIN_AFTER_S, os.kill, (os.getpid(), signal.SIGTERM))
        ending.daemon = True
        ending.start()

    return Enroller(partial(make_kiosk, settings), partial(other_copies, settings), begin)


def clock_of(settings: KioskSettings) -> Clock:
    """The system's clock, or in the demo the village's."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


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
        printer = _HalfPrinter(printer, at)
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


def encoder_of(settings: KioskSettings) -> Encode:
    """A receipt's bytes for this kiosk's printer. Pictures and layout are loaded with the first receipt, not at the start."""
    paper = PAPER_58 if settings.paper_columns == 32 else PAPER_80

    def encoded(slip: Slip) -> bytes:
        from kiosk.devices.raster import drawer
        from kiosk.receipts.escpos import encode
        from kiosk.receipts.every import rows_of

        return encode(rows_of(slip, paper), paper, draw=drawer(paper), native_qr=settings.native_qr)

    return encoded


def boot_id() -> UUID:
    """The system's id of this boot, which the monotonic clock belongs to; a fresh one where the system has none."""
    try:
        return UUID(BOOT_ID.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return uuid4()


def kill_at(point: Point | None) -> At:
    """What ends this process with SIGKILL at that point, as a power cut would; nothing without a point (``demo`` alone has one)."""
    if point is None:
        return nowhere

    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return at


class _HalfPrinter:
    """Under test: half a receipt leaves, then the power goes."""

    def __init__(self, printer: Printer, at: At) -> None:
        self._printer = printer
        self._at = at

    def status(self) -> PrinterStatus:
        return self._printer.status()

    def print(self, job: bytes) -> PrintResult:
        self._printer.print(job[: len(job) // 2])
        self._at("mid_print")
        raise AssertionError("the power did not go")


class JsonLines(logging.Formatter):
    """One JSON object a line. What is logged holds no token and no name; the code sees to that, not this."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "from": record.name,
            "say": record.getMessage(),
        }
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
