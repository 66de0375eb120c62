"""A book of millions in minutes: rows as posting writes them, without asking, and without waiting for the disk.

Leaves, documents, balances, tiles and the log's end are those of awards to one household after another, so ``verify`` finds the book right and
every proof holds. Triggers and foreign keys are off meanwhile; the triggers are put back as they were. One thing is not as posting would
have it: an outcome's hash of what was asked, which only a replay looks at.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection
from uuid6 import uuid7

from ledger.book.log import append_tiles
from ledger.storage.database import Database
from schemas.canonical import document_hash, whole_leaf
from schemas.merkle import extend, leaf_hash, pack, unpack
from tests.bench.scene import VILLAGE, VILLAGE_ID

PAGE = 5_000
POINTS = 5
_SALT = 16
Row = tuple[Any, ...]
_TRANSFER = f"INSERT INTO transfers VALUES ({','.join('?' * 16)})"
_DOCUMENT = "INSERT INTO documents VALUES (?, ?, ?, ?)"
_OUTCOME = "INSERT INTO outcomes VALUES (?, ?, ?, 'posted', '{}', ?, ?)"
_MOVED = "UPDATE accounts SET balance = ?, version = version + ? WHERE village_id = ? AND account_id = ?"
_GROWN = "UPDATE books SET last_seq = ?, last_posted_at = ?, frontier = ? WHERE village_id = ?"


def fill(path: Path, transfers: int) -> None:
    """Add so many awards to the village's book in that file. Nobody else may have it open."""
    with closing(Database(f"sqlite:///{path}")) as database, database.engines.write.connect() as connection:
        raw = cast(sqlite3.Connection, connection.connection.dbapi_connection)
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA foreign_keys=OFF")
        with _without_triggers(raw):
            pages = _Pages(connection, raw)
            for first in range(0, transfers, PAGE):
                with connection.begin():
                    pages.write(min(PAGE, transfers - first))


@contextmanager
def _without_triggers(raw: sqlite3.Connection) -> Iterator[None]:
    kept = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in kept:
        raw.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        for _, sql in kept:
            raw.execute(sql)


class _Pages:
    """Writes one page of awards after another."""

    def __init__(self, connection: Connection, raw: sqlite3.Connection) -> None:
        self._connection, self._raw = connection, raw
        self._seq, frontier = raw.execute("SELECT last_seq, frontier FROM books").fetchone()
        self._frontier = unpack(frontier)
        self._accounts = raw.execute("SELECT account_id, code FROM accounts WHERE kind = 'household'").fetchall()
        [(self._fund_id,)] = raw.execute("SELECT account_id FROM accounts WHERE kind = 'fund'").fetchall()
        self._balances: dict[int, int] = dict(raw.execute("SELECT account_id, balance FROM accounts").fetchall())
        self._moved: Counter[int] = Counter()
        self._next_id = uuid7().int  # ids that rise, as those of version 7 do

    def write(self, many: int) -> None:
        """The next awards; the caller commits."""
        now = datetime.now(UTC)
        day, kept_now = now.date().isoformat(), now.replace(tzinfo=None).isoformat(" ", "microseconds")
        salts = os.urandom(_SALT * many)
        made = [
            self._award(self._seq + place + 1, salts[_SALT * place : _SALT * (place + 1)], now, kept_now, day)
            for place in range(many)
        ]
        transfers, documents, outcomes, leaves, hashes = zip(*made, strict=True)
        self._raw.executemany(_TRANSFER, transfers)
        self._raw.executemany(_DOCUMENT, documents)
        self._raw.executemany(_OUTCOME, outcomes)
        append_tiles(self._connection, VILLAGE_ID, self._seq + 1, leaves)
        self._frontier = extend(self._frontier, self._seq, hashes)
        self._seq += many
        moved = [(self._balances[id_], times, VILLAGE_ID, id_) for id_, times in self._moved.items()]
        self._moved.clear()
        self._raw.executemany(_MOVED, moved)
        self._raw.execute(_GROWN, (self._seq, kept_now, pack(self._frontier), VILLAGE_ID))

    def _award(
        self, seq: int, salt: bytes, now: datetime, kept_now: str, day: str
    ) -> tuple[Row, Row, Row, bytes, bytes]:
        """Its rows in the three tables, its leaf and the leaf's hash."""
        (id_, dashed), (document, document_dashed) = self._uuid(), self._uuid()
        account_id, code = self._accounts[seq % len(self._accounts)]
        fund, household = self._move(self._fund_id, -POINTS), self._move(account_id, POINTS)
        body = f'{{"claim":"{document_dashed}","item":"义务劳动","line":{seq},"quantity":1,"version":3}}'.encode()
        asked = f"{dashed}\naward\nfund\n{code}\n{POINTS}\n{day}\n", f"-\n{document_dashed}\nstaff:1\nstaff:2\n"
        leaf = whole_leaf(VILLAGE, seq, asked, now, document_hash(salt, body))
        hash_ = leaf_hash(leaf)
        columns = (POINTS, day, kept_now, None, document, "staff:1", "staff:2", fund, household, leaf)
        row = (VILLAGE_ID, seq, id_, "award", self._fund_id, account_id, *columns)
        return row, (VILLAGE_ID, seq, salt, body), (VILLAGE_ID, id_, hash_, seq, kept_now), leaf, hash_

    def _move(self, account_id: int, points: int) -> int:
        self._moved[account_id] += 1
        self._balances[account_id] += points
        return self._balances[account_id]

    def _uuid(self) -> tuple[str, str]:
        """The next id, as SQLite keeps it and with its dashes."""
        self._next_id += 1
        digits = f"{self._next_id:032x}"
        return digits, f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
