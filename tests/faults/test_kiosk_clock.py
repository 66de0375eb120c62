"""A clock that is wrong at the counter: 1970, ten years on, backwards in a sale. Numbers order the journal, and no limit is reset by it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.counter.events import Action
from kiosk.counter.values import AskHandOver, Confirm, LineStatus, Printing, Refused
from schemas.entries import ENTRY
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import CodeKind, code_text
from tests.fakes.seam import Counter, SeamClock
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import DISH, Scene


class WrongClock(SeamClock):
    """The machine's wall clock is off; what only goes forward still does."""

    off = timedelta(0)

    def now(self) -> datetime:
        return self.shared.now() + self.off


@pytest.fixture
def scene(world: World) -> Scene:
    return world.scene


@pytest.fixture
def counter(world: World, tmp_path: Path) -> Counter:
    return Counter(world, tmp_path, 1, random.Random(1))


def wrong_by(counter: Counter, off: timedelta) -> None:
    """From the next start on, as after a power cut without a battery."""
    clock = WrongClock(counter._clock.shared, counter._clock.start)
    clock.off = off
    counter._clock = clock
    counter.cut_power()


def sell(counter: Counter, scene: Scene) -> None:
    counter.scan(code_text("merit:", CodeKind.CARD, scene.cards["0012"]))
    counter.scan(DISH)
    counter.tap(Action.REVIEW)
    if isinstance(counter.till.face, Confirm):
        counter.tap(Action.CONFIRM)


def trusted(counter: Counter) -> bool:
    return counter.till.clock_trusted


def finish(counter: Counter) -> None:
    counter.print_next("printed")
    counter.tap(Action.LEAVE)


@pytest.mark.parametrize(
    "off", [datetime(1970, 1, 1, tzinfo=UTC) - datetime(2026, 11, 16, 2, tzinfo=UTC), timedelta(days=3653), timedelta(days=-1)],
    ids=["1970", "ten years on", "yesterday"],
)  # fmt: skip
def test_a_wrong_clock_is_marked_and_the_sale_holds(counter: Counter, scene: Scene, off: timedelta) -> None:
    counter.talk("well")
    wrong_by(counter, off)
    counter.talk("well")
    assert trusted(counter) is False
    sell(counter, scene)
    counter.talk("well")
    assert isinstance(counter.till.face, Printing)
    finish(counter)
    counter.talk("well")
    entries = [ENTRY.validate_json(entry.text) for entry in counter.journal.entries(1)]
    assert [entry.number for entry in entries] == [1, 2]
    assert not any(entry.clock_trusted for entry in entries)
    assert scene.balance("0012") == 200 - 14
    assert scene.adds_up()
    counter.journal.close()


def test_a_clock_that_jumps_in_the_middle_of_a_sale_is_found_out(counter: Counter, scene: Scene) -> None:
    counter.talk("well")
    clock = WrongClock(counter._clock.shared, counter._clock.start)
    counter._clock = clock
    counter.cut_power()
    counter.talk("well")
    assert trusted(counter)
    counter.scan(code_text("merit:", CodeKind.CARD, scene.cards["0012"]))
    clock.off = timedelta(hours=-3)
    counter.scan(DISH)
    assert not trusted(counter)
    counter.tap(Action.REVIEW)
    counter.tap(Action.CONFIRM)
    counter.talk("well")
    finish(counter)
    assert not ENTRY.validate_json(next(iter(counter.journal.entries(1))).text).clock_trusted
    assert scene.balance("0012") == 200 - 14
    counter.journal.close()


@pytest.mark.parametrize("off", [timedelta(days=1), timedelta(days=3653), timedelta(days=-400)], ids=str)
def test_the_days_limit_without_a_line_is_not_reset_by_the_clock(
    counter: Counter, scene: Scene, off: timedelta
) -> None:
    counter.talk("well")
    counter.talk("before")
    scene.clock.advance(seconds=30)
    counter.talk("before")
    assert counter.till.line.status is LineStatus.OFFLINE
    limit = counter.till.book.snapshot.limits.offline_household_day if counter.till.book else 0
    for _ in range(limit // 14):
        sell(counter, scene)
        assert not isinstance(counter.till.face, Refused | AskHandOver)
        finish(counter)
    wrong_by(counter, off)
    sell(counter, scene)
    face = counter.till.face
    assert isinstance(face, Refused), face
    assert isinstance(face.why, Refusal)
    assert face.why.code in (RefusalCode.OFFLINE_LIMIT_REACHED, RefusalCode.OFFLINE_TOO_LONG)
    counter.journal.close()
