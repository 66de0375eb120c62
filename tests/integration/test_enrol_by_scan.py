"""A machine becomes a kiosk at its own screen: the code's QR before the scanner or its letters on the keys, then the digits to compare."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.config import KioskSettings
from kiosk.devices.ports import Scan, ScanUnreadable, UnreadableReason
from kiosk.enrolling.enroller import NO_ANSWER, NO_CODE, NOT_WHOLE, Enroller
from kiosk.enrolling.making import make_kiosk, read_code
from kiosk.enrolling.pages import enrol_pages
from kiosk.screen import ScreenSettings, create_screen
from kiosk.uplink.identity import load_identity
from tests.fakes.fake_ledger import CODE, FakeLedger
from tests.fakes.stepping_runner import at_rest

WAIT_S = 30.0


def until(seen: Callable[[], bool]) -> None:
    """Wait for it, however busy the machine is."""
    end = time.monotonic() + WAIT_S
    while not seen():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SQ-7K2M9QXD", "SQ-7K2M9QXD"),
        (" sq-7k2m9qxd\r\n".strip(), "SQ-7K2M9QXD"),
        ("SQ7K2M9QXD", "SQ-7K2M9QXD"),
        ("sq 7k2m 9qxd", "SQ-7K2M9QXD"),
        ("SQ-OIL23456", "SQ-01123456"),
        ("SQ-7K2M9QX", None),
        ("S-7K2M9QXD", None),
        ("7K2M9QXDSQ", None),
        ("merit:/q/SQ-7K2M9QXD", None),
        ("2000000000015", None),
        ("134567890123456789", None),
        ("石桥-7K2M9QXD", None),
        ("SQ-7K2M9QXD" * 4, None),
        ("", None),
    ],
)
def test_a_code_is_read_with_or_without_its_hyphen(text: str, code: str | None) -> None:
    assert read_code(text) == code


class Screen:
    """The pages of a machine that is not enrolled, with a real ledger's answers behind them."""

    def __init__(self, settings: KioskSettings) -> None:
        self.settings = settings
        self.began = 0
        self.enroller = Enroller(
            lambda code: make_kiosk(settings, code), lambda _: ("U盘上有 2 号机的副本",), self._begin
        )
        app: Flask = create_screen(at_rest(), ScreenSettings(demo=False, loopback_only=True))
        app.register_blueprint(enrol_pages(self.enroller, demo=False))
        self.client: FlaskClient = app.test_client()

    def _begin(self) -> None:
        self.began += 1

    def said(self, path: str = "/enrol") -> str:
        return self.client.get(path).text

    def press(self, code: str, key: str) -> None:
        assert self.client.post("/enrol/keys", data={"code": code, "key": key}).status_code == 303

    def asked(self) -> None:
        """The ledger has answered, or not."""
        until(lambda: self.enroller.now.step != "waiting")


@pytest.fixture
def ledger() -> Iterator[FakeLedger]:
    with FakeLedger() as ledger:
        yield ledger


@pytest.fixture
def screen(ledger: FakeLedger, tmp_path: Path) -> Screen:
    return Screen(KioskSettings(data_dir=tmp_path, ledger_url=ledger.url, printer="tcp://x:9", scanner="serial:/dev/x"))


def test_the_code_before_the_scanner_enrols_and_shows_the_digits(screen: Screen, ledger: FakeLedger) -> None:
    assert screen.client.get("/").headers["Location"] == "/enrol"
    assert "把那一页的二维码放到扫码器前" in screen.said()
    screen.enroller.heard(Scan(CODE))
    screen.asked()
    identity = load_identity(screen.settings.data_dir)
    assert identity is not None
    assert ledger.enrolled is not None
    assert ledger.enrolled.public_key == identity.public_key
    assert (screen.settings.data_dir / "journal.sqlite").exists()
    said = screen.said()
    assert "两边的 8 位对得上吗？" in said
    assert identity.fingerprint in said
    assert "U盘上有 2 号机的副本" in said


def test_it_begins_once_when_the_digits_agree(screen: Screen) -> None:
    screen.client.post("/enrol/begin")
    assert screen.began == 0
    screen.enroller.heard(Scan(CODE))
    screen.asked()
    for _ in range(2):
        screen.client.post("/enrol/begin")
    assert screen.began == 1
    assert "正在开张" in screen.said()


