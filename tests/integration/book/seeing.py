"""Everything the book keeps, row by row: what tests compare before and after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from ledger.book.reading import account_of
from ledger.book.tables import accounts, books, documents, hold_ends, holds, outcomes, overrides, transfers
from ledger.book.values import Account
from ledger.storage.database import Database

BOOK_TABLES: tuple[Table, ...] = (books, accounts, transfers, documents, outcomes, holds, hold_ends, overrides)
Dump = dict[str, list[tuple[Any, ...]]]


def dump(database: Database, *, without: tuple[str, ...] = ()) -> Dump:
    """Every row of every village in the book's tables, in the order of their keys."""

    def rows(tx: Connection, table: Table) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]

    return database.read(lambda tx: {t.name: rows(tx, t) for t in BOOK_TABLES if t.name not in without})


def standing(database: Database, village_id: int, code: str) -> Account:
    """The account as it stands."""
    return database.read(lambda tx: account_of(tx, village_id, code))


def leaves(database: Database, village_id: int) -> list[bytes]:
    """The log's leaves as they are stored, in order."""
    query = select(transfers.c.leaf).where(transfers.c.village_id == village_id).order_by(transfers.c.seq)
    return database.read(lambda tx: list(tx.execute(query).scalars()))
