"""The seam's own judge: a history that went right has no fault, and each single thing that could go wrong is one."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from schemas.kiosk_api import EntryOutcome
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.seam_faults import Found, faults
from tests.fakes.seam_log import Award, AwardTakenBack, Blocked, Entered, LogItem
from tests.fakes.seam_reckoning import Reckoning
from tests.fakes.shop_scene import DISH, SOAP

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
TODAY = date(2026, 11, 16)
RICH, POOR = "0007", "0011"
GIVEN = Award(UUID(int=1), POOR, 10)
ONE_SOAP, TWO_DISHES = [(SOAP, 1, 5)], [(DISH, 2, 14)]


class Told:
    """A log in the making: what a pen wrote, and what it was told."""

    def __init__(self) -> None:
        self.pen = KioskPen(name=991)
        self.log: list[LogItem] = []

    def heard(self, outcome: str, at: datetime = NOW) -> UUID:
        entry = self.pen.journal[-1]
        id_ = UUID(str(self.pen.text(entry.number)["id"]))
        told = EntryOutcome(number=entry.number, id=id_, outcome=outcome)
        self.log.append(Entered(1, entry.number, entry.text, told, at))
        return id_


def a_day() -> list[LogItem]:
    """A sale, one handed over below the floor and voided by nobody, a slip twice, stock, an order collected, and the day's close."""
    told = Told()
    pen = told.pen
    told.log.append(GIVEN)
    pen.asked(RICH, "card", ONE_SOAP)
    told.heard("posted")
    asked = pen.asked(POOR, "card", TWO_DISHES)
    told.heard("not_enough_points")
    pen.handed_over(asked, POOR, "card", TWO_DISHES)
    told.heard("posted")
    for outcome in ("posted", "recorded"):
        pen.slip_entered(3, RICH, ONE_SOAP, TODAY)
        told.heard(outcome)
    pen.received([{"barcode": SOAP, "quantity": 4, "cost_fen": 1, "best_before": None}])
    told.heard("recorded")
    pen.counted((SOAP, 9, 7, "missing"))
    told.heard("recorded")
    order = pen.ordered(RICH, "card", ONE_SOAP, TODAY)
    told.heard("posted")
    pen.collected(order, RICH, "card", ONE_SOAP)
    told.heard("posted")
    pen.day_closed(TODAY, 1, 9, sales=4, points=43)
    told.heard("recorded")
    return told.log


def reckoned(log: list[LogItem]) -> Reckoning:
    return Reckoning(Tally({RICH: 60, POOR: 12}), {SOAP: 10, DISH: 10}, range(1, 10)).take(log)


def found_right(must: Reckoning) -> Found:
    """A ledger that did everything right."""
    balances = {f"household:{number}": points for number, points in must.points.items()}
    balances |= {"shop:1": sum(sale.total for sale in must.standing.values()), "fund": -10, "grant": -72}
    return Found(
        balances=balances,
        sums=dict(balances),
        standing={
            PLACES[sale.kiosk, sale.number]: (sale.household, sale.total, sale.cash_fen) for sale in must.standing.values()
        },
        shelf=dict(must.shelf),
        moves=dict(must.shelf),
        cases=frozenset(must.cases),
        households=frozenset((kind, POOR) for kind, _ in must.cases),
        days=dict(must.days),
        held={},
        now=NOW,
    )  # fmt: skip


LOG = a_day()
PLACES = {(item.kiosk, item.number): item.outcome.id for item in LOG if isinstance(item, Entered) and item.outcome.id}
MUST = reckoned(LOG)
RIGHT = found_right(MUST)


def test_a_history_that_went_right_has_no_fault() -> None:
    assert faults(MUST, RIGHT, PLACES) == []
    assert dict(MUST.points) == {RICH: 60 - 15, POOR: 12 + 10 - 28}
    assert MUST.shelf == {SOAP: 6, DISH: 8}
    assert {kind for kind, _ in MUST.cases} == {"below_floor", "slip_twice", "count_differs"}
    assert MUST.days == {(1, 10): True}


