"""Rows that cannot be wrong: what somebody with a SQL shell tries, and what is found when the guards were taken away first."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from uuid6 import uuid7

from ledger.book.accounts import set_issue_limit
from ledger.book.checkpoints import add_countersignature, sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.values import HoldRequest, ReleaseRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.notes import SignerKey, sign
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import SEVEN, award

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


FOR_EVER = ("transfers", "outcomes", "holds", "hold_ends", "overrides", "log_tiles", "checkpoints", "countersignatures", "log_keys")  # fmt: skip
BY_HAND = {
    "sqlite": ["UPDATE {t} SET village_id = village_id", "DELETE FROM {t}", "INSERT OR REPLACE INTO {t} SELECT * FROM {t}",
               "REPLACE INTO {t} SELECT * FROM {t}", "INSERT INTO {t} SELECT * FROM {t} WHERE 1 ON CONFLICT DO UPDATE SET village_id = 1"],
    "postgresql": ["UPDATE {t} SET village_id = village_id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE",
                   "INSERT INTO {t} SELECT * FROM {t} ON CONFLICT ON CONSTRAINT pk_{t} DO UPDATE SET village_id = 1"],
}  # fmt: skip


@pytest.fixture
def full(database: Database, village: Village, door: Door, clock: FixedClock, tmp_path: Path) -> None:
    """A row in every table that is for ever: a hold that ended, an override, a full tile, a seal, its key, a township's signature."""
    here, now, township = village.village_id, clock.now(), SignerKey("township/清水镇", bytes(32))
    placed = HoldRequest(uuid7(), SEVEN, 5, None, "kiosk:1", uuid7())
    door(*(award(1, clock) for _ in range(255)), placed)
    door(ReleaseRequest(uuid7(), placed.id, "kiosk:1"))
    database.write(lambda tx: set_issue_limit(tx, here, tied_to_grants=True))
    assert door(award(9, clock, over_limit=True, second="staff:2"))[0].posted
    note = sign_checkpoint(database, here, "SQ", KeyFolder(tmp_path / "keys"), now=now)
    both = note.with_signatures(sign(note.text, township).signatures)
    database.write(lambda tx: add_countersignature(tx, here, both, township.verifier, now))


def test_nothing_that_is_for_ever_is_changed_removed_or_replaced_by_hand(
    database: Database,
    village: Village,
    engine: str,
    full: None,
) -> None:
    statements = [sql.format(t=table) for table in FOR_EVER for sql in BY_HAND[dialect(engine)]]
    for table in FOR_EVER:
        with database.engines.read.connect() as connection:
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() > 0, table
    assert [statement for statement in statements if not refused(database, statement)] == []
    assert verify(database, village.village_id, village="SQ").ok


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
    "UPDATE accounts SET held = 1 WHERE kind = 'household'",
    "UPDATE books SET last_seq = 2",
    "UPDATE books SET frontier = (SELECT t.leaf FROM transfers t WHERE t.seq = 1)",
    "INSERT INTO outcomes SELECT village_id, document_id, salt, 'posted', '{}', 1, posted_at FROM transfers JOIN documents USING (village_id, seq) WHERE seq = 1",
]


def take_the_guards_away(connection: Connection) -> list[str]:
    """No triggers, no foreign keys, no checks; the statements that put back what would be missed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")  # no triggers, no foreign keys
        for table, name in connection.exec_driver_sql(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        ).all():
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        return ["SET session_replication_role = origin"]
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


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
        guards = take_the_guards_away(connection)
        connection.exec_driver_sql(statement)
        for guard in guards:
            connection.exec_driver_sql(guard)
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
