"""A kiosk without threads or sockets, for histories of the seam: the real parts (till, journal, uplink, printing, errands, recall), driven
by a loop instead of threads.

Its line and its printer are in ``seam_edges``. A power cut throws the program away and opens its files again.
"""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from kiosk.acts import Enrolment
from kiosk.clock import Trust
from kiosk.counter.effects import CheckPin
from kiosk.counter.events import Action, Enrolled, Event, LineChanged, PinChecked, Scanned, SnapshotCame, Tap
from kiosk.counter.values import LineStatus, Till
from kiosk.errands import Errand, ErrandThread
from kiosk.journal.journal import Journal
from kiosk.journal.recall import recalled
from kiosk.printing import Job, PrintThread
from kiosk.runner import Runner
from kiosk.sources import Sources
from kiosk.uplink.uplink import Uplink
from schemas.tokens import read_code
from tests.conftest import FixedClock
from tests.fakes.seam_edges import Line, Port
from tests.fakes.seam_ground import PINS
from tests.fakes.seam_world import World

BOOT = UUID("00000000-0000-7000-8000-0000000005ea")
DEADLINE_S = 4.0


class PowerCut(BaseException):
    """Everything that is not in a file is gone."""


@dataclass
class SeamClock:
    """The village's clock, and a monotonic one that goes with it."""

    shared: FixedClock
    start: datetime

    def now(self) -> datetime:
        return self.shared.now()

    def monotonic_ms(self) -> int:
        return int((self.shared.now() - self.start).total_seconds() * 1000) + 1


class StillPrinting(PrintThread):
    """Jobs wait until somebody calls ``next``."""

    def __init__(self, port: Port, journal: Journal, tell: Callable[..., None], at: Callable[[str], None]) -> None:
        super().__init__(port, lambda slip: b"paper", journal, tell, at=at)
        self.waiting: list[Job] = []
        self._port = port

    def queue(self, job: Job) -> None:
        self.waiting.append(job)

    def next(self) -> None:
        self._port.job = self.waiting.pop(0)
        self.work(self._port.job)


class StillErrands(ErrandThread):
    """Errands wait until somebody calls ``next``. A clerk's PIN is compared, not hashed: argon2 is not what a history is about."""

    def __init__(self, line: Line, journal: Journal, tell: Callable[[Event], None]) -> None:
        super().__init__(line, "token", journal.unsent, tell)
        self.waiting: list[Errand] = []
        self._ended.set()  # the seal is not waited for

    def queue(self, errand: Errand) -> None:
        self.waiting.append(errand)

    def next(self) -> None:
        match self.waiting.pop(0):
            case CheckPin(login, _, pin):
                self._tell(PinChecked(login, PINS[login] == pin))
            case errand:
                self._tell(self._end(errand))


class StillRunner(Runner):
    """The runner without its thread: ``pump`` works off what has come."""

    def pump(self) -> None:
        while True:
            self._pass_deadline()
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            assert item is not None
            self._happen(LineChanged(self._line(item)) if isinstance(item, LineStatus) else item)


class Counter:
    """One kiosk: its files outlive it, ``boot`` makes it anew from them."""

    def __init__(self, world: World, folder: Path, number: int, rng: random.Random) -> None:
        self._rng = rng
        self._ids = self._fresh_ids()
        self.identity = world.ground.identities[number]
        self._folder = folder / str(number)
        self._owner = world.ground.journal(number, self._folder)
        self.line = Line(world, number)
        self.port = Port()
        self.kill: str | None = None
        self._clock = SeamClock(world.scene.clock, world.scene.clock.now())
        self.boot()

    def _fresh_ids(self) -> Iterator[UUID]:
        while True:
            yield UUID(int=self._rng.getrandbits(128), version=4)

    # ── power ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def boot(self) -> None:
        """Begin from what is in the files."""
        self.journal = Journal(self._folder, self._owner)
        sources = Sources(
            self._clock, Trust(self._clock), BOOT, lambda: next(self._ids), lambda size: self._rng.randbytes(size)
        )
        version = self._clock.monotonic_ms()
        till = Till(version=version, face_since=version)
        self.runner = StillRunner(till, sources, answer_deadline_s=DEADLINE_S, demo=True, at=self._at)
        self.uplink = Uplink(
            self.journal, self.line, self.identity, self.runner.tell(), clock=self._clock, chance=lambda: 0.5,
            snapshot_every_s=20.0, at=self._at,
        )  # fmt: skip
        self.printing = StillPrinting(self.port, self.journal, self.runner.submit, self._at)
        self.errands = StillErrands(self.line, self.journal, self.runner.submit)
        snapshot = self.journal.snapshot()
        known: list[Event] = [SnapshotCame(snapshot)] if snapshot else []
        first: list[Event] = [Enrolled(self.identity.kiosk), *known, recalled(self.journal, snapshot)]
        self.runner.begin(Enrolment(self.journal, self.uplink, self.printing, self.errands), first)

    def cut_power(self) -> None:
        """Nothing is said good-bye to."""
        self.kill = None
        self.journal.close()
        self.boot()

    def _at(self, point: str) -> None:
        if point == self.kill:
            raise PowerCut(point)

    # ── what can happen ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def till(self) -> Till:
        return self.runner.state()

    def act(self, work: Callable[[], object]) -> None:
        """Do it and what follows; a power cut anywhere in it is a reboot."""
        try:
            work()
            self.runner.pump()
        except PowerCut:
            self.cut_power()

    def tap(self, action: Action, arg: str = "") -> None:
        self.act(lambda: self.runner.submit(Tap(self.till.version, action, arg)))

    def type(self, digits: str) -> None:
        """On the pad, and 对了."""
        for digit in digits:
            self.tap(Action.DIGIT, digit)
        self.tap(Action.ENTER)

    def scan(self, text: str) -> None:
        self.act(lambda: self.runner.submit(Scanned(read_code(text))))

    def talk(self, mode: str) -> None:
        """One round with the ledger."""
        self.line.mode = mode
        self.act(self.uplink.once)

    def print_next(self, fate: str) -> None:
        if self.printing.waiting:
            self.port.fate = fate
            self.act(self.printing.next)

    def run_errand(self) -> None:
        if self.errands.waiting:
            self.act(self.errands.next)

    def seen_on_paper(self, sale: UUID) -> bool:
        return any(paper.sale == sale for paper in self.port.out)
