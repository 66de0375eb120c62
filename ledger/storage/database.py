"""The database as the rooms see it: ``write`` a unit of work, ``read`` a snapshot. Both run a function of a connection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ledger.storage.engines import Engines, JournalMode, open_engines
from ledger.storage.writer import StorageFault, Writer

T = TypeVar("T")
RETRIES = 8
_RETRYABLE = ("40001", "40P01")  # serialization_failure, deadlock_detected


class Database:
    """Owns the engines and, on SQLite, the writer thread."""

    def __init__(self, url: str, *, journal: JournalMode | None = None) -> None:
        self.engines: Engines = open_engines(url, journal=journal)
        self._writer = Writer(self.engines.write) if self.engines.is_sqlite else None

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction and return its result after COMMIT.

        Whatever ``work`` raises comes out as it is and nothing of it is kept; a database's own failure is a StorageFault.
        ``work`` may run more than once (PostgreSQL retries), so it does nothing but read and write this connection.
        """
        try:
            return self._writer.submit(work).result() if self._writer else self._write_retrying(work)
        except (OperationalError, InterfaceError) as error:
            raise StorageFault(str(error)) from error

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one consistent snapshot that cannot write. Keep it under 100 ms: on SQLite readers delay COMMIT."""
        try:
            with self.engines.read.connect() as connection, connection.begin():
                return work(connection)
        except (OperationalError, InterfaceError) as error:
            raise StorageFault(str(error)) from error

    def close(self) -> None:
        """Finish what is under way, then let everything go."""
        if self._writer:
            self._writer.close()
        self.engines.dispose()

    def _write_retrying(self, work: Callable[[Connection], T]) -> T:
        for attempt in range(RETRIES):
            try:
                with self.engines.write.connect() as connection, connection.begin():
                    return work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRYABLE or attempt == RETRIES - 1:
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")
