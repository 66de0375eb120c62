"""The day as the kiosk adds it up and as the ledger holds it against the book: the same journal, both sides' own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk.counter.deals import DaySum
from kiosk.journal.day import added_up
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.values import KeptReceipt, Owner
from ledger.kiosks.days import DayClose, day_closes_of
from ledger.kiosks.intake import Taken
from ledger.shop.slips import print_batch
from ledger.storage.database import Database
from ledger.villages.store import Village, change_village
from schemas.entries import ENTRY
from schemas.journal import head_message
from schemas.kiosk_api import Upload, UploadAnswer
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import DISH, RICE, SOAP, SOY, Scene

ONE_SOAP, TWO_SOY, SACK = [(SOAP, 1, 5)], [(SOY, 2, 5)], [(RICE, 1, 39)]
MIDNIGHT = datetime(2026, 11, 16, 16, tzinfo=UTC)  # in the village it is Tuesday now
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
BOOTS = [UUID(int=n) for n in (21, 22)]


@dataclass
class Counter:
    """A kiosk's journal on its own disk, the ledger that takes it, and a pen that writes what a till would."""

    scene: Scene
    pen: KioskPen
    journal: Journal
    boot: UUID = BOOTS[0]
    started: datetime = MIDNIGHT - timedelta(days=1)

    def at(self, moment: datetime) -> None:
        """It is that time, here and at the ledger."""
        self.scene.clock.set(moment)
        self.pen.wall = moment

    def wrote(self, id_: UUID, *, receipt: bool = False) -> UUID:
        """What the pen wrote last is in the journal."""
        said = self.pen.text(len(self.pen.journal))
        mono = int((self.scene.clock.now() - self.started) / timedelta(milliseconds=1)) + int(str(said["number"]))
        entry = ENTRY.validate_python(ENTRY.validate_json(self.pen.journal[-1].text)).model_copy(
            update={"boot": self.boot, "monotonic_ms": mono}
        )
        kept = [KeptReceipt(id_, "", "{}")] if receipt else []
        self.journal.append([lambda number: entry.model_copy(update={"number": number})], kept)
        return id_

    def sale(self, household: str, goods: list[tuple[str, int, int]], **changes: object) -> UUID:
        """``asked``."""
        card = self.scene.cards[household]
        return self.wrote(self.pen.asked(household, card, goods, **changes), receipt=True)  # type: ignore[arg-type]

    def gone(self, asked: UUID, household: str, goods: list[tuple[str, int, int]]) -> UUID:
        """``handed_over``."""
        return self.wrote(self.pen.handed_over(asked, household, self.scene.cards[household], goods))

    def talk(self, *, answer_lost: bool = False) -> None:
        """Send what is unsent; unless it is lost, the answer is kept."""
        batch = self.journal.backlog(500)
        if not batch:
            return
        head = head_message("SQ", self.pen.kiosk, batch[-1].number, bytes.fromhex(batch[-1].link))
        upload = Upload(entries=list(batch), signature=self.pen.key.sign(head).signature.hex())
        taken = self.scene.send(self.pen, upload)
        assert isinstance(taken, Taken)
        if not answer_lost:
            now = self.scene.clock.now()
            self.journal.keep_answer(
                UploadAnswer(taken_up_to=taken.taken_up_to, outcomes=list(taken.outcomes), server_time=now)
            )

    def close_day(self, day: date) -> tuple[DaySum, DayClose]:
        """日结: as the kiosk added it up, and as the ledger found it."""
        told = added_up(self.journal, day, "Asia/Shanghai")
        figures = told.figures.model_dump()
        body = {"day": day.isoformat(), "first": told.first, "last": told.last, "figures": figures}
        self.wrote(self.pen.write("day_closed", body))  # type: ignore[arg-type]
        self.talk()
        closed = self.scene.database.read(lambda tx: day_closes_of(tx, self.scene.village.village_id, limit=50))
        return told, max(closed, key=lambda one: one.number)


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock).furnish()


