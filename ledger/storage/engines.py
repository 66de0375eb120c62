"""Engines for the two databases, with the pragmas that make a commit durable, and the reasons told once at start."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool, PoolProxiedConnection, QueuePool

BUSY_TIMEOUT_MS = 10_000  # a command line is a second process: it waits for the service's writer

JournalMode = Literal["wal", "delete"]


@dataclass(frozen=True, slots=True)
class Engines:
    """One engine that writes and one that reads. ``journal`` says how SQLite keeps its commits safe; None on PostgreSQL."""

    write: Engine
    read: Engine
    journal: JournalMode | None

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, where one writer thread serves every unit of work."""
        return self.write.dialect.name == "sqlite"

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.write.dispose()
        self.read.dispose()


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """True where SQLite has the WAL-reset fix: ≥ 3.51.3, and the back-ports 3.50.7 and 3.44.6 (sqlite.org/wal.html)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def open_engines(url: str, *, journal: JournalMode | None = None) -> Engines:
    """Engines for ``sqlite:///path`` or a PostgreSQL URL. ``journal`` overrides the choice by SQLite's version (tests do)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parsed, pool_size=16, max_overflow=16, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return Engines(engine, snapshot, None)
    chosen: JournalMode = journal or ("wal" if wal_is_safe(sqlite3.sqlite_version_info[:3]) else "delete")
    path = Path(parsed.database or "")
    return Engines(_sqlite(path, chosen, writes=True), _sqlite(path, chosen, writes=False), chosen)


def _sqlite(path: Path, journal: JournalMode, *, writes: bool) -> Engine:
    """SQLite with explicit transactions: BEGIN IMMEDIATE to write (a deferred upgrade fails at once), BEGIN to read."""

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            raw.execute(f"PRAGMA journal_mode={journal}")
            raw.execute(f"PRAGMA synchronous={'FULL' if journal == 'wal' else 'EXTRA'}")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        except BaseException:  # no database at all, or a torn one
            raw.close()
            raise
        return raw

    pool: Any = {"poolclass": NullPool} if writes else {"poolclass": QueuePool, "pool_size": 16, "max_overflow": 16}
    engine = create_engine("sqlite://", creator=connect, **pool)

    def begin(connection: PoolProxiedConnection) -> None:
        connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    # where pysqlite does nothing; an engine with listeners looks for more of them at every statement, a fifth of a small read
    engine.dialect.do_begin = begin  # type: ignore[method-assign, assignment]
    return engine
