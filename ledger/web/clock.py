"""Where the time comes from: the system, or in the demo a file that says how many days the village is ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from schemas.clock import demo_now


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DemoClock:
    """The machine's clock moved ahead by the whole days in ``path``; a missing file is no day."""

    path: Path

    def now(self) -> datetime:
        """This instant in the demo village, aware, UTC. ValueError when the file holds anything but a number of days."""
        text = self.path.read_text("ascii") if self.path.exists() else ""
        return demo_now(text, datetime.now(UTC))
