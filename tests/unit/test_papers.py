"""Every paper of the counter says what the design says, byte for byte what it said before, and never anything but printing."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.devices.decode import PRINTING, Kind, decode
from kiosk.devices.raster import drawer
from kiosk.receipts.escpos import encode
from kiosk.receipts.every import Slip, rows_of
from kiosk.receipts.slips import ReceivedRow
from kiosk.receipts.text import clean, width
from kiosk.receipts.values import PAPER_58, PAPER_80, Cut, Paper, Qr, Text
from tests.fakes.designed_paper import as_designed
from tests.fakes.papers import (
    BALANCE,
    CASH,
    COUNTED,
    DAY_CLOSE,
    PAPERS,
    PASSBOOK,
    PROXY,
    RECEIVED,
    SPARE,
    VOID,
    WRITTEN_OFF,
)

GOLDEN = Path(__file__).parents[1] / "golden"
UPDATE = os.environ.get("GOLDEN") == "1"  # after a change of the design: write what comes out now, then look at it


def designed() -> dict[str, str]:
    """The design's papers for 58 mm, by name."""
    blocks = (GOLDEN / "papers-58.txt").read_text(encoding="utf-8").split("## ")[1:]
    return {block.partition("\n")[0]: block.partition("\n")[2].strip("\n") for block in blocks}


def text_of(slip: Slip, paper: Paper = PAPER_58) -> str:
    return as_designed(rows_of(slip, paper), paper)


def job_of(slip: Slip, paper: Paper, *, native_qr: bool = True) -> bytes:
    return encode(rows_of(slip, paper), paper, draw=drawer(paper), native_qr=native_qr)


@pytest.mark.parametrize("name", designed())
def test_a_paper_reads_as_designed(name: str) -> None:
    assert text_of(PAPERS[name]) == designed()[name]


@pytest.mark.parametrize("paper", [PAPER_58, PAPER_80], ids=["58", "80"])
@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_is_the_same_bytes_as_ever(name: str, paper: Paper) -> None:
    file = GOLDEN / "jobs" / f"{name}-{58 if paper is PAPER_58 else 80}.escpos"
    job = job_of(PAPERS[name], paper)
    if UPDATE:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(job)
    assert job == file.read_bytes()


def test_the_wide_papers_read_well() -> None:
    texts = "\n\n".join(f"## {name}\n{text_of(slip, PAPER_80)}" for name, slip in PAPERS.items()) + "\n"
    file = GOLDEN / "papers-80.txt"
    if UPDATE:
        file.write_text(texts, encoding="utf-8")
    assert texts == file.read_text(encoding="utf-8")


def test_a_void_by_a_supervisor_without_a_line_says_both() -> None:
    text = text_of(replace(VOID, supervisor="梁**", offline=True, cash_text="27.00", card_tail=""))
    assert "经手 周** 监督 梁**" in text
    assert "当天本人" not in text
    assert "退回现金" in text
    assert "离  线" in text
    assert "没带卡" in text
    assert "机上现在" in text
    assert "余额以入账为准" in text


def test_a_void_slip_printed_again_says_so_twice_and_keeps_its_number() -> None:
    text = text_of(replace(VOID, copy=1, reprinted_at_text="2026-11-18 11:20"))
    assert text.count("补打 第1次") == 2
    assert "1-000487" in text


def test_cash_without_a_line_keeps_both_figures() -> None:
    text = text_of(replace(CASH, offline=True, last_contact_text="11-18 07:52"))
    for words in ("用积分", "补现金", "机上原有", "机上剩余", "余额以入账为准"):
        assert words in text


def test_a_village_that_wants_it_gets_a_place_to_sign_and_a_proxy_signs_once() -> None:
    assert "领货人签字或按手印：" in text_of(replace(CASH, signature=True))
    assert text_of(replace(PROXY, signature=True)).count("签字或按手印") == 1


def test_who_vouched_for_a_household_without_its_card_stands_on_the_paper() -> None:
    text = text_of(replace(CASH, card_tail="", second="李**"))
    assert "没带卡" in text
    assert "在场的另一位" in text


def test_a_day_that_could_not_be_sealed_says_so_and_has_no_words() -> None:
    rows = rows_of(replace(DAY_CLOSE, seal=None, to_look_at=None, first_number=None, last_number=None), PAPER_58)
    text = as_designed(rows, PAPER_58)
    assert "这次没有封上账" in text
    assert "封账时间" not in text
    assert "单号" not in text
    assert not any(isinstance(row, Qr) for row in rows)


