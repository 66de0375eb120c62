"""Logins, passwords, sessions, locks: the decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.staff.rules import (
    COMMONEST,
    LONGEST_LOCK,
    Throttle,
    after_a_miss,
    clean_login,
    local_path,
    login_faults,
    password_faults,
    session_holds,
    tries_left,
    wait_minutes,
)

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def missed(times: int, *, apart: timedelta = timedelta(0)) -> Throttle:
    throttle = None
    for n in range(times):
        throttle = after_a_miss(throttle, NOW + n * apart)
    assert throttle is not None
    return throttle


@pytest.mark.parametrize("login", ["zhou", "li.xw", "a1", "x" * 40])
def test_a_plain_login_will_do(login: str) -> None:
    assert login_faults(login) == []


@pytest.mark.parametrize("login", ["", "a", "周玉兰", "Zhou", "a b", "x" * 41, "a\n"])
def test_a_login_nobody_could_type_back_will_not(login: str) -> None:
    assert login_faults(login)


def test_capitals_and_blanks_round_a_login_do_not_matter() -> None:
    assert clean_login("  ZhouYL ") == "zhouyl"


@pytest.mark.parametrize("password", ["泥鳅针线花生豆花", "correct horse", "x9-k2-m4", "a" * 60 + "bc" * 34])
def test_any_long_enough_password_will_do_without_rules_of_composition(password: str) -> None:
    assert password_faults(password, ["zhou", "周玉兰", "SQ"]) == []


@pytest.mark.parametrize(
    "password",
    ["", "1234567", "x" * 129, "12345678", "PassWord", "pass word", "99999999", "zhouyulan", "zhouyulan1", "SQshiqiao"],
)
def test_a_password_that_is_guessed_first_is_refused_with_a_reason(password: str) -> None:
    [fault] = password_faults(password, ["zhouyulan", "周玉兰", "sqshiqiao"])
    assert fault.field == "password"
    assert fault.words


def test_the_commonest_are_all_long_enough_to_matter() -> None:
    assert all(len(word) >= 8 for word in COMMONEST)


@pytest.mark.parametrize(
    ("created_ago", "seen_ago", "holds"),
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(hours=11), timedelta(minutes=29), True),
        (timedelta(hours=11), timedelta(minutes=30), False),
        (timedelta(hours=12), timedelta(minutes=1), False),
        (-timedelta(days=3650), -timedelta(days=3650), False),
        (-timedelta(minutes=4), -timedelta(minutes=4), True),
    ],
    ids=[
        "new",
        "used",
        "idle half an hour",
        "twelve hours",
        "begun by a clock years ahead",
        "a clock set back a little",
    ],
)
def test_a_session_holds_half_an_hour_idle_and_twelve_in_all(
    created_ago: timedelta, seen_ago: timedelta, holds: bool
) -> None:
    assert session_holds(NOW - created_ago, NOW - seen_ago, NOW) is holds


def test_four_misses_are_free_and_told() -> None:
    assert [tries_left(missed(n)) for n in (1, 2, 3, 4)] == [4, 3, 2, 1]
    assert wait_minutes(missed(4), NOW) == 0


def test_from_the_fifth_miss_on_the_wait_doubles_up_to_an_hour() -> None:
    waits = [wait_minutes(missed(n), NOW) for n in range(5, 14)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_wait_ends_by_itself_and_the_next_miss_doubles_it() -> None:
    locked = missed(5)
    assert wait_minutes(locked, NOW + timedelta(seconds=59)) == 1
    assert wait_minutes(locked, NOW + MINUTE) == 0
    assert wait_minutes(after_a_miss(locked, NOW + MINUTE), NOW + MINUTE) == 2


def test_a_day_without_a_miss_starts_afresh() -> None:
    assert after_a_miss(missed(9), NOW + timedelta(hours=25)).misses == 1


@given(st.integers(1, 2_000), st.timedeltas(-timedelta(days=4000), timedelta(days=4000)))
def test_nobody_is_ever_locked_out_for_longer_than_an_hour(misses: int, off: timedelta) -> None:
    throttle = after_a_miss(Throttle(misses, NOW, None), NOW)
    assert 0 <= wait_minutes(throttle, NOW + off) <= LONGEST_LOCK / MINUTE


@pytest.mark.parametrize("path", ["/", "/office/SQ/", "/d/SQ-ABC?x=1", "/office/SQ/review?day=2026-11-16&p=%E6%B1%A4"])
def test_a_path_of_this_site_is_gone_back_to(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "office",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "/a\r\nX: y",
        "/a:b",
    ],
)
def test_a_path_that_leads_elsewhere_is_not(path: str) -> None:
    assert local_path(path) is None
