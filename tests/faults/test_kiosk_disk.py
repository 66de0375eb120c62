"""A whole kiosk on a card that fills up: selling stops before the journal fails, what is under way is finished, and it sells again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app import running
from kiosk.care.rules import LEAST_FREE_BYTES
from kiosk.counter.events import Action
from kiosk.counter.values import Done, Idle, PrintUnknown
from kiosk.devices.ports import Scan
from kiosk.devices.virtual import VirtualDevices
from kiosk.screen import ScreenSettings, create_screen
from schemas.refusals import FaultCode
from tests.fakes.enrolled_kiosk import CARD, Hands, VirtualCounter
from tests.fakes.fake_ledger import FakeLedger
from tests.fakes.small_disk import small_disk

DISK_BYTES = 128 * 1024 * 1024
FULL = FaultCode.DISK_NEARLY_FULL


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, twice as large as what must stay free."""
    with small_disk(tmp_path / "card", DISK_BYTES) as card:
        yield card


@pytest.fixture
def machine(card: Path) -> Iterator[VirtualCounter]:
    with FakeLedger() as ledger, VirtualDevices() as devices:
        yield VirtualCounter(card / "data", ledger, devices)


def leave(card: Path, free: int) -> None:
    """Somebody else fills the card, so that this much is left."""
    with (card / "something else").open("ab") as other:
        now = shutil.disk_usage(card).free + other.tell()
        other.truncate(0)
        os.posix_fallocate(other.fileno(), 0, now - free)


def test_selling_stops_before_the_journal_fails_and_goes_on_when_there_is_room(
    machine: VirtualCounter, card: Path
) -> None:
    with running(machine.settings()) as kiosk:
        hands = Hands(kiosk.runner)
        screen = create_screen(kiosk.runner, ScreenSettings(demo=True, loopback_only=False)).test_client()
        hands.ready()
        machine.devices.printer.paper_ends_in_job = True
        hands.to_confirm()
        hands.tap(Action.CONFIRM)
        hands.until(lambda till: isinstance(till.face, PrintUnknown))
        leave(card, LEAST_FREE_BYTES - 1_000_000)
        hands.until(lambda till: till.troubles == (FULL,))
        machine.devices.printer.paper = "ok"
        hands.tap(Action.REPRINT)  # what is under way is finished: there is room for that
        hands.put_away()
        kiosk.runner.scanned(Scan(CARD))
        hands.until(lambda till: till.notice is FULL)
        assert isinstance(kiosk.runner.state().face, Idle), "no new sale is begun"
        assert "存储快满了" in screen.get("/").text
        (card / "something else").unlink()
        hands.until(lambda till: till.troubles == ())
        hands.to_confirm()
        hands.tap(Action.CONFIRM)
        hands.put_away()
        assert machine.ledger.wait_for(5)
    assert machine.ledger.kinds() == ["asked", "printed", "printed", "asked", "printed"]
    assert machine.ledger.balance("0007") == 50


def test_a_card_that_is_full_all_at_once_refuses_in_words_and_loses_nothing(
    machine: VirtualCounter, card: Path
) -> None:
    """The rule above was not quick enough: the journal itself cannot be written."""
    settings = machine.settings(snapshot_every_s="3600")
    with running(settings) as kiosk:
        hands = Hands(kiosk.runner)
        hands.ready()
        hands.to_confirm()
        leave(card, 0)
        hands.tap(Action.CONFIRM)
        till = hands.until(lambda till: FULL in (till.notice, getattr(till.face, "why", None)))
        assert not isinstance(till.face, Done)
        assert (machine.ledger.balance("0007"), machine.devices.printer.jobs) == (60, [])
    status = machine.run("status")
    assert (status.exit_code, "记录 0 笔" in status.output) == (0, True), status.output
    (card / "something else").unlink()
    with running(settings) as kiosk:
        hands = Hands(kiosk.runner)
        hands.ready()
        hands.to_confirm()
        hands.tap(Action.CONFIRM)
        hands.put_away()
    assert machine.ledger.balance("0007") == 55
