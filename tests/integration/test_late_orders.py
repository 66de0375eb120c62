"""An order whose answer comes late: the counter says so at once, tells it when it comes, and the ledger's list replaces its own reckoning.

The till, the journal and the uplink are the kiosk's own, the intake and the snapshot the ledger's; only the line between them is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from kiosk.acts import Enrolment
from kiosk.clock import Trust, nowhere
from kiosk.counter import book as books
from kiosk.counter.events import Action, Enrolled, Event, Scanned, SnapshotCame, Tap
from kiosk.counter.values import Done, HouseholdShown, Idle, Note, Refused, Till, Waiting
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.recall import recalled
from kiosk.journal.values import Owner
from kiosk.sources import Sources
from kiosk.uplink.client import NoAnswerCame
from kiosk.uplink.identity import Identity
from kiosk.uplink.uplink import Uplink
from ledger.kiosks.intake import Taken
from ledger.kiosks.snapshot import changed_since
from ledger.storage.database import Database
from ledger.villages.store import Village, change_village
from schemas.kiosk_api import Snapshot, Upload, UploadAnswer
from schemas.tokens import CodeKind, code_text, read_code
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.seam import SeamClock, StillRunner
from tests.fakes.shop_scene import DISH, RICE, Scene
from tests.fakes.whole_snapshot import whole_snapshot

DEADLINE_S = 4.0


class Line:
    """To the ledger and back, until it is cut."""

    def __init__(self, scene: Scene, pen: KioskPen) -> None:
        self.scene, self.pen, self.cut = scene, pen, False

    def snapshot(self, token: str, *, since: str, unsent: int) -> Snapshot:
        self._go()
        village, now = self.scene.village, self.scene.clock.now()
        return self.scene.database.read(lambda tx: changed_since(whole_snapshot(tx, village, now), since))

    def upload(self, token: str, upload: Upload) -> UploadAnswer:
        self._go()
        taken = self.scene.send(self.pen, upload)
        assert isinstance(taken, Taken)
        now = self.scene.clock.now()
        return UploadAnswer(taken_up_to=taken.taken_up_to, outcomes=list(taken.outcomes), server_time=now)

    def _go(self) -> None:
        if self.cut:
            raise NoAnswerCame("cut")


class Counter:
    """One kiosk; ``boot`` makes it anew from its files."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        pen = scene.enrolled()
        self.line = Line(scene, pen)
        seed = bytes(pen.key).hex()
        self.identity = Identity(village="SQ", village_name="石桥村", kiosk=pen.kiosk, token="t" * 32, private_key=seed)
        assert SigningKey(bytes.fromhex(seed)).verify_key == pen.key.verify_key
        self.folder = folder
        self.owner = Owner("SQ", pen.kiosk, pen.public_key)
        create_journal(folder, self.owner)
        self.clock = SeamClock(scene.clock, scene.clock.now())
        self.boot()
        self.talk()

    def boot(self) -> None:
        self.journal = Journal(self.folder, self.owner)
        sources = Sources(self.clock, Trust(self.clock), uuid4(), uuid4, self.scene.random_bytes)
        self.runner = StillRunner(Till(), sources, answer_deadline_s=DEADLINE_S, demo=True, at=nowhere)
        self.uplink = Uplink(
            self.journal, self.line, self.identity, self.runner.tell(), clock=self.clock, chance=lambda: 0.5,
            snapshot_every_s=20, at=nowhere,
        )  # fmt: skip
        kept = self.journal.snapshot()
        known: list[Event] = [SnapshotCame(kept)] if kept else []
        hands = Enrolment(self.journal, self.uplink, None, None)  # type: ignore[arg-type]
        self.runner.begin(hands, [Enrolled(self.identity.kiosk), *known, recalled(self.journal, kept)])

    def talk(self) -> None:
        self.uplink.once()
        self.runner.pump()

    def do(self, *events: Event) -> None:
        for event in events:
            self.runner.submit(event)
            self.runner.pump()

    def tap(self, action: Action, arg: str = "") -> None:
        self.do(Tap(self.till.version, action, arg))

    def order(self, household: str, barcode: str) -> UUID:
        """Up to the point where it waits for the ledger; the order's id."""
        self.do(Scanned(read_code(code_text("merit:", CodeKind.CARD, self.scene.cards[household]))))
        for action, arg in ((Action.ORDER_GOODS, ""), (Action.ADD, barcode), (Action.REVIEW, ""), (Action.CONFIRM, "")):
            self.tap(action, arg)
        face = self.till.face
        assert isinstance(face, Waiting)
        return face.sale.id

    def wait(self) -> None:
        """Longer than anybody waits for an answer."""
        self.scene.clock.advance(seconds=DEADLINE_S + 1)
        self.runner.pump()

    @property
    def till(self) -> Till:
        return self.runner.state()

    def available(self, household: str) -> int:
        assert self.till.book is not None
        return books.purse(self.till.book, household, None).available

    def listed(self, household: str) -> list[UUID]:
        assert self.till.book is not None
        return [order.id for order in books.open_orders(self.till.book, household)]


