"""A kiosk in this process: enrolled, to be run with whatever settings a test wants; and somebody's hands at its counter."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from kiosk.cli import cli
from kiosk.config import KioskSettings, load_settings
from kiosk.counter.events import Action, Tap
from kiosk.counter.values import Cart, Confirm, Done, HouseholdShown, Idle, Till
from kiosk.devices.ports import Scan
from kiosk.devices.virtual import VirtualDevices
from kiosk.runner import Runner
from schemas.tokens import CodeKind, code_text
from tests.fakes.fake_ledger import CODE, SOAP, FakeLedger, card_token

CARD = code_text("merit:", CodeKind.CARD, card_token(7))
PATIENCE_S = 60


class EnrolledKiosk:
    """A kiosk of the demo on these devices. ``always`` are settings of every run, to be added to; a call's own win."""

    def __init__(self, data_dir: Path, ledger: FakeLedger, *, printer: str, scanner: str, **always: str) -> None:
        self.data_dir = data_dir
        self.ledger = ledger
        self.always = {
            "data_dir": str(data_dir), "ledger_url": ledger.url, "printer": printer, "scanner": scanner,
            "demo": "true", "snapshot_every_s": "0.2",
        } | always  # fmt: skip
        enrolled = self.run("enrol", CODE)
        assert enrolled.exit_code == 0, enrolled.output

    def environ(self, **named: str) -> dict[str, str]:
        return {f"MERIT_KIOSK_{name.upper()}": value for name, value in (self.always | named).items()}

    def settings(self, **named: str) -> KioskSettings:
        return load_settings(None, self.environ(**named))

    def run(self, *words: str, **named: str) -> Result:
        """A command of ``merit-kiosk``."""
        return CliRunner().invoke(cli, list(words), env=self.environ(**named))


class VirtualCounter(EnrolledKiosk):
    """On virtual devices that are at hand."""

    def __init__(self, data_dir: Path, ledger: FakeLedger, devices: VirtualDevices, **always: str) -> None:
        super().__init__(data_dir, ledger, printer=devices.urls.printer, scanner=devices.urls.scanner, **always)
        self.devices = devices


class Hands:
    """Somebody at a running kiosk: scans, taps, and waits until the till is where it should be."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def until(self, there: Callable[[Till], bool]) -> Till:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if there(till := self.runner.state()):
                return till
            self.runner.wait(till.version, 0.1)
        raise AssertionError(f"never came: {till.face} {till.notice} {till.scanner} {till.troubles}")

    def ready(self) -> None:
        """It has its goods and a line."""
        self.until(lambda till: till.book is not None and till.line.sells_online)

    def tap(self, action: Action) -> None:
        self.runner.submit(Tap(self.runner.state().version, action))

    def to_confirm(self) -> None:
        """A card and a piece of soap, up to the one question."""
        self.runner.scanned(Scan(CARD))
        self.until(lambda till: isinstance(till.face, HouseholdShown))
        self.runner.scanned(Scan(SOAP))
        self.until(lambda till: isinstance(till.face, Cart))
        self.tap(Action.REVIEW)
        self.until(lambda till: isinstance(till.face, Confirm))

    def put_away(self) -> None:
        """Done, and the next customer may come."""
        self.until(lambda till: isinstance(till.face, Done))
        self.tap(Action.LEAVE)
        self.until(lambda till: isinstance(till.face, Idle))
