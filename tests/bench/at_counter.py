"""The kiosk as a process, with the demo's virtual scanner and printer on a real pty and a real TCP port. No Pi, no real printer."""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from deploy.demo.folders import DATA, Folders
from deploy.demo.programs import free_ports, kiosk_environment
from deploy.demo.running import Demo
from deploy.demo.running import running as running_demo
from kiosk.devices.raster import drawer
from kiosk.receipts.escpos import encode
from kiosk.receipts.layout import redemption
from kiosk.receipts.values import PAPER_58, ReceiptLine, RedemptionReceipt
from tests.bench.backlog import uploading, write_backlog
from tests.bench.figures import ROUNDS, Figure, at_most, percentile_99, say
from tests.bench.processes import Running, program
from tests.bench.visits import AtCounter

SALES = 30
COMMITS = 4  # from a confirmed sale to its paper: the entry, the ledger's, its answer, the paper's steps
IDLE_S = 10.0


def counter(folder: Path) -> Iterator[Figure]:
    """Start, idling, and sales from the scan to the paper."""
    yield from _paper()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        folders, ports = Folders(Path(place) / "demo"), free_ports()
        say("setting up the demo village …")
        with running_demo(folders, ports, say) as demo:
            say("sales at the counter …")
            counter = AtCounter(demo)
            for household in _households(SALES):
                counter.sell(household)
            yield percentile_99("scan to household on the screen, p99", counter.shown_ms, 100, "ms")
            disk = f"{_commits_ms(Path(place)):.0f} ms for {COMMITS} bare commits"
            yield percentile_99("confirm to last byte at the printer, p99", counter.printed_ms, 150, "ms", beside=disk)
            demo.kiosk.stop()
            say("starting the kiosk, and leaving it alone …")
            yield from _alone(demo)


def _alone(demo: Demo) -> Iterator[Figure]:
    """The kiosk's own process, started by us so that we may ask the system about it."""
    printer, scanner = demo.devices.urls
    environment = kiosk_environment(demo.folders, demo.ports, printer=printer, scanner=scanner)
    del environment["MERIT_KIOSK_SNAPSHOT_EVERY_S"]  # the demo is in a hurry
    words, ready = [program("merit-kiosk"), "run"], f"{demo.ports.kiosk_url}/healthz"
    seconds, used, memory, shares = [], [], [], []
    for turn in range(ROUNDS):
        began = time.perf_counter()
        with Running(words, environment, ready) as running:
            AtCounter(demo).scan("0007")
            seconds.append(time.perf_counter() - began)
            used.append(running.cpu_s())
            if turn == 0:
                time.sleep(IDLE_S)
                shares.append(100 * (running.cpu_s() - used[0]) / IDLE_S)
            memory.append(running.memory_mib())
    yield at_most("kiosk: start to first scan answered", seconds, 1.5, "s", cost=f"{median(used):.2f} s")
    yield at_most("kiosk: idle memory", memory, 64, "MiB")
    yield at_most("kiosk: idle CPU, of a core", shares, 1, "%")
    households = _households(SALES)
    write_backlog(demo, households)
    began = time.perf_counter()
    with Running(words, environment, ready) as running:
        yield from uploading(demo, households, began, running.cpu_s)


def _commits_ms(folder: Path) -> float:
    """How long the disk takes for so many commits one after another, the median of some tries."""
    times = []
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
        raw.execute("PRAGMA synchronous=EXTRA")
        raw.execute("CREATE TABLE bare (text TEXT)")
        for _ in range(SALES):
            began = time.perf_counter()
            for _ in range(COMMITS):
                raw.execute("INSERT INTO bare VALUES ('a row')")
            times.append(1000 * (time.perf_counter() - began))
    return median(times)


def _paper() -> Iterator[Figure]:
    """A receipt of 12 lines with its code, drawn by the printer or sent as a picture."""
    lines = tuple(ReceiptLine("大米 5kg", 1, "袋", "39") for _ in range(12))
    receipt = RedemptionReceipt(
        shop_name="石桥村爱心超市", title="兑换小票", number="1-000482", when_text="2026-11-18 10:24", clock_trusted=True,
        who="汤**户 0007", card_tail="4187", lines=lines, total_text="468", before_text="500", after_text="32",
        code="https://jf.shiqiao.example/r/SQ3k9vT0qX7uYwB2mR8dLz5AeQ", phone="555 0123", clerk="周**", check="9f3c 21ab",
    )  # fmt: skip
    for words, native, most in (("the printer's own QR", True, 1_024), ("a raster QR", False, 7_168)):
        job = encode(redemption(receipt, PAPER_58), PAPER_58, draw=drawer(PAPER_58), native_qr=native)
        yield at_most(f"receipt of 12 lines, {words}", [len(job)], most, "bytes", sign="≤")


def _households(many: int) -> list[str]:
    """Those with the most points to start with."""
    with (DATA / "households.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = sorted(csv.DictReader(source), key=lambda row: -int(row["期初积分"] or 0))
    return [row["户号"] for row in rows[:many]]
