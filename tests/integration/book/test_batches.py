"""Batches: each request judged on what the ones before it left, and linked ones all or nothing (CHECKS.md, C1–C6)."""

from __future__ import annotations

import pytest
from uuid6 import uuid7

from ledger.book.values import HoldRequest, ReleaseRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, reversal, spend
from tests.integration.book.seeing import dump, standing

LINKED_AWAY = "linked_refused"


def codes(door: Door, *requests: object, linked: bool = False) -> list[str]:
    return [outcome.code for outcome in door(*requests, linked=linked)]


def test_a_linked_pair_that_fails_leaves_its_points_for_the_next(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """C1: 20 points; [15 and 6, linked] fails; the 15 alone passes, because the trial's effects are undone."""
    door(award(20, clock))
    assert codes(door, spend(15, clock), spend(6, clock), linked=True) == [LINKED_AWAY, "not_enough_points"]
    assert codes(door, spend(15, clock)) == ["posted"]
    assert standing(database, village.village_id, SEVEN).balance == 5


def test_in_an_unlinked_batch_a_refused_one_leaves_everything_for_the_next(door: Door, clock: FixedClock) -> None:
    """C1 and C4: a result for every item, in their order."""
    door(award(20, clock))
    assert codes(door, spend(15, clock), spend(6, clock), spend(5, clock), spend(1, clock)) == [
        "posted",
        "not_enough_points",
        "posted",
        "not_enough_points",
    ]


@pytest.mark.parametrize("place", range(4))
def test_one_overdraft_anywhere_and_nothing_of_a_linked_batch_is_posted(
    database: Database, village: Village, door: Door, clock: FixedClock, place: int
) -> None:
    """C3: two households spend, one earns; the overdraft stands first, last or between."""
    door(award(20, clock), award(20, clock, credit=EIGHT))
    batch = [spend(5, clock), spend(5, clock, debit=EIGHT), award(5, clock)]
    batch.insert(place, spend(31, clock, debit=EIGHT))
    before = dump(database, without=("outcomes",))
    expected = [LINKED_AWAY] * 4
    expected[place] = "not_enough_points"
    assert codes(door, *batch, linked=True) == expected
    assert dump(database, without=("outcomes",)) == before
    assert verify(database, village.village_id).ok


def test_a_linked_batch_without_trouble_is_posted_whole(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    placed = HoldRequest(uuid7(), SEVEN, 5, None, "kiosk:1", uuid7())
    assert codes(door, award(20, clock), spend(15, clock), placed, linked=True) == ["posted", "posted", "held"]
    account = standing(database, village.village_id, SEVEN)
    assert (account.balance, account.held, account.available) == (5, 5, 0)


def test_a_linked_refusal_keeps_no_hold_and_ends_none(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(20, clock))
    kept = HoldRequest(uuid7(), SEVEN, 10, None, "kiosk:1", uuid7())
    door(kept)
    new = HoldRequest(uuid7(), SEVEN, 5, None, "kiosk:1", uuid7())
    back = ReleaseRequest(uuid7(), kept.id, "kiosk:1")
    assert codes(door, back, new, spend(99, clock), linked=True) == [LINKED_AWAY, LINKED_AWAY, "not_enough_points"]
    assert standing(database, village.village_id, SEVEN).held == 10
    with pytest.raises(BrokenContract):
        door(ReleaseRequest(uuid7(), new.id, "kiosk:1"))
    assert codes(door, spend(10, clock, captures=kept.id)) == ["posted"]


def test_a_linked_refusal_is_frozen_with_its_batch(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(20, clock))
    batch = [spend(15, clock), spend(6, clock)]
    first = codes(door, *batch, linked=True)
    door(award(100, clock))
    before = dump(database)
    assert codes(door, *batch, linked=True) == first
    assert codes(door, *batch) == first
    assert codes(door, batch[0]) == [LINKED_AWAY]
    assert dump(database) == before


def test_what_was_refused_before_refuses_the_linked_batch_it_comes_in(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """All or nothing holds over what is frozen, too: half a batch is never posted because its other half was refused yesterday."""
    door(award(20, clock))
    refused = spend(30, clock)
    assert codes(door, refused) == ["not_enough_points"]
    assert codes(door, spend(5, clock), refused, linked=True) == [LINKED_AWAY, "not_enough_points"]
    assert standing(database, village.village_id, SEVEN).balance == 20


def test_a_linked_batch_sent_again_with_more_in_it_finds_its_first_part_done(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    first = award(20, clock)
    door(first)
    assert codes(door, first, spend(15, clock), linked=True) == ["posted", "posted"]
    assert standing(database, village.village_id, SEVEN).balance == 5


def test_what_is_done_already_and_what_is_unknown_are_told_apart_in_a_batch(door: Door, clock: FixedClock) -> None:
    """C6: reversing twice is a refusal of that line alone; reversing what never was is bad input."""
    first, second = award(5, clock), award(6, clock)
    door(first, second)
    door(reversal(first, clock))
    assert codes(door, reversal(first, clock), reversal(second, clock)) == ["already_reversed", "posted"]
    with pytest.raises(BrokenContract) as caught:
        door(reversal(award(7, clock), clock), award(1, clock))
    assert [fault.field for fault in caught.value.faults] == ["transfers.0.reverses"]


def test_two_reversals_of_one_award_in_one_batch(door: Door, clock: FixedClock) -> None:
    wrong = award(5, clock)
    door(wrong)
    assert codes(door, reversal(wrong, clock), reversal(wrong, clock)) == ["posted", "already_reversed"]


def test_an_empty_batch_is_nothing(database: Database, door: Door) -> None:
    before = dump(database)
    assert door() == []
    assert door(linked=True) == []
    assert dump(database) == before
