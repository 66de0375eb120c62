"""``merit-ledger distribute``: refused where it cannot work, done once where it can, gone on with where it broke off.

Citus is no package that tests could install. So its functions are played here by a few lines of SQL that keep the same list, and the
last test takes the URL of a real coordinator with an empty database (MERIT_TEST_CITUS).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
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

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
CITUS_PLAYED = """
    CREATE TABLE played (table_name regclass PRIMARY KEY, citus_table_type text, distribution_column text);
    CREATE VIEW citus_tables AS SELECT * FROM played;
    CREATE FUNCTION create_reference_table(t regclass) RETURNS void LANGUAGE sql
        AS $$ INSERT INTO played VALUES (t, 'reference', '<none>') $$;
    CREATE FUNCTION create_distributed_table(t regclass, key text, colocate_with text DEFAULT 'default') RETURNS void LANGUAGE plpgsql
        AS $$ BEGIN
            IF current_setting('citus.enable_local_reference_table_foreign_keys') <> 'off' THEN RAISE 'local tables'; END IF;
            INSERT INTO played VALUES (t, 'distributed', key);
        END $$;
"""


def run(url: str, tmp_path: Path) -> Result:
    environ = {"MERIT_LEDGER_DATA_DIR": str(tmp_path / "data"), "MERIT_LEDGER_DATABASE_URL": url}
    return CliRunner().invoke(cli, ["distribute"], env=environ)


def change(database: Database, sql: str, **values: int) -> None:
    database.write(lambda tx: tx.execute(text(sql), values).close())


@pytest.fixture
def played(fresh_postgres: str) -> Iterator[Database]:
    database = Database(fresh_postgres)
    change(database, CITUS_PLAYED)
    yield database
    database.close()


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
    change(played, "ALTER TABLE played ADD CHECK (table_name <> 'transfers'::regclass)")
    with pytest.raises(StorageFault, match="transfers"):
        list(distribute(played, steps))
    before = len(done(played))
    assert before == [step.table for step in steps].index("transfers")
    change(played, "ALTER TABLE played DROP CONSTRAINT played_table_name_check")
    assert sum(fresh for _, fresh in distribute(played, steps)) == len(steps) - before


def test_a_table_that_is_distributed_otherwise_is_a_fault(played: Database) -> None:
    insert = "INSERT INTO played VALUES ('accounts', 'distributed', 'account_id')"
    change(played, insert)
    with pytest.raises(StorageFault, match="accounts is distributed by account_id"):
        list(distribute(played, plan(METADATA)))


@pytest.mark.skipif("MERIT_TEST_CITUS" not in os.environ, reason="needs a Citus coordinator: MERIT_TEST_CITUS=URL")
def test_a_book_is_kept_on_citus(tmp_path: Path) -> None:
    url = os.environ["MERIT_TEST_CITUS"]
    database = Database(url)
    upgrade(database)
    for _ in ("first", "again"):
        told = run(url, tmp_path)
        assert told.exit_code == 0, told.output
    assert done(database).keys() >= METADATA.tables.keys()
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
    database.close()
