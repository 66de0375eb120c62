"""Units of work: each alone in what it does, together in one commit, and never a fault dressed as an answer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, UniqueConstraint, text

from ledger.migrations.runner import is_current, upgrade
from ledger.storage.columns import METADATA
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode, wal_is_safe
from ledger.storage.writer import StorageFault


@pytest.fixture(params=["delete", "wal"])
def journal(request: pytest.FixtureRequest) -> JournalMode:
    mode: JournalMode = request.param
    return mode


@pytest.fixture
def numbers(tmp_path: Path, journal: JournalMode) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/numbers.sqlite", journal=journal)
    database.write(lambda tx: tx.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")).close())
    yield database
    database.close()


def put(tx: Connection, n: int) -> int:
    tx.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": n})
    return n


def count(database: Database) -> int:
    return int(database.read(lambda tx: tx.execute(text("SELECT count(*) FROM numbers")).scalar_one()))


def test_what_was_answered_is_there(numbers: Database, journal: JournalMode) -> None:
    assert [numbers.write(lambda tx, n=n: put(tx, n)) for n in range(5)] == list(range(5))  # type: ignore[misc]
    assert count(numbers) == 5
    mode = numbers.read(lambda tx: tx.execute(text("PRAGMA journal_mode")).scalar_one())
    assert mode == journal


def test_one_unit_that_fails_is_undone_alone(numbers: Database) -> None:
    started = threading.Barrier(9)

    def work(n: int) -> None:
        started.wait()
        try:
            numbers.write(lambda tx: put(tx, n // 2))  # every number twice: one of each pair hits the primary key
        except Exception as error:
            failed.append(error)

    failed: list[Exception] = []
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    started.wait()
    for thread in threads:
        thread.join()
    assert count(numbers) == 4
    assert len(failed) == 4


def test_a_reader_cannot_write(numbers: Database) -> None:
    with pytest.raises(StorageFault, match="readonly"):
        numbers.read(lambda tx: put(tx, 1))
    assert count(numbers) == 0


def test_a_full_disk_is_a_fault_and_the_writer_goes_on_afterwards(numbers: Database) -> None:
    def fill(tx: Connection) -> None:
        tx.execute(text("PRAGMA max_page_count = 3"))
        for n in range(10_000):
            put(tx, n)

    with pytest.raises(StorageFault):
        numbers.write(fill)
    assert count(numbers) == 0
    assert numbers.write(lambda tx: put(tx, 1)) == 1


def test_another_program_that_holds_the_file_is_waited_for(numbers: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "numbers.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    timer.start()
    assert numbers.write(lambda tx: put(tx, 7)) == 7
    timer.join()
    other.close()


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.sqlite")
    database.close()
    with pytest.raises(StorageFault, match="closed"):
        database.write(lambda tx: None)


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 46, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
)
def test_wal_only_where_its_bug_is_mended(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def shape(database: Database, kind: str) -> set[str]:
    query = text("SELECT sql FROM sqlite_master WHERE type = :kind AND sql IS NOT NULL AND name <> 'alembic_version'")
    return {" ".join(sql.split()) for (sql,) in database.read(lambda tx: tx.execute(query, {"kind": kind}).all())}


def test_migrations_make_exactly_the_tables_the_rooms_describe(tmp_path: Path) -> None:
    import ledger.awards.tables
    import ledger.book.log_tables
    import ledger.book.tables
    import ledger.kiosks.tables
    import ledger.people.tables
    import ledger.scheme.tables
    import ledger.shop.tables
    import ledger.staff.tables
    import ledger.villages.tables  # noqa: F401

    migrated, described = Database(f"sqlite:///{tmp_path}/m.sqlite"), Database(f"sqlite:///{tmp_path}/d.sqlite")
    upgrade(migrated)
    described.write(METADATA.create_all)
    assert shape(migrated, "table") == shape(described, "table")
    assert shape(migrated, "index") == shape(described, "index")
    assert is_current(migrated)
    assert not is_current(described)
    migrated.close()
    described.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/m.sqlite")
    upgrade(database)
    before = shape(database, "table") | shape(database, "trigger")
    upgrade(database)
    assert shape(database, "table") | shape(database, "trigger") == before
    assert len(shape(database, "trigger")) == 31
    database.close()


def test_every_village_table_begins_its_keys_with_the_village() -> None:
    reference = {"villages", "staff", "staff_sessions", "staff_audit", "throttles"}
    for table in METADATA.sorted_tables:
        if table.name in reference:
            continue
        assert next(iter(table.primary_key.columns)).name == "village_id", table.name
        for constraint in table.foreign_key_constraints:
            assert constraint.referred_table.name in reference or "village_id" in constraint.column_keys, (
                constraint.name
            )
        for unique in table.constraints:
            if isinstance(unique, UniqueConstraint):
                assert next(iter(unique.columns)).name == "village_id", unique.name
