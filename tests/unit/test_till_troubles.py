"""A stopped kiosk, a full disk, a printer in trouble, devices that go, and time that passes."""

from __future__ import annotations

import pytest

from kiosk.counter.effects import GiveUpPaper, PrintReceipt, Send, WriteEntries
from kiosk.counter.events import Action, Cared, Device, DeviceTrouble, LineChanged, Paper, Tick
from kiosk.counter.values import (
    AskHandOver,
    Done,
    HouseholdShown,
    Idle,
    Line,
    LineStatus,
    Note,
    Printing,
    PrintUnknown,
    Refused,
)
from schemas.refusals import FaultCode, Refusal, RefusalCode
from tests.fakes.till_alone import TillAlone


@pytest.fixture
def counter() -> TillAlone:
    return TillAlone()


@pytest.mark.parametrize("status", [LineStatus.REVOKED, LineStatus.FORKED])
def test_a_stopped_kiosk_sells_nothing(counter: TillAlone, status: LineStatus) -> None:
    counter.feed(LineChanged(Line(status)))
    counter.card()
    assert counter.face() == Idle()
    assert counter.till.notice in (Refusal(RefusalCode.KIOSK_REVOKED), FaultCode.JOURNAL_FORK)


def test_a_full_disk_sells_nothing_and_keeps_the_cart(counter: TillAlone) -> None:
    counter.writes = False
    counter.confirm()
    face = counter.till.face
    assert isinstance(face, Refused)
    assert (face.why, face.cart.total) == (FaultCode.DISK_NEARLY_FULL, 5)
    assert not any(isinstance(effect, Send | PrintReceipt) for effect in counter.done)


def test_a_disk_that_fills_up_meanwhile_does_not_keep_the_goods_back(counter: TillAlone) -> None:
    """New sales stop early so that there is room for what is under way."""
    counter.confirm()
    counter.feed(Cared((FaultCode.DISK_NEARLY_FULL,)))
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    assert face.barred is None


def test_a_full_disk_at_the_hand_over_asks_again(counter: TillAlone) -> None:
    counter.confirm()
    counter.no_answer()
    counter.writes = False
    counter.tap(Action.HAND_OVER)
    counter.at(AskHandOver)
    counter.writes = True
    counter.tap(Action.HAND_OVER)
    counter.at(Printing)


def test_unknown_paper_is_asked_about_and_a_further_print_is_a_copy(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer()
    counter.paper(Paper.UNKNOWN)
    assert (counter.at(PrintUnknown).copy, counter.at(PrintUnknown).trouble) == (0, FaultCode.PRINTER_UNKNOWN)
    effects = counter.tap(Action.REPRINT)
    assert [effect.copy for effect in effects if isinstance(effect, PrintReceipt)] == [1]
    counter.paper(Paper.NOT_PRINTED, FaultCode.PRINTER_NO_PAPER)
    counter.at(PrintUnknown)
    assert counter.at(PrintUnknown).trouble is FaultCode.PRINTER_NO_PAPER
    effects = counter.tap(Action.PAPER_OUT)
    counter.at(Done)
    assert [type(effect) for effect in effects] == [WriteEntries, GiveUpPaper]
    assert counter.drafts().count("AskedDraft") == 1


def test_a_broken_printer_does_not_stop_the_counter(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer()
    counter.paper(Paper.NOT_PRINTED, FaultCode.PRINTER_LOST)
    counter.tap(Action.NO_PAPER)
    counter.at(Done)
    assert not counter.at(Done).paper
    counter.card(10)
    counter.at(HouseholdShown)


def test_an_untouched_customer_is_put_away(counter: TillAlone) -> None:
    counter.card()
    counter.ms = 59_999
    counter.feed(Tick())
    counter.at(HouseholdShown)
    counter.ms = 60_000
    counter.feed(Tick())
    assert (counter.face(), counter.till.notice) == (Idle(), Note.CLEARED)


def test_a_sale_under_way_is_never_put_away(counter: TillAlone) -> None:
    counter.confirm()
    counter.no_answer()
    counter.ms = 10_000_000
    counter.feed(Tick())
    counter.at(AskHandOver)


def test_done_makes_room_after_ten_seconds(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer()
    counter.ms = 100_000
    counter.paper(Paper.PRINTED)
    counter.feed(Tick())
    counter.at(Done)
    counter.ms = 110_000
    counter.feed(Tick())
    assert counter.face() == Idle()


def test_a_device_that_goes_and_comes_back_is_told(counter: TillAlone) -> None:
    counter.feed(DeviceTrouble(Device.SCANNER, FaultCode.SCANNER_LOST))
    assert counter.till.scanner is FaultCode.SCANNER_LOST
    counter.feed(DeviceTrouble(Device.SCANNER, None))
    assert counter.till.scanner is None
