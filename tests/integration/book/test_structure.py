"""Households that split and merge, the money behind points, and reading at any seq or day."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from uuid6 import uuid7

from ledger.book.accounts import set_issue_limit
from ledger.book.money import grant, settle, totals
from ledger.book.months import flows_between, overrides_between
from ledger.book.reading import account_of, balance_at, balance_on_day, last_lines, total_of_accounts
from ledger.book.structure import merge_accounts, split_account
from ledger.book.values import HoldRequest, Kind
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, made, spend


def balance(database: Database, village: Village, code: str) -> int:
    return database.read(lambda tx: account_of(tx, village.village_id, code)).balance


def granted(database: Database, village: Village, clock: FixedClock, source: str) -> None:
    """3,000 points' worth of money from there, as two people say."""
    day, now = clock.now().date(), clock.now()
    database.write(
        lambda tx: grant(
            tx, village.village_id, id_=uuid7(), amount=3000, day=day, source=source, now=now, actor="staff:1", second="staff:2"
        )
    )  # fmt: skip


def merge(database: Database, village: Village, clock: FixedClock) -> None:
    """Household eight becomes part of seven, as two people say."""
    day, now = date(2026, 11, 16), clock.now()
    database.write(
        lambda tx: merge_accounts(
            tx, village.village_id, id_=uuid7(), source=EIGHT, into=SEVEN, day=day, now=now, actor="staff:1", second="staff:2"
        )
    )  # fmt: skip


def test_a_son_takes_his_part_to_his_own_household(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(100, clock))
    id_ = uuid7()

    def split(tx):  # type: ignore[no-untyped-def]
        return split_account(
            tx,
            village.village_id,
            id_=id_,
            source=SEVEN,
            new="household:0221",
            amount=40,
            floor=0,
            day=date(2026, 11, 16),
            now=clock.now(),
            actor="staff:1",
            second="staff:2",
        )

    first, again = database.write(split), database.write(split)
    assert (first.posted, again.posted, again.repeated) == (True, True, True)
    assert (balance(database, village, SEVEN), balance(database, village, "household:0221")) == (60, 40)
    assert verify(database, village.village_id).ok


def test_more_than_there_is_cannot_be_split_off(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(10, clock))
    outcome = database.write(
        lambda tx: split_account(
            tx,
            village.village_id,
            id_=uuid7(),
            source=SEVEN,
            new="household:0221",
            amount=40,
            floor=0,
            day=date(2026, 11, 16),
            now=clock.now(),
            actor="staff:1",
            second="staff:2",
        )
    )
    assert outcome.code == "not_enough_points"


@pytest.mark.parametrize(("theirs", "together"), [(25, 85), (-12, 48), (0, 60)])
def test_two_households_become_one_with_what_both_had(
    database: Database, village: Village, door: Door, clock: FixedClock, theirs: int, together: int
) -> None:
    door(award(60, clock))
    if theirs > 0:
        door(award(theirs, clock, credit=EIGHT))
    elif theirs < 0:
        door(made(Kind.REDEMPTION, EIGHT, "shop:1", -theirs, clock, below_floor=True))
    merge(database, village, clock)
    assert (balance(database, village, SEVEN), balance(database, village, EIGHT)) == (together, 0)
    assert door(award(1, clock, credit=EIGHT))[0].code == "household_closed"
    assert database.read(lambda tx: total_of_accounts(tx, village.village_id)) == 0


def test_goods_still_on_order_stand_in_the_way_of_a_merger(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(60, clock, credit=EIGHT))
    door(HoldRequest(uuid7(), EIGHT, 5, None, "kiosk:1", uuid7()))
    with pytest.raises(BrokenContract, match="订的货"):
        merge(database, village, clock)


def test_a_village_issues_what_was_granted_and_a_named_person_answers_for_more(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    database.write(lambda tx: set_issue_limit(tx, village.village_id, tied_to_grants=True))
    granted(database, village, clock, "村集体")
    door(award(2760, clock))
    (refused,) = door(award(400, clock))
    assert (refused.code, refused.figures) == ("issue_limit_reached", {"total": 400, "issued": 2760, "limit": 3000})
    with pytest.raises(BrokenContract, match="另一个人"):
        door(award(400, clock, over_limit=True))
    assert door(award(400, clock, over_limit=True, second="staff:9"))[0].posted
    [beyond] = database.read(lambda tx: overrides_between(tx, village.village_id, 1, 99))
    assert (beyond.seq, beyond.account, beyond.amount, beyond.by) == (3, SEVEN, 400, "staff:9")


def test_the_sheet_ties_what_was_issued_to_where_it_is(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    day = clock.now().date()
    granted(database, village, clock, "捐款")
    door(award(100, clock), spend(30, clock), made(Kind.REDEMPTION, EIGHT, "shop:1", 12, clock, below_floor=True))
    database.write(
        lambda tx: settle(
            tx, village.village_id, id_=uuid7(), amount=20, day=day, now=clock.now(), actor="staff:1", second="staff:2"
        )
    )
    found = database.read(lambda tx: totals(tx, village.village_id))
    assert (found.granted, found.fund, found.issued, found.owed, found.debts, found.shop, found.settled) == (
        3000,
        2900,
        100,
        70,
        12,
        22,
        20,
    )
    assert found.ties
    flows = database.read(lambda tx: flows_between(tx, village.village_id, 1, 99))
    assert {flow.kind: (flow.count, flow.amount) for flow in flows} == {
        Kind.GRANT: (1, 3000),
        Kind.AWARD: (1, 100),
        Kind.REDEMPTION: (2, 42),
        Kind.SETTLEMENT: (1, 20),
    }


def test_balances_at_before_between_and_after(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(10, clock), award(99, clock, credit=EIGHT), award(20, clock), award(50, clock))
    assert [
        database.read(partial(balance_at, village_id=village.village_id, code=SEVEN, seq=seq)) for seq in range(6)
    ] == [
        0,
        10,
        10,
        30,
        80,
        80,
    ]
    assert [
        database.read(partial(balance_at, village_id=village.village_id, code="fund", seq=seq)) for seq in (1, 4)
    ] == [
        -10,
        -179,
    ]


def test_a_deed_counts_on_its_day_though_it_was_posted_later(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(10, clock), award(5, clock, done_on=date(2026, 10, 1)), spend(3, clock))
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 15), date(2026, 11, 16))
    assert [
        database.read(partial(balance_on_day, village_id=village.village_id, code=SEVEN, day=day)) for day in days
    ] == [
        0,
        5,
        5,
        12,
    ]


def test_a_statement_is_read_page_by_page_without_a_gap(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(*(award(1, clock) for _ in range(7)), spend(2, clock), award(4, clock, credit=EIGHT), award(1, clock))
    pages: list[tuple[int, int, int]] = []
    before: int | None = None
    while True:
        lines = database.read(
            partial(last_lines, village_id=village.village_id, code=SEVEN, limit=4, before_seq=before)
        )
        if not lines:
            break
        pages += [(line.seq, line.amount, line.balance) for line in lines]
        before = lines[-1].seq
    assert pages == [(10, 1, 6), (8, -2, 5), *((seq, 1, seq) for seq in range(7, 0, -1))]