def test_bought_goods_name_no_donor_and_many_dates_stand_one_below_the_other() -> None:
    rows = tuple(ReceivedRow(f"散装{n}", 5, "袋", "3.00", "15.00", f"2027-0{n}") for n in range(1, 6))
    text = text_of(replace(RECEIVED, donor=None, rows=rows))
    assert "买进" in text
    assert "捐赠" not in text
    assert text.count("2027-0") == 5
    assert "最早到期" not in text_of(replace(RECEIVED, rows=(ReceivedRow("毛巾", 1, "条", "1.00", "1.00"),)))


def test_a_donor_whom_nobody_knows_has_room_for_the_name() -> None:
    text = text_of(replace(RECEIVED, donor=""))
    assert "捐赠人（写全名）" in text
    assert "见签字" not in text


def test_a_write_off_says_what_is_left_and_why() -> None:
    text = text_of(WRITTEN_OFF)
    for words in ("报损单", "酱油 1瓶：破损", "报损 3 件", "按过密码"):
        assert words in text
    assert "盘点" not in text


def test_a_count_without_a_reason_asks_for_one_and_a_full_list_says_no_more() -> None:
    rows = tuple(replace(row, reason=None) for row in COUNTED.rows)
    text = text_of(replace(COUNTED, rows=rows, kinds=6, second="李**"))
    assert "酱油 少1：原因没写" in text
    assert "没列出的" not in text
    assert "一起点的" in text


def test_a_spare_slip_has_two_parts_with_one_number() -> None:
    rows = rows_of(SPARE, PAPER_58)
    assert sum(isinstance(row, Cut) for row in rows) == 2
    assert text_of(SPARE).count("No.0031") == 2
    assert "最多" not in text_of(replace(SPARE, limit_text=None))


def test_only_receipts_and_the_machines_own_papers_have_a_code() -> None:
    with_code = {name for name, slip in PAPERS.items() if any(isinstance(row, Qr) for row in rows_of(slip, PAPER_58))}
    assert with_code == {"cash", "proxy", "slip", "day_close", "selftest", "diagnostics"}


def test_a_demo_paper_says_so_at_head_and_foot() -> None:
    for slip in (CASH, VOID, BALANCE, PASSBOOK, RECEIVED, COUNTED, WRITTEN_OFF, DAY_CLOSE):
        assert text_of(replace(slip, demo=True)).count("演示机") == 2


HOSTILE = [
    *map(chr, (*range(0x20), 0x7F, 0x85, 0x2028, 0x202E, 0xD800)),
    *("\x1bp\x00", "\x1b=\x00", "\x10\x14\x01\x00\x01", "\x1dv0", "\x1dV\x00", "\x1c.", "¥", "😀", "𠮷", "䶮", "é", ""),
]
CODES = {"code"}


def poisoned(value: Any, name: str) -> Any:
    """The same slip with ``name`` in every text that comes from outside."""
    if isinstance(value, str):
        return name
    if isinstance(value, tuple):
        return tuple(poisoned(each, name) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in fields(value)}
        changed = {key: poisoned(each, name) for key, each in named.items() if key not in CODES}
        return replace(value, **changed)
    return value


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
@pytest.mark.parametrize("paper", [PAPER_58, PAPER_80], ids=["58", "80"])
def test_no_text_of_any_paper_becomes_a_command(paper: Paper, hostile: str) -> None:
    for slip in PAPERS.values():
        bad = poisoned(slip, f"米{hostile}5kg{hostile}")
        rows = rows_of(bad, paper)
        kinds = [command.kind for command in decode(encode(rows, paper, draw=drawer(paper)))]
        assert set(kinds) <= PRINTING
        assert kinds.count(Kind.CUT) == sum(isinstance(row, Cut) for row in rows)
        assert kinds.count(Kind.INITIALIZE) == 1


@pytest.mark.parametrize("name", ["汉" * 60, "a" * 90, "1234567890.5", "，" * 40, "大米 5kg 一袋"])
@pytest.mark.parametrize("paper", [PAPER_58, PAPER_80], ids=["58", "80"])
def test_every_row_of_every_paper_fits_whatever_stands_in_it(paper: Paper, name: str) -> None:
    for slip in PAPERS.values():
        for row in rows_of(poisoned(slip, name), paper):
            if isinstance(row, Text):
                assert clean(row.text) == row.text
                assert width(row.text) <= paper.width_columns // row.style.scale_x


def test_a_raster_code_keeps_every_paper_small() -> None:
    sizes = {name: len(job_of(slip, PAPER_58, native_qr=False)) for name, slip in PAPERS.items()}
    assert max(sizes.values()) < 16_000
    assert max(len(job_of(slip, PAPER_58)) for slip in PAPERS.values()) < 2_400