FIRST = next(iter(RIGHT.standing))
WRONGS: dict[str, Callable[[Found], Found]] = {
    "points lost": lambda f: replace(f, balances={**f.balances, f"household:{RICH}": 44}),
    "points moved elsewhere": lambda f: replace(
        f, balances={**f.balances, f"household:{RICH}": 44, f"household:{POOR}": f.balances[f"household:{POOR}"] + 1}
    ),
    "a cache that its transfers do not give": lambda f: replace(f, sums={**f.sums, "shop:1": 0}),
    "a sale lost": lambda f: replace(f, standing={id_: sale for id_, sale in f.standing.items() if id_ != FIRST}),
    "a sale twice": lambda f: replace(f, standing={**f.standing, UUID(int=77): f.standing[FIRST]}),
    "a sale of another household": lambda f: replace(f, standing={**f.standing, FIRST: (POOR, 5, 0)}),
    "cash from nowhere": lambda f: replace(f, standing={**f.standing, FIRST: (RICH, 5, 100)}),
    "goods lost": lambda f: replace(f, shelf={**f.shelf, SOAP: 5}),
    "a shelf that its moves do not give": lambda f: replace(f, moves={**f.moves, DISH: 10}),
    "nobody told of the debt": lambda f: replace(
        f, cases=frozenset(case for case in f.cases if case[0] != "below_floor"), households=frozenset()
    ),
    "nobody told of the slip": lambda f: replace(f, cases=frozenset(c for c in f.cases if c[0] != "slip_twice")),
    "told for nothing": lambda f: replace(f, cases=f.cases | {("stock_negative", UUID(int=5))}),
    "a day that does not agree after all": lambda f: replace(f, days={(1, 10): False}),
    "a day that nobody looked at": lambda f: replace(f, days={}),
    "points held for nobody": lambda f: replace(f, held={RICH: 5}),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_whatever_else_the_ledger_says_is_a_fault(wrong: str) -> None:
    assert faults(MUST, WRONGS[wrong](RIGHT), PLACES) != []


def test_points_that_the_office_took_back_need_no_case() -> None:
    must = reckoned([GIVEN, *spending(20), AwardTakenBack(GIVEN.id)])
    assert must.points[POOR] == -8
    assert [fault for fault in faults(must, found_right(must), PLACES) if "nobody" in fault] == []


def spending(points: int) -> list[LogItem]:
    told = Told()
    told.pen.asked(POOR, "card", [(SOAP, 1, points)])
    told.heard("posted")
    return told.log


def not_refused(outcome: str, *before: LogItem, points: int = 12) -> list[str]:
    told = Told()
    told.log += before
    told.pen.asked(POOR, "card", [(SOAP, 1, points)])
    told.heard(outcome)
    return reckoned(told.log).wrong


def test_a_sale_that_should_have_been_refused_is_found() -> None:
    assert not_refused("posted") == []
    assert not_refused("posted", points=13)
    assert not_refused("posted", Blocked(POOR, True))
    assert not_refused("posted", Blocked(POOR, True), Blocked(POOR, False)) == []
    assert not_refused("not_enough_points", points=13) == []
    assert not_refused("quarantined")


def test_points_kept_for_an_order_are_not_spent_until_its_time_is_over() -> None:
    for late, wrong in ((timedelta(0), 1), (timedelta(hours=15), 0)):
        told = Told()
        told.pen.ordered(POOR, "card", ONE_SOAP, TODAY)
        told.heard("posted")
        told.pen.asked(POOR, "card", [(SOAP, 1, 10)])
        told.heard("posted", NOW + late)
        assert len(reckoned(told.log).wrong) == wrong


def test_an_order_that_is_gone_is_told_and_one_that_is_over_is_not() -> None:
    for between, gone in (("cancelled", True), ("collected", True), ("over", False), ("nothing", False)):
        told = Told()
        order = told.pen.ordered(POOR, "card", ONE_SOAP, TODAY)
        told.heard("posted")
        if between == "cancelled":
            told.pen.order_cancelled(order)
            told.heard("recorded")
        if between == "collected":
            told.pen.collected(order, POOR, "card", ONE_SOAP)
            told.heard("posted")
        told.pen.collected(order, POOR, "card", ONE_SOAP)
        told.heard("posted", NOW + timedelta(days=between == "over"))
        assert bool([case for case in reckoned(told.log).cases if case[0] == "order_gone"]) is gone, between


def test_what_came_back_counts_once() -> None:
    told = Told()
    sale = told.pen.asked(POOR, "card", ONE_SOAP)
    told.heard("posted")
    told.pen.voided(sale)
    told.heard("posted")
    told.pen.voided(sale)
    again = told.heard("recorded")
    must = reckoned(told.log)
    assert (must.points[POOR], must.shelf[SOAP]) == (12, 10)
    assert must.cases == {("void_without_sale", again)}


@pytest.mark.parametrize(("sales", "points", "agrees"), [(1, 5, True), (2, 5, False), (1, 6, False), (2, 10, False)])
def test_a_sale_that_was_called_off_is_none_in_a_days_figures(sales: int, points: int, agrees: bool) -> None:
    told = Told()
    told.pen.asked(POOR, "card", ONE_SOAP)
    told.heard("posted")
    off = told.pen.asked(POOR, "card", ONE_SOAP)
    told.heard("posted")
    told.pen.called_off(off)
    told.heard("posted")
    told.pen.day_closed(TODAY, 1, 3, sales=sales, points=points)
    closed = told.heard("recorded")
    must = reckoned(told.log)
    assert must.days == {(1, 4): agrees}
    assert (("day_differs", closed) in must.cases) is not agrees
