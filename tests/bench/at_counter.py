"""The kiosk as a process, with the demo's virtual scanner and printer on a real pty and a real TCP port. No Pi, no real printer."""

from __future__ import annotations

import csv
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.folders import DATA, Folders
from deploy.demo.programs import free_ports, kiosk_environment
from deploy.demo.running import Demo
from deploy.demo.running import running as running_demo
from deploy.demo.visitor import Visitor
from kiosk.devices.raster import drawer
from kiosk.receipts.escpos import encode
from kiosk.receipts.layout import redemption
from kiosk.receipts.values import PAPER_58, ReceiptLine, RedemptionReceipt
from tests.bench.figures import ROUNDS, Figure, at_most, percentile_99, say
from tests.bench.load import Caller, get
from tests.bench.processes import Running, program

SALES = 20
SOAP, SOAP_POINTS = "2000000000015", 5
IDLE_S = 10.0
PATIENCE_S = 20.0
_FACE = re.compile(rb'data-version="(\d+)".*?data-beeps="(\d+)"', re.DOTALL)


def counter(folder: Path) -> Iterator[Figure]:
    """Start, idling, and sales from the scan to the paper."""
    yield from _paper()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        folders, ports = Folders(Path(place) / "demo"), free_ports()
        say("setting up the demo village …")
        with running_demo(folders, ports, say) as demo:
            say("sales at the counter …")
            counter = _Counter(demo)
            for household in _households(SALES):
                counter.sell(household)
            yield percentile_99("scan to household on the screen, p99", counter.shown_ms, 100, "ms")
            yield percentile_99("confirm to last byte at the printer, p99", counter.printed_ms, 150, "ms")
            demo.kiosk.stop()
            say("starting the kiosk, and leaving it alone …")
            yield from _alone(demo)


def _alone(demo: Demo) -> Iterator[Figure]:
    """The kiosk's own process, started by us so that we may ask the system about it."""
    printer, scanner = demo.devices.urls
    environment = kiosk_environment(demo.folders, demo.ports, printer=printer, scanner=scanner)
    del environment["MERIT_KIOSK_SNAPSHOT_EVERY_S"]  # the demo is in a hurry
    seconds, memory, shares = [], [], []
    for turn in range(ROUNDS):
        began = time.perf_counter()
        with Running([program("merit-kiosk"), "run"], environment, f"{demo.ports.kiosk_url}/healthz") as running:
            _Counter(demo).scan("0007")
            seconds.append(time.perf_counter() - began)
            if turn == 0:
                used = running.cpu_s()
                time.sleep(IDLE_S)
                shares.append(100 * (running.cpu_s() - used) / IDLE_S)
            memory.append(running.memory_mib())
    yield at_most("kiosk: start to first scan answered", seconds, 1.5, "s")
    yield at_most("kiosk: idle memory", memory, 64, "MiB")
    yield at_most("kiosk: idle CPU, of a core", shares, 1, "%")


def _paper() -> Iterator[Figure]:
    """A receipt of 12 lines with its code, drawn by the printer or sent as a picture."""
    lines = tuple(ReceiptLine("大米 5kg", 1, "袋", "39") for _ in range(12))
    receipt = RedemptionReceipt(
        shop_name="石桥村爱心超市", title="兑换小票", number="1-000482", when_text="2026-11-18 10:24", clock_trusted=True,
        who="汤**户 0007", card_tail="4187", lines=lines, total_text="468", before_text="500", after_text="32",
        code="https://jf.shiqiao.example/r/SQ3k9vT0qX7uYwB2mR8dLz5AeQ", phone="555 0123", clerk="03", check="9f3c 21ab",
    )  # fmt: skip
    for words, native, most in (("the printer's own QR", True, 1_000), ("a raster QR", False, 7_000)):
        job = encode(redemption(receipt, PAPER_58), PAPER_58, draw=drawer(PAPER_58), native_qr=native)
        yield at_most(f"receipt of 12 lines, {words}", [len(job)], most, "bytes")


def _households(many: int) -> list[str]:
    """Those with the most points to start with."""
    with (DATA / "households.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = sorted(csv.DictReader(source), key=lambda row: -int(row["期初积分"] or 0))
    return [row["户号"] for row in rows[:many]]


@dataclass
class _Counter:
    """Somebody at the screen, who notes how long things took."""

    demo: Demo
    shown_ms: list[float] = field(default_factory=list)
    printed_ms: list[float] = field(default_factory=list)

    def sell(self, household: str) -> None:
        """One piece of soap."""
        self.scan(household)
        visitor = Visitor()
        visitor.open(self.demo.ports.kiosk_url)
        visitor.press("选东西")
        self._until(lambda: self.demo.devices.scanner.scan(SOAP), "选好了，1 样")
        visitor.open(self.demo.ports.kiosk_url)
        visitor.press("选好了")
        before = len(self.demo.devices.printer.jobs)
        began = time.perf_counter()
        visitor.press(f"用 {SOAP_POINTS} 分")
        self.demo.devices.printer.wait_for_jobs(before + 1)
        self.printed_ms.append(1000 * (time.perf_counter() - began))
        self._until(lambda: None, "下一位")
        visitor.open(self.demo.ports.kiosk_url)
        visitor.press("下一位")

    def scan(self, household: str) -> None:
        """Hold the household's card up and wait for its page."""
        card = self.demo.folders.card_codes()[household]
        self.shown_ms.append(1000 * self._until(lambda: self.demo.devices.scanner.scan(card), household))

    def _until(self, act: Callable[[], None], words: str) -> float:
        """Seconds from what was done to the page that has these words, looked at as the screen's script does."""
        with closing(Caller(self.demo.ports.kiosk)) as browser:
            face = browser.ask(get("/"))[1]
            began = time.perf_counter()
            act()
            while words.encode() not in face:
                version, heard = (number.decode() for number in _FACE.search(face).groups())  # type: ignore[union-attr]
                browser.ask(get(f"/wait?after={version}&heard={heard}"))
                face = browser.ask(get("/"))[1]
                if time.perf_counter() - began > PATIENCE_S:
                    raise TimeoutError(f"“{words}” did not come up")
            return time.perf_counter() - began
