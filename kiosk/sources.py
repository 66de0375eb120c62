"""Where the till's time, ids and chance come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from kiosk.clock import Clock, Trust
from kiosk.counter.events import CHANCE_BYTES, Moment


@dataclass(frozen=True, slots=True)
class Sources:
    """What the runner gives every event: time, the boot's id, fresh ids (UUIDv7) and random bytes from a CSPRNG."""

    clock: Clock
    trust: Trust
    boot: UUID
    new_id: Callable[[], UUID]
    random_bytes: Callable[[int], bytes]

    def moment(self) -> Moment:
        """Now."""
        wall, monotonic_ms = self.clock.now(), self.clock.monotonic_ms()
        return Moment(
            wall=wall,
            monotonic_ms=monotonic_ms,
            boot=self.boot,
            clock_trusted=self.trust.trusted(wall, monotonic_ms),
            ids=(self.new_id(), self.new_id()),
            chance=self.random_bytes(CHANCE_BYTES),
        )
