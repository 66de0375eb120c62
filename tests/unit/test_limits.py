"""One answer to "may they take this?", the same at the counter and in the book."""

from __future__ import annotations

from dataclasses import replace

from schemas.limits import Purse, VisitLimits, WantedGood, check_redemption
from schemas.refusals import RefusalCode, words

SOY = WantedGood(name="酱油", quantity=1, shown_price=5, listed_price=5, stock=40, limit_visit=None)
RICE = WantedGood(name="大米 5kg", quantity=1, shown_price=39, listed_price=39, stock=60, limit_visit=2)
PURSE = Purse(available=60, floor=0, spent_today=0, blocked=False, closed=False)
NO_LIMITS = VisitLimits(household_day=None, visit=None)


def code(purse: Purse, wanted: list[WantedGood], limits: VisitLimits = NO_LIMITS) -> str | None:
    refusal = check_redemption(purse, wanted, limits)
    return refusal.code.code if refusal else None


def test_what_fits_may_be_taken() -> None:
    assert code(PURSE, [SOY, RICE]) is None
    assert code(replace(PURSE, available=44), [SOY, RICE]) is None


def test_one_point_too_few_is_told_with_the_gap() -> None:
    refusal = check_redemption(replace(PURSE, available=12), [RICE], NO_LIMITS)
    assert refusal is not None
    assert refusal.code is RefusalCode.NOT_ENOUGH_POINTS
    assert words(refusal.code.seen, refusal.figures, decimals=0) == "有 12 分，要 39 分，还差 27 分"


def test_base_points_stay() -> None:
    assert code(Purse(60, 60, 0, blocked=False, closed=False), [SOY]) == "below_floor"


def test_only_the_first_trouble_is_told() -> None:
    sold_out = replace(RICE, stock=0)
    assert code(replace(PURSE, closed=True, available=0), [sold_out]) == "household_closed"
    assert code(replace(PURSE, available=-3), [sold_out]) == "household_blocked"
    assert code(replace(PURSE, available=0), [sold_out]) == "goods_sold_out"


def test_goods_have_their_own_refusals() -> None:
    assert code(PURSE, [replace(SOY, listed_price=None)]) == "goods_unknown"
    assert code(PURSE, [replace(SOY, listed_price=6)]) == "price_changed"
    assert code(replace(PURSE, available=200), [replace(RICE, quantity=3)]) == "limit_good"


def test_limits_of_visit_and_day() -> None:
    assert code(PURSE, [RICE], VisitLimits(household_day=None, visit=30)) == "limit_visit"
    spent = replace(PURSE, spent_today=20)
    assert code(spent, [RICE], VisitLimits(household_day=50, visit=None)) == "limit_household_day"
    assert code(spent, [RICE], VisitLimits(household_day=50, visit=None, offline=True)) == "offline_limit_reached"


def test_every_code_is_its_own_and_has_words_and_a_way_out() -> None:
    codes = [member.code for member in RefusalCode]
    assert len(set(codes)) == len(codes)
    for member in RefusalCode:
        assert member.seen
        assert member.next_step
        assert RefusalCode.of(member.code) is member


def test_a_missing_figure_never_loses_the_sentence() -> None:
    assert words("还差 {missing} 分，打 {phone}", {}, decimals=0) == "还差 … 分，打 "
