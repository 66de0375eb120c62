"""Kiosks and their ledger in one process, without threads or sockets: a seed plays a history of sales, cuts, kills and replays.

The kiosk's parts are the real ones (till, journal, uplink, printing, recall); only who drives them is a loop instead of threads. The
printer is a port that knows what really came out on paper, the person at the counter answers truthfully what they see, and the line
loses requests and answers. A power cut throws the program away and opens its files again.
"""

from __future__ import annotations

import contextlib
import queue
import random
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from nacl.signing import SigningKey

from kiosk.clock import Trust
from kiosk.counter.desk import SalesList, VoidAsked, VoidReasons
from kiosk.counter.events import Action, Enrolled, LineChanged, Scanned, SnapshotCame, Tap
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    LineStatus,
    Printing,
    PrintUnknown,
    Refused,
    Till,
    Waiting,
)
from kiosk.devices.ports import DeviceFault, FaultCode, PrinterStatus, PrintResult
from kiosk.errands import ErrandThread
from kiosk.journal.journal import Journal, Owner, create_journal
from kiosk.journal.recall import recalled
from kiosk.printing import Job, PrintThread
from kiosk.runner import Enrolment, Runner, Sources
from kiosk.uplink.client import Forked as ForkHeard
from kiosk.uplink.client import Missing, NoAnswerCame
from kiosk.uplink.identity import Identity
from kiosk.uplink.uplink import Uplink
from ledger.kiosks.enrolment import enrol, make_code
from ledger.kiosks.intake import Forked, Gap, Taken, take
from ledger.kiosks.snapshot import take_snapshot
from schemas.kiosk_api import EnrolRequest, Snapshot, Upload, UploadAnswer
from schemas.tokens import CodeKind, code_text, read_code
from tests.conftest import FixedClock
from tests.fakes.shop_scene import DISH, LAST, RICE, SOAP, SOY, Scene

BOOT = UUID("00000000-0000-7000-8000-0000000005ea")
GOODS = (SOAP, SOY, DISH, RICE, LAST)
POINTS = ("before_write", "after_write", "after_send", "before_print", "after_print")
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


