"""Points kept for goods ordered ahead: each hold ends exactly once, and nobody spends the same point twice (CHECKS.md, H1–H9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from uuid6 import uuid7

from ledger.book.holding import open_holds
from ledger.book.reading import total_of_accounts
from ledger.book.store import lapse_holds, post, set_account
from ledger.book.values import HoldRequest, ReleaseRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.at_once import all_at_once
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, reversal, spend
from tests.integration.book.seeing import dump, standing


def hold(amount: int, clock: FixedClock | None = None, *, seconds: float | None = None) -> HoldRequest:
    """A hold on household 0007, for ever or for some seconds from now."""
    until = clock.now() + timedelta(seconds=seconds) if clock and seconds is not None else None
    return HoldRequest(uuid7(), SEVEN, amount, until, "kiosk:1", uuid7())


def release(placed: HoldRequest) -> ReleaseRequest:
    return ReleaseRequest(uuid7(), placed.id, "kiosk:1")


@pytest.fixture
def money(database: Database, village: Village) -> Money:
    return Money(database, village)


class Money:
    """What the household has: (balance, held, available)."""

    def __init__(self, database: Database, village: Village) -> None:
        self._database, self._village = database, village

    def __call__(self, code: str = SEVEN) -> tuple[int, int, int]:
        account = standing(self._database, self._village.village_id, code)
        return account.balance, account.held, account.available


def test_each_hold_is_taken_released_or_over_and_never_two_of_them(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money
) -> None:
    """H1, with the numbers of the facts: 15 spent, 54 held, and at the end 36 spent and nothing held."""
    door(award(100, clock), spend(15, clock))
    t2, t3, t4 = hold(15, clock, seconds=1000), hold(15, clock, seconds=50), hold(15, clock, seconds=1)
    t5, t6, t7 = hold(7), hold(1), hold(1)
    assert [o.code for o in door(t2, t3, t4, t5, t6, t7)] == ["held"] * 6
    assert money() == (85, 54, 31)
    clock.advance(seconds=1)

    taken = spend(13, clock, captures=t2.id)
    assert door(taken)[0].posted
    assert money() == (72, 24, 48)  # 2 of t2 went back, t4 is over
    assert [(o.posted, o.repeated) for o in door(taken)] == [(True, True)]
    assert door(spend(13, clock, captures=t2.id))[0].code == "hold_captured"
    assert door(release(t3))[0].code == "released"
    assert door(spend(1, clock, captures=t3.id))[0].code == "hold_released"
    assert door(release(t4))[0].code == "hold_over"
    with pytest.raises(BrokenContract, match="没有"):
        door(ReleaseRequest(uuid7(), taken.id, "kiosk:1"))
    assert door(spend(8, clock, captures=t5.id))[0].code == "hold_exceeded"
    assert door(spend(7, clock, captures=t5.id), spend(1, clock, captures=t6.id), release(t7))[2].done
    assert money() == (64, 0, 64)
    assert money("shop:1") == (36, 0, 36)
    assert verify(database, village.village_id).ok


def test_holds_run_out_one_second_after_another(door: Door, clock: FixedClock, money: Money) -> None:
    """H2: 46 held, then 35, 23, 10; one whose time is over takes nothing; 10 spent at the end."""
    door(award(100, clock))
    placed = [hold(10), *(hold(10 + n, clock, seconds=n) for n in (1, 2, 3))]
    door(*placed)
    held = [money()[1]]
    for over in placed[1:]:
        clock.advance(seconds=1)
        assert door(spend(over.amount, clock, captures=over.id))[0].code == "hold_over"
        held.append(money()[1])
    assert held == [46, 35, 23, 10]
    door(spend(10, clock, captures=placed[0].id))
    assert money() == (90, 0, 90)


def test_the_sixth_thousand_of_five_thousand_is_refused(door: Door, clock: FixedClock, money: Money) -> None:
    """H3, and H4: what was refused is no hold, and nothing can be taken by its id."""
    door(award(5_000, clock))
    holds = [hold(1_000) for _ in range(6)]
    outcomes = door(*holds)
    assert [o.code for o in outcomes] == ["held"] * 5 + ["not_enough_points"]
    assert (outcomes[5].figures["balance"], outcomes[5].figures["missing"]) == (0, 1_000)
    assert money() == (5_000, 5_000, 0)
    assert door(spend(1, clock))[0].code == "not_enough_points"
    for wrong in (spend(1_000, clock, captures=holds[5].id), release(holds[5])):
        with pytest.raises(BrokenContract):
            door(wrong)
    door(award(5_000, clock))
    assert door(holds[5])[0].code == "not_enough_points"  # frozen, though there would be enough now
    with pytest.raises(BrokenContract):
        door(spend(1_000, clock, captures=holds[5].id))


def test_a_hold_goes_back_once_however_often_it_is_released(door: Door, clock: FixedClock, money: Money) -> None:
    """H5."""
    door(award(20, clock))
    kept, gone = hold(5), hold(7)
    door(kept, gone)
    back = release(gone)
    first, again, other = door(back)[0], door(back)[0], door(release(gone))[0]
    assert (first.code, again.code, again.repeated, other.code) == ("released", "released", True, "hold_released")
    assert money() == (20, 5, 15)


def test_a_hundred_at_once_take_one_hold_once(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money
) -> None:
    """H6."""
    door(award(20, clock))
    placed = hold(10)
    door(placed)
    takers = [spend(10, clock, captures=placed.id) for _ in range(100)]
    codes = all_at_once(lambda request: door(request)[0].code, takers)
    assert sorted(codes) == ["hold_captured"] * 99 + ["posted"]
    assert money() == (10, 0, 10)
    assert verify(database, village.village_id).ok


@pytest.mark.parametrize(("floor", "code"), [(80, "below_floor"), (30, "posted")])
def test_taking_ordered_goods_never_goes_below_the_base_points(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money, floor: int, code: str
) -> None:
    """H7: base points that came after the order."""
    door(award(100, clock))
    placed = hold(40)
    door(placed)
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, floor=floor))
    assert door(spend(40, clock, captures=placed.id))[0].code == code
    assert money()[:2] == ((60, 0) if code == "posted" else (100, 40))


def test_ordered_goods_are_not_taken_with_points_that_were_taken_back(
    door: Door, clock: FixedClock, money: Money
) -> None:
    """H7: an award that was wrong after all leaves 20 where 40 are held."""
    wrong = award(80, clock)
    door(award(20, clock), wrong)
    placed = hold(40)
    door(placed)
    door(reversal(wrong, clock))
    assert money() == (20, 40, 0)
    assert door(spend(40, clock, captures=placed.id))[0].code == "not_enough_points"
    assert door(spend(15, clock, captures=placed.id))[0].posted
    assert money() == (5, 0, 5)


def test_a_closed_household_gets_its_points_back_but_no_goods(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money
) -> None:
    """H8."""
    door(award(20, clock))
    taken, given_back = hold(5), hold(6)
    door(taken, given_back)
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, closed=True))
    assert door(spend(5, clock, captures=taken.id))[0].code == "household_closed"
    assert door(release(given_back))[0].code == "released"
    assert door(hold(1))[0].code == "household_closed"
    assert money() == (20, 5, 15)


def test_goods_fetched_in_the_last_second_are_fetched_or_late_never_both(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money
) -> None:
    """H9: takers before and after the end, and the sweeper, all at once; whoever is first wins, and the sums hold."""
    door(award(1_000, clock))
    before, after = clock.now(), clock.now() + timedelta(seconds=2)
    for _ in range(10):
        placed = hold(10, clock, seconds=1)
        door(placed)

        def take(late: bool, placed: HoldRequest = placed) -> str:
            request = spend(10, clock, captures=placed.id)
            now = after if late else before
            return database.write(lambda tx: post(tx, village.village_id, [request], now=now))[0].code

        def sweep() -> str:
            return f"swept {database.write(lambda tx: lapse_holds(tx, village.village_id, now=after))}"

        takers: list[bool | None] = [False, True, None, False]
        codes = all_at_once(lambda late: sweep() if late is None else take(late), takers)
        fetched = codes.count("posted")
        assert fetched + codes.count("hold_over") + codes.count("hold_captured") == 3
        assert fetched == (0 if "hold_over" in codes else 1), codes
    balance, held, _ = money()
    assert (balance, held) == (1_000 - money("shop:1")[0], 0)
    assert database.read(lambda tx: total_of_accounts(tx, village.village_id)) == 0
    assert verify(database, village.village_id).ok


def test_nobody_takes_what_another_household_ordered(door: Door, clock: FixedClock, money: Money) -> None:
    door(award(20, clock), award(20, clock, credit=EIGHT))
    placed = hold(10)
    door(placed)
    with pytest.raises(BrokenContract) as caught:
        door(spend(10, clock, captures=placed.id, debit=EIGHT))
    assert [fault.field for fault in caught.value.faults] == ["transfers.0.captures"]
    assert money() == (20, 10, 10)


def test_held_points_are_not_there_for_anything_else(door: Door, clock: FixedClock, money: Money) -> None:
    door(award(20, clock))
    placed = hold(15)
    door(placed)
    refused = door(spend(6, clock))[0]
    assert (refused.code, refused.figures["balance"], refused.figures["missing"]) == ("not_enough_points", 5, 1)
    assert door(spend(5, clock))[0].posted
    assert door(spend(15, clock, captures=placed.id))[0].posted
    assert money() == (0, 0, 0)


def test_a_hold_can_be_placed_and_outlived_in_the_same_batch_as_others(door: Door, clock: FixedClock) -> None:
    """Each request of a batch sees what the ones before it hold."""
    door(award(20, clock))
    assert [o.code for o in door(hold(15), spend(6, clock), hold(5), hold(1))] == [
        "held",
        "not_enough_points",
        "held",
        "not_enough_points",
    ]


def test_the_sweeper_may_come_twice_or_late(
    database: Database, village: Village, door: Door, clock: FixedClock, money: Money
) -> None:
    door(award(50, clock))
    door(hold(10, clock, seconds=60), hold(20, clock, seconds=61), hold(5))

    def sweep() -> int:
        return database.write(lambda tx: lapse_holds(tx, village.village_id, now=clock.now()))

    assert sweep() == 0
    clock.advance(seconds=60)
    assert (sweep(), sweep()) == (1, 0)
    clock.advance(days=40)
    assert (sweep(), sweep()) == (1, 0)
    assert money() == (50, 5, 45)
    assert len(database.read(lambda tx: open_holds(tx, village.village_id, SEVEN))) == 1
    assert verify(database, village.village_id).ok


def test_whoever_spends_after_the_time_limit_needs_no_sweeper(door: Door, clock: FixedClock, money: Money) -> None:
    door(award(50, clock))
    door(hold(45, clock, seconds=60))
    clock.advance(seconds=59)
    assert door(spend(10, clock))[0].code == "not_enough_points"
    clock.advance(seconds=1)
    assert door(spend(10, clock))[0].posted
    assert money() == (40, 0, 40)


def test_who_owes_or_is_stopped_holds_nothing(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(5, clock), spend(9, clock, below_floor=True))
    assert door(hold(1))[0].code == "household_blocked"
    door(award(20, clock))
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, blocked=True))
    before = dump(database, without=("outcomes",))
    assert door(hold(1))[0].code == "household_blocked"
    assert dump(database, without=("outcomes",)) == before
