"""The way of an award, decided: days of a notice, caps, quorum, four eyes, and what may not be claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.awards.caps import Allowance, Cap, Counted, Deed, allowance, cap_words, caps_of, times_of
from ledger.awards.rules import (
    NOBODY,
    Earlier,
    NoticeDays,
    Proposal,
    Reviewable,
    Reviewer,
    claim_refusal,
    midnight,
    not_waiting,
    notice_days,
    request_faults,
    review_refusal,
    state_after,
    who_may,
)
from ledger.awards.values import ClaimRequest, ClaimState, Verdict
from ledger.scheme.rules import KNOWN_CAPS
from schemas.refusals import RefusalCode, words

MONDAY = date(2026, 11, 16)
FORM_ID = UUID("01900000-0000-7000-8000-000000000001")
ZHOU, CHEN, LI = (
    Reviewer(1, "周玉兰", frozenset()),
    Reviewer(2, "陈建国", frozenset({9})),
    Reviewer(3, "李秀文", frozenset()),
)


@pytest.mark.parametrize(
    ("reviewed", "days", "first", "last", "credit"),
    [
        ("2026-11-16", 3, "2026-11-17", "2026-11-19", "2026-11-20"),  # Monday: Tuesday to Thursday, credit on Friday
        ("2026-11-18", 3, "2026-11-19", "2026-11-21", "2026-11-22"),  # over a weekend: days are days
        ("2026-11-29", 3, "2026-11-30", "2026-12-02", "2026-12-03"),  # over a month's end
        ("2026-12-30", 3, "2026-12-31", "2027-01-02", "2027-01-03"),  # over New Year
        ("2028-02-27", 3, "2028-02-28", "2028-03-01", "2028-03-02"),  # over a leap day
        ("2027-02-26", 3, "2027-02-27", "2027-03-01", "2027-03-02"),  # over the end of a short February
        ("2026-11-16", 1, "2026-11-17", "2026-11-17", "2026-11-18"),
        ("2026-11-16", 30, "2026-11-17", "2026-12-16", "2026-12-17"),
    ],
)
def test_a_notice_hangs_whole_days_from_the_day_after_the_review(
    reviewed: str, days: int, first: str, last: str, credit: str
) -> None:
    expected = NoticeDays(*(date.fromisoformat(day) for day in (first, last, credit)))
    assert notice_days(date.fromisoformat(reviewed), days) == expected


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
def test_a_notice_is_as_long_as_the_village_says(reviewed: date, days: int) -> None:
    hangs = notice_days(reviewed, days)
    assert (hangs.last_day - hangs.first_day).days + 1 == days
    assert hangs.credit_day - timedelta(days=1) == hangs.last_day


def test_points_come_at_the_villages_own_midnight() -> None:
    assert midnight(date(2026, 11, 20), ZoneInfo("Asia/Shanghai")) == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert midnight(date(2026, 11, 20), ZoneInfo("Asia/Urumqi")) == datetime(2026, 11, 19, 18, tzinfo=UTC)


def deed(**changes: object) -> Deed:
    return replace(Deed(7, "1组", "VO01", MONDAY, 1, 5), **changes)  # type: ignore[arg-type]


def counted(
    points: int, day: str = "2026-11-03", *, household: int = 7, item: str = "HY01", group: str = "1组"
) -> Counted:
    return Counted(household, group, item, date.fromisoformat(day), 1, points)


@pytest.mark.parametrize(
    ("already", "left"),
    [
        ([], 5),
        ([counted(35)], 5),
        ([counted(38)], 2),  # scenario 13: 38 this month, 5 asked, 2 counted
        ([counted(20), counted(20)], 0),
        ([counted(50)], 0),
        ([counted(38, "2026-10-31")], 5),  # another month
        ([counted(38, "2025-11-16")], 5),  # the same month of another year
        ([counted(38, household=8)], 5),  # somebody else's
    ],
)
def test_a_month_cap_leaves_what_is_missing_to_it(already: list[Counted], left: int) -> None:
    assert allowance(deed(), caps_of({"points_per_household_month": 40}, {}, "VO01"), already).points == left


@pytest.mark.parametrize(
    ("key", "other_day", "left"),
    [
        ("points_per_household_week", "2026-11-22", 2),  # Sunday of the same week
        ("points_per_household_week", "2026-11-15", 5),  # the Sunday before
        ("points_per_household_year", "2026-01-01", 2),
        ("points_per_household_year", "2027-01-01", 5),
    ],
)
def test_a_caps_period_is_that_of_the_day_of_the_deed(key: str, other_day: str, left: int) -> None:
    assert allowance(deed(), caps_of({key: 40}, {}, "VO01"), [counted(38, other_day)]).points == left


def test_five_hours_with_two_an_activity_count_two() -> None:
    hours = deed(item="VO03", quantity=5, asked=5)
    allowed = allowance(hours, caps_of({}, {"points_per_household_activity": 2}, "VO03"), [counted(2, item="VO03")])
    assert (allowed.points, times_of(allowed.points, 5, 5)) == (2, 2)


def test_an_item_once_a_month_counts_once() -> None:
    caps = caps_of({}, {"times_per_household_month": 1}, "HY01")
    again = deed(item="HY01", asked=10)
    assert allowance(again, caps, []).points == 10
    assert allowance(again, caps, [counted(10)]).points == 0
    assert allowance(deed(item="HY02", asked=10), caps_of({}, {}, "HY02"), [counted(10)]).points == 10


def test_an_honour_goes_to_one_household_of_a_group_a_year() -> None:
    caps = caps_of({}, {"times_per_group_year": 1}, "FA02")
    honour = deed(item="FA02", asked=10)
    assert allowance(honour, caps, [counted(10, household=8, item="FA02")]).points == 0
    assert allowance(honour, caps, [counted(10, household=8, item="FA02", group="2组")]).points == 10


def test_the_tightest_cap_holds_and_is_named() -> None:
    caps = caps_of({"points_per_household_month": 40, "points_per_household_year": 700}, {}, "VO01")
    allowed = allowance(deed(), caps, [counted(38), counted(660, "2026-03-01")])
    assert allowed == Allowance(2, Cap("points", "household", "month", 40), 40)
    assert cap_words(caps[0], 0) == "一户一月最多 40 分"
    assert cap_words(caps_of({}, {"times_per_household_month": 1}, "HY01")[0], 0) == "这件事一户一月最多 1 次"
    assert cap_words(caps_of({}, {"points_per_household_activity": 15}, "VO03")[0], 1) == "一次活动最多 1.5 分"


@pytest.mark.parametrize("key", sorted(KNOWN_CAPS))
def test_every_cap_that_a_rule_book_may_have_is_counted(key: str) -> None:
    [cap] = caps_of({}, {key: 0}, "VO01")
    assert allowance(deed(), [cap], []).points == 0


def test_a_cap_that_nobody_knows_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="points_per_moon"):
        caps_of({"points_per_moon": 1}, {}, "VO01")


@given(st.integers(1, 500), st.integers(1, 99), st.data())
def test_times_that_counted_never_exceed_what_was_done(each: int, quantity: int, data: st.DataObject) -> None:
    points = data.draw(st.integers(0, each * quantity))
    assert 0 <= times_of(points, each * quantity, quantity) <= quantity
    assert times_of(each * quantity, each * quantity, quantity) == quantity


def proposal(**changes: object) -> Proposal:
    plain = Proposal("义务劳动", MONDAY, MONDAY, "", False, None, False, Allowance(5), 0)
    return replace(plain, **changes)  # type: ignore[arg-type]


EARLIER = Earlier(11, "李秀文", MONDAY, "村口清沟", 5)


def test_an_ordinary_deed_may_be_claimed() -> None:
    assert claim_refusal(proposal(), []) is None
    assert claim_refusal(proposal(), [replace(EARLIER, done_on=MONDAY - timedelta(days=1))]) is None


@pytest.mark.parametrize(
    ("changed", "code", "seen"),
    [
        ({"done_on": date(2026, 11, 28)}, RefusalCode.DAY_NOT_YET, "日子还没到：11月28日"),
        (
            {"in_force_from": date(2026, 8, 1), "item_name": "夜校宣讲"},
            RefusalCode.ITEM_NOT_IN_FORCE,
            "“夜校宣讲”从 8月1日 起才有，这件事早于那天",
        ),
        ({"household_closed": True}, RefusalCode.HOUSEHOLD_CLOSED, "这一户已经销户"),
        (
            {"allowance": Allowance(0, Cap("points", "household", "month", 40), 40)},
            RefusalCode.CAP_REACHED,
            "一户一月已记满 40 分，这次记 0 分",
        ),
        (
            {"allowance": Allowance(0, Cap("times", "household", "month", 1, "HY01"), 10)},
            RefusalCode.CAP_REACHED,
            "这件事一户一月最多 1 次，已记满 10 分，这次记 0 分",
        ),
    ],
)
def test_what_may_not_be_claimed_is_told_in_words(changed: dict[str, object], code: RefusalCode, seen: str) -> None:
    refusal = claim_refusal(proposal(**changed), [])
    assert refusal is not None
    assert refusal.code is code
    assert words(code.seen, refusal.figures, decimals=0) == seen


def test_two_people_telling_one_deed_make_a_duplicate_unless_a_note_says_why_not() -> None:
    refusal = claim_refusal(proposal(), [EARLIER])
    assert refusal is not None
    assert (refusal.code, refusal.figures) == (RefusalCode.DUPLICATE_CLAIM, {"who": "李秀文", "number": 11})
    assert claim_refusal(proposal(note="村口清沟"), [EARLIER]) is not None  # the same words are the same deed
    assert claim_refusal(proposal(note="下午又去清了村尾"), [EARLIER]) is None


def test_one_wedding_counts_once_unless_a_note_tells_of_another() -> None:
    spring = replace(EARLIER, done_on=date(2026, 3, 1), note="女儿出嫁", points=20)
    refusal = claim_refusal(proposal(one_event=True), [spring])
    assert refusal is not None
    assert (refusal.code, refusal.figures) == (RefusalCode.EVENT_ALREADY_USED, {"limit": 20})
    assert claim_refusal(proposal(one_event=True, note="儿子结婚"), [spring]) is None
    assert claim_refusal(proposal(), [spring]) is None


def test_of_several_reasons_only_the_first_of_the_table_is_told() -> None:
    everything = proposal(
        household_closed=True,
        done_on=date(2026, 11, 28),
        allowance=Allowance(0, Cap("points", "household", "month", 1), 1),
    )
    refusal = claim_refusal(everything, [replace(EARLIER, done_on=date(2026, 11, 28))])
    assert refusal is not None
    assert refusal.code is RefusalCode.HOUSEHOLD_CLOSED


def test_all_faults_of_a_request_are_told_at_once() -> None:
    bad = ClaimRequest(FORM_ID, "0007", "VO01", 100, date(1999, 12, 31), "字" * 201)
    assert [fault.field for fault in request_faults(bad)] == ["quantity", "day", "note"]
    assert request_faults(ClaimRequest(FORM_ID, "0007", "VO01", 99, date(2000, 1, 1), "字" * 200)) == []


def test_who_recorded_does_not_review_and_is_told_who_may() -> None:
    refusal = review_refusal(ZHOU, Reviewable(recorded_by=1, household_id=7), [ZHOU, CHEN, LI])
    assert refusal is not None
    assert (refusal.code, refusal.figures) == (RefusalCode.SAME_PERSON, {"who": "陈建国、李秀文"})


def test_nobody_reviews_their_own_household() -> None:
    refusal = review_refusal(CHEN, Reviewable(recorded_by=1, household_id=9), [ZHOU, CHEN, LI])
    assert refusal is not None
    assert (refusal.code, refusal.figures) == (RefusalCode.OWN_HOUSEHOLD, {"who": "李秀文"})
    assert review_refusal(CHEN, Reviewable(recorded_by=1, household_id=7), [CHEN]) is None


def test_who_agreed_already_is_not_asked_again_and_nobody_left_means_the_township() -> None:
    assert who_may(Reviewable(1, 7, frozenset({2})), [ZHOU, CHEN, LI]) == "李秀文"
    assert who_may(Reviewable(1, 9, frozenset({3})), [ZHOU, CHEN, LI]) == NOBODY


@pytest.mark.parametrize(
    ("verdict", "agreed", "quorum", "state"),
    [
        (Verdict.AGREE, 1, 1, ClaimState.ON_NOTICE),
        (Verdict.AGREE, 1, 2, ClaimState.CLAIMED),
        (Verdict.AGREE, 2, 2, ClaimState.ON_NOTICE),
        (Verdict.AGREE, 3, 2, ClaimState.ON_NOTICE),
        (Verdict.REJECT, 0, 1, ClaimState.REJECTED),
        (Verdict.REJECT, 1, 2, ClaimState.REJECTED),
    ],
)
def test_a_quorum_hangs_and_one_reasoned_no_rejects(
    verdict: Verdict, agreed: int, quorum: int, state: ClaimState
) -> None:
    assert state_after(verdict, agreed, quorum) is state


def test_only_what_waits_can_be_reviewed_or_withdrawn() -> None:
    assert not_waiting(ClaimState.CLAIMED) is None
    for state in set(ClaimState) - {ClaimState.CLAIMED}:
        refusal = not_waiting(state)
        assert refusal is not None
        assert "…" not in words(refusal.code.seen, refusal.figures, decimals=0)
