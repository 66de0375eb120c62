"""The snapshot that this kiosk holds: asked with its cursor, put together with what changed, kept in the journal for the next start."""

from __future__ import annotations

from kiosk.clock import Clock
from kiosk.journal.journal import Journal
from kiosk.uplink.merging import cursor_of, merged
from schemas.kiosk_api import Snapshot

KEPT_AGAIN_AFTER_MS = (
    600_000  # an unchanged one: a memory card wears out by writing, and ten minutes of contact are nothing
)


class SnapshotShelf:
    """One thread's. Begins with what the journal holds, so that a restart asks only for what changed."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._held: Snapshot | None = None
        self._cursor: str | None = None  # None: not looked yet
        self._kept_ms: int | None = None

    def cursor(self) -> str:
        """What to ask with; "" for the whole."""
        if self._cursor is None:
            self._held = self._journal.snapshot()
            self._cursor = cursor_of(self._held)
        return self._cursor

    def put(self, answer: Snapshot) -> Snapshot | None:
        """The whole snapshot after that answer, in the journal before anybody hears of it. None: only a whole one will do."""
        whole = merged(self._held, answer)
        if whole is None:
            return None
        self._keep(whole)
        self._cursor = cursor_of(whole) if answer.whole else whole.cursor
        self._held = whole
        return whole

    def _keep(self, whole: Snapshot) -> None:
        now_ms = self._clock.monotonic_ms()
        recent = self._kept_ms is not None and now_ms - self._kept_ms < KEPT_AGAIN_AFTER_MS
        if (
            recent
            and self._held is not None
            and whole.model_copy(update={"taken_at": self._held.taken_at}) == self._held
        ):
            return
        self._journal.keep_snapshot(whole)
        self._kept_ms = now_ms
