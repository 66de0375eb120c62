"""The power goes at every point of a sale: a real process, a real printer's socket, a real ledger's, and SIGKILL.

Afterwards the journal has one ``asked`` a confirmed sale, the ledger moved the points once, and paper is asked about, never printed again
by itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import pytest
from click.testing import CliRunner

from kiosk.care.restoring import owner_of
from kiosk.cli import cli
from kiosk.devices.virtual_printer import VirtualPrinter
from kiosk.devices.virtual_scanner import VirtualScanner
from kiosk.journal.journal import Journal
from kiosk.uplink.identity import load_identity
from schemas.entries import ENTRY
from schemas.tokens import CodeKind, code_text
from tests.fakes.fake_ledger import CODE, SOAP, FakeLedger, card_token

CARD = code_text("merit:", CodeKind.CARD, card_token(7))

COUNTER = """
import os, sys, time
from kiosk.app import running
from kiosk.config import load_settings
from kiosk.counter.events import Action, Tap

with running(load_settings(None, os.environ)) as kiosk:
    runner = kiosk.runner
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "tap":
            now = runner.state()
            while getattr(now.face, "sales", 0) is None or getattr(now.face, "sum", 0) is None:  # looked up
                now = runner.wait(now.version, 1)
            arg = str(now.face.sales[0].id) if rest[1:] == ["newest"] else "".join(rest[1:])
            runner.submit(Tap(now.version, Action(rest[0]), arg))
            continue
        till, end = runner.state(), time.monotonic() + 60
        said = lambda: till.line.status.value if word == "line" else type(till.face).__name__
        while said() not in rest and time.monotonic() < end:
            till = runner.wait(till.version, 1)
        print(said(), getattr(till.face, "power_cut", None), flush=True)
