"""A ledger that was put back from an older copy judges anew what counters send again. At the counter it is as it was: goods that went
are paid for, and nobody pays for goods that stayed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.counter.events import Action
from kiosk.counter.values import Done, Idle, Refused
from schemas.entries import ENTRY
from schemas.tokens import CodeKind, code_text
from tests.fakes.seam import Counter
from tests.fakes.seam_truth import whole_book_holds
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import SOAP

POOR, POINTS, PRICE = "0011", 12, 5


@pytest.fixture
def counter(world: World, tmp_path: Path) -> Iterator[Counter]:
    counter = Counter(world, tmp_path, 1, random.Random(1))
    counter.talk("well")
    yield counter
    counter.journal.close()


def sell(counter: Counter, world: World) -> None:
    """Up to the ledger's answer."""
    counter.scan(code_text("merit:", CodeKind.CARD, world.scene.cards[POOR]))
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    counter.tap(Action.CONFIRM)
    counter.talk("well")


def hear_again(counter: Counter) -> None:
    """The day is closed, so that the ledger hears that it lacks something; then the rest."""
    counter.tap(Action.LEAVE)
    assert isinstance(counter.till.face, Idle)
    counter.tap(Action.DAY)
    counter.tap(Action.CLOSE_DAY)
    counter.run_errand()
    counter.print_next("printed")
    for _ in range(4):
        counter.talk("well")


def kinds(counter: Counter) -> list[str]:
    return [ENTRY.validate_json(entry.text).kind for entry in counter.journal.entries(1)]


def was_cut(counter: Counter) -> bool:
    return counter.kill is None


def test_goods_that_went_are_paid_for_although_the_ledger_says_no_now(counter: Counter, world: World) -> None:
    world.make_copy()
    sell(counter, world)
    counter.print_next("printed")
    assert isinstance(counter.till.face, Done)
    world.restore()
    world.block(POOR, blocked=True)
    hear_again(counter)
    assert counter.journal.unsent() == 0
    assert kinds(counter).count("handed_over") == 1
    assert world.scene.balance(POOR) == POINTS - PRICE
    assert counter.till.book is not None
    assert counter.till.book.households[POOR].balance == POINTS - PRICE
    assert counter.till.book.sold == ()
    whole_book_holds(world)


def test_nobody_pays_for_goods_that_stayed_although_the_ledger_says_yes_now(counter: Counter, world: World) -> None:
    world.make_copy()
    world.block(POOR, blocked=True)
    sell(counter, world)
    assert isinstance(counter.till.face, Refused)
    world.restore()
    hear_again(counter)
    assert counter.journal.unsent() == 0
    assert kinds(counter).count("called_off") == 1
    assert world.scene.balance(POOR) == POINTS
    assert world.scene.stock(SOAP) == 40
    whole_book_holds(world)


def test_what_the_power_cut_off_is_said_after_the_next_start(counter: Counter, world: World) -> None:
    world.make_copy()
    sell(counter, world)
    counter.print_next("printed")
    world.restore()
    world.block(POOR, blocked=True)
    counter.kill = "before_write"  # the entry that says so is not written
    counter.tap(Action.LEAVE)
    counter.journal.keep_taken(0)
    counter.talk("well")
    assert was_cut(counter)
    counter.talk("well")
    assert kinds(counter).count("handed_over") == 1
    assert world.scene.balance(POOR) == POINTS - PRICE


def test_an_answer_that_comes_twice_is_no_other_answer(counter: Counter, world: World) -> None:
    sell(counter, world)
    counter.print_next("printed")
    counter.journal.keep_taken(0)
    counter.talk("twice")
    assert kinds(counter) == ["asked", "printed"]
    assert world.scene.balance(POOR) == POINTS - PRICE
