"""Points that lapse, oldest first, and the year's clearing: what is previewed is what is posted, once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from uuid6 import uuid7

from ledger.book.periods import Clearing, already_posted, post_clearings, preview_clear, preview_lapse
from ledger.book.reading import account_of
from ledger.book.store import lock_book, set_account
from ledger.book.values import HoldRequest, ReleaseRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, made, reversal, spend

D1, D2, D3 = date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3)


@pytest.fixture
def lots(door: Door, clock: FixedClock) -> Door:
    """4 points earned on the first day, 5 on the second, 6 on the third."""
    door(award(4, clock, done_on=D1), award(5, clock, done_on=D2), award(6, clock, done_on=D3))
    return door


def lapsing(database: Database, village: Village, until: date) -> int:
    found = database.read(lambda tx: preview_lapse(tx, village.village_id, earned_until=until))
    return sum(clearing.amount for clearing in found if clearing.account == SEVEN)


@pytest.mark.parametrize(
    ("spent", "left"),
    [(0, (4, 9, 15)), (2, (2, 7, 13)), (7, (0, 2, 8)), (9, (0, 0, 6)), (12, (0, 0, 3)), (15, (0, 0, 0))],
)
def test_the_oldest_points_are_spent_first(
    database: Database, village: Village, lots: Door, clock: FixedClock, spent: int, left: tuple[int, int, int]
) -> None:
    if spent:
        lots(spend(spent, clock))
    assert tuple(lapsing(database, village, day) for day in (D1, D2, D3)) == left


def test_more_than_all_of_them_is_refused_and_changes_nothing(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    assert lots(spend(16, clock))[0].code == "not_enough_points"
    assert lapsing(database, village, D3) == 15


def test_a_voided_redemption_gives_the_same_old_points_back(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    bought = spend(9, clock)
    lots(bought)
    lots(reversal(bought, clock))
    assert lapsing(database, village, D1) == 4


def test_an_award_that_was_taken_back_was_never_earned(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    wrong, right = award(4, clock, done_on=D1), award(5, clock, done_on=D2)
    door(wrong, right)
    door(reversal(wrong, clock))
    assert lapsing(database, village, D1) == 0
    assert lapsing(database, village, D2) == 5


def test_held_points_do_not_lapse(database: Database, village: Village, lots: Door, clock: FixedClock) -> None:
    hold = HoldRequest(uuid7(), SEVEN, 13, None, "kiosk:1", uuid7())
    lots(hold)
    assert lapsing(database, village, D2) == 2
    lots(ReleaseRequest(uuid7(), hold.id, "kiosk:1"))
    assert lapsing(database, village, D2) == 9


def test_base_points_do_not_lapse(database: Database, village: Village, lots: Door) -> None:
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, floor=10))
    assert lapsing(database, village, D3) == 5


def test_what_was_previewed_lapses_once_however_often_the_job_runs(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    def run() -> list[str]:
        def work(tx):  # type: ignore[no-untyped-def]
            lock_book(tx, village.village_id)
            found = preview_lapse(tx, village.village_id, earned_until=D2)
            return post_clearings(
                tx,
                village.village_id,
                found,
                name="lapse 2026-09-02",
                day=D2,
                actor="job",
                second="staff:2",
                now=clock.now(),
            )

        return [outcome.code for outcome in database.write(work)]

    assert run() == ["posted"]
    assert database.read(lambda tx: account_of(tx, village.village_id, SEVEN)).balance == 6
    assert run() == []
    assert database.read(lambda tx: already_posted(tx, village.village_id, "lapse 2026-09-02", [SEVEN]))
    assert verify(database, village.village_id).ok


def test_a_year_is_cleared_both_ways_and_who_has_nothing_gets_no_line(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(85, clock), made_debt(clock))
    previewed = database.read(lambda tx: preview_clear(tx, village.village_id))
    assert previewed == [Clearing(SEVEN, 85, 85), Clearing(EIGHT, -12, -12)]
    clock.advance(days=30)

    def clear(tx):  # type: ignore[no-untyped-def]
        return post_clearings(
            tx,
            village.village_id,
            previewed,
            name="year 2026",
            day=clock.now().date(),
            actor="staff:1",
            second="staff:2",
            now=clock.now(),
        )

    first, again = database.write(clear), database.write(clear)
    assert [o.posted for o in first] == [True, True]
    assert [o.repeated for o in again] == [True, True]
    assert database.read(lambda tx: [account_of(tx, village.village_id, code).balance for code in (SEVEN, EIGHT)]) == [
        0,
        0,
    ]
    assert database.read(lambda tx: preview_clear(tx, village.village_id)) == []
    assert verify(database, village.village_id).ok


def test_a_village_with_base_points_clears_down_to_them(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(85, clock))
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, floor=60))
    assert database.read(lambda tx: preview_clear(tx, village.village_id)) == [Clearing(SEVEN, 85, 25)]


def made_debt(clock: FixedClock):  # type: ignore[no-untyped-def]
    from ledger.book.values import Kind

    return made(
        Kind.REDEMPTION, EIGHT, "shop:1", 12, clock, below_floor=True, done_on=clock.now().date() - timedelta(days=1)
    )