"""


class World(NamedTuple):
    """What outlives the power."""

    ledger: FakeLedger
    printer: VirtualPrinter
    scanner: VirtualScanner
    data_dir: Path

    def environ(self, kill_at: str | None = None, patience_s: int = 20) -> dict[str, str]:
        named = {
            "data_dir": str(self.data_dir), "ledger_url": self.ledger.url, "printer": self.printer.url, "scanner": self.scanner.url,
            "demo": "true", "snapshot_every_s": "0.2", "answer_deadline_s": str(patience_s), "printer_timeout_s": "30",
        }  # fmt: skip
        if kill_at is not None:
            named["kill_at"] = kill_at
        return dict(os.environ) | {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}

    def kinds(self) -> list[str]:
        """The kinds of all entries in the journal, which must be whole."""
        identity = load_identity(self.data_dir)
        assert identity is not None
        journal = Journal(self.data_dir, owner_of(identity))
        kinds: list[str] = [ENTRY.validate_json(entry.text).kind for entry in journal.entries(1)]
        journal.close()
        return kinds


class CounterProcess:
    """A kiosk in a process of its own, without its screen."""

    def __init__(self, world: World, kill_at: str | None = None, *, patience_s: int = 20) -> None:
        self._world = world
        self._process = subprocess.Popen(
            [sys.executable, "-c", COUNTER],
            env=world.environ(kill_at, patience_s),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                with contextlib.suppress(BrokenPipeError):
                    end.close()

    def say(self, *lines: str) -> None:
        assert self._process.stdin is not None
        for line in lines:
            self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def until(self, *faces: str) -> str:
        """The face when it is one of these, and whether it speaks of a power cut."""
        return self._ask("face", *faces)

    def line(self, status: str) -> None:
        assert self._ask("line", status).split()[0] == status

    def tap(self, action: str, then: str) -> str:
        self.say(f"tap {action}")
        return self.until(then)

    def sell(self) -> None:
        """Card, soap, 选好了, and the confirm button: the last thing that this process may live to hear."""
        self._world.scanner.scan(CARD)
        assert self.until("HouseholdShown") == "HouseholdShown None"
        self._world.scanner.scan(SOAP)
        assert self.until("Cart") == "Cart None"
        assert self.tap("review", "Confirm") == "Confirm None"
        self.say("tap confirm")

    def dies(self) -> None:
        assert self._process.wait(60) == -signal.SIGKILL

    def ends(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0

    def _ask(self, *words: str) -> str:
        self.say(" ".join(words))
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeLedger() as ledger, VirtualPrinter() as printer, VirtualScanner() as scanner:
        world = World(ledger, printer, scanner, tmp_path / "data")
        done = CliRunner().invoke(cli, ["enrol", CODE], env=world.environ())
        assert done.exit_code == 0, done.output
        yield world


def test_a_sale_without_a_power_cut(world: World) -> None:
    with CounterProcess(world) as counter:
        counter.line("online")
        counter.sell()
        assert counter.until("Done") == "Done None"
        assert world.ledger.wait_for(2)
        counter.ends()
    assert world.kinds() == world.ledger.kinds() == ["asked", "printed"]
    assert (world.ledger.balance("0007"), len(world.printer.jobs)) == (55, 1)


def test_power_goes_before_anything_was_written(world: World) -> None:
    with CounterProcess(world, "before_write") as counter:
        counter.line("online")
        counter.sell()
        counter.dies()
    assert world.kinds() == []
    with CounterProcess(world) as counter:
        counter.line("online")
        assert counter.until("Idle") == "Idle None"
    assert (world.ledger.balance("0007"), world.printer.jobs) == (60, [])


@pytest.mark.parametrize("point", ["after_write", "after_send", "before_print", "mid_print", "after_print"])
def test_power_goes_during_a_sale_with_a_line(world: World, point: str) -> None:
    with CounterProcess(world, point) as counter:
        counter.line("online")
        counter.sell()
        counter.dies()
    assert world.kinds() == ["asked"]
    printed = len(world.printer.wait_for_jobs(1 if point in ("mid_print", "after_print") else 0))
    with CounterProcess(world) as counter:
        assert counter.until("PrintUnknown") == "PrintUnknown True"
        counter.line("online")
        assert len(world.printer.jobs) == printed, "nothing is printed before somebody asks for it"
        assert counter.tap("reprint", "Done") == "Done None"
        assert world.ledger.wait_for(2)
        counter.ends()
    assert world.kinds() == world.ledger.kinds() == ["asked", "printed"]
    assert (world.ledger.balance("0007"), len(world.printer.jobs)) == (55, printed + 1)
    marked = "补打".encode("gb18030") in world.printer.jobs[-1]
    assert marked == (point in ("before_print", "mid_print", "after_print")), "a copy that may be a second one says so"


@pytest.mark.parametrize("point", ["after_write", "before_print", "mid_print", "after_print"])
def test_power_goes_during_a_sale_without_a_line(world: World, point: str) -> None:
    with CounterProcess(world, point) as counter:
        counter.line("online")
        world.ledger.mode = "error"
        counter.line("offline")
        counter.sell()
        counter.dies()
    assert world.kinds() == ["asked", "handed_over"]
    world.ledger.mode = "well"
    with CounterProcess(world) as counter:
        assert counter.until("PrintUnknown") == "PrintUnknown True"
        assert counter.tap("paper_out", "Done") == "Done None"
        assert world.ledger.wait_for(2)
        counter.ends()
    assert world.kinds()[:2] == world.ledger.kinds()[:2] == ["asked", "handed_over"]
    assert world.ledger.balance("0007") == 55
    assert len(world.printer.jobs) == (point in ("mid_print", "after_print"))


@pytest.mark.parametrize(("action", "face", "balance"), [("hand_over", "Done", 55), ("call_off", "Idle", 60)])
def test_power_and_line_both_gone_asks_about_the_goods(world: World, action: str, face: str, balance: int) -> None:
    with CounterProcess(world, "after_write") as counter:
        counter.line("online")
        counter.sell()
        counter.dies()
    world.ledger.mode = "error"
    with CounterProcess(world, patience_s=1) as counter:
        assert counter.until("AskHandOver") == "AskHandOver True"
        assert counter.tap(action, face) == f"{face} None"
        world.ledger.mode = "well"
        counter.line("online")
        assert world.ledger.wait_for(2)
        counter.ends()
    assert world.ledger.balance("0007") == balance
    assert world.kinds().count("asked") == 1


def test_an_answer_that_was_lost_is_asked_for_again_and_moves_nothing_twice(world: World) -> None:
    with CounterProcess(world, patience_s=1) as counter:
        counter.line("online")
        world.ledger.mode = "mute"
        counter.sell()
        assert counter.until("AskHandOver") == "AskHandOver False"
        assert counter.tap("hand_over", "Done") == "Done None"
        world.ledger.mode = "well"
        counter.line("online")
        assert world.ledger.wait_for(3)
        counter.ends()
    assert world.ledger.kinds() == ["asked", "handed_over", "printed"]
    assert world.ledger.balance("0007") == 55
