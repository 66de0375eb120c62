"""The counter's own reckoning between two snapshots."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook, SoldHere, open_book
from schemas.kiosk_api import EntryOutcome
from schemas.tokens import token_hash
from tests.fakes.fake_ledger import SOAP, a_snapshot, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
TODAY = date(2026, 11, 18)
SALE, HAND = UUID(int=1), UUID(int=2)


def sold(sale: UUID = SALE, *, on: date | None = TODAY, total: int = 10) -> SoldHere:
    return SoldHere(sale, "0007", total, ((SOAP, 2),), on)


def a_book(*sales: SoldHere, seq: int = 100) -> CounterBook:
    return open_book(a_snapshot(seq, taken_at=NOON), sales)


def outcome(id_: UUID, said: str, seq: int | None = None) -> EntryOutcome:
    return EntryOutcome(number=1, id=id_, outcome=said, seq=seq)


def test_a_card_is_found_by_its_hash() -> None:
    book = a_book()
    assert book.cards[token_hash(card_token(7)).hex()].household == "0007"


def test_what_was_sold_here_is_spent_and_gone() -> None:
    book = books.sell(a_book(), sold())
    assert books.purse(book, "0007", TODAY).available == 50
    assert books.purse(book, "0007", TODAY).spent_today == 10
    assert books.purse(book, "0010", TODAY).available == 60
    assert books.stock_left(book, SOAP) == 38
    assert books.sell(book, sold()) == book


def test_one_sale_can_be_left_out_of_the_reckoning() -> None:
    book = books.hand_over(a_book(sold()), SALE, HAND)
    assert books.purse(book, "0007", TODAY, without=SALE).available == 60
    assert books.stock_left(book, SOAP, without=SALE) == 40
    assert books.spent_offline(book, "0007", TODAY, without=SALE) == 0
    assert books.sold_offline(book, without=SALE) == 0


def test_a_refused_sale_takes_nothing() -> None:
    book = books.answered(a_book(sold()), outcome(SALE, "not_enough_points"))
    assert book.sold == ()


def test_a_posted_sale_counts_here_until_a_snapshot_holds_it() -> None:
    book = books.answered(a_book(sold()), outcome(SALE, "posted", 101))
    assert books.purse(book, "0007", TODAY).available == 50
    assert len(open_book(a_snapshot(100, taken_at=NOON), book.sold).sold) == 1
    assert open_book(a_snapshot(101, taken_at=NOON), book.sold).sold == ()


def test_a_hand_over_counts_until_its_own_outcome_whatever_became_of_asked() -> None:
    book = books.hand_over(a_book(sold()), SALE, HAND)
    book = books.answered(book, outcome(SALE, "not_enough_points"))
    assert books.purse(book, "0007", TODAY).available == 50
    assert books.sold_offline(book) == 10
    book = books.answered(book, outcome(HAND, "posted", 102))
    assert books.sold_offline(book) == 0
    assert open_book(a_snapshot(102, taken_at=NOON), book.sold).sold == ()


def test_a_hand_over_of_a_posted_sale_counts_once() -> None:
    book = books.hand_over(a_book(sold()), SALE, HAND)
    book = books.answered(book, outcome(SALE, "posted", 101))
    book = books.answered(book, outcome(HAND, "recorded"))
    assert book.sold[0].seq == 101
    assert open_book(a_snapshot(101, taken_at=NOON), book.sold).sold == ()


@pytest.mark.parametrize("handed", [False, True], ids=["asked", "handed over"])
@pytest.mark.parametrize("own", ["posted", "quarantined", "not_enough_points", "recorded"])
@pytest.mark.parametrize("gone", ["posted", "quarantined", "recorded"])
def test_outcomes_that_come_together_say_the_same_as_one_after_the_other(handed: bool, own: str, gone: str) -> None:
    other = sold(UUID(int=77))
    book = a_book(sold(), other)
    book = books.hand_over(book, SALE, HAND) if handed else book
    said = [outcome(SALE, own, 101), outcome(HAND, gone, 102), outcome(UUID(int=78), "posted", 103)]
    one_by_one = book
    for each in said:
        one_by_one = books.answered(one_by_one, each)
    assert books.answered(book, *said) == one_by_one
    assert one_by_one.sold[-1] == other


def test_what_the_ledger_cannot_read_stays_counted() -> None:
    book = books.hand_over(a_book(sold()), SALE, HAND)
    for id_ in (SALE, HAND):
        book = books.answered(book, outcome(id_, "quarantined"))
    assert books.purse(book, "0007", TODAY).available == 50


def test_yesterdays_sales_do_not_count_against_today_unless_a_clock_was_wrong() -> None:
    yesterday = sold(on=date(2026, 11, 17))
    assert books.purse(a_book(yesterday), "0007", TODAY).spent_today == 0
    assert books.purse(a_book(yesterday), "0007", None).spent_today == 10
    assert books.purse(a_book(sold(on=None)), "0007", TODAY).spent_today == 10


def test_the_ledgers_own_figure_of_the_day_counts_only_on_its_day() -> None:
    snapshot = a_snapshot(taken_at=NOON)
    spent = [household.model_copy(update={"spent_today": 7}) for household in snapshot.households]
    book = open_book(snapshot.model_copy(update={"households": spent}))
    assert books.purse(book, "0007", TODAY).spent_today == 7
    assert books.purse(book, "0007", date(2026, 11, 19)).spent_today == 0
    assert books.purse(book, "0007", None).spent_today == 7


def test_the_villages_day_is_not_utcs() -> None:
    assert books.day_of(a_book(), datetime(2026, 11, 18, 17, tzinfo=UTC)) == date(2026, 11, 19)


def test_tiles_come_in_pages() -> None:
    book = a_book()
    assert [good.name for good in books.goods_page(book, 2, 8)] == ["绿豆", "玉米油"]
    assert books.goods_page(book, 8, 8) == ()
