"""When COMMIT itself fails: everyone in it is told, nobody twice, and the writer goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from ledger.storage.database import Database
from ledger.storage.writer import GROUP_LIMIT, StorageFault, Writer


@pytest.fixture(params=["delete", "wal"])
def numbers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/numbers.sqlite", journal=request.param)
    database.write(lambda tx: tx.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")).close())
    orphans = "CREATE TABLE orphans (n INTEGER REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED)"
    database.write(lambda tx: tx.execute(text(orphans)).close())
    yield database
    database.close()


def put(tx: Connection, n: int, table: str = "numbers") -> int:
    tx.execute(text(f"INSERT INTO {table} VALUES (:n)"), {"n": n})
    return n


def kept(database: Database) -> list[int]:
    return list(database.read(lambda tx: tx.execute(text("SELECT n FROM numbers ORDER BY n")).scalars().all()))


def test_a_commit_that_fails_is_a_fault_for_all_in_it_and_the_writer_goes_on(numbers: Database) -> None:
    """One unit fails by itself and is told so at once; then the commit of the others fails on a row that points nowhere."""
    writer, gate = Writer(numbers.engines.write), threading.Event()
    writer.submit(lambda tx: gate.wait())
    right, twice = writer.submit(partial(put, n=1)), writer.submit(partial(put, n=1))
    orphan = writer.submit(partial(put, n=9, table="orphans"))
    gate.set()
    assert isinstance(right.exception(), StorageFault)
    assert not isinstance(twice.exception(), StorageFault | None)
    assert isinstance(orphan.exception(), StorageFault)
    assert kept(numbers) == []
    assert writer.submit(partial(put, n=2)).result() == 2
    assert kept(numbers) == [2]
    writer.close()


def test_a_group_has_an_end_so_that_its_first_does_not_wait_for_all(numbers: Database) -> None:
    writer, gate, commits = Writer(numbers.engines.write), threading.Event(), list[Connection]()
    event.listen(numbers.engines.write, "commit", commits.append)  # goes with the engine
    writer.submit(lambda tx: gate.wait())
    units = [writer.submit(partial(put, n=n)) for n in range(3 * GROUP_LIMIT)]
    gate.set()
    assert [unit.result() for unit in units] == list(range(3 * GROUP_LIMIT))
    assert len(commits) >= 3
    assert kept(numbers) == list(range(3 * GROUP_LIMIT))
    writer.close()
