"""Points that lapse, oldest first, and the year's clearing: what is previewed is what is posted, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection
from uuid6 import uuid7

from ledger.book.accounts import set_issue_limit
from ledger.book.periods import Changed, Clearing, Preview, post_clearings, preview_clear, preview_lapse
from ledger.book.reading import account_of, book_head
from ledger.book.store import post, set_account
from ledger.book.values import HoldRequest, Kind, Outcome, ReleaseRequest, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.at_once import all_at_once
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, made, reversal, spend

D1, D2, D3 = date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3)


@pytest.fixture
def lots(door: Door, clock: FixedClock) -> Door:
    """4 points earned on the first day, 5 on the second, 6 on the third."""
    door(award(4, clock, done_on=D1), award(5, clock, done_on=D2), award(6, clock, done_on=D3))
    return door


def lapse_of(database: Database, village: Village, until: date, clock: FixedClock) -> Preview:
    name, now = f"lapse {until}", clock.now()
    return database.read(lambda tx: preview_lapse(tx, village.village_id, name=name, earned_until=until, now=now))


def year_of(database: Database, village: Village, clock: FixedClock) -> Preview:
    return database.read(lambda tx: preview_clear(tx, village.village_id, name="year 2026", now=clock.now()))


def posted(database: Database, village: Village, preview: Preview, clock: FixedClock) -> list[Outcome] | Changed:
    """What was shown goes into the book, or the book says that it would come out otherwise by now."""

    def work(tx: Connection) -> list[Outcome] | Changed:
        today = clock.now().date()
        return post_clearings(
            tx, village.village_id, preview, day=today, actor="staff:1", second="staff:2", now=clock.now()
        )

    return database.write(work)


def lapsing(database: Database, village: Village, until: date, clock: FixedClock) -> int:
    found = lapse_of(database, village, until, clock).clearings
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
    assert tuple(lapsing(database, village, day, clock) for day in (D1, D2, D3)) == left


def test_more_than_all_of_them_is_refused_and_changes_nothing(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    assert lots(spend(16, clock))[0].code == "not_enough_points"
    assert lapsing(database, village, D3, clock) == 15


def test_a_voided_redemption_gives_the_same_old_points_back(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    bought = spend(9, clock)
    lots(bought)
    lots(reversal(bought, clock))
    assert lapsing(database, village, D1, clock) == 4


def test_an_award_that_was_taken_back_was_never_earned(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    wrong, right = award(4, clock, done_on=D1), award(5, clock, done_on=D2)
    door(wrong, right)
    door(reversal(wrong, clock))
    assert lapsing(database, village, D1, clock) == 0
    assert lapsing(database, village, D2, clock) == 5


def test_held_points_do_not_lapse(database: Database, village: Village, lots: Door, clock: FixedClock) -> None:
    hold = HoldRequest(uuid7(), SEVEN, 13, None, "kiosk:1", uuid7())
    lots(hold)
    assert lapsing(database, village, D2, clock) == 2
    lots(ReleaseRequest(uuid7(), hold.id, "kiosk:1"))
    assert lapsing(database, village, D2, clock) == 9


def test_base_points_do_not_lapse(database: Database, village: Village, lots: Door, clock: FixedClock) -> None:
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, floor=10))
    assert lapsing(database, village, D3, clock) == 5


def test_what_was_ordered_and_not_fetched_in_time_lapses_too_though_nobody_swept(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    lots(HoldRequest(uuid7(), SEVEN, 13, clock.now() + timedelta(hours=1), "kiosk:1", uuid7()))
    assert lapsing(database, village, D3, clock) == 2
    clock.advance(hours=1)
    preview = lapse_of(database, village, D3, clock)
    assert preview.clearings == (Clearing(SEVEN, 15, 15),)
    assert codes(posted(database, village, preview, clock)) == ["posted"]
    assert verify(database, village.village_id).ok


def codes(found: list[Outcome] | Changed) -> list[str]:
    assert isinstance(found, list)
    return [outcome.code for outcome in found]


def test_what_was_previewed_lapses_once_however_often_the_job_runs(
    database: Database, village: Village, lots: Door, clock: FixedClock
) -> None:
    def run() -> list[str]:
        return codes(posted(database, village, lapse_of(database, village, D2, clock), clock))

    assert run() == ["posted"]
    assert database.read(lambda tx: account_of(tx, village.village_id, SEVEN)).balance == 6
    assert run() == []
    lots(award(3, clock, done_on=D1))  # a deed of long ago that comes in late: that lapse has been here already
    clock.advance(days=1)
    assert run() == []
    assert verify(database, village.village_id).ok


def test_a_year_is_cleared_both_ways_and_who_has_nothing_gets_no_line(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(85, clock), made_debt(clock))
    previewed = year_of(database, village, clock)
    assert previewed.clearings == (Clearing(SEVEN, 85, 85), Clearing(EIGHT, -12, -12))
    first = posted(database, village, previewed, clock)
    again = posted(database, village, previewed, clock)
    assert isinstance(first, list)
    assert isinstance(again, list)
    assert [o.posted for o in first] == [True, True]
    assert [o.repeated for o in again] == [True, True]
    assert database.read(lambda tx: [account_of(tx, village.village_id, code).balance for code in (SEVEN, EIGHT)]) == [
        0,
        0,
    ]
    assert year_of(database, village, clock).clearings == ()
    assert verify(database, village.village_id).ok


def spending(tx: Connection, village: Village, clock: FixedClock) -> None:
    post(tx, village.village_id, [spend(5, clock)], now=clock.now())


def holding(tx: Connection, village: Village, clock: FixedClock) -> None:
    post(tx, village.village_id, [HoldRequest(uuid7(), SEVEN, 5, None, "kiosk:1", uuid7())], now=clock.now())


def earning_elsewhere(tx: Connection, village: Village, clock: FixedClock) -> None:
    post(tx, village.village_id, [made(Kind.AWARD, "fund", EIGHT, 1, clock, done_on=D1)], now=clock.now())


def raising_the_floor(tx: Connection, village: Village, clock: FixedClock) -> None:
    set_account(tx, village.village_id, SEVEN, floor=14)


def closing(tx: Connection, village: Village, clock: FixedClock) -> None:
    set_account(tx, village.village_id, SEVEN, closed=True)


@pytest.mark.parametrize("meanwhile", [spending, holding, earning_elsewhere, raising_the_floor, closing])
@pytest.mark.parametrize(
    "look", [lambda database, village, clock: lapse_of(database, village, D3, clock), year_of], ids=["lapse", "year"]
)
def test_what_changed_since_it_was_shown_is_not_posted_otherwise(
    database: Database,
    village: Village,
    lots: Door,
    clock: FixedClock,
    look: Callable[..., Preview],
    meanwhile: Callable[..., None],
) -> None:
    shown = look(database, village, clock)
    database.write(lambda tx: meanwhile(tx, village, clock))
    before = database.read(lambda tx: book_head(tx, village.village_id))
    found = posted(database, village, shown, clock)
    assert found == Changed(look(database, village, clock))
    assert found.fresh != shown
    assert database.read(lambda tx: book_head(tx, village.village_id)) == before
    assert set(codes(posted(database, village, found.fresh, clock))) <= {"posted"}
    assert verify(database, village.village_id).ok


def test_an_empty_preview_is_no_leave_to_clear_what_came_later(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    shown = year_of(database, village, clock)
    assert shown.clearings == ()
    assert posted(database, village, shown, clock) == []
    door(award(5, clock))
    assert posted(database, village, shown, clock) == Changed(year_of(database, village, clock))


def test_of_two_previews_that_differ_only_the_first_is_posted(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(60, clock))
    lis = year_of(database, village, clock)
    door(spend(1, clock))
    zhous = year_of(database, village, clock)
    assert codes(posted(database, village, zhous, clock)) == ["posted"]
    assert posted(database, village, lis, clock) == Changed(year_of(database, village, clock))
    assert verify(database, village.village_id).ok


def test_a_clearing_among_sales_takes_what_was_shown_or_nothing(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """Sales and a clearing at once: whoever comes second sees the whole of the first, never half of it."""
    door(award(60, clock))

    def work(n: int) -> list[Outcome] | Changed:
        if n % 3:
            return door(spend(1, clock))
        return posted(database, village, year_of(database, village, clock), clock)

    found = all_at_once(work, list(range(30)), threads=6)
    cleared = [one for n, one in enumerate(found) if n % 3 == 0]
    assert sum(isinstance(one, list) and bool(one) and not one[0].repeated for one in cleared) <= 1
    assert verify(database, village.village_id).ok
    balance = database.read(lambda tx: account_of(tx, village.village_id, SEVEN)).balance
    took = [one for one in cleared if isinstance(one, list) and one]
    assert (
        balance == 0 if took else balance == 60 - sum(one[0].posted for one in found if isinstance(one, list) and one)
    )


def test_a_village_with_base_points_clears_down_to_them(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(85, clock))
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, floor=60))
    assert year_of(database, village, clock).clearings == (Clearing(SEVEN, 85, 25),)


def test_held_points_and_closed_households_are_left_by_the_years_end(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(85, clock), HoldRequest(uuid7(), SEVEN, 30, None, "kiosk:1", uuid7()), made_debt(clock))
    database.write(lambda tx: set_account(tx, village.village_id, EIGHT, closed=True))
    assert year_of(database, village, clock).clearings == (Clearing(SEVEN, 85, 55),)


def made_debt(clock: FixedClock) -> TransferRequest:
    day = clock.now().date() - timedelta(days=1)
    return made(Kind.REDEMPTION, EIGHT, "shop:1", 12, clock, below_floor=True, done_on=day)


def test_an_award_of_later_days_that_was_taken_back_touches_no_older_points(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    later = award(5, clock, done_on=D2)
    door(award(4, clock, done_on=D1), later)
    door(reversal(later, clock))
    assert lapsing(database, village, D1, clock) == 4
    assert lapsing(database, village, D2, clock) == 4


def test_a_debt_is_forgiven_though_nothing_is_left_to_issue(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """The issue limit ties awards to money; who forgives a debt gives nobody goods."""
    door(made_debt(clock))
    database.write(lambda tx: set_issue_limit(tx, village.village_id, tied_to_grants=True))
    assert door(award(1, clock))[0].code == "issue_limit_reached"
    assert codes(posted(database, village, year_of(database, village, clock), clock)) == ["posted"]


def test_a_preview_that_was_posted_in_part_is_looked_at_again(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(5, clock))
    first = year_of(database, village, clock)
    assert codes(posted(database, village, first, clock)) == ["posted"]
    door(made(Kind.AWARD, "fund", EIGHT, 10, clock))
    stale = replace(first, clearings=(*first.clearings, Clearing(EIGHT, 4, 4)))
    found = posted(database, village, stale, clock)
    assert isinstance(found, Changed)
    assert found.fresh.clearings == (Clearing(EIGHT, 10, 10),)
