"""A book that grew beside a young one: what posting, reading, proving and verifying cost then."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from ledger.book.proofs import inclusion_proof
from ledger.book.reading import account_of, last_lines
from ledger.book.values import household_account
from ledger.book.verify import verify
from ledger.storage.database import Database
from tests.bench.figures import Figure, Pace, against, at_most, percentile_99, rate, say, turns
from tests.bench.processes import program
from tests.bench.scene import HOUSEHOLDS, VILLAGE, VILLAGE_ID, batches, found_village, post_batch

YOUNG = 10_000
LOOKS = 200
_BYTES = "SELECT leaf, salt, body FROM transfers JOIN documents USING (village_id, seq) ORDER BY seq"


def proving(folder: Path, transfers: int) -> Iterator[Figure]:
    """Verify and prove on a book of so many transfers."""
    with tempfile.TemporaryDirectory(dir=folder) as place, ExitStack() as ends:
        small = ends.enter_context(closing(Book(Path(place) / "small", 1_000)))
        book = ends.enter_context(closing(Book(Path(place) / "book", transfers)))
        say("verifying …")
        mine, bare = turns(book.verify, book.hash_bytes, rounds=3)
        yield rate(f"verify, {transfers:,} transfers, beside bytes read and hashed", mine, bare, 150_000)
        above = _peak_mib(book.folder) - _peak_mib(small.folder)
        yield at_most(f"… its memory, above that for {small.size:,}", [above], 10, "MiB")
        yield percentile_99(
            f"proof, {transfers:,} transfers, p99", [1000 * book.prove().elapsed_s for _ in range(LOOKS)], 5, "ms"
        )


def growth(folder: Path, transfers: int) -> Iterator[Figure]:
    """The same work on a young book and on one that grew, in turns."""
    with tempfile.TemporaryDirectory(dir=folder) as place, ExitStack() as ends:
        young = ends.enter_context(closing(Book(Path(place) / "young", YOUNG)))
        grown = ends.enter_context(closing(Book(Path(place) / "grown", transfers)))
        works: dict[str, Callable[[Book], Pace]] = {
            "1,000 a commit": Book.post_many,
            "1 a commit": Book.post_singly,
            "balance": Book.read_balances,
            "page of a statement": Book.read_pages,
            "proof": Book.prove_many,
        }
        for what, work in works.items():
            say(f"{what}, grown and young …")
            mine, bare = turns(partial(work, grown), partial(work, young))
            yield against(f"{what}, {transfers:,} beside {YOUNG:,} transfers", mine, bare, 0.9)


class Book:
    """A village's book in a ledger's data directory, with so many transfers."""

    def __init__(self, folder: Path, transfers: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.size = 0
        self._path = folder / "ledger.sqlite"
        self._database = Database(f"sqlite:///{self._path}")
        found_village(self._database)
        say(f"a book of {transfers:,} transfers …")
        while self.size < transfers:
            self._post(1_000, 1)

    def close(self) -> None:
        self._database.close()

    def verify(self) -> Pace:
        """All transfers, columns compared with bytes."""

        def work() -> None:
            assert verify(self._database, VILLAGE_ID).ok

        return _timed(work, self.size)

    def hash_bytes(self) -> Pace:
        """All transfers, read by the bare driver, their bytes hashed once."""

        def work() -> None:
            with closing(sqlite3.connect(self._path)) as raw:
                for leaf, salt, body in raw.execute(_BYTES):
                    hashlib.sha256(leaf).digest()
                    hashlib.sha256(salt + body).digest()

        return _timed(work, self.size)

    def post_many(self) -> Pace:
        """Transfers, 1,000 a commit."""
        return self._post(1_000, 3)

    def post_singly(self) -> Pace:
        """Transfers, each with its own commit."""
        return self._post(1, LOOKS)

    def read_balances(self) -> Pace:
        """Balances, each in a snapshot of its own."""
        return self._look(lambda tx, code: account_of(tx, VILLAGE_ID, code))

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


def _peak_mib(folder: Path) -> float:
    """The most memory that ``merit-ledger verify`` holds on that directory, MiB."""
    environment = {**os.environ, "MERIT_LEDGER_DATA_DIR": str(folder)}
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    words = [program("merit-ledger"), "verify", "--village", VILLAGE]
    process = os.posix_spawn(words[0], words, environment, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    assert status == 0, status
    return usage.ru_maxrss / 1024
