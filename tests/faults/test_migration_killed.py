"""A migration that is killed half-way has not happened: running it again gives exactly the tables and triggers of a fresh database."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from ledger.migrations.runner import is_current, upgrade
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from tests.faults.conftest import LONG
from tests.integration.book.conftest import database_url

PATIENCE_S = 60
NEVER = 10**9
KILLS = 30 if LONG else 3
SHAPES = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
    "postgresql": """
        SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'check', conrelid::regclass::text, conname || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'index', tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'function', proname::text, pg_get_functiondef(oid)
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'column', table_name::text, column_name || data_type || is_nullable
            FROM information_schema.columns WHERE table_schema = 'public'
        ORDER BY 1, 2, 3""",
}


def upgrade_and_die(url: str, journal: JournalMode | None, statements: int) -> None:
    """Run the migration in this process and kill it with signal 9 before its statement of that number."""
    database = Database(url, journal=journal)
    left = [statements]

    @event.listens_for(database.engines.write, "before_cursor_execute")
    def _count(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    upgrade(database)
    os._exit(0)


def run(url: str, journal: JournalMode | None, statements: int) -> int | None:
    """The exit code of such a process: −9 when it was killed, 0 when it came to its end."""
    program = multiprocessing.get_context("forkserver").Process(target=upgrade_and_die, args=(url, journal, statements))
    program.start()
    program.join(PATIENCE_S)
    if program.is_alive():
        program.kill()
        program.join()
    code = program.exitcode
    program.close()
    return code


def shape(database: Database) -> list[tuple[Any, ...]]:
    def read(tx: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in tx.execute(text(SHAPES[tx.dialect.name]))]

    return database.read(read)


def statements_of(database: Database) -> int:
    """How many statements a whole migration takes."""
    seen: list[str] = []

    @event.listens_for(database.engines.write, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    upgrade(database)
    return len(seen)


@pytest.fixture(params=["sqlite-delete", "sqlite-wal", "postgresql"])
def two_empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[list[str], JournalMode | None]]:
    """The addresses of two empty databases on the same engine."""
    if request.param != "postgresql":
        journal: JournalMode = "wal" if request.param == "sqlite-wal" else "delete"
        yield [f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("killed", "fresh")], journal
        return
    url = request.getfixturevalue("postgres_url")
    names = [f"merit_migration_{name}_{os.getpid()}" for name in ("killed", "fresh")]
    with psycopg.connect(url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")
        yield [database_url(url, name) for name in names], None
        for name in names:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.timeout(3_000 if LONG else 300)
def test_a_migration_killed_anywhere_is_run_again(two_empty: tuple[list[str], JournalMode | None]) -> None:
    (killed_at, fresh_at), journal = two_empty
    fresh = Database(fresh_at, journal=journal)
    whole = statements_of(fresh)
    expected = shape(fresh)
    assert len([row for row in expected if row[0] == "trigger"]) > 10
    chance = random.Random(20261116)
    places = sorted({1, whole // 2, whole - 2, whole - 1, *(chance.randrange(1, whole) for _ in range(KILLS))})
    for place in places:
        assert run(killed_at, journal, place) == -signal.SIGKILL, f"not killed at {place} of {whole}"
        database = Database(killed_at, journal=journal)
        assert shape(database) == []
        assert not is_current(database)
        database.close()
    assert run(killed_at, journal, NEVER) == 0
    database = Database(killed_at, journal=journal)
    upgrade(database)
    assert is_current(database)
    assert shape(database) == expected
    database.close()
    fresh.close()
