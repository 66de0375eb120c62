"""The thread that keeps journal and ledger alike: the backlog in order, then a fresh snapshot, again and again.

It drops nothing. What the ledger says is in the journal before anybody hears of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiosk.clock import At, Clock
from kiosk.counter.values import LineStatus
from kiosk.journal.faults import JournalBehind
from kiosk.journal.journal import Journal
from kiosk.uplink.client import Declined, Forked, Missing, NoAnswerCame, Stopped
from kiosk.uplink.identity import Identity
from kiosk.uplink.shelf import SnapshotShelf
from schemas.kiosk_api import UPLOAD_LIMIT, EntryOutcome, Snapshot, Upload, UploadAnswer, UploadedEntry

log = logging.getLogger("kiosk.uplink")

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Ledger(Protocol):
    """What the uplink asks of a ledger (``LedgerClient`` over HTTP)."""

    def snapshot(self, token: str, *, since: str, unsent: int) -> Snapshot: ...
    def upload(self, token: str, upload: Upload) -> UploadAnswer: ...


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom the uplink tells; each is called in its thread and should only put something into a queue."""

    outcomes: Callable[[tuple[EntryOutcome, ...]], None]  # of one upload, in order
    snapshot: Callable[[Snapshot], None]
    status: Callable[[LineStatus], None]
    server_time: Callable[[datetime], None]
    answers_changed: Callable[[], None] = lambda: None  # some entries were answered otherwise than at first


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures in a row: doubling from 1 s to 60 s, half of it by ``chance`` (0 to 1), so that a
    village's kiosks do not all come back at once."""
    whole: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10))
    return whole / 2 + whole / 2 * chance


