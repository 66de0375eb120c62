"""Clocks that lie: the place in the book orders it, never the time, and a backdated deed rewrites nothing (CHECKS.md, T1–T6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from ledger.book.reading import balance_at, balance_on_day, last_lines
from ledger.book.tables import transfers
from ledger.book.values import HoldRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import SEVEN, award, spend
from tests.integration.book.seeing import dump, leaves, standing


def posted_times(database: Database, village: Village) -> list[datetime]:
    query = select(transfers.c.posted_at).where(transfers.c.village_id == village.village_id).order_by(transfers.c.seq)
    return database.read(lambda tx: list(tx.execute(query).scalars()))


@pytest.mark.parametrize(
    "wrong",
    [timedelta(hours=-1), timedelta(microseconds=-1), timedelta(0)],
    ids=["an hour back", "a moment back", "standing still"],
)
def test_a_wrong_clock_changes_no_order(
    database: Database, village: Village, door: Door, clock: FixedClock, wrong: timedelta
) -> None:
    """T5: seq and times still rise, and the book verifies."""
    door(award(1, clock), award(1, clock))
    clock.set(clock.now() + wrong)
    for _ in range(3):
        door(award(1, clock))
    lines = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=9))
    assert [line.seq for line in lines] == [5, 4, 3, 2, 1]
    times = posted_times(database, village)
    assert times[0] == times[1] < times[2] < times[3] < times[4]  # one time a batch, and rising
    assert verify(database, village.village_id).ok


def test_a_machine_that_woke_up_in_1970_books_nothing_of_its_future(
    database: Database, door: Door, clock: FixedClock
) -> None:
    today = award(1, clock)
    clock.set(datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    before = dump(database)
    with pytest.raises(BrokenContract, match="done_on"):
        door(today)
    assert dump(database) == before


def test_after_a_clock_that_ran_ahead_the_order_holds_too(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    clock.advance(days=3_650)
    door(award(1, clock))
    clock.advance(days=-3_650)
    door(award(1, clock))
    door(award(1, clock))
    times = posted_times(database, village)
    assert times[0] < times[1] < times[2]
    assert verify(database, village.village_id).ok


def test_balances_at_before_between_and_after(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """T1: 10, 10, 30, 30, 80, 80."""
    days = [date(2026, 11, day) for day in (1, 5, 9)]
    for day, amount in zip(days, (10, 20, 50), strict=True):
        door(award(amount, clock, done_on=day))
    asked = [date(2026, 11, day) for day in (1, 3, 5, 7, 9, 11)]
    on = [database.read(lambda tx, d=d: balance_on_day(tx, village.village_id, SEVEN, d)) for d in asked]  # type: ignore[misc]
    assert on == [10, 10, 30, 30, 80, 80]
    at = [database.read(lambda tx, s=s: balance_at(tx, village.village_id, SEVEN, s)) for s in (0, 1, 2, 3, 99)]  # type: ignore[misc]
    assert at == [0, 10, 30, 80, 80]


def test_a_backdated_deed_counts_for_its_day_and_rewrites_nothing(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """T2 and T4: seen on its own day, posted last; what was written before stays byte for byte."""
    door(award(10, clock, done_on=date(2026, 11, 1)), spend(4, clock, done_on=date(2026, 11, 9)))
    before, times = leaves(database, village.village_id), posted_times(database, village)

    def on(day: int) -> int:
        return database.read(lambda tx: balance_on_day(tx, village.village_id, SEVEN, date(2026, 11, day)))

    assert (on(1), on(5), on(9)) == (10, 10, 6)
    door(award(7, clock, done_on=date(2026, 11, 5)))
    assert (on(1), on(5), on(9)) == (10, 17, 13)
    assert leaves(database, village.village_id)[:2] == before
    assert posted_times(database, village)[:2] == times
    assert database.read(lambda tx: balance_at(tx, village.village_id, SEVEN, 2)) == 6
    lines = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=5))
    assert [(line.seq, line.balance, line.done_on.day) for line in lines] == [(3, 13, 5), (2, 6, 9), (1, 10, 1)]


def test_many_deeds_of_one_day_keep_the_order_they_were_posted_in(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """T4: ids made on machines whose clocks disagree say nothing about order."""
    requests = [award(n, clock) for n in range(1, 9)]
    door(*reversed(requests))
    lines = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=9))
    assert [line.id for line in lines] == [request.id for request in requests]
    assert [line.balance for line in lines] == [36, 35, 33, 30, 26, 21, 15, 8]


def test_times_in_another_zone_are_the_same_instant(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    until = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
    placed = HoldRequest(award(1, clock).id, SEVEN, 5, until, "kiosk:1", award(1, clock).id)
    door(award(10, clock), placed)
    shanghai = until.astimezone(village.local(until).tzinfo)
    assert door(HoldRequest(placed.id, SEVEN, 5, shanghai, "kiosk:1", placed.document_id))[0].repeated
    clock.advance(hours=1)
    assert door(spend(10, clock))[0].posted
    assert standing(database, village.village_id, SEVEN).held == 0
