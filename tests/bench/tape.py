"""The baseline: what our code wrote, written again by the bare driver with nothing around it.

A *tape* is recorded beside our own code: every INSERT and UPDATE of a unit of work, with its values as the driver got them. Playing
it back costs only what the database does: the same rows into the same tables with the same indexes and triggers, rows of one kind by
one ``executemany``, nothing read, checked, hashed or decided.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from ledger.storage.engines import JournalMode
from tests.bench.figures import Pace

Unit = dict[str, list[Any]]  # by statement, its rows; in the order in which statements first came
PATIENCE_S = 3.0  # a round ends after it, whatever is left: a busy disk shall not make hours of it


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Unit]]:
    """The units of work that are committed while this lasts."""
    units: list[Unit] = []
    unit: Unit = {}

    def heard(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        if sql.startswith(("INSERT", "UPDATE")):
            unit.setdefault(sql, []).extend(values if many else [values])

    def committed(_connection: Any) -> None:
        if unit:
            units.append(dict(unit))
            unit.clear()

    event.listen(engine, "before_cursor_execute", heard)
    event.listen(engine, "commit", committed)
    try:
        yield units
    finally:
        event.remove(engine, "before_cursor_execute", heard)
        event.remove(engine, "commit", committed)


class SqliteTape:
    """Plays units into a copy of the file that they were recorded on."""

    def __init__(self, path: Path, journal: JournalMode, units: Sequence[Unit]) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None)
        self._raw.execute(f"PRAGMA journal_mode={journal}")
        self._raw.execute(f"PRAGMA synchronous={'FULL' if journal == 'wal' else 'EXTRA'}")
        self._raw.execute("PRAGMA foreign_keys=ON")
        self._units = iter(units)

    def play(self, count: int, size: int = 1) -> Pace:
        """The next ``count`` units, of ``size`` each."""
        return paced(self._one, self._units, count, size)

    def close(self) -> None:
        self._raw.close()

    def _one(self, unit: Unit) -> None:
        self._raw.execute("BEGIN IMMEDIATE")
        for sql, rows in unit.items():
            self._raw.executemany(sql, rows)
        self._raw.execute("COMMIT")


class PostgresTape:
    """The same over psycopg, all of a unit's statements in one round trip."""

    def __init__(self, url: str, units: Sequence[Unit]) -> None:
        self._raw = psycopg.connect(url, autocommit=True)
        self._units = iter(units)

    def play(self, count: int, size: int = 1) -> Pace:
        """The next ``count`` units, of ``size`` each."""
        return paced(self._one, self._units, count, size)

    def close(self) -> None:
        self._raw.close()

    def _one(self, unit: Unit) -> None:
        with self._raw.pipeline(), self._raw.transaction():
            for sql, rows in unit.items():
                for values in rows:
                    self._raw.execute(sql, values)


def paced(work: Callable[[Any], object], items: Iterator[Any], count: int, size: int = 1) -> Pace:
    """Do ``work`` for the next ``count`` items, fewer when patience ends; an item stands for ``size``."""
    done, began, used = 0, time.perf_counter(), time.process_time()
    while done < count and (done == 0 or time.perf_counter() - began < PATIENCE_S):
        work(next(items))
        done += 1
    return Pace(done * size, time.perf_counter() - began, time.process_time() - used)
