"""What was wrong is put right by an opposite transfer, once, and nothing is rubbed out (CHECKS.md, R1–R9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from uuid6 import uuid7

from ledger.book.accounts import set_issue_limit
from ledger.book.money import settle
from ledger.book.reading import balance_at, balance_on_day, last_lines, total_of_accounts
from ledger.book.values import Kind
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract, IdReused
from tests.conftest import FixedClock
from tests.integration.book.at_once import all_at_once
from tests.integration.book.conftest import Door
from tests.integration.book.made import SEVEN, award, made, reversal, spend
from tests.integration.book.seeing import dump, leaves, standing


def test_a_reversal_is_equal_opposite_and_linked_and_the_original_untouched(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R1."""
    bought = spend(10, clock)
    door(award(30, clock), bought)
    before = leaves(database, village.village_id)
    back = reversal(bought, clock)
    assert door(back)[0].posted
    newest, older, _ = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=5))
    assert (newest.kind, newest.amount, newest.reverses) == (Kind.REVERSAL, 10, bought.id)
    assert (older.id, older.amount, older.reverses) == (bought.id, -10, None)
    assert leaves(database, village.village_id)[:-1] == before
    assert standing(database, village.village_id, SEVEN).balance == 30
    assert standing(database, village.village_id, "shop:1").balance == 0


def test_a_second_reversal_is_refused_and_the_first_repeated(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R2."""
    wrong = award(30, clock)
    door(wrong)
    back = reversal(wrong, clock)
    door(back)
    assert door(reversal(wrong, clock))[0].code == "already_reversed"
    assert door(back)[0].repeated
    assert standing(database, village.village_id, SEVEN).balance == 0


def test_one_id_for_two_reversals_is_one_id_twice(door: Door, clock: FixedClock) -> None:
    """I4."""
    first, second = award(5, clock), award(5, clock)
    door(first, second)
    back = reversal(first, clock)
    door(back)
    with pytest.raises(IdReused):
        door(replace(back, reverses=second.id))


def test_points_already_spent_become_a_debt_that_stops_the_next_sale(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R3: two people take the award back; the household owes and does not redeem until it is made good."""
    wrong = award(30, clock)
    door(wrong, spend(25, clock))
    assert door(reversal(wrong, clock))[0].posted
    assert standing(database, village.village_id, SEVEN).balance == -25
    refused = door(spend(1, clock))[0]
    assert (refused.code, refused.figures["missing"]) == ("household_blocked", 25)
    door(award(30, clock))
    assert door(spend(5, clock))[0].posted


@pytest.mark.parametrize("second", [None, "staff:1"])
def test_one_person_alone_takes_no_award_back(
    database: Database, door: Door, clock: FixedClock, second: str | None
) -> None:
    """R3 and R8: going below the floor is a right of two named people."""
    wrong = award(30, clock)
    door(wrong)
    before = dump(database)
    with pytest.raises(BrokenContract) as caught:
        door(reversal(wrong, clock, second=second))
    assert [fault.field for fault in caught.value.faults] == ["transfers.0.second"]
    assert dump(database) == before


def test_the_shop_voids_its_own_sale_alone(door: Door, clock: FixedClock) -> None:
    bought = spend(10, clock)
    door(award(30, clock), bought)
    assert door(reversal(bought, clock, actor="kiosk:1", second=None))[0].posted


def test_a_reversal_dated_as_its_original_undoes_that_day_and_one_of_today_only_today(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R4."""
    today = clock.now().date()
    first, second = today - timedelta(days=10), today - timedelta(days=8)
    same_day, of_today = award(30, clock, done_on=second), award(40, clock, done_on=second)
    door(award(5, clock, done_on=first), same_day, of_today)

    def on(day_before_today: int) -> int:
        day = today - timedelta(days=day_before_today)
        return database.read(lambda tx: balance_on_day(tx, village.village_id, SEVEN, day))

    assert (on(11), on(10), on(8), on(0)) == (0, 5, 75, 75)
    door(reversal(same_day, clock, done_on=second))
    assert (on(10), on(8), on(0)) == (5, 45, 45)
    door(reversal(of_today, clock))
    assert (on(8), on(1), on(0)) == (45, 45, 5)
    assert [database.read(lambda tx, s=s: balance_at(tx, village.village_id, SEVEN, s)) for s in range(6)] == [  # type: ignore[misc]
        0,
        5,
        35,
        75,
        45,
        5,
    ]


def test_five_hundred_reversed_twice_at_once_are_each_reversed_once(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R6."""
    originals = [award(1 + n % 7, clock) for n in range(500)]
    door(*originals)
    twice = [reversal(original, clock) for original in originals for _ in range(2)]
    codes = all_at_once(lambda request: door(request)[0].code, twice)
    assert (codes.count("posted"), codes.count("already_reversed")) == (500, 500)
    assert all({codes[n], codes[n + 1]} == {"posted", "already_reversed"} for n in range(0, 1_000, 2))
    assert standing(database, village.village_id, SEVEN).balance == 0
    assert database.read(lambda tx: total_of_accounts(tx, village.village_id)) == 0
    report = verify(database, village.village_id)
    assert (report.ok, report.transfers) == (True, 1_000)


def test_a_reversal_is_not_itself_reversed(database: Database, door: Door, clock: FixedClock) -> None:
    """R7."""
    wrong = award(30, clock)
    door(wrong)
    back = reversal(wrong, clock)
    door(back)
    before = dump(database, without=("outcomes",))
    assert door(reversal(back, clock))[0].code == "reversal_not_reversible"
    assert dump(database, without=("outcomes",)) == before


@pytest.mark.parametrize("change", [{"amount": 29}, {"amount": 31}, {"debit": "shop:1"}, {"credit": "grant"}])
def test_a_reversal_is_the_whole_mirror_or_nothing(
    database: Database, door: Door, clock: FixedClock, change: dict[str, object]
) -> None:
    wrong = award(30, clock)
    door(wrong)
    before = dump(database)
    with pytest.raises(BrokenContract, match="冲正"):
        door(replace(reversal(wrong, clock), **change))  # type: ignore[arg-type]
    assert dump(database) == before


def test_a_deduction_taken_back_may_go_beyond_the_issue_limit_with_two_names(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """R8: the fund is at its limit when a deduction turns out to be wrong."""
    door(made(Kind.GRANT, "grant", "fund", 100, clock), award(100, clock))
    taken = made(Kind.DEDUCTION, SEVEN, "fund", 10, clock)
    door(taken, award(10, clock))
    database.write(lambda tx: set_issue_limit(tx, village.village_id, tied_to_grants=True))
    assert door(award(1, clock))[0].code == "issue_limit_reached"
    with pytest.raises(BrokenContract, match="改正要两个人"):
        door(reversal(taken, clock, second=None))
    assert door(reversal(taken, clock))[0].posted
    assert standing(database, village.village_id, "fund").balance == -10


def test_a_sale_voided_after_the_shop_was_paid_is_owed_by_the_shop(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    bought = spend(10, clock)
    door(award(30, clock), bought)
    paid = {"id_": uuid7(), "amount": 10, "day": clock.now().date(), "actor": "staff:1", "second": "staff:2"}
    database.write(lambda tx: settle(tx, village.village_id, now=clock.now(), **paid))  # type: ignore[arg-type]
    assert door(reversal(bought, clock))[0].posted
    assert standing(database, village.village_id, "shop:1").balance == -10
    assert verify(database, village.village_id).ok