class Uplink:
    """Sends and fetches. ``wake`` makes it do both now; ``once`` is one round, for tests and for the thread alike."""

    def __init__(
        self,
        journal: Journal,
        ledger: Ledger,
        identity: Identity,
        tell: Tell,
        *,
        clock: Clock,
        chance: Callable[[], float],
        snapshot_every_s: float,
        at: At,
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._identity = identity
        self._tell = tell
        self._clock = clock
        self._chance = chance
        self._every_ms = int(snapshot_every_s * 1000)
        self._at = at
        self._failures = 0
        self._woken = False
        self._behind = True  # until the first round shows otherwise, as after any failure
        self._snapshot_ms: int | None = None
        self._shelf = SnapshotShelf(journal, clock)
        self._status: LineStatus | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request under way; what is unsent stays in the journal."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def wake(self) -> None:
        """Something was written: send it now, whatever the pause."""
        self._wake.set()

    def once(self, *, woken: bool = False) -> float:
        """One round: everything unsent, then the snapshot if due. Comes back with the seconds until the next. Never raises for the line.

        ``woken``: a sale wanted it, in the middle of a pause; without an answer the next pause is then no longer than this one was.
        """
        self._woken = woken
        try:
            sent = self._send_all()
            if sent or self._snapshot_due():
                self._fetch()
            self._well()
            return self._every_ms / 1000
        except Stopped as stop:
            return self._ill(LineStatus.REVOKED, stop)
        except (Forked, JournalBehind) as fork:
            return self._ill(LineStatus.FORKED, fork)
        except Missing as missing:
            return self._send_from(missing)
        except (NoAnswerCame, Declined) as silence:
            return self._ill(LineStatus.OFFLINE, silence)

    def _send_from(self, missing: Missing) -> float:
        """A ledger that was restored from an older copy gets again what it lost, from the next round on."""
        try:
            self._journal.keep_taken(missing.taken_up_to)
        except JournalBehind as behind:
            return self._ill(LineStatus.FORKED, behind)
        return self._ill(LineStatus.OFFLINE, missing)

    def _run(self) -> None:
        woken = False
        while not self._stop.is_set():
            try:
                wait_s = self.once(woken=woken)
            except (
                Exception
            ):  # a fault of the journal or a bug: the counter goes on as if offline, and this tries again
                log.exception("the uplink stumbled")
                wait_s = self._ill(LineStatus.OFFLINE, None)
            woken = self._wake.wait(wait_s)
            self._wake.clear()

    def _send_all(self) -> bool:
        """True when anything was sent. A snapshot is fetched after it, so that it holds what was just posted."""
        sent = False
        while (batch := self._journal.backlog(UPLOAD_LIMIT)) and not self._stop.is_set():
            self._send(batch)
            if self._behind:
                self._say(LineStatus.CATCHING_UP)
            sent = True
        return sent

    def _send(self, batch: tuple[UploadedEntry, ...]) -> None:
        last = batch[-1]
        signature = self._identity.sign_head(last.number, bytes.fromhex(last.link))
        answer = self._ledger.upload(self._identity.token, Upload(entries=list(batch), signature=signature))
        self._at("after_send")
        self._check(batch, answer)
        self._tell.server_time(answer.server_time)
        changed = self._journal.keep_answer(answer)
        self._tell.outcomes(tuple(answer.outcomes))
        if changed:
            self._tell.answers_changed()
        if answer.taken_up_to < batch[0].number:
            raise NoAnswerCame(f"the ledger holds only up to {answer.taken_up_to}")

    def _check(self, batch: tuple[UploadedEntry, ...], answer: UploadAnswer) -> None:
        """What is taken must have an outcome, and an outcome must be of the entry it names; else it is no answer."""
        ids = self._journal.entry_ids(batch[0].number, batch[-1].number)
        if any(o.number not in ids or o.id not in (None, ids[o.number]) for o in answer.outcomes):
            raise NoAnswerCame("outcomes of other entries than were sent")
        told = {outcome.number for outcome in answer.outcomes}
        if len(told) != len(answer.outcomes):
            raise NoAnswerCame("two outcomes of one entry")
        if missing := [number for number in ids if number <= answer.taken_up_to and number not in told]:
            raise NoAnswerCame(f"taken without an outcome: {missing[0]} …")

    def _snapshot_due(self) -> bool:
        return self._snapshot_ms is None or self._clock.monotonic_ms() - self._snapshot_ms >= self._every_ms

    def _fetch(self) -> None:
        """What changed since, or the whole; what the till and the journal get is always whole."""
        snapshot = self._shelf.put(self._ask_since(self._shelf.cursor()))
        if snapshot is None:
            log.warning("what changed does not fit what is held: fetching the whole snapshot")
            snapshot = self._shelf.put(self._ask_since(""))
        if snapshot is None:
            raise NoAnswerCame("a part of a snapshot where the whole was asked for")
        self._snapshot_ms = self._clock.monotonic_ms()
        self._tell.snapshot(snapshot)

    def _ask_since(self, cursor: str) -> Snapshot:
        answer = self._ledger.snapshot(self._identity.token, since=cursor, unsent=self._journal.unsent())
        if answer.village.code != self._identity.village:
            raise NoAnswerCame(f"a snapshot of {answer.village.code}")
        self._tell.server_time(answer.taken_at)
        if answer.taken_up_to is not None:
            self._compare(answer.taken_up_to)
        return answer.model_copy(update={"taken_up_to": None})  # it is of this moment, and nothing to keep

    def _compare(self, taken_up_to: int) -> None:
        """Raises Missing when the ledger holds less than it said before, JournalBehind when it holds more than there is."""
        head = self._journal.head()
        if taken_up_to > (head.number if head else 0):
            raise JournalBehind(f"村里收到第 {taken_up_to} 笔，这里没有那么多")
        if taken_up_to < self._journal.taken_up_to():
            raise Missing(taken_up_to)

    def _well(self) -> None:
        self._failures = 0
        self._behind = False
        self._say(LineStatus.ONLINE)

    def _ill(self, status: LineStatus, why: Exception | None) -> float:
        if not self._woken or self._failures == 0:
            self._failures += 1
        self._behind = True
        self._snapshot_ms = None
        if status is not self._status:
            log.warning("the line is %s: %s", status.value, why)
        self._say(status)
        return pause_s(self._failures, self._chance())

    def _say(self, status: LineStatus) -> None:
        self._status = status
        self._tell.status(status)