def test_two_readings_of_one_code_ask_once(screen: Screen, ledger: FakeLedger) -> None:
    ledger.mode = "silent"
    for _ in range(3):
        screen.enroller.heard(Scan(CODE))
    assert "正在登记" in screen.said()
    ledger.mode = "well"
    ledger.release()
    screen.asked()
    screen.enroller.heard(Scan(CODE))
    assert ledger.requests.count("enrol") == 1


@pytest.mark.parametrize(
    "scanned", [Scan("2000000000015"), Scan("merit:/q/SQ-7K2M9QXD"), ScanUnreadable(UnreadableReason.TOO_LONG)]
)
def test_anything_else_before_the_scanner_is_told(
    screen: Screen, ledger: FakeLedger, scanned: Scan | ScanUnreadable
) -> None:
    screen.enroller.heard(scanned)
    assert NO_CODE in screen.said()
    assert ledger.requests == []


def test_the_letters_can_be_typed(screen: Screen) -> None:
    typed = ""
    for letter in "SQABCD2346":
        screen.press(typed, letter)
        typed += letter
        assert f'value="{typed}"' in screen.said("/enrol/keys")
    screen.press(typed, "back")
    screen.press(typed[:-1], "ok")
    assert NOT_WHOLE in screen.said("/enrol/keys")
    screen.press("SQABCD2345", "ok")
    screen.asked()
    assert load_identity(screen.settings.data_dir) is not None


def test_a_code_that_is_not_good_is_told_in_the_ledgers_words_and_another_works(screen: Screen) -> None:
    screen.enroller.heard(Scan("SQ-WRNG2345"))
    screen.asked()
    assert "不对" in screen.said()
    assert not list(screen.settings.data_dir.glob("*.sqlite"))
    screen.enroller.heard(Scan(CODE))
    screen.asked()
    assert "两边的 8 位对得上吗？" in screen.said()


@pytest.mark.parametrize("mode", ["html", "error", "cut"])
def test_no_answer_leaves_nothing_behind_and_says_what_to_do(screen: Screen, ledger: FakeLedger, mode: str) -> None:
    ledger.mode = mode
    screen.enroller.heard(Scan(CODE))
    screen.asked()
    assert NO_ANSWER in screen.said()
    assert load_identity(screen.settings.data_dir) is None


def test_somebody_elses_journal_is_never_replaced(screen: Screen) -> None:
    (screen.settings.data_dir / "journal.sqlite").write_bytes(b"not a journal")
    screen.enroller.heard(Scan(CODE))
    screen.asked()
    assert screen.enroller.now.step == "asking"
    assert "不能另开" in screen.said()
    assert load_identity(screen.settings.data_dir) is None


def fetched(url: str, data: dict[str, str] | None = None) -> tuple[str, str]:
    """Where it ended, and the page; "" while nobody answers."""
    body = urlencode(data).encode() if data is not None else None
    try:
        with urlopen(Request(url, data=body), timeout=5) as answer:
            return str(answer.url), answer.read().decode()
    except HTTPError as error:
        return url, str(error.code)
    except (OSError, HTTPException):
        return url, ""


def test_the_running_machine_becomes_a_counter_without_a_second_command(ledger: FakeLedger, tmp_path: Path) -> None:
    named = {
        "data_dir": str(tmp_path), "ledger_url": ledger.url, "printer": "tcp://127.0.0.1:9",
        "scanner": f"serial:{tmp_path}/no-scanner", "port": "0",
    }  # fmt: skip
    environ = dict(os.environ) | {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}
    environ.pop("NOTIFY_SOCKET", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "run"], env=environ, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    addresses: list[str] = []

    def listen() -> None:
        for line in process.stderr or ():
            addresses.extend(re.findall(r"the screen is at (http://[0-9.:]+)", line))

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        until(lambda: len(addresses) == 1)
        screen = addresses[0]
        where, _ = fetched(f"{screen}/")
        assert where.endswith("/enrol")
        fetched(f"{screen}/enrol/keys", {"code": CODE, "key": "ok"})
        until(lambda: "两边的 8 位对得上吗？" in fetched(f"{screen}/enrol")[1])
        fetched(f"{screen}/enrol/begin", {})
        until(lambda: len(addresses) == 2)
        assert fetched(f"{addresses[1]}/enrol/turn")[1] == "404"
        until(lambda: ledger.requests.count("snapshot") > 0)
        until(lambda: "放" in fetched(f"{addresses[1]}/")[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=WAIT_S)
        listening.join(timeout=WAIT_S)
        process.stderr.close()
    assert process.returncode == 0
