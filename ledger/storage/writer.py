"""SQLite's one writer: a thread that takes units of work, groups them into a commit, and answers each only after COMMIT."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
GROUP_LIMIT = 64  # units a commit: bounds how long the first of a group waits for its answer

_Task = tuple[Callable[[Connection], Any], Future[Any]]


class StorageFault(Exception):
    """The database could not do its part (full, locked, gone). Nothing of the unit of work was kept. Never a refusal."""


class Writer:
    """Runs units of work one after another in one thread. Start it once per process; close it before the engine goes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """A future that holds ``work``'s result once it is durable, or the exception that undid it."""
        if self._closed:
            raise StorageFault("the writer is closed")
        future: Future[T] = Future()
        self._tasks.put((work, future))
        return future

    def close(self) -> None:
        """Finish what was submitted, then stop the thread."""
        if not self._closed:
            self._closed = True
            self._tasks.put(None)
            self._thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while (first := self._tasks.get()) is not None:
            group = [first, *self._waiting()]
            try:
                connection = connection or self._engine.connect()
                self._commit_group(connection, group)
            except Exception as error:
                fail(group, error)
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _waiting(self) -> list[_Task]:
        """Whatever has queued up meanwhile, up to the group's limit. The stop sign goes back in line."""
        found: list[_Task] = []
        while len(found) < GROUP_LIMIT - 1:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            if task is None:
                self._tasks.put(None)
                break
            found.append(task)
        return found

    def _commit_group(self, connection: Connection, group: list[_Task]) -> None:
        """All units in one commit. When one fails, all are undone and run again, each in a savepoint: only then are savepoints worth
        their price, a copy of every page that is touched.
        """
        failure = self._commit_together(connection, group)
        if failure is not None and len(group) > 1:
            self._commit_apart(connection, group)
        elif failure is not None:
            group[0][1].set_exception(failure)

    def _commit_together(self, connection: Connection, group: list[_Task]) -> Exception | None:
        """Answer all units after COMMIT; or undo everything and give the error of the first that failed."""
        done: list[tuple[Future[Any], Any]] = []
        with connection.begin() as transaction:
            for work, future in group:
                try:
                    done.append((future, work(connection)))
                except Exception as error:
                    transaction.rollback()
                    return error
        answer(done)
        return None

    def _commit_apart(self, connection: Connection, group: list[_Task]) -> None:
        """Answer the units that fail at once, the others after COMMIT."""
        done: list[tuple[Future[Any], Any]] = []
        with connection.begin():
            for work, future in group:
                savepoint = connection.begin_nested()
                try:
                    result = work(connection)
                except Exception as error:
                    undo(savepoint, error)
                    future.set_exception(error)
                else:
                    savepoint.commit()
                    done.append((future, result))
        answer(done)


def answer(done: list[tuple[Future[Any], Any]]) -> None:
    """Tell each caller what its unit of work gave."""
    for future, result in done:
        future.set_result(result)


def undo(savepoint: NestedTransaction, error: Exception) -> None:
    """Undo one unit. On a full disk SQLite has undone the whole group by itself: then ``error``, the cause, comes out again."""
    try:
        savepoint.rollback()
    except DBAPIError as gone:
        raise (error if isinstance(error, DBAPIError) else gone) from gone


def fail(group: list[_Task], error: Exception) -> None:
    """The whole group is undone: whoever has no answer yet gets the fault."""
    for _, future in group:
        if not future.done():
            fault = StorageFault(str(error))
            fault.__cause__ = error
            future.set_exception(fault)
