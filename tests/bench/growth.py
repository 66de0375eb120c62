"""Verifying and proving a large book, and what everything costs on a book that grew, beside a young one."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import cycle
from pathlib import Path

from tests.bench.book import LOOKS, Book
from tests.bench.figures import Figure, Pace, against, at_most, percentile_99, rate, say, turns
from tests.bench.grown import Grown
from tests.bench.load import get
from tests.bench.processes import program
from tests.bench.scene import VILLAGE
from tests.bench.served import CLIENTS, Asking, award_requests, calling, serving

YOUNG = 10_000
PROOFS = 1_000
ROUNDS = 3
SALES = 100  # entries a request
_BYTES = "SELECT leaf, salt, body FROM transfers JOIN documents USING (village_id, seq) ORDER BY seq"


def proving(village: Grown, small: Grown) -> Iterator[Figure]:
    """Verify and prove on a book of so many transfers; its memory beside that for a small one."""
    transfers = f"{village.transfers:,} transfers"
    with closing(Book(village.data_dir)) as book:
        say(f"verifying {transfers} …")
        mine, bare = turns(book.verify, lambda: _hash_bytes(book), rounds=ROUNDS)
        yield rate(f"verify, {transfers}, beside bytes read and hashed", mine, bare, 150_000)
        above = _peak_mib(village.data_dir) - _peak_mib(small.data_dir)
        yield at_most(f"… its memory, above that for {small.transfers:,}", [above], 10, "MiB")
        say("proving …")
        paces = [book.prove() for _ in range(PROOFS)]
        cost = f"{1e6 * sum(pace.cpu_s or 0 for pace in paces) / PROOFS:,.0f} µs"
        times = [1000 * pace.elapsed_s for pace in paces]
        yield percentile_99(f"proof, {transfers}, p99", times, 5, "ms", cost=cost)


def growth(grown: Grown, young: Grown) -> Iterator[Figure]:
    """The same work on a young book and on one that grew, in turns."""
    beside = f"{grown.transfers:,} beside {young.transfers:,}"
    with ExitStack() as ends:
        books = [ends.enter_context(closing(Book(village.data_dir))) for village in (grown, young)]
        works: dict[str, tuple[Callable[[Book], Pace], int]] = {
            "verify": (Book.verify, 1),
            "proof": (Book.prove_many, ROUNDS),
            "page of a statement": (Book.read_pages, ROUNDS),
            "engine, 1,000 a commit": (Book.post_many, ROUNDS),
            "engine, 1 a commit": (Book.post_singly, ROUNDS),
        }
        for what, (work, rounds) in works.items():
            say(f"{what}, grown and young …")
            mine, other = turns(*(partial(work, book) for book in books), rounds=rounds)
            yield against(f"{what}, {beside}", mine, other, 0.9)
    yield from _over_http(grown, young, beside)


def _over_http(grown: Grown, young: Grown, beside: str) -> Iterator[Figure]:
    say("over HTTP, grown and young …")
    with ExitStack() as ends:
        asked = [_works_over_http(ends, village) for village in (grown, young)]
        for what in asked[0]:
            mine, other = turns(*(works[what] for works in asked), rounds=ROUNDS)
            yield against(f"{what}, {beside}", mine, other, 0.9)


def _works_over_http(ends: ExitStack, village: Grown) -> dict[str, Callable[[], Pace]]:
    """Each of the rows over HTTP as a round on that village's own server."""
    port, running = ends.enter_context(serving(village.data_dir))
    clients = ends.enter_context(calling(port, 1 + CLIENTS))
    streams = [award_requests() for _ in clients]
    alone, together = Asking(running, clients[:1], streams[:1]), Asking(running, clients[1:], streams[1:])
    sales = Asking(running, clients[:1], [map(village.kiosk.request, village.shop.sales(village.kiosk, SALES))])
    reads = Asking(running, clients[1:], [cycle(map(get, village.balances)) for _ in clients[1:]])
    return {
        "one posting a request, 1 client": lambda: alone.round(LOOKS),
        f"one posting a request, {CLIENTS} clients": lambda: together.round(LOOKS // 4),
        f"sales in a journal, {SALES} a request": lambda: sales.round(5, SALES),
        f"balance over HTTP, {CLIENTS} clients": lambda: reads.round(LOOKS // 2),
    }


def _hash_bytes(book: Book) -> Pace:
    """All transfers, read by the bare driver, their bytes hashed once."""
    began, used = time.perf_counter(), time.process_time()
    with closing(sqlite3.connect(book.path)) as raw:
        for leaf, salt, body in raw.execute(_BYTES):
            hashlib.sha256(leaf).digest()
            hashlib.sha256(salt + body).digest()
    return Pace(book.size, time.perf_counter() - began, time.process_time() - used)


def _peak_mib(folder: Path) -> float:
    """The most memory that ``merit-ledger verify`` holds on that directory, MiB."""
    environment = {**os.environ, "MERIT_LEDGER_DATA_DIR": str(folder)}
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    words = [program("merit-ledger"), "verify", "--village", VILLAGE]
    process = os.posix_spawn(words[0], words, environment, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    assert status == 0, status
    return usage.ru_maxrss / 1024