@pytest.fixture
def counter(scene: Scene, tmp_path: Path) -> Iterator[Counter]:
    pen = scene.enrolled()
    owner = Owner("SQ", pen.kiosk, pen.public_key)
    create_journal(tmp_path, owner)
    journal = Journal(tmp_path, owner)
    yield Counter(scene, pen, journal)
    journal.close()


def a_plain_day(counter: Counter) -> date:
    counter.sale("0007", ONE_SOAP)
    counter.sale("0011", SACK)  # refused: too dear
    counter.talk()
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return MONDAY


def goods_gone_without_an_answer(counter: Counter) -> date:
    counter.gone(counter.sale("0011", SACK), "0011", SACK)  # will be refused, and is posted below the floor
    counter.gone(counter.sale("0007", ONE_SOAP), "0007", ONE_SOAP)
    return MONDAY


def a_sale_called_off_after_its_answer_was_lost(counter: Counter) -> date:
    sale = counter.sale("0007", ONE_SOAP)
    counter.talk(answer_lost=True)
    counter.wrote(counter.pen.called_off(sale))
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return MONDAY


def handed_over_after_its_answer_was_lost(counter: Counter) -> date:
    sale = counter.sale("0007", ONE_SOAP)
    counter.talk(answer_lost=True)
    counter.gone(sale, "0007", ONE_SOAP)
    return MONDAY


def slips_and_one_that_another_kiosk_had_entered(counter: Counter) -> date:
    scene, village = counter.scene, counter.scene.village
    now = scene.clock.now()
    batch = scene.database.write(lambda tx: print_batch(tx, village.village_id, 10, by="staff:1", now=now))
    other = scene.enrolled()
    other.slip_entered(batch[0], "0007", ONE_SOAP, MONDAY)
    scene.send(other)
    for slip in batch[:3]:
        counter.wrote(counter.pen.slip_entered(slip, "0007", ONE_SOAP, MONDAY - timedelta(days=slip)), receipt=True)
    counter.talk()
    return MONDAY


def yesterdays_sale_voided_and_todays_too(counter: Counter) -> date:
    old = counter.sale("0012", SACK)
    counter.talk()
    counter.close_day(MONDAY)
    counter.at(MIDNIGHT + timedelta(hours=9))
    fresh = counter.sale("0012", TWO_SOY)
    offline = counter.sale("0011", SACK)
    counter.gone(offline, "0011", SACK)
    for sale in (old, fresh, offline):
        counter.wrote(counter.pen.voided(sale, supervisor="liang"))
    counter.wrote(counter.pen.voided(uuid4()))  # of no sale: nothing moves
    counter.talk()
    return TUESDAY


def yesterdays_slip_voided(counter: Counter) -> date:
    slip = counter.wrote(counter.pen.slip_entered(7, "0007", ONE_SOAP, MONDAY), receipt=True)
    counter.close_day(MONDAY)
    counter.at(MIDNIGHT + timedelta(hours=9))
    counter.wrote(counter.pen.voided(slip))
    counter.talk()
    return TUESDAY


def a_sale_on_each_side_of_midnight(counter: Counter) -> date:
    counter.at(MIDNIGHT - timedelta(seconds=1))
    counter.sale("0007", ONE_SOAP)
    counter.talk()
    counter.at(MIDNIGHT)
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return TUESDAY


def a_refused_sale_whose_goods_went_after_midnight(counter: Counter) -> date:
    counter.at(MIDNIGHT - timedelta(seconds=2))
    asked = counter.sale("0011", SACK)
    counter.at(MIDNIGHT + timedelta(seconds=3))
    counter.gone(asked, "0011", SACK)
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return TUESDAY


def closed_at_midnight_between_asking_and_handing_over(counter: Counter) -> date:
    counter.at(MIDNIGHT - timedelta(seconds=2))
    asked = counter.sale("0011", SACK)
    counter.close_day(MONDAY)
    counter.at(MIDNIGHT + timedelta(seconds=3))
    counter.gone(asked, "0011", SACK)
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return TUESDAY


