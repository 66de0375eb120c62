"""A stretch of the book: found by time, with the points at its ends and what moved in between; on every engine."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete

from ledger.book.accounts import set_issue_limit
from ledger.book.money import grant, settle, totals
from ledger.book.months import (
    Flow,
    documents_between,
    flows_between,
    last_seq_before,
    overrides_between,
    position_at,
)
from ledger.book.reading import book_head
from ledger.book.tables import documents
from ledger.book.values import AccountKind, Kind
from ledger.shop.money_rules import MoneyKind, MoneyWish
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.fakes.money_scene import DECEMBER, MoneyScene
from tests.integration.book.conftest import Door
from tests.integration.book.made import award, spend

DAYS = 5


@pytest.fixture
def book(database: Database, village: Village, door: Door, clock: FixedClock) -> int:
    """Five days, each with a grant of 100, an award of 10, a redemption of 4 and a settlement of 3; the village's id."""
    for _ in range(DAYS):
        now, day, both = clock.now(), clock.now().date(), {"actor": "staff:1", "second": "staff:2"}
        database.write(
            lambda tx, now=now, day=day, both=both: grant(  # type: ignore[misc]
                tx, village.village_id, id_=uuid4(), amount=100, day=day, source="捐款", now=now, **both
            )
        )
        door(award(10, clock), spend(4, clock))
        database.write(
            lambda tx, now=now, day=day, both=both: settle(  # type: ignore[misc]
                tx, village.village_id, id_=uuid4(), amount=3, day=day, now=now, **both
            )
        )
        clock.advance(days=1)
    return village.village_id


def test_a_moment_is_found_between_two_transfers(database: Database, book: int, clock: FixedClock) -> None:
    start = clock.now() - timedelta(days=DAYS)
    for day in range(DAYS + 1):
        moment = start + timedelta(days=day)
        assert database.read(lambda tx, moment=moment: last_seq_before(tx, book, moment)) == 4 * day  # type: ignore[misc]
    assert database.read(lambda tx: last_seq_before(tx, book, start + timedelta(microseconds=2))) == 1


def test_an_empty_book_has_no_moments(database: Database, village: Village, clock: FixedClock) -> None:
    assert database.read(lambda tx: last_seq_before(tx, village.village_id, clock.now())) == 0
    assert database.read(lambda tx: flows_between(tx, village.village_id, 1, 0)) == []
    assert database.read(lambda tx: position_at(tx, village.village_id, 0)).households == 0


def test_points_are_where_the_book_says_at_every_place(database: Database, book: int) -> None:
    seen = [database.read(lambda tx, seq=seq: position_at(tx, book, seq)) for seq in (0, 4, 6, 7, 20)]  # type: ignore[misc]
    assert [(at.granted, at.issued, at.households, at.shop, at.settled) for at in seen] == [
        (0, 0, 0, 0, 0),
        (100, 10, 6, 1, 3),
        (200, 20, 16, 1, 3),
        (200, 20, 12, 5, 3),
        (500, 50, 30, 5, 15),
    ]
    now = database.read(lambda tx: totals(tx, book))
    last = database.read(lambda tx: position_at(tx, book, book_head(tx, book)[0]))
    assert (last.households, last.shop, last.settled) == (now.owed - now.debts, now.shop, now.settled)


def test_what_moved_between_two_places_explains_the_difference(database: Database, book: int) -> None:
    flows = database.read(lambda tx: flows_between(tx, book, 5, 12))
    household, shop = AccountKind.HOUSEHOLD, AccountKind.SHOP
    assert set(flows) == {
        Flow(Kind.GRANT, AccountKind.GRANT, AccountKind.FUND, 2, 200),
        Flow(Kind.AWARD, AccountKind.FUND, household, 2, 20),
        Flow(Kind.REDEMPTION, household, shop, 2, 8),
        Flow(Kind.SETTLEMENT, shop, AccountKind.SETTLED, 2, 6),
    }
    begin, end = (database.read(lambda tx, seq=seq: position_at(tx, book, seq)) for seq in (4, 12))  # type: ignore[misc]
    came = sum(flow.amount for flow in flows if flow.credit is household)
    went = sum(flow.amount for flow in flows if flow.debit is household)
    assert begin.households + came - went == end.households


def test_documents_come_with_their_transfers_and_an_erased_one_is_missing(database: Database, book: int) -> None:
    erased = delete(documents).where(documents.c.village_id == book, documents.c.seq == 5)
    database.write(lambda tx: tx.execute(erased).close())
    found = database.read(lambda tx: documents_between(tx, book, Kind.GRANT, "grant", 1, 8))
    assert [(amount, body) for _, amount, body in found] == [(100, '{"source":"捐款"}'.encode()), (100, None)]


def test_who_answered_for_more_than_was_granted_is_named(
    database: Database, book: int, door: Door, clock: FixedClock
) -> None:
    database.write(lambda tx: set_issue_limit(tx, book, tied_to_grants=True))
    over = award(460, clock, over_limit=True, second="staff:9")
    assert door(over)[0].posted
    [found] = database.read(lambda tx: overrides_between(tx, book, 1, 99))
    assert (found.seq, found.account, found.amount, found.by) == (21, "household:0007", 460, "staff:9")
    assert database.read(lambda tx: overrides_between(tx, book, 1, 20)) == []


def test_the_months_sheet_is_the_same_on_every_engine(database: Database, village: Village, clock: FixedClock) -> None:
    scene = MoneyScene(database, village, clock)
    scene.furnish()
    scene.two_months()
    sheet, waiting = scene.sheet(DECEMBER), scene.asked(MoneyWish(MoneyKind.GRANT, 5, "捐款"))
    assert [
        (column.opening, column.closing, column.adds_up) for column in (sheet.money, sheet.goods, sheet.points)
    ] == [
        (3000, 3470, True),
        (3145, 3130, True),
        (158, 185, True),
    ]
    assert [(line.name, line.points) for line in sheet.areas] == [("移风易俗", 20), ("志愿服务", 12), ("家庭美德", 10)]
    assert scene.standing().trouble == ()
    scene.confirm(waiting)
    assert scene.standing().totals.granted == 3505