class Line:
    """The line between one kiosk and the ledger. ``mode`` holds for the next exchange: well, cut before, cut after, twice, part."""

    def __init__(self, scene: Scene, kiosk: int) -> None:
        self._scene = scene
        self._kiosk = kiosk
        self.mode = "well"

    def snapshot(self, token: str, *_: object, **__: object) -> Snapshot:
        if self.mode in ("before", "after"):
            raise NoAnswerCame("cut")
        village, now = self._scene.village, self._scene.clock.now()
        taken = self._scene.database.read(lambda tx: take_snapshot(tx, village, now))
        return Snapshot.model_validate_json(taken.model_dump_json())

    def upload(self, token: str, upload: Upload) -> UploadAnswer:
        sent = Upload.model_validate_json(upload.model_dump_json())
        if self.mode == "before":
            raise NoAnswerCame("cut on the way there")
        if self.mode == "part" and len(sent.entries) > 1:
            self._take(Upload(entries=sent.entries[: len(sent.entries) // 2], signature=sent.signature))
            raise NoAnswerCame("cut between two units of work")
        answer = self._take(sent)
        if self.mode == "twice":
            answer = self._take(sent)
        if self.mode in ("after", "part"):
            raise NoAnswerCame("cut on the way back")
        return UploadAnswer.model_validate_json(answer.model_dump_json())

    def _take(self, upload: Upload) -> UploadAnswer:
        scene, now = self._scene, self._scene.clock.now()
        match scene.database.write(lambda tx: take(tx, scene.village, self._kiosk, upload.entries, now)):
            case Taken(taken_up_to=up_to, outcomes=outcomes):
                return UploadAnswer(taken_up_to=up_to, outcomes=list(outcomes), server_time=now)
            case Gap(taken_up_to):
                raise Missing(taken_up_to)
            case Forked():
                raise ForkHeard("fork")
        raise AssertionError("a kiosk of the history was revoked")


@dataclass
class Paper:
    """One piece of paper that somebody can hold in the hand."""

    sale: UUID
    copy: int


class Port:
    """The printer: ``fate`` of the next job is drawn before it, and ``out`` is what really came out."""

    def __init__(self) -> None:
        self.out: list[Paper] = []
        self.fate = "printed"
        self.job: Job | None = None

    def status(self) -> PrinterStatus:
        return PrinterStatus()

    def print(self, _job: bytes) -> PrintResult:
        assert self.job is not None
        if self.fate == "fault":
            raise DeviceFault(FaultCode.PRINTER_NO_PAPER)
        if self.fate != "lost" and self.job.sale is not None:
            self.out.append(Paper(self.job.sale, self.job.copy))
        return PrintResult.PRINTED if self.fate == "printed" else PrintResult.UNKNOWN


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


class StillRunner(Runner):
    """The runner without its thread: ``pump`` works off what has come."""

    def begin(self, hands: Enrolment, first: list[object]) -> None:
        self._hands = hands
        for event in first:
            self._happen(event)  # type: ignore[arg-type]

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

    def __init__(self, scene: Scene, folder: Path, name: int, rng: random.Random) -> None:
        self._scene = scene
        self._rng = rng
        self._ids = self._fresh_ids(name)
        key = SigningKey(bytes([name]) * 32)
        code = scene.database.write(
            lambda tx: make_code(
                tx, scene.village, by="staff:1", now=scene.clock.now(), random_bytes=scene.random_bytes
            )
        )
        request = EnrolRequest(code=code.code, public_key=key.verify_key.encode().hex(), version="test")
        answer = scene.database.write(
            lambda tx: enrol(tx, request, now=scene.clock.now(), random_bytes=scene.random_bytes)
        )
        assert answer is not None
        self.identity = Identity(
            village=answer.village, village_name=answer.village_name, kiosk=answer.kiosk, token=answer.token,
            private_key=key.encode().hex(),
        )  # fmt: skip
        self._folder = folder / str(name)
        self._folder.mkdir(parents=True)
        self._owner = Owner(answer.village, answer.kiosk, self.identity.public_key)
        create_journal(self._folder, self._owner)
        self.line = Line(scene, answer.kiosk)
        self.port = Port()
        self.kill: str | None = None
        self._clock = SeamClock(scene.clock, scene.clock.now())
        self.boot()

    def _fresh_ids(self, name: int) -> Iterator[UUID]:
        count = 0
        while True:
            count += 1
            yield uuid5(BOOT, f"{self._rng.random()}/{name}/{count}")

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
        errands = ErrandThread(self.line, "", self.journal.unsent, self.runner.submit)  # type: ignore[arg-type]
        snapshot = self.journal.snapshot()
        known = [SnapshotCame(snapshot)] if snapshot else []
        first = [Enrolled(self.identity.kiosk), *known, recalled(self.journal, snapshot)]
        self.runner.begin(Enrolment(self.journal, self.uplink, self.printing, errands), first)

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

    def seen_on_paper(self, sale: UUID) -> bool:
        return any(paper.sale == sale for paper in self.port.out)


# ── a history ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class History:
    """What a seed plays, on one village with two counters."""

    seed: int
    scene: Scene
    folder: Path
    did: Tally[str] = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.counters = [
            Counter(self.scene, self.folder, name, random.Random(f"{self.seed}/{name}")) for name in (1, 2)
        ]
        self.storm = False  # whole hours in which no answer comes: both counters sell the same points
        for counter in self.counters:
            counter.talk("well")

    def play(self, steps: int) -> None:
        """So many steps, then everything heals and everybody finishes what they began."""
        for _ in range(steps):
            self._step(self.rng.choice(self.counters))
        for counter in self.counters:
            self._finish(counter)
        for counter in self.counters:  # once more, so that each knows what the other sold
            self.scene.clock.advance(seconds=30)
            counter.talk("well")

    def _step(self, counter: Counter) -> None:
        rng = self.rng
        self.scene.clock.advance(seconds=rng.choice((0.1, 1, 3, 6)))
        if rng.random() < 0.06:
            counter.kill = rng.choice(POINTS)
            self.did["kill armed"] += 1
        match rng.random():
            case dice if dice < 0.02:
                self.did["power cut"] += 1
                counter.cut_power()
            case dice if dice < 0.27:
                if rng.random() < 0.2:
                    self.storm = not self.storm
                odds = (0, 8, 1, 0, 1) if self.storm else (8, 1, 2, 1, 1)
                counter.talk(rng.choices(("well", "before", "after", "twice", "part"), odds)[0])
            case dice if dice < 0.42 and counter.printing.waiting:
                counter.print_next(rng.choices(("printed", "unknown", "lost", "fault"), (6, 2, 1, 1))[0])
            case dice if dice < 0.45:
                self.scene.clock.advance(minutes=rng.choice((1, 5, 200)))
                counter.act(lambda: None)
            case _:
                self._serve(counter)

    def _serve(self, counter: Counter) -> None:
        """What a shopkeeper and a villager do before that screen."""
        rng, face = self.rng, counter.till.face
        self.did[type(face).__name__] += 1
        match face:
            case Idle() if rng.random() < 0.15:
                counter.tap(Action.VOID)
            case Idle():
                poor = "0011"
                whose = poor if rng.random() < 0.5 else rng.choice(sorted(self.scene.cards))
                counter.scan(code_text("merit:", CodeKind.CARD, self.scene.cards[whose]))
            case HouseholdShown():
                counter.scan(rng.choice(GOODS)) if rng.random() < 0.9 else counter.tap(Action.LEAVE)
            case Cart():
                counter.scan(rng.choice(GOODS)) if rng.random() < 0.4 else counter.tap(Action.REVIEW)
            case Confirm():
                counter.tap(Action.CONFIRM if rng.random() < 0.9 else Action.BACK)
            case Refused():
                counter.tap(rng.choice((Action.LEAVE, Action.BACK)))
            case Waiting():
                self.scene.clock.advance(seconds=DEADLINE_S + 1)
                counter.act(lambda: None)
            case AskHandOver():
                counter.tap(rng.choice((Action.HAND_OVER, Action.HAND_OVER, Action.CALL_OFF)))
            case PrintUnknown(sale):
                self._look_for_paper(counter, sale.id)
            case Done():
                counter.tap(Action.LEAVE)
            case SalesList(sales) if sales:
                counter.tap(Action.SALE, str(rng.choice(sales).id))
            case VoidReasons():
                counter.tap(Action.REASON, "not_wanted")
            case VoidAsked() if rng.random() < 0.8:
                counter.tap(Action.VOID)
            case _:
                counter.tap(Action.LEAVE)

    def _look_for_paper(self, counter: Counter, sale: UUID) -> None:
        if counter.seen_on_paper(sale):
            counter.tap(Action.PAPER_OUT)
        else:
            counter.tap(self.rng.choice((Action.REPRINT, Action.REPRINT, Action.NO_PAPER)))

    def _finish(self, counter: Counter) -> None:
        """The line is well again and the printer too; whatever is under way is brought to its end."""
        counter.kill = None
        for _ in range(60):
            self.scene.clock.advance(seconds=1)
            counter.talk("well")
            counter.print_next("printed")
            match counter.till.face:
                case Idle():
                    if not counter.printing.waiting and not counter.journal.unsent() and not counter.till.pending:
                        return
                case AskHandOver():
                    counter.tap(Action.HAND_OVER)
                case PrintUnknown(sale):
                    counter.tap(Action.PAPER_OUT if counter.seen_on_paper(sale.id) else Action.REPRINT)
                case Waiting() | Printing():
                    pass
                case _:
                    counter.tap(Action.LEAVE)
        raise AssertionError(f"it never came to rest: {counter.till.face}, {counter.journal.unsent()} unsent")

    def close(self) -> None:
        for counter in self.counters:
            with contextlib.suppress(Exception):
                counter.journal.close()
