"""A kiosk comes back after days without network: how long until the ledger has everything, and what the screen does meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from deploy.demo.folders import VILLAGE
from deploy.demo.running import Demo
from kiosk.care.restoring import owner_of
from kiosk.journal.journal import FILE, Journal
from kiosk.uplink.identity import load_identity
from schemas.entries import ENTRY, AnyEntry
from schemas.tokens import Code, read_code
from tests.bench.figures import Figure, at_most, percentile_99, say
from tests.bench.visits import SOAP, SOAP_POINTS, AtCounter
from tests.fakes.kiosk_pen import KioskPen

ENTRIES = 10_000
PATIENCE_S = 120.0
PAUSE_S = 0.1


def write_backlog(demo: Demo, households: list[str]) -> None:
    """Put so many sales made offline into the journal of the demo's kiosk, which does not run: asked for, then handed over."""
    identity = load_identity(demo.folders.kiosk)
    assert identity is not None
    pen = KioskPen(village=VILLAGE, kiosk=identity.kiosk, wall=datetime.now(UTC))
    cards = demo.folders.card_codes()
    numbers = cycle(households)
    while len(pen.journal) < ENTRIES:
        household = next(numbers)
        token, goods = _token(cards[household]), [(SOAP, 1, SOAP_POINTS)]
        pen.handed_over(pen.asked(household, token, goods), household, token, goods)
    with closing(Journal(demo.folders.kiosk, owner_of(identity))) as journal:
        journal.append([_numbered(ENTRY.validate_json(written.text)) for written in pen.journal])


def uploading(demo: Demo, households: list[str], started_s: float, cpu_s: Callable[[], float]) -> Iterator[Figure]:
    """The kiosk was started at ``started_s`` (``time.perf_counter``) and uses ``cpu_s``: wait until all is taken, holding up cards."""
    say(f"uploading {ENTRIES:,} entries …")
    path, counter, numbers = demo.folders.kiosk / FILE, AtCounter(demo), cycle(households)
    while unsent(path):
        counter.scan(next(numbers))
        if time.perf_counter() - started_s > PATIENCE_S:
            raise TimeoutError(f"{unsent(path)} entries are still unsent")
        time.sleep(PAUSE_S)
    took, cost = time.perf_counter() - started_s, f"{cpu_s():.1f} s of the kiosk's"
    yield at_most(f"upload of {ENTRIES:,} entries, from the kiosk's start", [took], 10, "s", cost=cost)
    yield percentile_99("… scan to household on the screen meanwhile, p99", counter.shown_ms, 100, "ms")


def unsent(path: Path) -> int:
    """How many of the journal's entries the ledger has not taken."""
    with closing(sqlite3.connect(path, timeout=10)) as raw:
        query = "SELECT (SELECT max(number) FROM entries) - taken_up_to FROM contact"
        return int(raw.execute(query).fetchone()[0])


def _numbered(entry: AnyEntry) -> Callable[[int], AnyEntry]:
    return lambda number: entry.model_copy(update={"number": number})


def _token(code: str) -> str:
    read = read_code(code)
    assert isinstance(read, Code)
    return read.token
