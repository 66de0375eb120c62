"""Somebody at the kiosk's screen, with cards and goods in hand and an eye on the clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from deploy.demo.running import Demo
from deploy.demo.visitor import Visitor
from tests.bench.load import Caller, get

SOAP, SOAP_POINTS = "2000000000015", 5
PATIENCE_S = 20.0
_FACE = re.compile(rb'data-version="(\d+)".*?data-beeps="(\d+)"', re.DOTALL)


@dataclass
class AtCounter:
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
        self._until(lambda: visitor.press("选好了"), f"用 {SOAP_POINTS} 分")
        visitor.open(self.demo.ports.kiosk_url)
        printer = self.demo.devices.printer
        before = len(printer.jobs)
        began = time.perf_counter()
        visitor.press(f"用 {SOAP_POINTS} 分")
        printer.wait_for_jobs(before + 1)  # which it draws first; our own process does that, and no kiosk
        self.printed_ms.append(1000 * (printer.arrived_s[before] - began))
        self._until(lambda: None, "下一位")
        visitor.open(self.demo.ports.kiosk_url)
        visitor.press("下一位")

    def scan(self, household: str) -> None:
        """Hold the household's card up and wait for its page."""
        card = self.demo.folders.card_codes()[household]
        self.shown_ms.append(1000 * self._until(lambda: self.demo.devices.scanner.scan(card), household))

    def _until(self, act: Callable[[], object], words: str) -> float:
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
