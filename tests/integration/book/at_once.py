"""Many at once: threads that start together, their results in the order they were asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")
THREADS = 24  # fewer than a PostgreSQL pool has connections


def all_at_once(work: Callable[[S], T], items: Sequence[S], *, threads: int = THREADS) -> list[T]:
    """``work`` of every item, ``threads`` of them at any time. The first exception comes out."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
