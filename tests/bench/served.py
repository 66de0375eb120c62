"""The ledger as a process with clients at its door, and what came of their requests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count, repeat
from pathlib import Path

from uuid6 import uuid7

from ledger.storage.database import Database
from tests.bench.figures import Pace
from tests.bench.load import Caller, Load, post, run
from tests.bench.processes import Running, free_port
from tests.bench.tape import PATIENCE_S

CLIENTS = 16


class Asking:
    """Some clients with their requests; what came of all rounds so far."""

    def __init__(self, served: Running, clients: Sequence[Caller], streams: Sequence[Iterator[bytes]]) -> None:
        self._served, self._clients, self._streams = served, clients, streams
        self.sum = Load()

    def round(self, count: int, size: int = 1) -> Pace:
        """Each client's next requests, of ``size`` each; the processor time is the server's."""
        used = self._served.cpu_s()
        done = run(self._clients, self._streams, count, patience_s=PATIENCE_S)
        self.sum.add(done)
        return Pace(size * len(done.latencies_s), done.elapsed_s, self._served.cpu_s() - used)

    @property
    def milliseconds(self) -> list[float]:
        """What each request so far took."""
        return [1000 * latency for latency in self.sum.latencies_s]


def award_requests() -> Iterator[bytes]:
    """Postings, one a request, without end."""
    for number in count():
        said = {"id": str(uuid7()), "document": str(uuid7()), "number": number}
        yield post("/bench/post", json.dumps(said).encode())


@contextmanager
def serving(data_dir: Path) -> Iterator[tuple[int, Running]]:
    """The ledger on that directory while this lasts, and its port."""
    port = free_port()
    environment = {"MERIT_LEDGER_DATA_DIR": str(data_dir), "BENCH_PORT": str(port)}
    words = [sys.executable, "-m", "tests.bench.service"]
    with Running(words, environment, f"http://127.0.0.1:{port}/healthz") as running:
        yield port, running


@contextmanager
def calling(port: int, many: int) -> Iterator[list[Caller]]:
    """So many clients with open connections."""
    with ExitStack() as ends:
        yield [ends.enter_context(closing(Caller(port))) for _ in repeat(None, many)]


def open_ledger(data_dir: Path) -> Database:
    """The database in a ledger's data directory."""
    return Database(f"sqlite:///{data_dir / 'ledger.sqlite'}")