@pytest.fixture
def counter(database: Database, village: Village, clock: FixedClock, tmp_path: Path) -> Iterator[Counter]:
    scene = Scene(database, village, clock)
    scene.furnish()
    scene.village = database.write(lambda tx: change_village(tx, village, {"order_days": 5}))
    counter = Counter(scene, tmp_path)
    yield counter
    counter.journal.close()


def test_an_order_that_is_answered_at_once_is_kept_and_listed(counter: Counter) -> None:
    order = counter.order("0012", RICE)
    counter.talk()
    assert isinstance(counter.till.face, Done)
    assert (counter.available("0012"), counter.listed("0012")) == (161, [order])


def test_without_an_answer_it_is_told_and_its_points_are_kept_here(counter: Counter) -> None:
    counter.line.cut = True
    counter.order("0012", RICE)
    counter.talk()
    counter.wait()
    assert (counter.till.face, counter.till.notice) == (Idle(), Note.ORDER_LATER)
    assert (counter.available("0012"), counter.listed("0012")) == (161, [])


@pytest.mark.parametrize("restart", [False, True])
def test_when_the_answer_comes_it_is_told_and_the_ledgers_list_replaces_it(counter: Counter, restart: bool) -> None:
    counter.line.cut = True
    order = counter.order("0012", RICE)
    counter.wait()
    if restart:
        counter.journal.close()
        counter.boot()
        assert counter.available("0012") == 161
    counter.line.cut = False
    counter.talk()
    assert counter.till.notice is Note.ORDER_KEPT_LATE
    assert (counter.available("0012"), counter.listed("0012")) == (161, [order])
    assert counter.till.book is not None
    assert counter.till.book.sold == ()
    held = counter.till.book.households["0012"]
    assert (held.balance, held.held) == (161, 39)


def test_a_late_no_is_told_and_the_points_are_free_again(counter: Counter) -> None:
    counter.line.cut = True
    counter.order("0007", RICE)
    counter.wait()
    other = counter.scene.enrolled()
    other.asked("0007", counter.scene.cards["0007"], [(RICE, 1, 39)])
    counter.scene.send(other)
    counter.line.cut = False
    counter.talk()
    assert counter.till.notice is Note.ORDER_NOT_KEPT
    assert (counter.available("0007"), counter.listed("0007")) == (21, [])


def test_it_is_told_over_the_next_customer_and_stops_nothing(counter: Counter) -> None:
    counter.line.cut = True
    counter.order("0012", RICE)
    counter.wait()
    counter.do(Scanned(read_code(code_text("merit:", CodeKind.CARD, counter.scene.cards["0007"]))))
    counter.line.cut = False
    counter.talk()
    assert isinstance(counter.till.face, HouseholdShown)
    assert counter.till.notice is Note.ORDER_KEPT_LATE


def test_an_order_that_the_ledger_cannot_read_is_a_no(counter: Counter) -> None:
    """The village keeps orders for fewer days than this counter still thinks: what asks for more is put aside."""
    village = counter.scene.village
    counter.scene.village = counter.scene.database.write(lambda tx: change_village(tx, village, {"order_days": 1}))
    counter.order("0012", DISH)
    counter.talk()
    face = counter.till.face
    assert isinstance(face, Refused)
    assert face.why is Note.REFUSED_OTHERWISE
    assert counter.available("0012") == 200


def test_an_answer_that_comes_twice_is_told_once(counter: Counter) -> None:
    counter.line.cut = True
    counter.order("0012", RICE)
    counter.wait()
    counter.line.cut = False
    counter.talk()
    counter.do(Scanned(read_code(code_text("merit:", CodeKind.CARD, counter.scene.cards["0007"]))))
    counter.journal.keep_taken(0)  # a ledger that was restored asks for everything again
    counter.talk()
    assert counter.till.notice is not Note.ORDER_KEPT_LATE
