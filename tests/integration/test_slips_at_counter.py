"""Paper slips entered at the counter, all the way: till, journal, line, the ledger's intake, paper, void, the day's figures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.counter.desk import SalesList
from kiosk.counter.events import Action
from kiosk.counter.values import Done, Idle, Note, Printing, PrintUnknown, Sale, Waiting
from kiosk.journal.day import added_up
from ledger.kiosks.days import booked_figures
from ledger.shop.slips import entered_slips
from schemas.tokens import CodeKind, code_text
from tests.fakes.seam import Counter
from tests.fakes.seam_ground import Ground, furnished_in_memory
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import OIL, RICE, SOAP

F = TypeVar("F")
HOUSEHOLD, SLIP = "0007", 3


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with furnished_in_memory() as ground:
        yield ground


@pytest.fixture
def world(ground: Ground) -> World:
    return World.on(ground)


@pytest.fixture
def counter(world: World, tmp_path: Path) -> Iterator[Counter]:
    counter = opened(world, tmp_path, 1)
    yield counter
    counter.journal.close()


def opened(world: World, folder: Path, number: int) -> Counter:
    """A counter that had its first contact."""
    counter = Counter(world, folder, number, random.Random(number))
    counter.talk("well")
    return counter


def enter(
    counter: Counter, world: World, *barcodes: str, days_ago: int = 1, slip: int = SLIP, card: bool = False
) -> None:
    """What the clerk taps for one slip."""
    counter.tap(Action.SLIP)
    counter.type(f"{slip:04}")
    if card:
        counter.scan(code_text("merit:", CodeKind.CARD, world.scene.cards[HOUSEHOLD]))
    else:
        counter.type(HOUSEHOLD)
    day = world.ground.village.today(world.scene.clock.now()) - timedelta(days=days_ago)
    counter.tap(Action.ON_DAY, day.isoformat())
    for barcode in barcodes:
        counter.scan(barcode)
    counter.tap(Action.REVIEW)
    counter.tap(Action.CONFIRM)


def at(counter: Counter, kind: type[F]) -> F:
    """The face, which must be of that kind."""
    face = counter.till.face
    assert isinstance(face, kind), face
    return face


def slips_in_the_book(world: World) -> set[int]:
    return world.scene.database.read(lambda tx: entered_slips(tx, world.ground.village.village_id))


def days_agree(counter: Counter, world: World) -> None:
    """日结: the kiosk's own sum of the day against the book's sum of the same entries."""
    village = world.ground.village
    told = added_up(counter.journal, village.today(world.scene.clock.now()), village.timezone)
    assert told.first is not None
    assert told.last is not None
    first, last = told.first, told.last
    booked = world.scene.database.read(lambda tx: booked_figures(tx, village.village_id, 1, first, last))
    assert booked == {name: getattr(told.figures, name) for name in booked}


def test_a_slip_with_a_line_is_answered_printed_and_booked(counter: Counter, world: World) -> None:
    enter(counter, world, RICE, SOAP, OIL)  # 129 points of 60, and no oil on the shelf: it happened
    at(counter, Waiting)
    counter.talk("well")
    sale = at(counter, Printing).sale
    assert isinstance(sale, Sale)
    assert (sale.number_text, sale.before, sale.balance_after) == ("0-000003", 60, -69)
    counter.print_next("printed")
    at(counter, Done)
    assert (world.scene.balance(HOUSEHOLD), world.scene.stock(OIL), slips_in_the_book(world)) == (-69, -1, {SLIP})
    assert world.scene.adds_up()
    days_agree(counter, world)


@pytest.mark.parametrize("point", ["before_write", "after_write", "after_send", "before_print", "after_print"])
@pytest.mark.parametrize("line", ["before", "well"], ids=["offline", "online"])
def test_a_power_cut_anywhere_neither_loses_nor_doubles_a_slip(
    counter: Counter, world: World, line: str, point: str
) -> None:
    counter.talk(line)
    counter.kill = point
    enter(counter, world, SOAP, card=True)
    counter.talk(line)
    counter.print_next("printed")
    counter.kill = None
    counter.talk("well")
    assert bool(counter.journal.facts("e.kind = 'slip_entered'")) is (point != "before_write")
    if isinstance(counter.till.face, PrintUnknown):
        counter.tap(Action.PAPER_OUT if counter.seen_on_paper(counter.till.face.sale.id) else Action.REPRINT)
    counter.print_next("printed")
    counter.tap(Action.LEAVE)
    if point == "before_write":
        enter(counter, world, SOAP, card=True)
    else:
        counter.tap(Action.SLIP)
        counter.type(str(SLIP))
        assert counter.till.notice is Note.SLIP_TWICE
    counter.talk("well")
    assert (world.scene.balance(HOUSEHOLD), slips_in_the_book(world), world.scene.cases()) == (55, {SLIP}, [])
    assert len(counter.journal.sales("kind = 'slip_entered'")) == 1
    copies = [paper.copy for paper in counter.port.out]
    assert len(copies) == len(set(copies))


def test_a_paper_whose_turn_had_not_come_when_the_power_went_is_the_first(counter: Counter, world: World) -> None:
    enter(counter, world, SOAP)
    counter.talk("well")
    at(counter, Printing)
    counter.cut_power()
    assert at(counter, PrintUnknown).copy == -1
    counter.tap(Action.REPRINT)
    counter.print_next("printed")
    at(counter, Done)
    assert [paper.copy for paper in counter.port.out] == [0]


def test_a_slip_that_another_counter_entered_moves_nothing(counter: Counter, world: World, tmp_path: Path) -> None:
    other = opened(world, tmp_path / "other", 2)
    enter(other, world, SOAP)
    other.talk("well")
    enter(counter, world, RICE)
    counter.talk("well")
    at(counter, Idle)
    assert counter.till.notice is Note.SLIP_TWICE
    assert (world.scene.balance(HOUSEHOLD), world.scene.cases()) == (55, [("slip_twice", HOUSEHOLD)])
    days_agree(counter, world)
    counter.cut_power()
    at(counter, Idle)  # no paper is asked about
    other.journal.close()


def test_todays_slip_is_voided_by_the_clerk_who_entered_it(counter: Counter, world: World) -> None:
    enter(counter, world, RICE, days_ago=0)
    counter.talk("well")
    counter.print_next("printed")
    counter.tap(Action.LEAVE)
    counter.tap(Action.VOID)
    face = counter.till.face
    assert isinstance(face, SalesList)
    [sale] = face.sales or ()
    counter.tap(Action.SALE, str(sale.id))
    counter.tap(Action.REASON, "wrong_goods")
    counter.tap(Action.VOID)
    counter.talk("well")
    assert (world.scene.balance(HOUSEHOLD), world.scene.stock(RICE), world.scene.cases()) == (60, 60, [])
    assert (sale.number_text, world.scene.adds_up()) == ("0-000003", True)
    days_agree(counter, world)


def test_an_unsent_slip_still_counts_after_a_restart(counter: Counter, world: World) -> None:
    counter.talk("before")
    enter(counter, world, RICE, days_ago=0)
    counter.cut_power()
    book = counter.till.book
    assert book is not None
    assert [(sold.household, sold.total, sold.fact) for sold in book.sold] == [(HOUSEHOLD, 39, True)]


def test_paper_after_a_power_cut_says_offline_until_the_ledger_answered(counter: Counter, world: World) -> None:
    enter(counter, world, SOAP)
    counter.cut_power()
    first = at(counter, PrintUnknown).sale
    counter.talk("well")
    counter.cut_power()
    second = at(counter, PrintUnknown).sale
    assert isinstance(first, Sale)
    assert isinstance(second, Sale)
    assert (first.offline, second.offline, second.balance_after) == (True, False, 55)
