"""Units of work: each alone in what it does, together in one commit, and never a fault dressed as an answer."""

from __future__ import annotations

import ast
import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Connection, Table, UniqueConstraint, text

import ledger.app  # noqa: F401 - every room describes its tables
from ledger.migrations.runner import is_current, upgrade
from ledger.storage.columns import METADATA
from ledger.storage.database import Database
from ledger.storage.distributing import REFERENCE_TABLES
from ledger.storage.engines import JournalMode, wal_is_safe
from ledger.storage.writer import StorageFault, Writer


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


def test_those_who_share_a_commit_with_a_failing_unit_get_what_is_theirs(numbers: Database) -> None:
    writer, gate = Writer(numbers.engines.write), threading.Event()
    writer.submit(lambda tx: gate.wait())  # while it runs, the others queue up and become one group
    units = [writer.submit(partial(put, n=n)) for n in (1, 2, 2, 3)]
    gate.set()
    assert [unit.exception() is None for unit in units] == [True, True, False, True]
    assert [unit.result() for unit in (units[0], units[1], units[3])] == [1, 2, 3]
    assert count(numbers) == 3
    writer.close()


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
    assert len(shape(database, "trigger")) == 52
    database.close()


VILLAGE_TABLES = [table for table in METADATA.sorted_tables if table.name not in REFERENCE_TABLES]
SHARED_TABLES = [table for table in METADATA.sorted_tables if table.name in REFERENCE_TABLES]


@pytest.mark.parametrize("table", VILLAGE_TABLES, ids=lambda table: str(table.name))
def test_every_village_table_begins_its_keys_with_the_village(table: Table) -> None:
    assert isinstance(table.c.village_id.type, BigInteger), "one type, or the shards do not lie together"
    assert next(iter(table.primary_key.columns)).name == "village_id"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(iter(constraint.columns)).name == "village_id", constraint.name
    for index in table.indexes:
        assert index.columns.keys()[0] == "village_id", index.name


@pytest.mark.parametrize("table", VILLAGE_TABLES, ids=lambda table: str(table.name))
def test_a_village_table_points_at_its_own_village_or_at_a_shared_table(table: Table) -> None:
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name not in REFERENCE_TABLES:
            first = constraint.elements[0]
            assert (first.parent.name, first.column.name) == ("village_id", "village_id"), constraint.name


def test_a_shared_table_points_at_no_village_table() -> None:
    for table in SHARED_TABLES:
        for constraint in table.foreign_key_constraints:
            assert constraint.referred_table.name in REFERENCE_TABLES, constraint.name


def test_a_foreign_key_never_rewrites_rows() -> None:
    """Citus refuses ON DELETE SET NULL and its like; and nothing of a book may vanish or change along with something else."""
    for table in METADATA.sorted_tables:
        for constraint in table.foreign_key_constraints:
            assert (constraint.ondelete, constraint.onupdate) == (None, None), constraint.name


def test_the_database_makes_no_numbers() -> None:
    """Serials fail on inserts through workers: every key is given, or counted under the village's lock."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            assert column is not table.autoincrement_column, column
            assert (column.server_default, column.identity) == (None, None), column


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Calls of a method, with what they are called on: ``select(…).where(…).name(…)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def test_a_row_is_locked_in_one_village_and_no_query_recurses() -> None:
    """``FOR UPDATE`` and recursive queries go to one shard or are refused."""
    locked = 0
    for path in (Path(__file__).parents[2] / "ledger").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for call in calls(ast.parse(source), "with_for_update"):
            assert ".village_id == " in ast.unparse(call), f"{path}:{call.lineno}"
            locked += 1
        for call in calls(ast.parse(source), "cte"):
            assert "recursive" not in {keyword.arg for keyword in call.keywords}, f"{path}:{call.lineno}"
        assert "FOR UPDATE" not in source.upper().replace("_", " ").replace("WITH FOR UPDATE", ""), path
    assert locked
