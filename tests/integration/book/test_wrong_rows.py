"""Rows that cannot be wrong: what somebody with a SQL shell tries, and what is found when the guards were taken away first."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import award

BOTH = [
    "UPDATE transfers SET amount = 6 WHERE seq = 1",
    "DELETE FROM transfers WHERE seq = 1",
    "UPDATE outcomes SET code = 'not_enough_points'",
    "DELETE FROM outcomes",
    "UPDATE accounts SET kind = 'bank' WHERE kind = 'household'",
    "UPDATE accounts SET balance = -1 WHERE kind = 'settled'",
    "UPDATE accounts SET floor = NULL WHERE kind = 'household'",
    "UPDATE accounts SET code = 'fund' WHERE kind = 'household'",
    "DELETE FROM accounts WHERE kind = 'household'",
    "UPDATE books SET decimals = 2",
]
ONLY = {
    "sqlite": [
        "INSERT OR REPLACE INTO transfers SELECT * FROM transfers WHERE seq = 1",
        "INSERT OR REPLACE INTO outcomes SELECT * FROM outcomes",
        "UPDATE documents SET body = x'00'",
        "UPDATE accounts SET balance = 1.5 WHERE kind = 'household'",
        "UPDATE books SET frontier = zeroblob(33)",
    ],
    "postgresql": [
        "TRUNCATE transfers CASCADE",
        "TRUNCATE outcomes CASCADE",
        "TRUNCATE documents",
        "UPDATE documents SET body = '\\x00'",
        "INSERT INTO transfers SELECT * FROM transfers WHERE seq = 1 ON CONFLICT (village_id, seq) DO UPDATE SET amount = 9",
    ],
}
COPY = (
    "INSERT INTO transfers (village_id, seq, id, kind, debit_id, credit_id, amount, done_on, posted_at, reverses, document_id, actor, "
    "debit_balance, credit_balance, leaf) SELECT village_id, {seq}, {id}, {kind}, {debit}, {credit}, {amount}, done_on, posted_at, {reverses}, "
    "document_id, actor, debit_balance, credit_balance, leaf FROM transfers WHERE seq = 1"
)
RIGHT = {
    "seq": "2",
    "id": "'00000000000000000000000000000002'",
    "kind": "kind",
    "debit": "debit_id",
    "credit": "credit_id",
    "amount": "amount",
    "reverses": "NULL",
}
WRONG = [
    {"seq": "1"},
    {"seq": "0"},
    {"id": "id"},
    {"amount": "0"},
    {"amount": "-5"},
    {"amount": "9007199254740992"},
    {"debit": "credit_id"},
    {"debit": "77"},
    {"kind": "'gift'"},
    {"kind": "'reversal'"},
    {"reverses": "id"},
    {"kind": "'reversal'", "reverses": "document_id"},
]


def dialect(engine: str) -> str:
    return engine.split("-")[0]


def run(database: Database, *statements: str) -> None:
    """By hand, in a transaction of its own, on a connection with the guards that every connection of ours has."""
    with database.engines.write.connect() as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)


def copy_row(engine: str, change: dict[str, str]) -> str:
    values = RIGHT | change
    if dialect(engine) == "postgresql":
        values |= {"id": values["id"] if values["id"] == "id" else f"{values['id']}::uuid"}
        values |= {"reverses": "NULL::uuid" if values["reverses"] == "NULL" else values["reverses"]}
    return COPY.format_map(values)


def refused(database: Database, statement: str) -> bool:
    try:
        run(database, statement)
    except IntegrityError:
        return True
    return False


def test_a_wrong_row_cannot_be_written_even_by_hand(
    database: Database, engine: str, door: Door, clock: FixedClock
) -> None:
    door(award(5, clock))
    statements = [*BOTH, *ONLY[dialect(engine)], *(copy_row(engine, change) for change in WRONG)]
    assert [statement for statement in statements if not refused(database, statement)] == []


@pytest.mark.parametrize("engine", ["sqlite-delete", "sqlite-wal"], indirect=True)
@pytest.mark.parametrize("amount", ["1.5", "'five'", "x'05'"])
def test_sqlite_takes_integers_only_though_its_columns_would_take_anything(
    database: Database, engine: str, door: Door, clock: FixedClock, amount: str
) -> None:
    door(award(5, clock))
    assert refused(database, copy_row(engine, {"amount": amount}))


def test_the_right_row_of_the_same_shape_passes(database: Database, engine: str, door: Door, clock: FixedClock) -> None:
    door(award(5, clock))
    run(database, copy_row(engine, {}))


TAMPERINGS = [
    "UPDATE transfers SET amount = 9 WHERE seq = 2",
    "UPDATE transfers SET actor = 'staff:9' WHERE seq = 2",
    "UPDATE transfers SET done_on = '2026-01-01' WHERE seq = 2",
    "UPDATE transfers SET debit_balance = debit_balance + 1 WHERE seq = 2",
    "UPDATE transfers SET leaf = (SELECT t.leaf FROM transfers t WHERE t.seq = 3) WHERE seq = 2",
    "UPDATE documents SET body = (SELECT d.salt FROM documents d WHERE d.seq = 1) WHERE seq = 2",
    "DELETE FROM transfers WHERE seq = 2",
    "DELETE FROM transfers WHERE seq = 3",
    "UPDATE accounts SET balance = balance + 1 WHERE kind = 'household'",
    "UPDATE accounts SET version = version + 1 WHERE kind = 'fund'",
    "UPDATE books SET last_seq = 2",
    "UPDATE books SET frontier = (SELECT t.leaf FROM transfers t WHERE t.seq = 1)",
    "INSERT INTO outcomes SELECT village_id, document_id, salt, 'posted', '{}', 1, posted_at FROM transfers JOIN documents USING (village_id, seq) WHERE seq = 1",
]


def take_the_guards_away(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")  # no triggers, no foreign keys
        for table, name in connection.exec_driver_sql(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        ).all():
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        return
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_what_is_changed_behind_the_books_back_is_found(
    database: Database, village: Village, door: Door, clock: FixedClock, statement: str
) -> None:
    door(award(5, clock), award(6, clock), award(7, clock))
    with database.engines.write.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
        take_the_guards_away(connection)
        connection.exec_driver_sql(statement)
        connection.commit()
    report = verify(database, village.village_id)
    assert not report.ok
    assert report.first_bad in (None, 2, 3)


def test_an_erased_document_is_counted_and_the_log_still_verifies(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(5, clock))
    run(database, "DELETE FROM documents")
    report = verify(database, village.village_id)
    assert report.ok
    assert report.erased_documents == 1
