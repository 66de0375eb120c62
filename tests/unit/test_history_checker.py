"""The checker of histories finds what cannot be: a checker that finds nothing proves nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from tests.faults.checker import Event, Kept, problems

A, B, C = (UUID(int=n) for n in (1, 2, 3))
RIGHT = [Event(A, 1, 2, "posted", 1), Event(B, 3, 4, "not_enough_points"), Event(C, 5)]
KEPT = Kept({A: ("posted", 1), B: ("not_enough_points", None)}, [A])


def test_told_and_kept_unknown_and_absent_is_right() -> None:
    assert problems(RIGHT, KEPT) == []


def test_unknown_and_kept_is_right_too() -> None:
    assert problems(RIGHT, Kept({**KEPT.outcomes, C: ("posted", 2)}, [A, C])) == []


def test_what_was_told_and_is_lost_is_found() -> None:
    assert problems(RIGHT, Kept({B: KEPT.outcomes[B]}, []))
    assert problems(RIGHT, Kept({A: ("posted", 1)}, [A]))


def test_another_answer_than_was_told_is_found() -> None:
    assert problems(RIGHT, Kept({**KEPT.outcomes, A: ("not_enough_points", None)}, []))
    assert problems(RIGHT, Kept({**KEPT.outcomes, B: ("posted", 2)}, [A, B]))


def test_twice_is_found_and_what_nobody_asked_for() -> None:
    assert problems(RIGHT, Kept(KEPT.outcomes, [A, A]))
    assert problems(RIGHT, Kept({**KEPT.outcomes, UUID(int=9): ("posted", 2)}, [A, UUID(int=9)]))


def test_half_of_a_posting_is_found() -> None:
    assert problems(RIGHT, Kept({**KEPT.outcomes, C: ("posted", 2)}, [A]))
    assert problems(RIGHT, Kept(KEPT.outcomes, [A, C]))


def test_a_later_question_with_an_earlier_place_is_found() -> None:
    late = [Event(A, 1, 2, "posted", 2), Event(B, 3, 4, "posted", 1)]
    kept = Kept({A: ("posted", 2), B: ("posted", 1)}, [B, A])
    assert problems(late, kept)
    assert problems([replace(late[0], told=5), late[1]], kept) == []  # they overlapped: either may be first
