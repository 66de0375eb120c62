"""Figures are read as words.md §8 says, from its 63 clips."""

from __future__ import annotations

import pytest

from kiosk.counter.voice import balance_clips, number_clips, points_clips


@pytest.mark.parametrize(
    ("number", "clips"),
    [
        (0, (1,)), (2, (3,)), (10, (11,)), (12, (11, 3)), (20, (3, 11)), (55, (6, 11, 6)), (110, (2, 12, 2, 11)),
        (200, (15, 12)), (205, (15, 12, 1, 6)), (1_005, (2, 13, 1, 6)), (1_050, (2, 13, 1, 6, 11)), (2_222, (15, 13, 15, 12, 3, 11, 3)),
        (10_000, (2, 14)), (20_010, (15, 14, 1, 2, 11)), (120_000, (11, 3, 14)), (10_205, (2, 14, 1, 15, 12, 1, 6)),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_say_it(number: int, clips: tuple[int, ...]) -> None:
    assert number_clips(number) == clips


@pytest.mark.parametrize(
    ("amount", "decimals", "clips"), [(2, 0, (15,)), (35, 1, (4, 16, 6)), (5, 1, (1, 16, 6)), (20, 1, (15,))]
)
def test_points_are_read_in_the_villages_unit(amount: int, decimals: int, clips: tuple[int, ...]) -> None:
    assert points_clips(amount, decimals) == clips


def test_the_balance_is_a_sentence_and_a_debt_is_missing_not_minus() -> None:
    assert balance_clips(55, 0, 0) == (26, 6, 11, 6, 19)
    assert balance_clips(55, 5, 0) == (26, 6, 11, 6, 19, 31, 6, 19)
    assert balance_clips(-12, 5, 0) == (53, 54, 29, 11, 3, 19)


@pytest.mark.parametrize("number", [-1, 100_000_000])
def test_what_nobody_reads_aloud_is_for_eyes_only(number: int) -> None:
    with pytest.raises(ValueError, match="read aloud"):
        number_clips(number)
