"""What the diagnostics say: every fact that the design names, in words that fit the narrow paper, and the same in the code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.care.facts import Known, Papers, code_of, diagnostics_slip, facts_of, selftest_slip
from kiosk.counter.values import Line, LineStatus
from kiosk.devices.ports import Abilities, Capability, Cover, Cutter, Online, PaperState, PrinterStatus
from kiosk.receipts.every import rows_of
from kiosk.receipts.text import width
from kiosk.receipts.values import PAPER_58, PAPER_80, Paper, Style, Text
from schemas.refusals import FaultCode
from tests.fakes.counter_village import village
from tests.fakes.stepping_runner import at_rest

NOW = datetime(2026, 11, 18, 2, 33, tzinfo=UTC)
WELL = PrinterStatus(Online.ONLINE, PaperState.OK, Cover.CLOSED, Cutter.OK)
TILL = replace(
    at_rest(
        Line(LineStatus.OFFLINE, 3), village().model_copy(update={"taken_at": NOW - timedelta(hours=2, minutes=41)})
    ).state(),
    clock_trusted=False,
)
KNOWN = Known(
    village="SQ",
    kiosk=1,
    version="1.4.2",
    up_s=11_520.0,
    starts=37,
    clock_off=timedelta(minutes=-4),
    till=TILL,
    taken_up_to=480,
    unsent_points=86,
    head=(483, "c07e 5d10"),
    printer=WELL,
    abilities=Abilities(Capability.FULL, confirms=True, name="ZJ-58"),
    papers=Papers(99, 1),
    scanned_ago_s=120.0,
    scanner_device="scanner 是 ttyACM0",
    screen_ago_s=2.0,
    now=NOW,
    free_bytes=12_025_908_429,
    wants_stick=True,
    stick_number=483,
    throttled=False,
    celsius=52,
)


def test_every_fact_of_the_design_is_there() -> None:
    assert facts_of(KNOWN) == (
        ("机器", "柜台机 1（村码 SQ）"),
        ("版本", "1.4.2"),
        ("开机", "第 37 次 03:12 前"),
        ("时钟", "未校准，差约 -4 分"),
        ("网", "断，上次 11-18 07:52"),
        ("没上传", "3 笔  86 分"),
        ("上传到", "1-000480"),
        ("账链头", "1-000483 c07e 5d10"),
        ("名册", "11-18 07:52 3 户"),
        ("打印机", "好  纸够"),
        ("扫码器", "好  最近 10:31"),
        ("扫码口", "scanner 是 ttyACM0"),
        ("屏幕", "好"),
        ("存储", "剩 11.2 GB"),
        ("U盘副本", "有  到 1-000483"),
        ("打印机回话", "全能（缺纸开盖都报）"),
        ("最近100张", "确认 99 不明 1"),
        ("电压", "正常"),
        ("温度", "52 度"),
    )


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (None, "未校准"),
        (timedelta(minutes=90), "未校准，差约 +90 分"),
        (timedelta(hours=-5), "未校准，差约 -5 小时"),
        (timedelta(days=-20_776), "未校准，差约 -20776 天"),
    ],
)
def test_a_wrong_clock_says_how_wrong(off: timedelta | None, words: str) -> None:
    assert dict(facts_of(replace(KNOWN, clock_off=off)))["时钟"] == words


def test_what_is_away_is_said() -> None:
    lost = replace(
        TILL, printer=FaultCode.PRINTER_NO_PAPER, scanner=FaultCode.SCANNER_LOST, line=Line(LineStatus.ONLINE, 0)
    )
    facts = dict(
        facts_of(
            replace(
                KNOWN, till=lost, printer=None, scanned_ago_s=None, screen_ago_s=None, stick_number=None, throttled=True, head=(0, ""),
            )
        )
    )  # fmt: skip
    assert (facts["打印机"], facts["扫码器"], facts["屏幕"]) == ("printer_no_paper", "scanner_lost", "还没有打开过")
    assert (facts["U盘副本"], facts["电压"], facts["账链头"]) == ("不在", "低过，换电源", "还没有记录")
    assert (facts["网"], facts["没上传"]) == ("通，上次 11-18 07:52", "0 笔")
    assert dict(facts_of(replace(KNOWN, screen_ago_s=600.0)))["屏幕"] == "10 分钟没有动静"
    assert dict(facts_of(replace(KNOWN, wants_stick=False)))["U盘副本"] == "没设"


@pytest.mark.parametrize("paper", [PAPER_58, PAPER_80], ids=["58", "80"])
def test_each_fact_stands_in_one_row(paper: Paper) -> None:
    slip = diagnostics_slip(KNOWN, ("10:24 ledger_unreachable",), NOW, "555 0188")
    rows = [line.text for line in rows_of(slip, paper) if isinstance(line, Text) and line.style is Style.NORMAL]
    assert max(map(width, rows)) <= paper.width_columns
    for label, value in slip.facts:
        assert [row for row in rows if row.startswith(label) and row.endswith(value)], f"{label} was broken"


def test_the_code_is_ascii_and_short_enough_for_a_small_square() -> None:
    code = code_of(replace(KNOWN, version="1.4.2（试）"))
    assert code == "D1;SQ;1;1.4.2???;offline;3;480;483;c07e 5d10;ok;ok;0;11.2;52"
    assert len(code) < 106, "version 5-L"


def test_a_self_test_page_says_what_the_printer_can_and_how_the_last_papers_ended() -> None:
    slip = selftest_slip(1, NOW, UTC, Abilities(Capability.FULL), WELL, Papers(100, 0))
    assert slip.facts == (
        ("打印机回话", "全能（缺纸开盖都报）"), ("纸", "够"), ("盖", "关着"), ("切刀", "好"), ("最近100张", "确认 100 不明 0"),
    )  # fmt: skip
    mute = selftest_slip(1, NOW, UTC, Abilities(Capability.NONE), PrinterStatus(), None)
    assert mute.facts == (("打印机回话", "不回话，打完要看一眼"),)
    pictures = [line for line in rows_of(slip, PAPER_58) if isinstance(line, Text) and line.raster]
    assert [line.text for line in pictures] == ["图打的字 𠮷 䶮 㛃"], "one row goes as a picture, as a rare name does"
