"""The real ``merit-kiosk run`` over HTTP, as a finger on its screen knows it: virtual scanner and printer, a ledger of our own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import urllib3

from kiosk.devices.virtual_printer import VirtualPrinter
from kiosk.devices.virtual_scanner import VirtualScanner
from tests.fakes.fake_ledger import CODE, FakeLedger

PATIENCE_S = 60
T = TypeVar("T")


def waited(look: Callable[[], T], what: str) -> T:
    """What is there as soon as it is there."""
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end, f"no {what} after a minute"
        time.sleep(0.02)
    return found


@dataclass(frozen=True)
class CounterProgram:
    """The program while it runs."""

    address: str
    ledger: FakeLedger
    printer: VirtualPrinter
    scanner: VirtualScanner
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=PATIENCE_S))

    def page(self, path: str = "/") -> str:
        """A page of the program."""
        return self.http.request("GET", self.address + path).data.decode()

    def post(self, path: str, **form: str) -> None:
        """A form; the program must take it."""
        sent = self.http.request("POST", self.address + path, fields=form, encode_multipart=False, redirect=False)
        assert sent.status == 303, sent.data.decode()

    def shows(self, words: str) -> None:
        """Wait until these words are on the screen."""
        waited(lambda: words in self.page(), words)

    def scan(self, text: str) -> None:
        """Hold a code before the scanner."""
        self.scanner.scan(text)

    def tap(self, action: str, arg: str = "", *, changes: bool = True) -> None:
        """Press that button on the face that is shown now, and wait until the screen is another."""
        version = self._version()
        self.post("/tap", version=version, action=action, arg=arg)
        if changes:
            waited(lambda: self._version() != version, f"change after {action}")

    def types(self, keys: str) -> None:
        """Figures on the pad, then 对了."""
        for key in keys:
            self.tap("digit", key)
        self.tap("enter")

    def _version(self) -> str:
        found = re.search(r'data-version="(\d+)"', self.page())
        assert found
        return found[1]


@contextmanager
def counter_program(data_dir: Path, ledger: FakeLedger, **settings: str) -> Iterator[CounterProgram]:
    """Enrolled and running until the block ends, when it must end well."""
    with ledger, VirtualPrinter() as printer, VirtualScanner() as scanner:
        named = {
            "data_dir": str(data_dir), "ledger_url": ledger.url, "printer": printer.url, "scanner": scanner.url, "demo": "true", "port": "0",
        }  # fmt: skip
        environ = dict(os.environ) | {
            f"MERIT_KIOSK_{name.upper()}": value for name, value in (named | settings).items()
        }
        kiosk = [sys.executable, "-m", "kiosk.cli"]
        subprocess.run([*kiosk, "enrol", CODE], env=environ, capture_output=True, check=True)
        with subprocess.Popen([*kiosk, "run"], env=environ, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            told = (json.loads(line)["say"] for line in process.stderr)
            address = next(found[0] for say in told if (found := re.search(r"http://\S+[^/\s]", say)))
            try:
                yield CounterProgram(address, ledger, printer, scanner)
            finally:
                process.terminate()
                process.stderr.read()
            assert process.wait(PATIENCE_S) == 0
