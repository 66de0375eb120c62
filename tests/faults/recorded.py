"""What our writer says to SQLite while it posts, taken down so that it can be played again on a disk with faults."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ledger.book.store import post
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from tests.conftest import MONDAY_MORNING
from tests.faults.conftest import Place, prepared
from tests.faults.load import request_of

POSTINGS = 240  # the write-ahead log passes its checkpoint at 1,000 pages more than once
FILE = "ledger.sqlite"
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "cache_size", "mmap_size", "temp_store")
Said = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Recorded:
    """What our writer said to SQLite: its connection's pragmas, and its statements with their values."""

    pragmas: dict[str, object]
    statements: list[Said]


@dataclass(frozen=True)
class Cut:
    """A disk after a power cut, and how many transfers had been acknowledged by then."""

    files: dict[str, bytes]
    acknowledged: int


def prepared_file(migrated_file: Path, folder: Path, journal: JournalMode) -> tuple[Path, Place]:
    """A prepared database file as it lies on the disk at the beginning, in its journal mode, with nothing open."""
    folder.mkdir()
    path = folder / FILE
    shutil.copy(migrated_file, path)
    place = prepared(f"sqlite:///{path}", journal)
    assert [file.name for file in folder.iterdir()] == [FILE]
    return path, place


def record(start: Path, place: Place, folder: Path) -> Recorded:
    """Post for real on a copy, one unit of work a commit, and take down what is said."""
    folder.mkdir()
    shutil.copy(start, folder / FILE)
    database = Database(f"sqlite:///{folder / FILE}", journal=place.journal)
    statements: list[Said] = []
    pragmas: dict[str, object] = {}

    @event.listens_for(database.engines.write, "connect")
    def _pragmas(raw: sqlite3.Connection, _record: object) -> None:
        for name in PRAGMAS:
            row = raw.execute(f"PRAGMA {name}").fetchone()
            if row is not None:
                pragmas[name] = row[0]

    @event.listens_for(database.engines.write, "begin")
    def _begin(_connection: object) -> None:
        statements.append(("BEGIN IMMEDIATE", ()))  # as ``engines`` says it to the driver itself

    @event.listens_for(database.engines.write, "before_cursor_execute")
    def _said(_connection: object, _cursor: object, sql: str, values: Any, _context: object, many: bool) -> None:
        statements.extend((sql, tuple(row)) for row in (values if many else [values]))

    @event.listens_for(database.engines.write, "commit")
    def _commit(_connection: object) -> None:
        statements.append(("COMMIT", ()))

    for n in range(POSTINGS):
        request = request_of("power", n)
        database.write(lambda tx, r=request: post(tx, place.village_id, [r], now=MONDAY_MORNING))  # type: ignore[misc]
    database.close()
    assert statements.count(("COMMIT", ())) == POSTINGS
    return Recorded(pragmas, statements)


def transfers_left(cut: Cut, place: Place, folder: Path) -> int:
    """Switch on again with what is on the disk: our own program opens it, verifies it, and says how many transfers there are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in cut.files.items():
        if not name.endswith("-shm"):
            (folder / name).write_bytes(content)
    database = Database(f"sqlite:///{folder / FILE}", journal=place.journal)
    try:
        report = verify(database, place.village_id)
        assert report.ok, report.problems
        return report.transfers
    finally:
        database.close()
