"""Rows by the thousand: the same on every engine, however many there are and if there are none."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import IntegrityError

from ledger.book.accounts import load_accounts
from ledger.book.store import post
from ledger.book.tables import documents, transfers
from ledger.storage.bulk import Columns, insert_columns, plain_rows, sent_together
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, reversal


def test_more_names_than_a_statement_takes_variables(database: Database, village: Village, door: Door) -> None:
    names = [SEVEN, *(f"household:{number}" for number in range(10_000, 80_000))]
    assert set(database.read(lambda tx: load_accounts(tx, village.village_id, names))) == {SEVEN}


def test_nobody_asked_for_is_nobody_found(database: Database, village: Village, door: Door) -> None:
    assert database.read(lambda tx: load_accounts(tx, village.village_id, [])) == {}


def test_nothing_to_post_writes_nothing(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    assert database.write(lambda tx: post(tx, village.village_id, [], now=clock.now())) == []


def test_no_rows_are_no_statement(database: Database) -> None:
    said: list[str] = []

    @event.listens_for(database.engines.write, "before_cursor_execute")
    def _said(_connection: object, _cursor: object, sql: str, _values: object, _context: object, _many: bool) -> None:
        said.append(sql)

    database.write(lambda tx: insert_columns(tx, transfers, {"village_id": [], "seq": []}))
    assert not [sql for sql in said if "transfers" in sql]


def test_a_column_comes_back_as_the_table_says(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """What goes in by columns comes out by the same types as what goes in one by one: ids, days, instants and what is absent."""
    first = award(5, clock)
    door(first, award(3, clock, credit=EIGHT, second="staff:2"))
    door(reversal(first, clock))
    query = select(transfers).order_by(transfers.c.seq)
    rows = database.read(lambda tx: tx.execute(query).all())
    assert rows[0].id == first.id
    assert [row.reverses for row in rows] == [None, None, first.id]
    assert {type(row.document_id) for row in rows} == {UUID}
    assert {row.done_on for row in rows} == {date(2026, 11, 16)}
    assert f"\n{rows[0].posted_at:%Y-%m-%dT%H:%M:%S.%fZ}\n".encode() in rows[0].leaf
    assert [row.second for row in rows] == [None, "staff:2", "staff:2"]


def test_what_goes_together_fails_together(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    """The first of three statements is refused: that is what comes out, nothing is kept, and the next unit of work has a clean connection."""
    door(award(5, clock))

    def work(tx: Connection) -> None:
        with sent_together(tx):
            for seq in (1, 2, 3):
                paper: Columns = {
                    "village_id": [village.village_id],
                    "seq": [seq],
                    "salt": [bytes(16)],
                    "body": [b"{}"],
                }
                insert_columns(tx, documents, paper)

    with pytest.raises(IntegrityError):
        database.write(work)
    door(award(3, clock))
    assert len(database.read(lambda tx: plain_rows(tx, select(documents.c.seq), {}))) == 2
