"""What a scanner can send to a whole kiosk: noise, commands, others' codes, a pulled cable. One word each, and the next card works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app import running
from kiosk.counter.values import Cart, HouseholdShown, Idle, Till
from kiosk.devices.virtual import VirtualDevices
from kiosk.runner import Runner
from kiosk.screen import ScreenSettings, create_screen
from schemas.refusals import FaultCode
from schemas.tokens import CodeKind, code_text, make_token
from tests.fakes.enrolled_kiosk import CARD, Hands, VirtualCounter
from tests.fakes.fake_ledger import SOAP, FakeLedger, card_token

PAID = ("134512345678901234", "2812345678901234567", "62" + "1" * 17)

HOSTILE = {
    "every byte": bytes(range(256)) + b"\r",
    "10 kB without an end": b"A" * 10_000 + b"\r",
    "printer commands": b"\x1bp\x00\x19\xfa\x10\x14\x01\x00\x01\x1dV\x00\r",
    "a script": b"<script>alert(1)</script>\r",
    "SQL": b"'; DROP TABLE entries; --\r",
    "a script's address": b"javascript:alert(document.cookie)\r",
    "a template": b"{{ config }}{% for x in () %}\r",
    "WeChat pay": PAID[0].encode() + b"\r",
    "Alipay": PAID[1].encode() + b"\r",
    "UnionPay": PAID[2].encode() + b"\r",
    "Hanzi in GBK": "汤勇芳".encode("gbk") + b"\r",
    "Hanzi in UTF-8": "汤勇芳".encode() + b"\r",
    "a made-up card": code_text("merit:", CodeKind.CARD, make_token("SQ", bytes(17))).encode() + b"\r",
    "another village's card": code_text("merit:", CodeKind.CARD, make_token("XY", bytes(17))).encode() + b"\r",
    "a receipt's code": code_text("merit:", CodeKind.RECEIPT, make_token("SQ", bytes(17))).encode() + b"\r",
    "a door plate's code": code_text("merit:", CodeKind.DOOR, make_token("SQ", bytes(17))).encode() + b"\r",
    "a card reported lost": code_text("merit:", CodeKind.CARD, card_token(7, 1)).encode() + b"\r",
    "a card's code with 10 kB behind it": CARD.encode() + b"0" * 10_240 + b"\r",
    "a web address": b"https://example.org/q/x?y=<b>\r\n",
}


class Counter(Hands):
    """A running kiosk with its scanner and its screen."""

    def __init__(self, runner: Runner, devices: VirtualDevices, data_dir: Path) -> None:
        super().__init__(runner)
        self.devices = devices
        self.data_dir = data_dir
        self.browser = create_screen(runner, ScreenSettings(demo=True, loopback_only=False)).test_client()

    def told_after(self, heard: int) -> Till:
        """The till once it has said one thing more: the same word twice is another beep and no other face."""
        return self.until(lambda till: self.runner.sound().count > heard and till.notice is not None)

    def card_works(self) -> None:
        self.devices.scanner.scan(CARD)
        self.until(lambda till: isinstance(till.face, HouseholdShown))
        self.devices.scanner.scan(SOAP)
        self.until(lambda till: isinstance(till.face, Cart))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with FakeLedger() as ledger, VirtualDevices(scanner_link=tmp_path / "scanner") as devices:
        machine = VirtualCounter(tmp_path / "data", ledger, devices, snapshot_every_s="3600", same_code_s="0")
        with running(machine.settings()) as kiosk:
            counter = Counter(kiosk.runner, devices, machine.data_dir)
            counter.ready()
            yield counter


def test_whatever_is_scanned_gets_one_clear_word_and_does_nothing(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        for what, sent in HOSTILE.items():
            heard = counter.runner.sound().count
            counter.devices.scanner.send(sent)
            till = counter.told_after(heard)
            assert isinstance(till.face, Idle), what
            page = counter.browser.get("/").text
            assert "<script>alert" not in page, what
            assert not any(secret in repr(till) or secret in page for secret in PAID), what
        counter.card_works()
    assert not any(secret in caplog.text for secret in (*PAID, CARD))
    for path in counter.data_dir.iterdir():
        assert path.is_dir() or not any(secret.encode() in path.read_bytes() for secret in PAID)
    assert counter.devices.printer.jobs == [], "no scan moves paper or opens the drawer"


def test_twenty_codes_at_once_are_each_heard_and_the_counter_goes_on(counter: Counter) -> None:
    counter.devices.scanner.scan(CARD)
    counter.until(lambda till: isinstance(till.face, HouseholdShown))
    counter.devices.scanner.send((SOAP + "\r\n").encode() * 20)
    till = counter.until(lambda till: isinstance(till.face, Cart) and till.face.lines[0].quantity == 20)
    assert isinstance(till.face, Cart)
    assert [(line.barcode, line.quantity) for line in till.face.lines] == [(SOAP, 20)]


def test_the_cable_pulled_in_the_middle_of_a_code_is_told_and_the_half_code_forgotten(counter: Counter) -> None:
    counter.devices.scanner.send(CARD[:10].encode())
    counter.devices.scanner.unplug()
    counter.until(lambda till: till.scanner is FaultCode.SCANNER_LOST)
    assert "扫码器" in counter.browser.get("/").text
    counter.devices.scanner.plug()
    counter.until(lambda till: till.scanner is None)
    counter.card_works()
