"""``merit-ledger distribute``: refused where it cannot work, done once where it can, gone on with where it broke off.

Citus is no package that tests could install. So it is played on a real PostgreSQL by ``played_citus``, which refuses what the manual says
that Citus refuses; the last test takes the URL of a real coordinator with an empty database (MERIT_TEST_CITUS).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from ledger.book.store import open_account, post
from ledger.book.values import FUND, AccountKind, Kind, TransferRequest
from ledger.book.verify import verify
from ledger.cli import cli
from ledger.migrations.runner import upgrade
from ledger.storage.columns import METADATA
from ledger.storage.database import Database
from ledger.storage.distributing import distribute, plan
from ledger.storage.writer import StorageFault
from ledger.villages.store import NewVillage, add_village
from tests.integration.book.played_citus import allow_triggers, play_citus

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


def run(url: str, tmp_path: Path) -> Result:
    environ = {"MERIT_LEDGER_DATA_DIR": str(tmp_path / "data"), "MERIT_LEDGER_DATABASE_URL": url}
    return CliRunner().invoke(cli, ["distribute"], env=environ)


def change(database: Database, sql: str, **values: int) -> None:
    database.write(lambda tx: tx.execute(text(sql), values).close())


@pytest.fixture
def played(fresh_postgres: str) -> Iterator[Database]:
    """A coordinator, as far as it can be played, that allows triggers."""
    play_citus(fresh_postgres)
    database = Database(fresh_postgres)
    yield database
    database.close()


@contextmanager
def heard(database: Database) -> Iterator[list[str]]:
    """What is said to the server meanwhile, commits among it."""
    said: list[str] = []

    def statement(_connection: object, _cursor: object, sql: str, *_more: object) -> None:
        said.append(sql)

    def commit(_connection: object) -> None:
        said.append("COMMIT")

    event.listen(database.engines.write, "before_cursor_execute", statement)
    event.listen(database.engines.write, "commit", commit)
    yield said
    event.remove(database.engines.write, "before_cursor_execute", statement)
    event.remove(database.engines.write, "commit", commit)


def done(database: Database) -> dict[str, tuple[str, str]]:
    query = text(
        "SELECT table_name::text AS name, citus_table_type AS kind, distribution_column AS key FROM citus_tables"
    )
    return {row.name: (row.kind, row.key) for row in database.read(lambda tx: tx.execute(query).all())}


def test_sqlite_needs_no_shards(tmp_path: Path) -> None:
    told = run("", tmp_path)
    assert (told.exit_code, "这里用的是 SQLite，不用分片" in told.output) == (1, True)


def test_postgresql_without_citus_is_told_what_is_missing(fresh_postgres: str, tmp_path: Path) -> None:
    told = run(fresh_postgres, tmp_path)
    assert (told.exit_code, "CREATE EXTENSION citus" in told.output) == (1, True)


def test_a_coordinator_that_allows_no_triggers_is_told_which_setting(
    played: Database, fresh_postgres: str, tmp_path: Path
) -> None:
    allow_triggers(fresh_postgres, "off")
    told = run(fresh_postgres, tmp_path)
    assert (told.exit_code, "citus.enable_unsafe_triggers" in told.output) == (1, True)
    assert done(played) == {}


def test_the_command_distributes_everything_and_the_book_goes_on(
    played: Database, fresh_postgres: str, tmp_path: Path
) -> None:
    first, again = run(fresh_postgres, tmp_path), run(fresh_postgres, tmp_path)
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    for told, word in ((first, "分好"), (again, "已有")):
        assert [line.split()[:2] for line in told.output.splitlines()] == [
            [word, step.table] for step in plan(METADATA)
        ]
    assert done(played).keys() == METADATA.tables.keys()
    a_book_is_kept(played)


def test_each_table_is_a_transaction_and_each_is_told_the_same_way(played: Database) -> None:
    with heard(played) as said:
        list(distribute(played, plan(METADATA)))
    units = "\n".join(said).removesuffix("COMMIT").split("COMMIT\n")
    assert len(units) == len(METADATA.tables)
    for unit, step in zip(units, plan(METADATA), strict=True):
        look, local, make = unit.strip().splitlines()
        assert "FROM citus_tables" in look
        assert local == "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off"
        assert make == step.sql


@pytest.mark.parametrize("wrong", ["backwards", "alone", "no village", "shared table as a village's"])
def test_in_any_other_order_or_shape_it_would_be_refused(played: Database, wrong: str) -> None:
    """That the player refuses what it should: else the tests above could not fail."""
    steps = plan(METADATA)
    tried = {
        "backwards": [*[s for s in steps if s.reference], *reversed([s for s in steps if not s.reference])],
        "alone": [replace(step, beside=None) if step.table == "transfers" else step for step in steps],
        "no village": steps,
        "shared table as a village's": [replace(s, reference=False) if s.table == "staff" else s for s in steps],
    }[wrong]
    if wrong == "no village":
        change(played, "ALTER TABLE outcomes ADD CONSTRAINT wide UNIQUE (id)")
    with pytest.raises(StorageFault):
        list(distribute(played, tried))


def test_every_table_is_distributed_once(played: Database) -> None:
    assert all(fresh for _, fresh in distribute(played, plan(METADATA)))
    after = done(played)
    assert after.keys() == METADATA.tables.keys()
    assert after["transfers"] == ("distributed", "village_id")
    assert after["villages"] == ("reference", "<none>")
    assert not any(fresh for _, fresh in distribute(played, plan(METADATA)))
    assert done(played) == after


def test_a_run_that_broke_off_goes_on_where_it_was(played: Database) -> None:
    steps = plan(METADATA)
    change(
        played, "ALTER TABLE played ADD CONSTRAINT played_table_name_check CHECK (table_name <> 'transfers'::regclass)"
    )
    with pytest.raises(StorageFault, match="transfers"):
        list(distribute(played, steps))
    before = len(done(played))
    assert before == [step.table for step in steps].index("transfers")
    change(played, "ALTER TABLE played DROP CONSTRAINT played_table_name_check")
    assert sum(fresh for _, fresh in distribute(played, steps)) == len(steps) - before


def test_a_table_that_is_distributed_otherwise_is_a_fault(
    played: Database, fresh_postgres: str, tmp_path: Path
) -> None:
    insert = "INSERT INTO played VALUES ('accounts', 'distributed', 'account_id', 1)"
    change(played, insert)
    with pytest.raises(StorageFault, match="accounts is distributed by account_id"):
        list(distribute(played, plan(METADATA)))
    told = run(fresh_postgres, tmp_path)
    assert (told.exit_code, "accounts is distributed by account_id" in told.output) == (3, True)


@pytest.mark.skipif("MERIT_TEST_CITUS" not in os.environ, reason="needs a Citus coordinator: MERIT_TEST_CITUS=URL")
def test_a_book_is_kept_on_citus(tmp_path: Path) -> None:
    url = os.environ["MERIT_TEST_CITUS"]
    database = Database(url)
    upgrade(database)
    for _ in ("first", "again"):
        told = run(url, tmp_path)
        assert told.exit_code == 0, told.output
    assert done(database).keys() >= METADATA.tables.keys()
    a_book_is_kept(database)
    database.close()


def a_book_is_kept(database: Database) -> None:
    """A village of its own in it: posted, asked again, guarded, verified."""
    new = NewVillage(code=f"T{uuid4().hex[:8].upper()}", name="试村", phone="555 0123", quorum=1)
    village = database.write(lambda tx: add_village(tx, new, NOW))
    code, day = "household:0007", date(2026, 11, 15)
    database.write(lambda tx: open_account(tx, village.village_id, code, AccountKind.HOUSEHOLD, floor=0))
    award = TransferRequest(uuid4(), Kind.AWARD, FUND, code, 5, day, "staff:1", uuid4())
    for _ in ("first", "again"):
        [outcome] = database.write(lambda tx: post(tx, village.village_id, [award], now=NOW))
        assert (outcome.seq, outcome.credit_balance) == (1, 5)
    statement = "UPDATE transfers SET amount = 6 WHERE village_id = :village"
    with pytest.raises((DBAPIError, StorageFault), match="append-only"):
        change(database, statement, village=village.village_id)
    assert verify(database, village.village_id).ok