def a_morning_without_the_time(counter: Counter) -> date:
    """The Pi starts in 1970 and sells; only later it hears the ledger. Those sales are today's."""
    counter.sale("0007", ONE_SOAP)
    counter.talk()
    counter.close_day(MONDAY)
    counter.at(MIDNIGHT + timedelta(hours=9))
    counter.boot, counter.started = BOOTS[1], counter.scene.clock.now()
    counter.pen.wall, counter.pen.clock_trusted = datetime(1970, 1, 1, tzinfo=UTC), False
    counter.gone(counter.sale("0012", SACK), "0012", SACK)
    counter.pen.clock_trusted = True
    counter.at(MIDNIGHT + timedelta(hours=10))
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return TUESDAY


def a_clock_ten_years_ahead_all_day(counter: Counter) -> date:
    counter.pen.wall, counter.pen.clock_trusted = datetime(2036, 11, 16, 3, tzinfo=UTC), False
    counter.gone(counter.sale("0012", SACK), "0012", SACK)
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return date(2036, 11, 16)


def more_after_the_close_of_the_same_day(counter: Counter) -> date:
    counter.sale("0007", ONE_SOAP)
    counter.talk()
    counter.close_day(MONDAY)
    counter.sale("0012", TWO_SOY)
    counter.talk()
    return MONDAY


def the_day_after_a_sale_that_came_after_the_close(counter: Counter) -> date:
    more_after_the_close_of_the_same_day(counter)
    counter.at(MIDNIGHT + timedelta(hours=9))
    counter.sale("0012", SACK)
    counter.talk()
    return TUESDAY


def ordered_collected_and_cash(counter: Counter) -> date:
    scene = counter.scene
    settings = {"cash_allowed": True, "order_days": 7}
    scene.village = scene.database.write(lambda tx: change_village(tx, scene.village, settings))
    order = counter.wrote(counter.pen.ordered("0012", scene.cards["0012"], SACK, WEDNESDAY))
    counter.wrote(counter.pen.collected(order, "0012", scene.cards["0012"], SACK), receipt=True)
    counter.sale("0007", [(DISH, 1, 14)], total=10, cash_fen=400)
    counter.talk()
    return MONDAY


def nothing_at_all(counter: Counter) -> date:
    return MONDAY


Story = Callable[[Counter], date]
STORIES: dict[Story, tuple[int, int, int, int]] = {  # sales, points, voids, voided points
    a_plain_day: (2, 15, 0, 0),
    goods_gone_without_an_answer: (2, 44, 0, 0),
    a_sale_called_off_after_its_answer_was_lost: (1, 10, 0, 0),
    handed_over_after_its_answer_was_lost: (1, 5, 0, 0),
    slips_and_one_that_another_kiosk_had_entered: (2, 10, 0, 0),
    yesterdays_sale_voided_and_todays_too: (2, 49, 3, 88),
    yesterdays_slip_voided: (0, 0, 1, 5),
    a_sale_on_each_side_of_midnight: (1, 10, 0, 0),
    a_refused_sale_whose_goods_went_after_midnight: (2, 49, 0, 0),
    closed_at_midnight_between_asking_and_handing_over: (1, 10, 0, 0),
    a_morning_without_the_time: (2, 49, 0, 0),
    a_clock_ten_years_ahead_all_day: (2, 49, 0, 0),
    more_after_the_close_of_the_same_day: (2, 15, 0, 0),
    the_day_after_a_sale_that_came_after_the_close: (1, 39, 0, 0),
    ordered_collected_and_cash: (2, 49, 0, 0),
    nothing_at_all: (0, 0, 0, 0),
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_both_sides_add_the_day_up_alike(counter: Counter, story: Story) -> None:
    told, found = counter.close_day(story(counter))
    figures = told.figures
    assert (figures.sales, figures.points, figures.voids, figures.voided_points) == STORIES[story]
    assert dict(found.told) == dict(found.booked)
    assert found.matches
    assert "day_differs" not in [kind for kind, _ in counter.scene.cases()]
