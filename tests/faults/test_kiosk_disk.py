"""A whole kiosk on a card that fills up: selling stops before the journal fails, what is under way is finished, and it sells again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.app import running
from kiosk.care.rules import LEAST_FREE_BYTES
from kiosk.cli import cli
from kiosk.config import load_settings
from kiosk.counter.events import Action, Tap
from kiosk.counter.values import Cart, Confirm, Done, HouseholdShown, Idle, PrintUnknown, Till
from kiosk.devices.ports import Scan
from kiosk.devices.virtual import VirtualDevices
from kiosk.runner import Runner
from kiosk.screen import ScreenSettings, create_screen
from schemas.refusals import FaultCode
from schemas.tokens import CodeKind, code_text
from tests.fakes.fake_ledger import CODE, SOAP, FakeLedger, card_token

CARD = code_text("merit:", CodeKind.CARD, card_token(7))
DISK_BYTES = 128 * 1024 * 1024
FULL = FaultCode.DISK_NEARLY_FULL


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, twice as large as what must stay free."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may mount a small file system")
    card = tmp_path / "card"
    card.mkdir()
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", card], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    yield card
    subprocess.run([umount, card], check=True)


def leave(card: Path, free: int) -> None:
    """Somebody else fills the card, so that this much is left."""
    with (card / "something else").open("ab") as other:
        now = shutil.disk_usage(card).free + other.tell()
        other.truncate(0)
        os.posix_fallocate(other.fileno(), 0, now - free)


def until(runner: Runner, there: Callable[[Till], bool]) -> Till:
    till = runner.state()
    for _ in range(600):
        if there(till):
            return till
        till = runner.wait(till.version, 0.1)
    raise AssertionError(f"never came: {till.face} {till.notice} {till.troubles}")


def tap(runner: Runner, action: Action) -> None:
    runner.submit(Tap(runner.state().version, action))


def to_confirm(runner: Runner) -> None:
    runner.scanned(Scan(CARD))
    until(runner, lambda till: isinstance(till.face, HouseholdShown))
    runner.scanned(Scan(SOAP))
    until(runner, lambda till: isinstance(till.face, Cart))
    tap(runner, Action.REVIEW)
    until(runner, lambda till: isinstance(till.face, Confirm))


def confirm(runner: Runner) -> None:
    tap(runner, Action.CONFIRM)
    until(runner, lambda till: isinstance(till.face, Done))
    tap(runner, Action.LEAVE)
    until(runner, lambda till: isinstance(till.face, Idle))


def test_selling_stops_before_the_journal_fails_and_goes_on_when_there_is_room(card: Path) -> None:
    with FakeLedger() as ledger, VirtualDevices() as devices:
        named = {
            "data_dir": str(card / "data"), "ledger_url": ledger.url, "printer": devices.urls.printer, "scanner": devices.urls.scanner,
            "demo": "true", "snapshot_every_s": "0.2",
        }  # fmt: skip
        environ = {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}
        assert CliRunner().invoke(cli, ["enrol", CODE], env=environ).exit_code == 0
        with running(load_settings(None, environ)) as kiosk:
            runner = kiosk.runner
            screen = create_screen(runner, ScreenSettings(demo=True, loopback_only=False)).test_client()
            until(runner, lambda till: till.book is not None and till.line.sells_online)
            devices.printer.paper_ends_in_job = True
            to_confirm(runner)
            tap(runner, Action.CONFIRM)
            until(runner, lambda till: isinstance(till.face, PrintUnknown))
            leave(card, LEAST_FREE_BYTES - 1_000_000)
            until(runner, lambda till: till.troubles == (FULL,))
            devices.printer.paper = "ok"
            tap(runner, Action.REPRINT)  # what is under way is finished: there is room for that
            until(runner, lambda till: isinstance(till.face, Done))
            tap(runner, Action.LEAVE)
            until(runner, lambda till: isinstance(till.face, Idle))
            runner.scanned(Scan(CARD))
            until(runner, lambda till: till.notice is FULL)
            assert isinstance(runner.state().face, Idle), "no new sale is begun"
            assert "存储快满了" in screen.get("/").text
            (card / "something else").unlink()
            until(runner, lambda till: till.troubles == ())
            to_confirm(runner)
            confirm(runner)
            assert ledger.wait_for(5)
    assert ledger.kinds() == ["asked", "printed", "printed", "asked", "printed"]
    assert ledger.balance("0007") == 50


def test_a_card_that_is_full_all_at_once_refuses_in_words_and_loses_nothing(card: Path) -> None:
    """The rule above was not quick enough: the journal itself cannot be written."""
    with FakeLedger() as ledger, VirtualDevices() as devices:
        named = {
            "data_dir": str(card / "data"), "ledger_url": ledger.url, "printer": devices.urls.printer, "scanner": devices.urls.scanner,
            "demo": "true", "snapshot_every_s": "3600",
        }  # fmt: skip
        environ = {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}
        assert CliRunner().invoke(cli, ["enrol", CODE], env=environ).exit_code == 0
        with running(load_settings(None, environ)) as kiosk:
            runner = kiosk.runner
            until(runner, lambda till: till.book is not None and till.line.sells_online)
            to_confirm(runner)
            leave(card, 0)
            tap(runner, Action.CONFIRM)
            till = until(runner, lambda till: FULL in (till.notice, getattr(till.face, "why", None)))
            assert not isinstance(till.face, Done)
            assert (ledger.balance("0007"), devices.printer.jobs) == (60, [])
        status = CliRunner().invoke(cli, ["status"], env=environ)
        assert (status.exit_code, "记录 0 笔" in status.output) == (0, True), status.output
        (card / "something else").unlink()
        with running(load_settings(None, environ)) as kiosk:
            until(kiosk.runner, lambda till: till.book is not None and till.line.sells_online)
            to_confirm(kiosk.runner)
            confirm(kiosk.runner)
    assert ledger.balance("0007") == 55
