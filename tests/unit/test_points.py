"""Amounts at the edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.points import parse_points, points_text


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [(5, 0, "5"), (-10, 0, "−10"), (15, 1, "1.5"), (20, 1, "2"), (-5, 1, "−0.5"), (0, 1, "0")],
)
def test_points_are_written_as_people_write_them(amount: int, decimals: int, text: str) -> None:
    assert points_text(amount, decimals) == text


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("５", 0, 5),
        (" 1,000 ", 0, 1000),
        ("0.5", 1, 5),
        ("−3", 0, -3),
        ("0.5", 0, None),
        ("十", 0, None),
        ("", 0, None),
        ("1e3", 0, None),
        ("5.0", 0, 5),
    ],
)
def test_typed_points_are_forgiven_what_can_be_forgiven(text: str, decimals: int, amount: int | None) -> None:
    assert parse_points(text, decimals) == amount


@given(st.integers(-(10**12) + 1, 10**12 - 1), st.sampled_from([0, 1]))
def test_what_is_written_is_read_again(amount: int, decimals: int) -> None:
    assert parse_points(points_text(amount, decimals), decimals) == amount or abs(amount) >= 10**12
