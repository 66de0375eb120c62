"""kill -9 in the middle of posting, again and again: what was acknowledged is there, the rest is there once or not at all.

The program that is killed posts with several threads and says what it asks and what it was told through a pipe, so that the history
lives outside it. LONG=1 kills 200 times instead of 10.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from multiprocessing.connection import Connection as Pipe
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from ledger.book.store import post
from ledger.book.tables import outcomes, transfers
from ledger.book.verify import verify
from ledger.storage.database import Database
from tests.conftest import MONDAY_MORNING
from tests.faults.checker import Event, Kept, problems
from tests.faults.conftest import LONG, Place
from tests.faults.load import request_of

KILLS = 200 if LONG else 10
THREADS = 6
PATIENCE_S = 60


def post_until_killed(place: Place, worker: str, pipe: Pipe) -> None:
    """The program: never ends by itself. Says ("ask", worker, n), then ("told", worker, n, code, seq)."""
    database = place.open()
    speaking = threading.Lock()

    def say(*words: object) -> None:
        with speaking:
            pipe.send(words)

    def work(name: str) -> None:
        for n in count():
            say("ask", name, n)
            request = request_of(name, n)
            (outcome,) = database.write(lambda tx, r=request: post(tx, place.village_id, [r], now=MONDAY_MORNING))  # type: ignore[misc]
            say("told", name, n, outcome.code, outcome.seq)

    threads = [threading.Thread(target=work, args=(f"{worker}.{n}",)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass
class History:
    """What came through the pipes of all the programs, in one order."""

    events: dict[UUID, Event] = field(default_factory=dict)
    asked: dict[UUID, tuple[str, int]] = field(default_factory=dict)
    moments: count[int] = field(default_factory=count)

    def hear(self, words: tuple[str, str, int, str, int | None]) -> bool:
        """Take one message; True when somebody was told something."""
        id_ = request_of(words[1], words[2]).id
        if words[0] == "ask":
            self.asked[id_] = words[1:3]
            self.events[id_] = Event(id_, next(self.moments))
            return False
        self.events[id_] = Event(id_, self.events[id_].asked, next(self.moments), words[3], words[4])
        return True


def kill_once(place: Place, worker: str, history: History, chance: random.Random) -> None:
    """Start the program, let it answer a random number of times, kill it, and hear out what is still in the pipe."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    program = context.Process(target=post_until_killed, args=(place, worker, theirs), daemon=True)
    program.start()
    theirs.close()
    try:
        answers = chance.randint(1, 60)
        while answers:
            assert ours.poll(PATIENCE_S), "the program says nothing"
            answers -= history.hear(ours.recv())
        threading.Event().wait(chance.uniform(0, 0.02))
    finally:
        program.kill()
        program.join()
        program.close()
    while ours.poll():
        try:
            history.hear(ours.recv())
        except EOFError:
            break
    ours.close()


def kept_in(database: Database, village_id: int) -> Kept:
    def read(tx: Connection) -> Kept:
        decided = select(outcomes.c.id, outcomes.c.code, outcomes.c.seq).where(outcomes.c.village_id == village_id)
        lines = select(transfers.c.id).where(transfers.c.village_id == village_id).order_by(transfers.c.seq)
        return Kept({r.id: (r.code, r.seq) for r in tx.execute(decided)}, tx.execute(lines).scalars().all())

    return database.read(read)


def resend_all(database: Database, village_id: int, history: History, now: datetime) -> None:
    """Whoever asks again gets the first answer; who never got one gets it now."""
    before = kept_in(database, village_id).outcomes
    ids = list(history.asked)
    for start in range(0, len(ids), 200):
        some = [request_of(*history.asked[id_]) for id_ in ids[start : start + 200]]
        again = database.write(lambda tx, some=some: post(tx, village_id, some, now=now))  # type: ignore[misc]
        for outcome in again:
            assert outcome.repeated == (outcome.id in before)
            assert before.get(outcome.id, (outcome.code, outcome.seq)) == (outcome.code, outcome.seq)


@pytest.mark.timeout(3_000 if LONG else 400)
def test_what_was_acknowledged_survives_every_kill(place: Place) -> None:
    chance, history = random.Random(20261116), History()
    for kill in range(KILLS):
        kill_once(place, f"w{kill}", history, chance)
        if kill % 5 == 4 or kill == KILLS - 1:
            database = place.open()
            assert problems(list(history.events.values()), kept_in(database, place.village_id)) == []
            assert verify(database, place.village_id).ok
            database.close()
    told = [event for event in history.events.values() if event.code is not None]
    assert {"posted", "held", "not_enough_points"} <= {event.code for event in told}
    assert len(told) < len(history.events), "no kill came between question and answer"

    database = place.open()
    resend_all(database, place.village_id, history, MONDAY_MORNING)
    kept = kept_in(database, place.village_id)
    assert kept.outcomes.keys() == history.events.keys()
    assert problems(list(history.events.values()), kept) == []
    report = verify(database, place.village_id)
    assert report.ok, report.problems
    database.close()
