"""The ledger as a process, over loopback: postings by one client and by sixteen, a kiosk's journal, a balance; start and memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count, cycle, islice, repeat
from pathlib import Path

from uuid6 import uuid7

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.web.clock import SystemClock
from ledger.web.services import Services
from tests.bench.figures import ROUNDS, Figure, against, at_most, none_of, percentile_99, say, turns
from tests.bench.load import Caller, Load, get, post, run
from tests.bench.processes import Running, free_port, program
from tests.bench.scene import batches, found_village, post_batch
from tests.bench.shop import ENTRIES, Kiosk, open_shop
from tests.bench.tape import PATIENCE_S, SqliteTape, Unit, recorded

CLIENTS = 16
ALONE, TOGETHER = 100, 25  # requests a client and round
SALES, UPLOADS = 100, 5  # entries a request, requests a round
READS = 50
SETTLED_S = 2.0


def door(folder: Path) -> Iterator[Figure]:
    """One award a request, through the server, the shell and the one door."""
    say("postings over HTTP …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fresh = Path(place) / "fresh"
        fresh.mkdir()
        with closing(_database(fresh)) as database:
            found_village(database)
        tape, raw, ours = _copies(fresh, "tape", "raw", "ours")
        with closing(_database(tape)) as database, recorded(database.engines.write) as units:
            for batch in batches(1, ROUNDS * ALONE):
                post_batch(database, batch)
        yield from _singly("one posting", raw, ours, units, [_awards() for _ in range(1 + CLIENTS)])


def counter(folder: Path) -> Iterator[Figure]:
    """A kiosk's journal: signed, chained entries, each a sale with goods, stock and receipt."""
    say("a kiosk's journal over HTTP …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fresh = Path(place) / "fresh"
        shop = open_shop(fresh, kiosks=2 + CLIENTS)
        first, second, *others = shop.kiosks
        singly = list(islice(shop.sales(first, 1), ROUNDS * ALONE))
        many = list(islice(shop.sales(second, SALES), ROUNDS * UPLOADS))
        tape, raw, ours, tape_of_many, raw_of_many, ours_of_many = _copies(fresh, *"abcdef")
        streams = [map(first.request, singly), *(map(kiosk.request, shop.sales(kiosk, 1)) for kiosk in others)]
        yield from _singly("one sale", raw, ours, _record(tape, first, singly), streams)
        units = _record(tape_of_many, second, many)
        yield _batches(raw_of_many, ours_of_many, units, map(second.request, many))


def reading(folder: Path, transfers: int) -> Iterator[Figure]:
    """A balance by sixteen clients, beside the same server's empty address."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        data_dir = Path(place) / "ledger"
        shop = open_shop(data_dir, kiosks=0)
        say(f"a book of {transfers:,} transfers to read …")
        with closing(_database(data_dir)) as database:
            for batch in batches(1_000, transfers // 1_000):
                post_batch(database, batch)
        say("balances over HTTP …")
        with _served(data_dir) as (port, running), _callers(port, CLIENTS) as clients:
            empty = _Reader(clients, ["/bench/empty"])
            balance = _Reader(clients, [f"/bench/balance/{number}" for number in shop.cards])
            card = _Reader(clients, [f"/q/{token}" for token in shop.cards.values()])
            rates = turns(empty.read, balance.read, card.read)
            what = f"{transfers:,} transfers, {CLIENTS} clients"
            yield against(f"balance over HTTP, {what}", rates[1], rates[0], 0.6)
            yield percentile_99("… its p99", balance.milliseconds, 15, "ms")
            yield against(f"page of a card /q, {what}", rates[2], rates[0], 0.6)
            yield percentile_99("… its p99", card.milliseconds, 15, "ms")
            yield at_most("ledger: memory after that load", [running.memory_mib()], 90, "MiB")


def start(folder: Path) -> Iterator[Figure]:
    """``merit-ledger serve`` on a small village, from nothing to its first answer, and what it holds when nobody asks."""
    say("starting the ledger …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        data_dir = Path(place) / "ledger"
        open_shop(data_dir, kiosks=0)
        port = free_port()
        environment = {"MERIT_LEDGER_DATA_DIR": str(data_dir), "MERIT_LEDGER_PORT": str(port)}
        subprocess.run([program("merit-ledger"), "init"], env=environment, check=True, capture_output=True)
        seconds, memory = [], []
        for _ in range(ROUNDS):
            with Running(
                [program("merit-ledger"), "serve"], environment, f"http://127.0.0.1:{port}/healthz"
            ) as running:
                time.sleep(SETTLED_S)
                seconds.append(running.started_s)
                memory.append(running.memory_mib())
        yield at_most("ledger: start to first answer", seconds, 1.5, "s")
        yield at_most("ledger: idle memory", memory, 90, "MiB")


class _Reader:
    """Sixteen clients that ask for pages in turn."""

    def __init__(self, clients: Sequence[Caller], paths: Sequence[str]) -> None:
        self._clients = clients
        self._requests = [get(path) for path in paths]
        self._sum = Load()

    def read(self) -> float:
        """Answers a second over the next requests."""
        done = run(self._clients, [cycle(self._requests) for _ in self._clients], READS, patience_s=PATIENCE_S)
        self._sum.add(done)
        return done.per_second

    @property
    def milliseconds(self) -> list[float]:
        """What each request so far took."""
        return [1000 * latency for latency in self._sum.latencies_s]


def _singly(
    what: str, raw: Path, ours: Path, units: Sequence[Unit], streams: Sequence[Iterator[bytes]]
) -> Iterator[Figure]:
    """One unit of work a request, by the first stream's client alone, then by the others at once, beside bare single commits."""
    with closing(_tape(raw, units)) as tape, _served(ours) as (port, _), _callers(port, 1 + CLIENTS) as clients:
        alone, together = Load(), Load()

        def by_one() -> float:
            done = run(clients[:1], streams[:1], ALONE, patience_s=PATIENCE_S)
            alone.add(done)
            return done.per_second

        def by_all() -> float:
            done = run(clients[1:], streams[1:], TOGETHER, patience_s=PATIENCE_S)
            together.add(done)
            return done.per_second

        bare, one, all_ = turns(lambda: tape.play(ALONE), by_one, by_all)
    yield against(f"{what} a request, 1 client", one, bare, 0.25)
    yield against(f"{what} a request, {CLIENTS} clients", all_, bare, 0.5)
    yield percentile_99("… their p99", [1000 * latency for latency in together.latencies_s], 25, "ms")
    yield none_of("… answers other than 200", [*alone.wrong, *together.wrong])


def _batches(raw: Path, ours: Path, units: Sequence[Unit], requests: Iterator[bytes]) -> Figure:
    with closing(_tape(raw, units)) as tape, _served(ours) as (port, _), _callers(port, 1) as clients:

        def upload() -> float:
            done = run(clients, [requests], UPLOADS, patience_s=PATIENCE_S)
            assert not done.wrong, done.wrong[0]
            return SALES * done.per_second

        mine, bare = turns(upload, lambda: SALES * tape.play(UPLOADS))
    return against(f"sales in a journal, {SALES} a request", mine, bare, 0.5)


def _record(data_dir: Path, kiosk: Kiosk, bodies: Sequence[bytes]) -> list[Unit]:
    """What the database is told when these uploads come in."""
    with closing(_database(data_dir)) as database:
        client = create_app(Services(database, SystemClock(), LedgerSettings(data_dir=data_dir))).test_client()
        head = {"Authorization": f"Bearer {kiosk.token}"}
        with recorded(database.engines.write) as units:
            for body in bodies:
                answer = client.post(ENTRIES, data=body, content_type="application/json", headers=head)
                assert answer.status_code == 200, answer.text
                assert all(one["outcome"] == "posted" for one in answer.get_json()["outcomes"]), answer.text
    return units


def _awards() -> Iterator[bytes]:
    for number in count():
        said = {"id": str(uuid7()), "document": str(uuid7()), "number": number}
        yield post("/bench/post", json.dumps(said).encode())


@contextmanager
def _served(data_dir: Path) -> Iterator[tuple[int, Running]]:
    """The ledger on that directory while this lasts, and its port."""
    port = free_port()
    environment = {"MERIT_LEDGER_DATA_DIR": str(data_dir), "BENCH_PORT": str(port)}
    words = [sys.executable, "-m", "tests.bench.service"]
    with Running(words, environment, f"http://127.0.0.1:{port}/healthz") as running:
        yield port, running


@contextmanager
def _callers(port: int, many: int) -> Iterator[list[Caller]]:
    with ExitStack() as ends:
        yield [ends.enter_context(closing(Caller(port))) for _ in repeat(None, many)]


def _copies(fresh: Path, *names: str) -> list[Path]:
    return [Path(shutil.copytree(fresh, fresh.with_name(name))) for name in names]


def _database(data_dir: Path) -> Database:
    return Database(f"sqlite:///{data_dir / 'ledger.sqlite'}")


def _tape(data_dir: Path, units: Sequence[Unit]) -> SqliteTape:
    """In the journal that the ledger itself chooses on this machine."""
    with closing(_database(data_dir)) as database:
        journal = database.engines.journal
    assert journal is not None
    return SqliteTape(data_dir / "ledger.sqlite", journal, units)
