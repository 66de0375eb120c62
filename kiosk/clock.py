"""The clocks: the machine's, the demo's, and whether to believe them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

from kiosk.config import KioskSettings
from schemas.clock import demo_now

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TRUSTED_WITHIN = timedelta(minutes=5)


class Clock(Protocol):
    """Time as the kiosk is given it."""

    def now(self) -> datetime:
        """Aware UTC; on a Pi without a battery clock it may be years off."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds that only go forward, from an arbitrary start."""
        ...


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class FileClock:
    """The demo's: both clocks are the machine's, moved ahead by the days in a file (``schemas.clock``), as if they had passed.

    A file that is missing or says something else leaves them where they were: the demo goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._real = SystemClock()
        self._lock = threading.Lock()
        self._most_ahead = timedelta(0)

    def now(self) -> datetime:
        return self._real.now() + self._ahead()

    def monotonic_ms(self) -> int:
        self._ahead()
        with self._lock:  # days may be taken back in the file, but never from a clock that only goes forward
            return self._real.monotonic_ms() + self._most_ahead // timedelta(milliseconds=1)

    def _ahead(self) -> timedelta:
        real = self._real.now()
        try:
            ahead = demo_now(self._path.read_text(encoding="utf-8"), real) - real
        except (OSError, ValueError):
            ahead = timedelta(0)
        with self._lock:
            self._most_ahead = max(self._most_ahead, ahead)
        return ahead


def clock_of(settings: KioskSettings) -> Clock:
    """The system's clock, or in the demo the village's."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


def boot_id() -> UUID:
    """The system's id of this boot, which the monotonic clock belongs to; a fresh one where the system has none."""
    try:
        return UUID(BOOT_ID.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return uuid4()


class Trust:
    """Whether the wall clock agrees with the ledger's. Safe from any thread.

    The ledger's last answer, carried on by the monotonic clock, is what the wall clock is held against: a clock that jumps later is found
    out as well. Before the first answer of this start, nothing is trusted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._heard: tuple[datetime, int] | None = None

    def heard(self, server_time: datetime) -> None:
        """The ledger said what time it is, just now."""
        with self._lock:
            self._heard = (server_time, self._clock.monotonic_ms())

    def trusted(self, wall: datetime, monotonic_ms: int) -> bool:
        """True when ``wall`` is within five minutes of the ledger's time at ``monotonic_ms``."""
        with self._lock:
            heard = self._heard
        if heard is None:
            return False
        expected = heard[0] + timedelta(milliseconds=monotonic_ms - heard[1])
        return abs(wall - expected) <= TRUSTED_WITHIN

    def off_by(self) -> timedelta | None:
        """How far the wall clock is ahead of the ledger's time now; None before the ledger said what time it is."""
        with self._lock:
            heard = self._heard
        if heard is None:
            return None
        return self._clock.now() - heard[0] - timedelta(milliseconds=self._clock.monotonic_ms() - heard[1])


At = Callable[[str], None]  # a point in the program's life at which a test may end it


def nowhere(_point: str) -> None:
    """The ``At`` of every program that is not under test."""
