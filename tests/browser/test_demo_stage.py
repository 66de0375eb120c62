"""The stage of the demo: every button does what hands would do, and the paper that came out is seen by itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from deploy.demo.folders import Folders
from deploy.demo.programs import Ports, Program
from deploy.demo.stage import Props, create_stage
from kiosk.devices.printer import open_printer
from kiosk.devices.virtual import VirtualDevices
from kiosk.receipts.escpos import encode
from kiosk.receipts.values import PAPER_58, Cut, Qr, Text
from tests.browser.conftest import Pages
from tests.browser.page_faults import PHONE, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Serve = Callable[[Flask], str]
CARD = "http://127.0.0.1:8080/q/SQ-0000000000000000000000007A"
RECEIPT = "http://127.0.0.1:8080/r/SQ-0000000000000000000000007B"


class Stage:
    """A stage with its devices, without ledger and kiosk; somebody listens at the scanner."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(root)
        self.folders.make()
        self.folders.cards.write_text(f'[{{"household": "0007", "code": "{CARD}"}}]')
        self.devices = VirtualDevices(self.folders.paper, scanner_link=self.folders.private / "scanner")
        ports = Ports(ledger=8080, kiosk=8090, stage=8070)
        ledger = Program("merit-ledger", ("serve",), {}, ports.ledger_url, root / "ledger.log")
        self.app = create_stage(Props(self.folders, ports, self.devices, ledger))
        self._wire = os.open(self.folders.private / "scanner", os.O_RDWR | os.O_NOCTTY)

    def heard(self) -> str:
        """What came down the scanner's wire next."""
        return os.read(self._wire, 4096).decode("ascii", "replace").strip()

    def print_receipt(self) -> None:
        paper = encode((Text("兑换小票"), Qr(RECEIPT), Cut()), PAPER_58)
        threading.Thread(target=open_printer(self.devices.urls.printer, timeout_s=5).print, args=(paper,)).start()
        self.devices.printer.wait_for_jobs(1)

    def close(self) -> None:
        os.close(self._wire)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    with stage.devices:
        yield stage
    stage.close()


def test_the_stage_can_be_read_and_touched_at_every_size(page_at: Pages, serve: Serve, stage: Stage) -> None:
    page = page_at(*PHONE)
    page.goto(serve(stage.app))
    assert faults_of(page) == []
    expect(page.get_by_text("还没有打过。")).to_be_visible()
    assert page_at.problems == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_card_a_barcode_and_a_bad_code_go_down_the_wire(
    page_at: Pages, serve: Serve, stage: Stage, script: bool
) -> None:
    page = page_at(*PHONE, script=script)
    page.goto(serve(stage.app))
    for button, code in (("0007 户", CARD), ("酱油", "2000000000053"), ("付款码", "134567890123456789")):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("看柜台机的屏幕")
        assert stage.heard() == code
    page.get_by_label("别的户号").fill("9999")
    page.get_by_role("button", name="扫这张卡").click()
    expect(page.get_by_role("status")).to_have_text("没有 9999 户的卡，换一个户号")
    assert page_at.problems == []


def test_paper_that_comes_out_is_seen_by_itself_and_its_code_can_be_used(
    page_at: Pages, serve: Serve, stage: Stage
) -> None:
    page = page_at(*PHONE)
    page.goto(serve(stage.app))
    stage.print_receipt()
    expect(page.get_by_role("img", name="最近打出来的一张")).to_be_visible()
    expect(page.get_by_role("link", name="手机扫这张小票")).to_have_attribute("href", RECEIPT)
    page.get_by_role("button", name="小票上的码").click()
    assert stage.heard() == RECEIPT
    assert faults_of(page) == []
    assert page_at.problems == []


def test_the_roll_is_taken_out_and_put_back(page_at: Pages, serve: Serve, stage: Stage) -> None:
    page = page_at(*PHONE)
    page.goto(serve(stage.app))
    page.get_by_role("button", name="拿走打印纸").click()
    assert roll(page, stage) == ("装上打印纸", "out")
    page.get_by_role("button", name="装上打印纸").click()
    assert roll(page, stage) == ("拿走打印纸", "ok")


def roll(page: Page, stage: Stage) -> tuple[str, str]:
    """What the button says now, and what the printer feels."""
    return page.locator("form[action='/roll'] button").inner_text(), stage.devices.printer.paper
