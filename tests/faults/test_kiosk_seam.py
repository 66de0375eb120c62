"""The seam between counter and book as a whole: whatever is cut, killed, repeated, refused, restored or revoked, nothing is lost and
nothing is doubled.

A seed is a history; a failure names it, and ``SEED=n`` plays that one alone. 200 in every run, 10,000 with ``LONG=1``; ``SEEDS=0:2500``
plays a part of them.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import get_args
from uuid import UUID

import pytest

from schemas.entries import AnyEntry
from tests.conftest import FixedClock
from tests.fakes.seam import Counter
from tests.fakes.seam_ground import OPENING, Ground
from tests.fakes.seam_history import History
from tests.fakes.seam_reckoning import Reckoning
from tests.fakes.seam_truth import check, counter_agrees, nothing_is_lost, what_is_there, whole_book_holds
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import SOAP, Scene

LONG = os.environ.get("LONG") == "1"
BLOCK = 40
STEPS = 50


def chosen_seeds(environment: dict[str, str]) -> list[int]:
    """Which histories this run plays."""
    if "SEED" in environment:
        return [int(environment["SEED"])]
    first, _, last = environment.get("SEEDS", "0:10000" if environment.get("LONG") == "1" else "0:200").partition(":")
    return list(range(int(first), int(last)))


SEEDS = chosen_seeds(dict(os.environ))
KINDS = {entry.model_fields["kind"].default for entry in get_args(AnyEntry)}
EVERYTHING = {
    "AskHandOver", "PrintUnknown", "VoidAsked", "OrderShown", "ProxyReasons", "ProxyNumber", "PinPad", "StockSheet", "DayShown", "Refused",
    "kill armed", "power cut", "restored", "revoked", "below its floor", "collected late", "cash", "second person",
    "slip twice", "quarantined", "proxy", "office: award back", "office: price", "office: block", "office: lost card",
    *(f"entry: {kind}" for kind in KINDS),
}  # fmt: skip


def play(ground: Ground, seed: int, *, verified: bool = True) -> History:
    """One history from beginning to end. ``verified``: the whole book is checked leaf by leaf after it."""
    folder = ground.folder / f"history-{seed}"
    ground.begin()
    scene = Scene(ground.database, ground.village, FixedClock(), dict(ground.cards))
    scene._chance = iter(range(10_000 * (seed + 1), 10_000 * (seed + 2))).__next__
    history = History(seed, World(ground, scene), folder)
    try:
        history.play(STEPS)
        check(history)
        if verified:
            whole_book_holds(history.world)
    except BaseException as error:
        error.add_note(f"SEED={seed}")
        raise
    finally:
        history.close()
        shutil.rmtree(folder)
    return history


@pytest.fixture(scope="module")
def did() -> Tally[str]:
    """What all the histories of this run were about."""
    return Tally()


@pytest.mark.timeout(3_600 if LONG else 600)
@pytest.mark.parametrize("first", range(0, len(SEEDS), BLOCK))
def test_whatever_happens_nothing_is_lost_and_nothing_is_doubled(ground: Ground, did: Tally[str], first: int) -> None:
    for seed in SEEDS[first : first + BLOCK]:
        did.update(play(ground, seed, verified=seed % 4 == 0).did)


@pytest.mark.skipif(len(SEEDS) < 200, reason="one history alone is not about everything")
def test_the_histories_were_about_everything_that_can_go_wrong(did: Tally[str]) -> None:
    if not did:
        pytest.skip("the histories were not played in this run")
    assert did.keys() >= EVERYTHING, EVERYTHING - did.keys()


def test_a_seed_plays_the_same_history_again(ground: Ground) -> None:
    assert play(ground, 7).did == play(ground, 7).did


# ── each check can fail ─────────────────────────────────────────────────────────────────────────────────────────────


def _print_twice(counter: Counter, must: Reckoning) -> None:
    counter.port.out.append(counter.port.out[0])


def _forget_a_sale(counter: Counter, must: Reckoning) -> None:
    del must.moved[next(id_ for id_, sale in must.standing.items() if sale.kiosk == counter.identity.kiosk)]


def _book_a_sale_more(counter: Counter, must: Reckoning) -> None:
    must.moved[UUID(int=1)] = next(s for s in must.standing.values() if s.kiosk == counter.identity.kiosk)


def _know_another_balance(counter: Counter, must: Reckoning) -> None:
    must.points[next(iter(OPENING))] += 1


def _know_another_shelf(counter: Counter, must: Reckoning) -> None:
    must.shelf[SOAP] += 1


def _add_up_otherwise(counter: Counter, must: Reckoning) -> None:
    must.days = dict.fromkeys(must.days, False)


SPOILT = [
    _print_twice,
    _forget_a_sale,
    _book_a_sale_more,
    _know_another_balance,
    _know_another_shelf,
    _add_up_otherwise,
]


@pytest.fixture(scope="module")
def ended(ground: Ground) -> Iterator[tuple[History, Reckoning]]:
    """A history that ended well, still open."""
    ground.begin()
    folder = ground.folder / "ended"
    scene = Scene(ground.database, ground.village, FixedClock(), dict(ground.cards))
    history = History(5, World(ground, scene), folder)
    history.play(STEPS)
    yield history, check(history)
    history.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__.strip("_").replace("_", " "))
def test_a_counter_that_differs_from_the_book_is_found(
    ended: tuple[History, Reckoning], spoil: Callable[[Counter, Reckoning], None]
) -> None:
    history, must = ended
    counter = next(one for one in history.counters if one.port.out)
    world, out = history.world, list(counter.port.out)
    counter_agrees(counter, must, what_is_there(world), world)
    spoilt = deepcopy(must)
    spoil(counter, spoilt)
    with pytest.raises(AssertionError):
        counter_agrees(counter, spoilt, what_is_there(world), world)
    counter.port.out[:] = out


def test_an_entry_that_the_ledger_does_not_hold_is_found(ended: tuple[History, Reckoning]) -> None:
    history, _ = ended
    counter = history.counters[0]
    journal = [entry.text for entry in counter.journal.entries(1)]
    for wrong in ([*journal, journal[0]], journal[:-1], [*journal[:-1], journal[0]]):
        with pytest.raises(AssertionError):
            nothing_is_lost(history.world, counter.identity.kiosk, wrong)


@pytest.mark.parametrize(
    ("environment", "seeds"),
    [
        ({}, range(200)),
        ({"LONG": "1"}, range(10_000)),
        ({"SEED": "7"}, [7]),
        ({"LONG": "1", "SEEDS": "5:8"}, [5, 6, 7]),
    ],
)
def test_a_run_plays_the_histories_that_it_was_asked_for(environment: dict[str, str], seeds: Sequence[int]) -> None:
    assert chosen_seeds(environment) == list(seeds)
