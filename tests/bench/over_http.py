"""The ledger as a process, over loopback: postings by one client and by sixteen, a kiosk's journal, a balance; start and memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.web.clock import SystemClock
from ledger.web.services import Services
from schemas.kiosk_api import UPLOAD_LIMIT
from tests.bench.figures import (
    ROUNDS,
    Figure,
    Pace,
    against,
    at_most,
    beside,
    none_of,
    percentile_99,
    say,
    told,
    turns,
)
from tests.bench.grown import Grown
from tests.bench.load import get
from tests.bench.processes import Running, free_port, program, seconds_of
from tests.bench.scene import batches, found_village, post_batch
from tests.bench.served import CLIENTS, Asking, award_requests, calling, open_ledger, serving
from tests.bench.shop import ENTRIES, Kiosk, open_shop
from tests.bench.tape import SqliteTape, Unit, recorded

ALONE, TOGETHER = 100, 25  # requests a client and round
SALES, UPLOADS = 100, 5  # entries a request, requests a round
READS = 50
SETTLED_S = 2.0
BACKLOG = 10_000  # entries


def door(folder: Path) -> Iterator[Figure]:
    """One award a request, through the server, the shell and the one door."""
    say("postings over HTTP …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fresh = Path(place) / "fresh"
        fresh.mkdir()
        with closing(open_ledger(fresh)) as database:
            found_village(database)
        tape, raw, ours = _copies(fresh, "tape", "raw", "ours")
        with closing(open_ledger(tape)) as database, recorded(database.engines.write) as units:
            for batch in batches(1, ROUNDS * ALONE):
                post_batch(database, batch)
        yield from _singly("one posting", raw, ours, units, [award_requests() for _ in range(1 + CLIENTS)])


def counter(folder: Path) -> Iterator[Figure]:
    """A kiosk's journal: signed, chained entries, each a sale with goods, stock and receipt."""
    say("a kiosk's journal over HTTP …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fresh = Path(place) / "fresh"
        shop = open_shop(fresh, kiosks=3 + CLIENTS)
        first, second, third, *others = shop.kiosks
        singly = list(islice(shop.sales(first, 1), ROUNDS * ALONE))
        many = list(islice(shop.sales(second, SALES), ROUNDS * UPLOADS))
        tape, raw, ours, tape_of_many, raw_of_many, ours_of_many, of_backlog = _copies(fresh, *"abcdefg")
        streams = [map(first.request, singly), *(map(kiosk.request, shop.sales(kiosk, 1)) for kiosk in others)]
        yield from _singly("one sale", raw, ours, _record(tape, first, singly), streams)
        units = _record(tape_of_many, second, many)
        yield from _batches(raw_of_many, ours_of_many, units, map(second.request, many))
        yield from _backlog(of_backlog, third, shop.days_offline(third, BACKLOG, UPLOAD_LIMIT))


def reading(village: Grown) -> Iterator[Figure]:
    """A balance by sixteen clients, beside the same server's empty address."""
    say("balances over HTTP …")
    with serving(village.data_dir) as (port, running), calling(port, CLIENTS) as clients:
        empty, balance, card = (
            Asking(running, clients, [cycle(map(get, paths)) for _ in clients])
            for paths in (["/bench/empty"], village.balances, village.cards)
        )
        bare, balances, cards = turns(*(partial(each.round, READS) for each in (empty, balance, card)))
        what = f"{village.transfers:,} transfers, {CLIENTS} clients"
        yield against(f"balance over HTTP, {what}, beside an empty answer", balances, bare, 0.6)
        yield percentile_99("… its p99", balance.milliseconds, 15, "ms")
        yield beside(f"whole page of a card /q, {what}, beside an empty answer", cards, bare)
        yield told("ledger: memory after that load", running.memory_mib(), "MiB")


def start(folder: Path) -> Iterator[Figure]:
    """``merit-ledger serve`` on a small village, from nothing to its first answer, and what it holds when nobody asks."""
    say("starting the ledger …")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        data_dir = Path(place) / "ledger"
        open_shop(data_dir, kiosks=0)
        port = free_port()
        environment = {"MERIT_LEDGER_DATA_DIR": str(data_dir), "MERIT_LEDGER_PORT": str(port)}
        subprocess.run([program("merit-ledger"), "init"], env=environment, check=True, capture_output=True)
        seconds, used, memory, bare = [], [], [], []
        for _ in range(ROUNDS):
            bare.append(seconds_of([sys.executable, "-c", "import flask, sqlalchemy, waitress"]))
            with Running(
                [program("merit-ledger"), "serve"], environment, f"http://127.0.0.1:{port}/healthz"
            ) as running:
                time.sleep(SETTLED_S)
                seconds.append(running.started_s)
                used.append(running.cpu_s())
                memory.append(running.memory_mib())
        imports = f"{median(bare):.2f} s imports"
        yield at_most("ledger: start to first answer", seconds, 1.5, "s", beside=imports, cost=f"{median(used):.2f} s")
        yield at_most("ledger: idle memory", memory, 90, "MiB")


def _singly(
    what: str, raw: Path, ours: Path, units: Sequence[Unit], streams: Sequence[Iterator[bytes]]
) -> Iterator[Figure]:
    """One unit of work a request, by the first stream's client alone, then by the others at once, beside bare single commits."""
    with closing(_tape(raw, units)) as tape, serving(ours) as (port, served), calling(port, 1 + CLIENTS) as clients:
        alone = Asking(served, clients[:1], streams[:1])
        together = Asking(served, clients[1:], streams[1:])
        bare, one, all_ = turns(lambda: tape.play(ALONE), lambda: alone.round(ALONE), lambda: together.round(TOGETHER))
    yield against(f"{what} a request, 1 client", one, bare, 0.25)
    yield against(f"{what} a request, {CLIENTS} clients", all_, bare, 0.5)
    yield percentile_99("… their p99", together.milliseconds, 25, "ms", beside=f"{_flush_ms(bare)} ms a bare commit")
    yield none_of("… answers other than 200", [*alone.sum.wrong, *together.sum.wrong])


def _flush_ms(bare: Sequence[Pace]) -> str:
    return f"{1000 / median(pace.per_second for pace in bare):.1f}"


def _batches(raw: Path, ours: Path, units: Sequence[Unit], requests: Iterator[bytes]) -> Iterator[Figure]:
    with closing(_tape(raw, units)) as tape, serving(ours) as (port, served), calling(port, 1) as clients:
        uploads = Asking(served, clients, [requests])
        mine, bare = turns(lambda: uploads.round(UPLOADS, SALES), lambda: tape.play(UPLOADS, SALES))
    yield against(f"sales in a journal, {SALES} a request", mine, bare, 0.5)
    yield none_of("… answers other than 200", uploads.sum.wrong)


def _backlog(data_dir: Path, kiosk: Kiosk, bodies: Sequence[bytes]) -> Iterator[Figure]:
    """A kiosk comes back after days without network."""
    with serving(data_dir) as (port, served), calling(port, 1) as clients:
        uploads = Asking(served, clients, [map(kiosk.request, bodies)])
        began = time.perf_counter()
        while len(uploads.sum.latencies_s) < len(bodies):
            uploads.round(1)
        yield at_most(
            f"upload of {BACKLOG:,} entries, {UPLOAD_LIMIT} a request", [time.perf_counter() - began], 10, "s"
        )
        yield none_of("… answers other than 200", uploads.sum.wrong)


def _record(data_dir: Path, kiosk: Kiosk, bodies: Sequence[bytes]) -> list[Unit]:
    """What the database is told when these uploads come in."""
    with closing(open_ledger(data_dir)) as database:
        client = create_app(Services(database, SystemClock(), LedgerSettings(data_dir=data_dir))).test_client()
        head = {"Authorization": f"Bearer {kiosk.token}"}
        with recorded(database.engines.write) as units:
            for body in bodies:
                answer = client.post(ENTRIES, data=body, content_type="application/json", headers=head)
                assert answer.status_code == 200, answer.text
                assert all(one["outcome"] == "posted" for one in answer.get_json()["outcomes"]), answer.text
    return units


def _copies(fresh: Path, *names: str) -> list[Path]:
    return [Path(shutil.copytree(fresh, fresh.with_name(name))) for name in names]


def _tape(data_dir: Path, units: Sequence[Unit]) -> SqliteTape:
    """In the journal that the ledger itself chooses on this machine."""
    with closing(open_ledger(data_dir)) as database:
        journal = database.engines.journal
    assert journal is not None
    return SqliteTape(data_dir / "ledger.sqlite", journal, units)
