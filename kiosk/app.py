"""The composition root: builds every part from the settings, and serves the screen until it is told to stop."""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk.clock import At, Clock, FileClock, SystemClock, Trust, nowhere
from kiosk.config import KioskSettings, Point
from kiosk.counter.events import Enrolled, Event, SnapshotCame
from kiosk.counter.values import Till
from kiosk.devices.ports import DeviceFault, Printer, PrinterStatus, PrintResult
from kiosk.devices.printer import open_printer
from kiosk.devices.scanner import ScannerReader, open_scanner
from kiosk.journal.journal import Journal, Owner
from kiosk.journal.lock import DataLock
from kiosk.journal.recall import recalled
from kiosk.printing import Encode, PrintThread
from kiosk.receipts.values import PAPER_58, PAPER_80, RedemptionReceipt
from kiosk.runner import Enrolment, Runner, Sources
from kiosk.uplink.client import LedgerClient
from kiosk.uplink.identity import Identity, load_identity
from kiosk.uplink.uplink import Uplink
from schemas.problems import BrokenContract, Fault

log = logging.getLogger("kiosk")

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SERVER_THREADS = 8


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A running kiosk without its screen."""

    runner: Runner
    scanner: ScannerReader
    settings: KioskSettings


@contextmanager
def running(settings: KioskSettings) -> Iterator[Kiosk]:
    """The kiosk at work: data directory held, journal verified, threads going; stopped in order at the end.

    Raises SecondCopy, JournalFault, IdentityFault, and BrokenContract for a device's bad address.
    """
    _check_addresses(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        runner, hands, first = _build(settings)
        scanner = ScannerReader(partial(open_scanner, settings.scanner), runner.scanned)
        runner.start(hands, first)
        scanner.start()
        try:
            yield Kiosk(runner, scanner, settings)
        finally:
            scanner.stop()
            runner.stop()


def serve(settings: KioskSettings) -> None:
    """Run until SIGTERM or Ctrl-C. Prints the screen's address once it answers."""
    signal.signal(signal.SIGTERM, _end)
    with running(settings) as kiosk:
        from waitress.server import create_server

        from kiosk.screen import ScreenSettings, create_screen

        shown = ScreenSettings(demo=settings.demo, loopback_only=settings.host in ("127.0.0.1", "::1"))
        screen = create_screen(kiosk.runner, shown, clock_of(settings).now)
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


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def clock_of(settings: KioskSettings) -> Clock:
    """The system's clock, or in the demo the village's."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


def _build(settings: KioskSettings) -> tuple[Runner, Enrolment | None, list[Event]]:
    clock = clock_of(settings)
    sources = Sources(clock, Trust(clock), boot_id(), uuid7, secrets.token_bytes)
    at = kill_at(settings.kill_at)
    version = clock.monotonic_ms()  # above every version of an earlier process, so that no page of its is believed
    till = Till(version=version, face_since=version, idle_ms=int(settings.idle_s * 1000))
    runner = Runner(till, sources, answer_deadline_s=settings.answer_deadline_s, demo=settings.demo, at=at)
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
    journal = Journal(settings.data_dir, owner_of(identity))
    printer = open_printer(settings.printer, timeout_s=settings.printer_timeout_s)
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
    return Enrolment(journal, uplink, PrintThread(printer, _encoder(settings), journal, runner.submit, at=at))


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


def owner_of(identity: Identity) -> Owner:
    """Whose journal goes with that identity."""
    return Owner(identity.village, identity.kiosk, identity.public_key)


def _encoder(settings: KioskSettings) -> Encode:
    """A receipt's bytes for this kiosk's printer. Pictures and layout are loaded with the first receipt, not at the start."""
    paper = PAPER_58 if settings.paper_columns == 32 else PAPER_80

    def encoded(receipt: RedemptionReceipt) -> bytes:
        from kiosk.devices.raster import drawer
        from kiosk.receipts.escpos import encode
        from kiosk.receipts.layout import redemption

        return encode(redemption(receipt, paper), paper, draw=drawer(paper), native_qr=settings.native_qr)

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
