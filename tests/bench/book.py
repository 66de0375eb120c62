"""A village's book in a ledger's data directory, and what is timed on it in process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from ledger.book.proofs import inclusion_proof
from ledger.book.reading import book_head, last_lines
from ledger.book.values import household_account
from ledger.book.verify import verify
from tests.bench.figures import Pace
from tests.bench.scene import HOUSEHOLDS, VILLAGE_ID, batches, post_batch
from tests.bench.served import open_ledger

LOOKS = 200


class Book:
    """Opened; ``size`` counts its transfers."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "ledger.sqlite"
        self._database = open_ledger(data_dir)
        self.size, _ = self._database.read(lambda tx: book_head(tx, VILLAGE_ID))

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def verify(self) -> Pace:
        """All transfers, columns compared with bytes."""

        def work() -> None:
            assert verify(self._database, VILLAGE_ID).ok

        return _timed(work, self.size)

    def post_many(self) -> Pace:
        """Transfers, 1,000 a commit."""
        return self._post(1_000, 5)

    def post_singly(self) -> Pace:
        """Transfers, each with its own commit."""
        return self._post(1, LOOKS)

    def read_pages(self) -> Pace:
        """First pages of statements, 20 lines each."""
        return self._look(lambda tx, code: last_lines(tx, VILLAGE_ID, code, limit=20))

    def prove(self) -> Pace:
        """That some transfer is in the log."""
        seq = random.randint(1, self.size)
        return _timed(lambda: self._database.read(lambda tx: inclusion_proof(tx, VILLAGE_ID, seq, self.size)), 1)

    def prove_many(self) -> Pace:
        """The same for many."""
        return _timed(lambda: [self.prove() for _ in range(LOOKS)], LOOKS)

    def _post(self, size: int, many: int) -> Pace:
        waiting = batches(size, many)
        self.size += size * many

        def work() -> None:
            for batch in waiting:
                post_batch(self._database, batch)

        return _timed(work, size * many)

    def _look(self, look: Callable[[Connection, str], object]) -> Pace:
        def work() -> None:
            for number in range(LOOKS):
                code = household_account(f"{number % HOUSEHOLDS + 1:04}")
                self._database.read(lambda tx, code=code: look(tx, code))  # type: ignore[misc]

        return _timed(work, LOOKS)


def _timed(work: Callable[[], object], done: int) -> Pace:
    began, used = time.perf_counter(), time.process_time()
    work()
    return Pace(done, time.perf_counter() - began, time.process_time() - used)
