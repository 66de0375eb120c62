"""What is said about limits before anything is confirmed: never more than the household can use, with a line and without one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.counter.aloud import sentence_of
from kiosk.counter.checks import figures
from kiosk.counter.events import Action, Paper, Scanned
from kiosk.counter.occasion import Occasion
from kiosk.counter.slip import balance_of
from kiosk.counter.values import Line, Refused
from kiosk.screen.faces import HouseholdView, RefusedView
from kiosk.screen.values import ScreenSettings
from kiosk.screen.view import page_of
from schemas.kiosk_api import Snapshot
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import Code, CodeKind
from tests.fakes.counter_village import GOODS, NOW, OFFLINE, ONLINE, SOAP, SOY, token_of, village
from tests.fakes.stepping_runner import SteppingRunner, at_rest, choosing

RICE = GOODS[8][0]  # 39 points


def having(points: int, **limits: object) -> Snapshot:
    """The village in which 0007 has so many points."""
    found = village(**{"offline_household_day": 30, **limits})  # type: ignore[arg-type]
    households = [
        one.model_copy(update={"balance": points}) if one.number == "0007" else one for one in found.households
    ]
    return found.model_copy(update={"households": households})


def household(line: Line, snapshot: Snapshot) -> SteppingRunner:
    runner = at_rest(line, snapshot)
    runner.submit(Scanned(Code(CodeKind.CARD, "SQ", token_of(7))))
    return runner


def rows(runner: SteppingRunner) -> dict[str, str]:
    """What the household's page says beside the balance."""
    face = page_of(runner.state(), NOW, ScreenSettings()).face
    assert isinstance(face, HouseholdView)
    return {row.label: row.number for row in face.rows}


@pytest.mark.parametrize(
    ("line", "points", "limits", "usable", "today"),
    [
        (OFFLINE, 10, {}, 10, 10),
        (OFFLINE, 86, {}, 30, 30),
        (OFFLINE, 86, {"household_day": 20}, 20, 20),
        (OFFLINE, 86, {"offline_kiosk_total": 8}, 8, 8),
        (OFFLINE, 86, {"visit": 12}, 12, 30),
        (ONLINE, 10, {"household_day": 50}, 10, 10),
        (ONLINE, 86, {"household_day": 50, "visit": 12}, 12, 50),
        (ONLINE, 86, {}, 86, 86),
        (ONLINE, 86, {"open_weekdays": [1]}, 0, 0),
        (OFFLINE, 86, {"offline_days": 1}, 30, 30),
    ],
)
def test_what_may_be_used_is_never_more_than_there_is(
    line: Line, points: int, limits: dict[str, object], usable: int, today: int
) -> None:
    runner = household(line, having(points, **limits))
    known = figures(runner.state(), "0007")
    assert known is not None
    assert (known.usable, known.left_today) == (usable, today)
    said = rows(runner)
    assert said["断网时能用" if line is OFFLINE else "这次能用"] == str(usable)
    assert said.get("今天还能兑", str(usable)) == str(today)


def test_base_points_that_must_stay_are_not_counted() -> None:
    snapshot = having(40)
    held = [one.model_copy(update={"floor": 35}) for one in snapshot.households if one.number == "0007"]
    known = figures(household(OFFLINE, snapshot.model_copy(update={"households": held})).state(), "0007")
    assert known is not None
    assert (known.usable, known.left_today) == (5, 5)


def test_a_counter_that_was_too_long_without_a_line_offers_nothing() -> None:
    snapshot = having(86, offline_days=2)
    stale = snapshot.model_copy(update={"taken_at": NOW - timedelta(days=2, minutes=1)})
    assert rows(household(OFFLINE, stale))["断网时能用"] == "0"


def test_a_closed_day_is_told_before_anything_is_chosen() -> None:
    face = page_of(household(ONLINE, having(86, open_weekdays=[4])).state(), NOW, ScreenSettings()).face
    assert isinstance(face, HouseholdView)
    assert face.told is not None
    assert (face.told.fact, face.choose) == ("今天不是开门日，下次 11月26日", None)


@pytest.mark.parametrize(
    ("line", "points", "limits", "goods", "code", "said"),
    [
        (OFFLINE, 45, {}, [RICE], RefusalCode.OFFLINE_LIMIT_REACHED, "没有网，今天还能兑 30 分"),
        (OFFLINE, 10, {}, [RICE], RefusalCode.NOT_ENOUGH_POINTS, "积分不够，还差 29 分"),
        (OFFLINE, 45, {"offline_kiosk_total": 8}, [RICE], RefusalCode.OFFLINE_LIMIT_REACHED, "没有网，今天还能兑 8 分"),
        (OFFLINE, 86, {"offline_kiosk_total": 8}, [SOY, SOAP], RefusalCode.OFFLINE_TOTAL_REACHED, "没有网，今天还能兑 8 分"),
        (ONLINE, 86, {"household_day": 20}, [RICE], RefusalCode.LIMIT_HOUSEHOLD_DAY, "今天还能兑 20 分"),
        (ONLINE, 15, {"household_day": 20}, [RICE], RefusalCode.LIMIT_HOUSEHOLD_DAY, "今天还能兑 15 分"),
        (OFFLINE, 86, {"household_day": 35}, [RICE], RefusalCode.LIMIT_HOUSEHOLD_DAY, "今天还能兑 30 分"),
        (ONLINE, 86, {"visit": 5}, [SOY, SOAP], RefusalCode.LIMIT_VISIT, "一次最多 5 分，现在 10 分"),
    ],
)  # fmt: skip
def test_a_no_says_what_can_still_be_had(
    line: Line, points: int, limits: dict[str, object], goods: list[str], code: RefusalCode, said: str
) -> None:
    runner = choosing(line, *goods, snapshot=having(points, **limits))
    runner.tap(Action.REVIEW)
    face = runner.state().face
    assert isinstance(face, Refused)
    assert isinstance(face.why, Refusal)
    view = page_of(runner.state(), NOW, ScreenSettings()).face
    assert isinstance(view, RefusedView)
    assert (face.why.code, view.heading) == (code, said)


def test_the_strip_over_every_face_promises_no_more_than_the_machine_has_left() -> None:
    runner = at_rest(OFFLINE, having(86, offline_kiosk_total=8))
    (bar,) = [bar for bar in page_of(runner.state(), NOW, ScreenSettings()).bars if bar.fact.startswith("断网")]
    assert bar.next_step.endswith("每户今天最多 8 分")


def test_the_balance_slip_says_the_same() -> None:
    snapshot = having(10, household_day=50)
    known = figures(household(ONLINE, snapshot).state(), "0007")
    assert known is not None
    slip = balance_of(snapshot.households[0], known, 1, 100, True, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert slip.today_text == "10"


@pytest.mark.parametrize(
    ("total", "said"), [(8, "没有网，今天还能兑 8 分，少拿一样"), (10, "没有网，今天兑满了，有网再来")]
)
def test_what_is_heard_of_a_machine_that_is_nearly_used_up_is_right_too(total: int, said: str) -> None:
    runner = choosing(OFFLINE, SOY, SOAP, snapshot=having(86, offline_kiosk_total=total))
    if total == 10:
        for action in (Action.REVIEW, Action.CONFIRM):
            runner.tap(action)
        runner.printer_says(Paper.PRINTED)
        runner.tap(Action.LEAVE)
        runner.scan_card(7)
        runner.scan_goods(SOAP)
    runner.tap(Action.REVIEW)
    till = runner.state()
    assert till.book is not None
    assert sentence_of(till, till.book) == said
