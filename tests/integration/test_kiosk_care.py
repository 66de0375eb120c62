"""A whole kiosk that looks after itself: its diagnostics, its self-test, and no sale on devices that are none."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.app import running
from kiosk.care.learned import known_abilities
from kiosk.care.pages import care_pages
from kiosk.care.stick import StickFault
from kiosk.counter.values import HouseholdShown, Till
from kiosk.devices.ports import Capability, Scan
from kiosk.screen import ScreenSettings, create_screen
from schemas.refusals import FaultCode, Refusal, RefusalCode
from tests.fakes.enrolled_kiosk import CARD, Hands, VirtualCounter


def shown(counter: VirtualCounter, state: Callable[[], Till], there: Callable[[Till], bool]) -> Till:
    """The till once the card was read; what was put on the line before the reader had opened it is lost."""
    for _ in range(60):
        counter.devices.scanner.scan(CARD)
        for _ in range(50):
            if there(till := state()):
                return till
            time.sleep(0.01)
    raise AssertionError(f"never came: {state().face} {state().notice}")


def test_virtual_devices_sell_nothing_outside_the_demo_and_say_so(counter: VirtualCounter) -> None:
    with running(counter.settings(demo="false")) as kiosk:
        Hands(kiosk.runner).ready()
        till = shown(counter, kiosk.runner.state, lambda till: till.notice is FaultCode.VIRTUAL_DEVICE)
        assert till.troubles == (FaultCode.VIRTUAL_DEVICE,)
        screen = create_screen(kiosk.runner, ScreenSettings(demo=False, loopback_only=False))
        assert "不能真兑" in screen.test_client().get("/").text


def test_in_the_demo_they_sell(counter: VirtualCounter) -> None:
    with running(counter.settings()) as kiosk:
        Hands(kiosk.runner).until(lambda till: till.book is not None)
        shown(counter, kiosk.runner.state, lambda till: isinstance(till.face, HouseholdShown))
        assert kiosk.runner.state().troubles == ()


def test_the_diagnostics_say_how_the_machine_is_without_a_name_or_a_card(counter: VirtualCounter) -> None:
    with running(counter.settings()) as kiosk:
        Hands(kiosk.runner).ready()
        assert kiosk.clinic is not None
        screen = create_screen(kiosk.runner, ScreenSettings(demo=True, loopback_only=False))
        screen.register_blueprint(care_pages(kiosk.clinic))
        browser = screen.test_client()
        page = browser.get("/diagnostics").text
        assert "柜台机 1（村码 SQ）" in page
        assert "4 户" in page
        assert "汤" not in page
        assert "4187" not in page
        assert re.search(r"第 1 次 \d\d:\d\d 前", page), "the first start in this data directory"
        assert "屏幕" in page
        for link in re.findall(r'(?:href|src)="(/[^"]*\.(?:css|svg|js))"', page):
            with browser.get(link) as answer:
                assert answer.status_code == 200, link
        assert 'rel="icon"' in page
        printed = browser.post("/diagnostics/print", headers={"Sec-Fetch-Site": "same-origin"})
        assert printed.headers["Location"] == "/diagnostics?told=printed"
        [slip] = counter.devices.printer.wait_for_jobs(1)
        assert "诊断条".encode("gbk") in slip
        assert b"D1;SQ;1;" in slip
        assert browser.post("/diagnostics/print", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_what_went_wrong_is_remembered_with_its_end(counter: VirtualCounter) -> None:
    with running(counter.settings()) as kiosk:
        assert kiosk.clinic is not None
        Hands(kiosk.runner).until(lambda till: till.line.sells_online and till.clock_trusted)
        kiosk.clinic.watch()
        counter.ledger.mode = "error"
        Hands(kiosk.runner).until(lambda till: not till.line.sells_online)
        kiosk.clinic.watch()
        counter.ledger.mode = "well"
        Hands(kiosk.runner).until(lambda till: till.line.sells_online)
        kiosk.clinic.watch()
        newest, before = kiosk.clinic.events()[:2]
        assert newest.endswith("ledger_unreachable 已好")
        assert before.endswith("ledger_unreachable")


def test_a_self_test_learns_the_printer_and_prints_a_page(counter: VirtualCounter) -> None:
    counter.devices.printer.confirms = True
    done = counter.run("selftest")
    assert done.exit_code == 0, done.output
    assert "打印机回话：全能（缺纸开盖都报）" in done.output
    assert "自检页：打出来了" in done.output
    learned = known_abilities(counter.data_dir, counter.devices.urls.printer)
    assert learned is not None
    assert (learned.status, learned.confirms) == (Capability.FULL, True)
    [page] = counter.devices.printer.wait_for_jobs(1)
    assert b"SELFTEST-1-" in page


def test_a_self_test_without_paper_a_scanner_or_a_real_device_says_what_is_wrong(counter: VirtualCounter) -> None:
    counter.devices.printer.paper = "out"
    done = counter.run("selftest")
    assert done.exit_code == 1
    assert "没纸了" in done.output
    counter.devices.printer.paper = "ok"
    counter.devices.scanner.unplug()
    done = counter.run("selftest", "--no-print")
    assert done.exit_code == 1
    assert "找不到扫码器" in done.output
    counter.devices.scanner.plug()
    done = counter.run("selftest", "--no-print", demo="false")
    assert done.exit_code == 1
    assert "演示用的假打印机" in done.output


def test_a_self_test_does_not_disturb_a_running_counter(counter: VirtualCounter) -> None:
    with running(counter.settings()):
        done = counter.run("selftest")
    assert done.exit_code == 3
    assert "已经开着一个" in done.output
    assert "先停柜台" in done.output


def test_spare_slips_are_numbered_and_stop_where_nobody_knows(counter: VirtualCounter) -> None:
    assert counter.run("spare", "--first", "31").exit_code == 1, "no register yet, no name to print"
    with running(counter.settings()) as kiosk:
        Hands(kiosk.runner).until(lambda till: till.book is not None)
    done = counter.run("spare", "--first", "31", "--count", "2")
    assert done.exit_code == 0, done.output
    assert "No.0031 到 No.0032" in done.output
    assert [job.count(f"No.{31 + n:04d}".encode()) for n, job in enumerate(counter.devices.printer.jobs)] == [2, 2]
    counter.devices.printer.paper_ends_in_job = True
    done = counter.run("spare", "--first", "33", "--count", "2")
    assert done.exit_code == 3
    assert "No.0033 不知道打没打出来" in done.output
    done = counter.run("spare", "--first", "34", "--count", "2")
    assert done.exit_code == 3, "the roll is out"
    assert "No.0034 没有打，弄好了从这一号接着打" in done.output


def test_a_kiosk_does_not_start_beside_a_copy_that_says_something_else(
    counter: VirtualCounter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == stick)
    (stick / "merit-SQ-1.journal").write_text("1\t" + "0" * 64 + "\t{}\n")
    with pytest.raises(StickFault), running(counter.settings(stick_dir=str(stick))):
        raise AssertionError("it started")


def test_a_stick_that_is_not_there_is_a_bar_and_nothing_else(counter: VirtualCounter, tmp_path: Path) -> None:
    with running(counter.settings(stick_dir=str(tmp_path / "nowhere"))) as kiosk:
        till = Hands(kiosk.runner).until(
            lambda till: till.troubles == (FaultCode.STICK_MISSING,) and till.book is not None
        )
        assert till.book is not None
        shown(counter, kiosk.runner.state, lambda till: isinstance(till.face, HouseholdShown))


def test_a_payment_code_is_told_and_kept_nowhere(counter: VirtualCounter, caplog: pytest.LogCaptureFixture) -> None:
    paid = "134512345678901234"
    with caplog.at_level("DEBUG"), running(counter.settings()) as kiosk:
        Hands(kiosk.runner).until(lambda till: till.book is not None)
        kiosk.runner.scanned(Scan(paid))
        till = Hands(kiosk.runner).until(lambda till: isinstance(till.notice, Refusal))
        assert till.notice == Refusal(RefusalCode.PAYMENT_CODE_NOT_CARD)
        assert paid not in repr(till)
    assert paid not in caplog.text
    assert all(paid.encode() not in path.read_bytes() for path in counter.data_dir.iterdir() if path.is_file())
