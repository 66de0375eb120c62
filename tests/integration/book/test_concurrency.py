"""Many hands at once: no deadlock and no "database is locked" reaches anybody, and every sum is what one hand would have made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import InternalError

from ledger.book.reading import book_head, total_of_accounts
from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, HoldRequest, Kind, Outcome, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.storage.writer import StorageFault
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.at_once import all_at_once
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, made, spend
from tests.integration.book.seeing import dump, standing


@pytest.mark.parametrize(("kind", "start"), [(Kind.MERGE, 0), (Kind.SPLIT, 50_000)])
def test_five_hundred_there_and_five_hundred_back_at_once(
    database: Database, village: Village, door: Door, clock: FixedClock, kind: Kind, start: int
) -> None:
    """Both households end as they began, and nobody is told of a lock (CHECKS.md, Concurrency)."""
    if start:
        door(award(start, clock), award(start, clock, credit=EIGHT))
    ways = ((SEVEN, EIGHT), (EIGHT, SEVEN))
    moves = [made(kind, *way, 100, clock, second="staff:2") for _ in range(500) for way in ways]
    codes = all_at_once(lambda request: door(request)[0].code, moves)
    assert set(codes) == {"posted"}
    assert [standing(database, village.village_id, code).balance for code in (SEVEN, EIGHT)] == [start, start]
    report = verify(database, village.village_id)
    assert (report.ok, report.transfers) == (True, len(moves) + (2 if start else 0))


def test_villages_post_side_by_side_and_each_counts_its_own(
    database: Database, make_village: Callable[..., Village], clock: FixedClock
) -> None:
    villages = [make_village(f"V{n}", f"第{n}村") for n in range(8)]
    for village in villages:
        database.write(
            lambda tx, village=village: open_account(tx, village.village_id, SEVEN, AccountKind.HOUSEHOLD, floor=0)  # type: ignore[misc]
        )
    jobs = [(village, award(n, clock)) for n in range(1, 21) for village in villages]

    def run(job: tuple[Village, TransferRequest]) -> Outcome:
        village, request = job
        return database.write(lambda tx: post(tx, village.village_id, [request], now=clock.now()))[0]

    outcomes = all_at_once(run, jobs)
    for n, village in enumerate(villages):
        assert sorted(outcome.seq or 0 for outcome in outcomes[n :: len(villages)]) == list(range(1, 21))
        assert standing(database, village.village_id, SEVEN).balance == sum(range(1, 21))
        assert verify(database, village.village_id).ok


def test_a_hundred_tills_sell_one_point_once(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(1, clock))
    outcomes = all_at_once(lambda request: door(request)[0], [spend(1, clock) for _ in range(100)])
    assert sorted(outcome.code for outcome in outcomes) == ["not_enough_points"] * 99 + ["posted"]
    assert standing(database, village.village_id, SEVEN).balance == 0


def test_fifty_identical_requests_have_one_effect_and_one_answer(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """I5: exactly one of the fifty answers is the first; apart from that mark they are the same."""
    door(award(10, clock))
    request = spend(3, clock)
    outcomes = all_at_once(lambda _: door(request)[0], range(50))
    assert [outcome.repeated for outcome in outcomes].count(False) == 1
    assert {(o.code, o.seq, o.debit_balance, o.credit_balance) for o in outcomes} == {("posted", 2, 7, 3)}
    assert database.read(lambda tx: book_head(tx, village.village_id))[0] == 2


def test_sales_holds_and_awards_at_once_never_overdraw(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(100, clock), award(100, clock, credit=EIGHT))
    requests: list[TransferRequest | HoldRequest] = []
    for n in range(60):
        request = spend(5, clock, debit=(SEVEN, EIGHT)[n % 2])
        requests += [request, HoldRequest(request.document_id, request.debit, 4, None, "kiosk:1", request.document_id)]
        requests += [award(1, clock, credit=request.debit)]
    codes = all_at_once(lambda request: door(request)[0].code, requests)
    assert set(codes) == {"posted", "held", "not_enough_points"}
    for code in (SEVEN, EIGHT):
        account = standing(database, village.village_id, code)
        assert 0 <= account.held <= account.balance
    sold = 5 * codes[0::3].count("posted")
    assert standing(database, village.village_id, "shop:1").balance == sold
    assert database.read(lambda tx: total_of_accounts(tx, village.village_id)) == 0
    assert verify(database, village.village_id).ok


def test_what_is_read_in_one_go_is_one_moment(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(10, clock))
    posting = threading.Thread(target=lambda: door(award(5, clock)))

    def look(tx: Connection) -> list[tuple[int, bytes]]:
        before = book_head(tx, village.village_id)
        posting.start()
        posting.join(timeout=1)  # on SQLite's rollback journal the other waits for us, else it is done by then
        return [before, book_head(tx, village.village_id)]

    before, after = database.read(look)
    posting.join()
    assert before == after
    assert database.read(lambda tx: book_head(tx, village.village_id))[0] == 2


def test_who_reads_cannot_write(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    before = dump(database)
    for work in (
        lambda tx: post(tx, village.village_id, [award(5, clock)], now=clock.now()),
        lambda tx: open_account(tx, village.village_id, "household:0009", AccountKind.HOUSEHOLD, floor=0),
    ):
        with pytest.raises((StorageFault, InternalError), match="read"):
            database.read(work)
    assert dump(database) == before
    assert door(award(5, clock))[0].seq == 1  # the connection that was lent for reading is itself again


def test_a_book_in_use_verifies_without_false_alarms(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    over = threading.Event()

    def keep_posting(_: int) -> None:
        while not over.is_set():
            door(award(3, clock), spend(2, clock))

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(keep_posting, n) for n in range(3)]
        try:
            reports = [verify(database, village.village_id) for _ in range(15)]
        finally:
            over.set()
        for one in busy:
            one.result()
    assert [problem for report in reports for problem in report.problems] == []
    assert [report.transfers for report in reports] == sorted(report.transfers for report in reports)
