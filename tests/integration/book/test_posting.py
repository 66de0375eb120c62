"""The one door into the book, on every engine: outcomes are frozen, batches are judged in order, nothing is half written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from ledger.book.reading import account_of, book_head, last_lines, total_of_accounts
from ledger.book.store import post, set_account
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract, IdReused
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import SEVEN, award, spend

NAMESPACE = UUID(int=7)


def test_points_earned_and_spent_leave_a_book_that_verifies(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    earned, spent = door(award(65, clock), spend(10, clock))
    assert (earned.seq, earned.credit_balance) == (1, 65)
    assert (spent.seq, spent.debit_balance, spent.credit_balance) == (2, 55, 10)
    assert database.read(lambda tx: account_of(tx, village.village_id, SEVEN)).balance == 55
    assert database.read(lambda tx: total_of_accounts(tx, village.village_id)) == 0
    report = verify(database, village.village_id)
    assert report.ok, report.problems
    assert (report.transfers, report.root) == database.read(lambda tx: book_head(tx, village.village_id))


def test_a_repeated_request_gets_its_first_outcome_and_moves_nothing(door: Door, clock: FixedClock) -> None:
    request = award(5, clock)
    (first,), (again,) = door(request), door(request)
    assert not first.repeated
    assert replace(again, repeated=False) == first


def test_a_refusal_is_frozen_too(door: Door, clock: FixedClock) -> None:
    wanted = spend(5, clock)
    assert door(wanted)[0].code == "not_enough_points"
    door(award(50, clock))
    (again,) = door(wanted)
    assert (again.code, again.repeated, again.figures["missing"]) == ("not_enough_points", True, 5)


def test_a_repeat_is_answered_even_when_the_account_is_closed_since(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    request = award(5, clock)
    door(request)
    database.write(lambda tx: set_account(tx, village.village_id, SEVEN, closed=True))
    assert door(request)[0].posted
    assert door(award(1, clock))[0].code == "household_closed"


@pytest.mark.parametrize(
    "change", [{"amount": 6}, {"actor": "staff:9"}, {"document": {"item": "x"}}, {"second": "staff:2"}]
)
def test_one_id_with_another_body_is_no_outcome_at_all(
    door: Door, clock: FixedClock, change: dict[str, object]
) -> None:
    request = award(5, clock)
    door(request)
    with pytest.raises(IdReused):
        door(replace(request, **change))  # type: ignore[arg-type]


def test_one_wrong_request_in_a_batch_and_nothing_is_written(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    with pytest.raises(BrokenContract) as caught:
        door(award(5, clock), award(0, clock), award(5, clock, credit=SEVEN, debit=SEVEN))
    assert [fault.field for fault in caught.value.faults] == ["transfers.1.amount", "transfers.2.credit"]
    with pytest.raises(BrokenContract, match="没有账户"):
        door(award(5, clock), award(5, clock, credit="household:9999"))
    assert verify(database, village.village_id).transfers == 0


def test_the_same_request_twice_in_one_batch_is_one_transfer(door: Door, clock: FixedClock) -> None:
    request = award(5, clock)
    first, second = door(request, request)
    assert first.seq == second.seq == 1


def test_fifty_at_once_spend_ten_points_once(door: Door, clock: FixedClock) -> None:
    door(award(10, clock))
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: door(spend(10, clock))[0].code, range(50)))
    assert codes.count("posted") == 1
    assert set(codes) == {"posted", "not_enough_points"}


def test_fifty_times_the_same_request_at_once_is_one_effect(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    request = award(5, clock)
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda _: door(request)[0], range(50)))
    assert {(o.code, o.seq, o.credit_balance) for o in outcomes} == {("posted", 1, 5)}
    assert verify(database, village.village_id).ok


def test_a_fault_in_the_middle_of_a_unit_keeps_nothing_of_it(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    def half(tx: object) -> None:
        post(tx, village.village_id, [award(5, clock)], now=clock.now())  # type: ignore[arg-type]
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        database.write(half)
    assert verify(database, village.village_id).transfers == 0
    assert door(award(5, clock))[0].seq == 1


def test_a_clock_set_back_never_turns_the_order(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(1, clock))
    clock.advance(hours=-1)
    door(award(1, clock))
    newest, older = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=5))
    assert newest.posted_at > older.posted_at
    assert (newest.seq, newest.amount, newest.balance) == (2, 1, 2)


def test_villages_do_not_mix(
    database: Database, make_village: Callable[..., Village], door: Door, clock: FixedClock
) -> None:
    other = make_village("LT", "柳塘村")
    request = award(5, clock)
    assert door(request)[0].seq == 1
    with pytest.raises(BrokenContract, match="household:0007"):
        database.write(lambda tx: post(tx, other.village_id, [request], now=clock.now()))


def test_thousands_of_transfers_are_verified_page_by_page(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    for start in range(0, 4_100, 1_025):
        door(*(award(1, clock, id=uuid5(NAMESPACE, str(n))) for n in range(start, start + 1_025)))
    report = verify(database, village.village_id)
    assert (report.ok, report.transfers) == (True, 4_100)
