"""The month's sheet on paper: columns that add up, yuan to the last figure, and who may confirm what another asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ledger.book.months import Flow, Position
from ledger.book.values import AccountKind, Kind
from ledger.shop.money_columns import (
    ColumnLine,
    Cover,
    goods_column,
    grouped,
    money_column,
    near_limit,
    plus,
    points_column,
    yuan,
)
from ledger.shop.money_rules import MoneyKind, MoneyRequest, MoneyState, MoneyWish, confirm_refusal, wish_faults

H, F, S = AccountKind.HOUSEHOLD, AccountKind.FUND, AccountKind.SHOP
GRANT, SETTLED = AccountKind.GRANT, AccountKind.SETTLED
BEGIN = Position(seq=4, granted=3000, fund=2822, shop=20, settled=0)
FLOWS = [
    Flow(Kind.AWARD, F, H, 3, 42),
    Flow(Kind.GRANT, GRANT, F, 2, 700),
    Flow(Kind.MERGE, H, H, 1, 99),
    Flow(Kind.REDEMPTION, H, S, 2, 25),
    Flow(Kind.REVERSAL, F, H, 1, 3),
    Flow(Kind.REVERSAL, F, GRANT, 1, 200),
    Flow(Kind.REVERSAL, H, F, 1, 5),
    Flow(Kind.REVERSAL, S, H, 1, 10),
    Flow(Kind.SETTLEMENT, S, SETTLED, 1, 30),
]
END = Position(seq=16, granted=3500, fund=3282, shop=5, settled=30)


def test_what_households_have_adds_up_and_moves_among_them_are_left_out() -> None:
    column = points_column(BEGIN, FLOWS, END)
    assert (column.opening, column.closing, column.adds_up) == (158, 183, True)
    assert column.lines == (
        ColumnLine("公示后发出 3 笔", 42),
        ColumnLine("退货 1 次", 10),
        ColumnLine("改正记少的 1 笔", 3),
        ColumnLine("兑出 2 次", -25),
        ColumnLine("改正记多的 1 笔", -5),
    )


def test_money_is_what_came_in_by_source_less_what_the_shop_was_paid() -> None:
    column = money_column(BEGIN, FLOWS, {"村集体分红": 500, "捐款": 200}, END)
    assert (column.opening, column.closing, column.adds_up) == (3000, 3470, True)
    assert [line.amount for line in column.lines] == [500, 200, -200, -30]


def test_a_column_that_does_not_add_up_says_so() -> None:
    assert not points_column(BEGIN, FLOWS, replace(END, fund=3281)).adds_up
    assert not money_column(BEGIN, FLOWS, {"村集体分红": 500}, END).adds_up
    assert not goods_column(100, {"redeemed": -10}, 91).adds_up


def test_goods_go_by_what_happened_to_them() -> None:
    column = goods_column(100, {"redeemed": -10, "received": 40, "counted": 0, "stolen": -1}, 129)
    assert column.adds_up
    assert [line.words for line in column.lines] == ["进货", "兑出", "别的"]


@pytest.mark.parametrize(
    ("amount", "decimals", "fen", "text"),
    [
        (6480, 0, 100, "6,480.00"),
        (-2764, 0, 100, "−2,764.00"),
        (15, 1, 100, "1.50"),
        (1, 1, 50, "0.05"),
        (1, 1, 5, "0.005"),  # half a fen, or the column would not add up
        (3, 0, 33, "0.99"),
        (0, 0, 100, "0.00"),
        (9_007_199_254_740_991, 0, 100_000, "9,007,199,254,740,991,000.00"),
    ],
)
def test_points_are_worth_yuan_to_the_last_figure(amount: int, decimals: int, fen: int, text: str) -> None:
    assert yuan(amount, decimals, fen) == text


def test_figures_have_commas_and_signs() -> None:
    assert [grouped(5204, 0), grouped(-1291, 0), grouped(12345, 1), grouped(5, 1), grouped(50, 1)] == [
        "5,204",
        "−1,291",
        "1,234.5",
        "0.5",
        "5",
    ]
    assert (plus("5", 5), plus("−5", -5), plus("0", 0)) == ("+5", "−5", "0")


def test_goods_and_money_together_must_cover_what_is_owed_to_households_and_shop() -> None:
    assert Cover(owed=100, unsettled=20, stock=70, cash=50).missing == 0
    assert Cover(owed=100, unsettled=20, stock=70, cash=49).missing == 1
    assert (
        Cover(owed=100, unsettled=0, stock=130, cash=-20).missing == 0
    )  # the shop was paid ahead, the shelf still covers it


def test_the_warning_comes_at_four_fifths() -> None:
    assert [near_limit(3000, issued) for issued in (2399, 2400, 3001)] == [False, True, True]


def request(kind: MoneyKind = MoneyKind.GRANT, state: MoneyState = MoneyState.ASKED, amount: int = 20) -> MoneyRequest:
    now = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
    return MoneyRequest(UUID(int=1), MoneyWish(kind, amount, ""), state, 1, "李秀文", now, None, None, None, None)


def told(found: MoneyRequest, staff_id: int, unsettled: int = 0) -> str | None:
    refusal = confirm_refusal(found, staff_id, unsettled, ["周玉兰"])
    return refusal.code.code if refusal else None


def test_another_person_confirms_what_waits() -> None:
    assert told(request(), 2) is None
    assert told(request(), 1) == "same_person"
    assert told(request(MoneyKind.LIMIT_OFF, amount=0), 1) == "same_person"
    assert told(request(state=MoneyState.DONE), 2) == "not_waiting"
    assert told(request(state=MoneyState.DROPPED), 1) == "not_waiting"
    assert told(request(MoneyKind.SETTLEMENT), 2, unsettled=19) == "settlement_exceeded"
    assert told(request(MoneyKind.SETTLEMENT), 2, unsettled=20) is None


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (MoneyWish(MoneyKind.GRANT, 3000, "捐款"), []),
        (MoneyWish(MoneyKind.GRANT), ["amount", "source"]),
        (MoneyWish(MoneyKind.GRANT, 2**53, "款" * 41), ["amount", "source"]),
        (MoneyWish(MoneyKind.SETTLEMENT, -5), ["amount"]),
        (MoneyWish(MoneyKind.SETTLEMENT, 5, "捐款"), ["kind"]),
        (MoneyWish(MoneyKind.LIMIT_ON, 5), ["kind"]),
        (MoneyWish(MoneyKind.LIMIT_OFF), []),
    ],
)
def test_every_fault_of_a_wish_is_told(wish: MoneyWish, fields: list[str]) -> None:
    assert [fault.field for fault in wish_faults(wish)] == fields
