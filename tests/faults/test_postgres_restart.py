"""A PostgreSQL that goes away in the middle, and one that asks to try again: faults are faults, and the pool is clean afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from time import monotonic, sleep
from uuid import UUID

import psycopg
import pytest

from ledger.book.reading import account_of
from ledger.book.store import post
from ledger.book.values import Outcome, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import RETRIES, Database
from ledger.storage.writer import StorageFault
from tests.conftest import MONDAY_MORNING
from tests.faults.checker import Event, problems
from tests.faults.conftest import Place, prepared
from tests.faults.load import request_of
from tests.faults.servers import PATIENCE_S, OwnServer
from tests.faults.test_kill import History, kept_in, resend_all

THREADS = 6


def checked_out(database: Database) -> int:
    return int(database.engines.write.pool.checkedout())  # type: ignore[attr-defined]


def eventually(true: object, *, what: str) -> None:
    """Wait until ``true()`` says so; the deadline is generous and only there so that a failing test ends."""
    deadline = monotonic() + PATIENCE_S
    while not true():  # type: ignore[operator]
        assert monotonic() < deadline, what
        sleep(0.01)


class Callers:
    """Threads that post one request after another, keep the history, and after a fault send the same request again."""

    def __init__(self, database: Database, village_id: int) -> None:
        self.database, self.village_id = database, village_id
        self.history, self.faults, self.surprises = History(), 0, list[BaseException]()
        self.over = threading.Event()
        self._keeping = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(f"c{n}",)) for n in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a caller hangs"

    @property
    def answered(self) -> int:
        with self._keeping:
            return sum(event.code is not None for event in self.history.events.values())

    def _run(self, name: str) -> None:
        for n in count():
            with self._keeping:
                self.history.hear(("ask", name, n, "", None))
            while not self.over.is_set():
                try:
                    outcome = self._post(name, n)
                except StorageFault:
                    with self._keeping:
                        self.faults += 1
                    sleep(0.01)
                except BaseException as error:
                    self.surprises.append(error)
                    return
                else:
                    with self._keeping:
                        self.history.hear(("told", name, n, outcome.code, outcome.seq))
                    break
            if self.over.is_set():
                return

    def _post(self, name: str, n: int) -> Outcome:
        request = request_of(name, n)
        return self.database.write(lambda tx: post(tx, self.village_id, [request], now=MONDAY_MORNING))[0]


@pytest.mark.timeout(400)
def test_a_server_that_restarts_under_load_loses_nothing_that_was_answered(own_server: OwnServer) -> None:
    place = prepared(own_server.url, None)
    database = place.open()
    callers = Callers(database, place.village_id)
    try:
        for mode in ("fast", "immediate", "immediate"):
            target = callers.answered + 60
            eventually(lambda target=target: callers.answered >= target, what=f"no answers before {mode}")
            own_server.restart(mode)
        target = callers.answered + 60
        eventually(lambda: callers.answered >= target, what="no answers after the last restart")
    finally:
        callers.stop()
    assert callers.surprises == []
    assert callers.faults > 0, "no restart was noticed"
    assert checked_out(database) == 0

    events = list(callers.history.events.values())
    assert problems(events, kept_in(database, place.village_id)) == []
    resend_all(database, place.village_id, callers.history, MONDAY_MORNING)
    report = verify(database, place.village_id)
    assert report.ok, report.problems
    database.close()


def test_a_server_that_is_away_is_a_fault_for_reading_and_writing_and_then_forgotten(own_server: OwnServer) -> None:
    place = prepared(own_server.url, None)
    database = place.open()
    paid = request_of("away", 0)

    def pay() -> Outcome:
        return database.write(lambda tx: post(tx, place.village_id, [paid], now=MONDAY_MORNING))[0]

    def balance() -> int:
        return database.read(lambda tx: account_of(tx, place.village_id, "fund")).balance

    balance()
    own_server.stop()
    for work in (pay, balance):
        with pytest.raises(StorageFault):
            work()
    assert checked_out(database) == 0
    own_server.start()
    assert pay().posted
    assert balance() < 0
    database.close()


@pytest.fixture
def place(fresh_postgres: str) -> Place:
    return prepared(fresh_postgres, None)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.open()
    yield database
    assert checked_out(database) == 0
    database.close()


def test_a_deadlock_is_tried_again_and_nobody_hears_of_it(database: Database, place: Place) -> None:
    """40P01, made on purpose: somebody locks an account first and the book second, the other way round than we do."""
    request = request_of("lock", 0)
    assert isinstance(request, TransferRequest)
    told: list[Outcome] = []
    with psycopg.connect(place.url) as rude, psycopg.connect(place.url, autocommit=True) as watcher:
        rude.execute("SET deadlock_timeout = '10min'")  # so that the server chooses us, not them
        rude.execute("SELECT 1 FROM accounts WHERE code = %s FOR UPDATE", [request.credit])
        ours = threading.Thread(
            target=lambda: told.extend(
                database.write(lambda tx: post(tx, place.village_id, [request], now=MONDAY_MORNING))
            )
        )
        ours.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        eventually(lambda: watcher.execute(waiting).fetchone() == (1,), what="we never waited for the account")
        rude.execute("SELECT 1 FROM books FOR UPDATE")
        assert told == []
        rude.rollback()
        ours.join(PATIENCE_S)
        killed = watcher.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        eventually(
            lambda: (watcher.execute("SELECT pg_stat_clear_snapshot()"), killed_count(watcher))[1] >= 1,
            what=f"there was no deadlock: {killed.fetchone()}",
        )
    assert [outcome.code for outcome in told] == ["posted"]
    assert verify(database, place.village_id).transfers == 1


def killed_count(watcher: psycopg.Connection) -> int:
    row = watcher.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(row[0]) if row else 0


def stumble(place: Place, times: int, sqlstate: str = "40001") -> None:
    """From now on, the first ``times`` transactions that write a transfer are told to try again. (A sequence is not rolled back.)"""
    with psycopg.connect(place.url, autocommit=True) as admin:
        admin.execute("CREATE SEQUENCE stumbles")
        admin.execute(
            "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF nextval('stumbles') <= {times} THEN RAISE EXCEPTION 'try again' USING ERRCODE = '{sqlstate}'; END IF; "
            "RETURN NEW; END $$"
        )
        admin.execute("CREATE TRIGGER stumble BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION stumble()")


def test_a_serialization_failure_is_tried_again(database: Database, place: Place) -> None:
    stumble(place, RETRIES - 1)
    (outcome,) = database.write(lambda tx: post(tx, place.village_id, [request_of("s", 0)], now=MONDAY_MORNING))
    assert (outcome.code, outcome.seq, outcome.repeated) == ("posted", 1, False)
    assert verify(database, place.village_id).ok


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "53100", "57014"])
def test_what_does_not_get_better_is_a_fault_and_leaves_nothing(
    database: Database, place: Place, sqlstate: str
) -> None:
    """Tried again in vain, or the disk full, or the statement cancelled: a fault, never a refusal, and the pool is clean."""
    stumble(place, 10**6, sqlstate)
    for _ in range(2):
        with pytest.raises(StorageFault):
            database.write(lambda tx: post(tx, place.village_id, [request_of("s", 0)], now=MONDAY_MORNING))
    kept = kept_in(database, place.village_id)
    assert (kept.outcomes, kept.transfers) == ({}, [])
    history: list[Event] = [Event(UUID(int=0), 1)]
    assert problems(history, kept) == []
