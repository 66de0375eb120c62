"""What is printed says what `design/paper/receipts.md` says, fits the paper, and holds nothing but printing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.decode import PRINTING, Kind, decode
from kiosk.devices.raster import drawer
from kiosk.receipts.escpos import bitmap_of, encode, module_dots
from kiosk.receipts.layout import balance, redemption
from kiosk.receipts.text import clean, in_font, width, wrap
from kiosk.receipts.values import (
    PAPER_58,
    PAPER_80,
    Bitmap,
    Blank,
    Cut,
    Paper,
    Qr,
    ReceiptLine,
    RedemptionReceipt,
    Rule,
    Style,
    Text,
)
from tests.fakes.designed_paper import as_designed
from tests.fakes.papers import BALANCE, CODE, ONLINE

OFFLINE = replace(
    ONLINE,
    number="1-000483",
    when_text="2026-11-18 10:31",
    clock_trusted=False,
    who="邓**户 0011",
    card_tail="3306",
    lines=(ReceiptLine("大米 5kg", 1, "袋", "39"),),
    total_text="39",
    before_text="46",
    after_text="7",
    check="c07e 5d10",
    offline=True,
    last_contact_text="11-18 07:52",
)
REPRINT = replace(ONLINE, copy=2, reprinted_at_text="2026-11-18 10:27")

ONLINE_58 = """
H|         石桥村爱心超市         |
W|    兑换小票    |
 |--------------------------------|
 |单号                    1-000482|
 |2026-11-18 10:24 北京时间       |
 |汤**户 0007            卡尾 4187|
 |--------------------------------|
 |品名               数量     积分|
 |酱油                1瓶        5|
 |香皂                1块        5|
 |--------------------------------|
H|共用                       10 分|
 |原有                       65 分|
W|剩余       55 分|
Q|
 |         扫码看这张小票         |
 |--------------------------------|
 |有疑问打村务电话 555 0123       |
 |经手 周**         校验 9f3c 21ab|
X|
"""
OFFLINE_58 = """
H|         石桥村爱心超市         |
W|    兑换小票    |
W|     离  线     |
 |--------------------------------|
 |单号                    1-000483|
 |2026-11-18 10:31（时钟未校准）  |
 |邓**户 0011            卡尾 3306|
 |--------------------------------|
 |品名               数量     积分|
 |大米 5kg            1袋       39|
 |--------------------------------|
H|共用                       39 分|
 |机上原有                   46 分|
H|机上剩余                    7 分|
B|余额以入账为准                  |
 |上次联网 11-18 07:52，联网后自动|
 |入账。这张小票就是凭据，收好它。|
Q|
 |      联网后扫码看入账结果      |
 |--------------------------------|
 |有疑问打村务电话 555 0123       |
 |经手 周**         校验 c07e 5d10|
X|
"""
REPRINT_58 = """
H|         石桥村爱心超市         |
W|   补打 第2次   |
H|            兑换小票            |
 |--------------------------------|
 |单号                    1-000482|
 |2026-11-18 10:24 北京时间       |
 |汤**户 0007            卡尾 4187|
 |--------------------------------|
 |品名               数量     积分|
 |酱油                1瓶        5|
 |香皂                1块        5|
 |--------------------------------|
H|共用                       10 分|
 |原有                       65 分|
W|剩余       55 分|
 |和第一张是同一笔，没有再扣分。  |
Q|
 |         扫码看这张小票         |
 |--------------------------------|
 |有疑问打村务电话 555 0123       |
 |经手 周**         校验 9f3c 21ab|
 |补打于 2026-11-18 10:27         |
H|           补打 第2次           |
X|
"""
BALANCE_58 = """
H|         石桥村爱心超市         |
W|     余额条     |
 |--------------------------------|
 |2026-11-18 09:15 北京时间       |
 |汤**户 0007            卡尾 4187|
 |--------------------------------|
W|可用       60 分|
 |--------------------------------|
 |公示中，还没到账            5 分|
 |  没有人提意见，11月21日到账    |
 |订货占用                    0 分|
 |今天最多可兑               50 分|
 |--------------------------------|
 |到年底没用完的，转到明年。      |
 |有疑问打村务电话 555 0123       |
 |柜台机 1     截至 村账第 1284 笔|
X|
"""
ONLINE_80 = """
H|                 石桥村爱心超市                 |
W|        兑换小票        |
 |------------------------------------------------|
 |单号 1-000482          2026-11-18 10:24 北京时间|
 |汤**户 0007                            卡尾 4187|
 |------------------------------------------------|
 |品名                      单价    数量      积分|
 |酱油                         5     1瓶         5|
 |香皂                         5     1块         5|
 |------------------------------------------------|
H|共用                                       10 分|
 |原有                                       65 分|
W|剩余               55 分|
Q|
 |                 扫码看这张小票                 |
 |------------------------------------------------|
 |有疑问打村务电话 555 0123                       |
 |经手 周**                         校验 9f3c 21ab|
X|
"""


@pytest.mark.parametrize(
    ("receipt", "paper", "design"),
    [
        (ONLINE, PAPER_58, ONLINE_58),
        (OFFLINE, PAPER_58, OFFLINE_58),
        (REPRINT, PAPER_58, REPRINT_58),
        (ONLINE, PAPER_80, ONLINE_80),
    ],
    ids=["online", "offline", "reprint", "online on 80 mm"],
)
def test_a_redemption_receipt_reads_as_designed(receipt: RedemptionReceipt, paper: Paper, design: str) -> None:
    assert as_designed(redemption(receipt, paper), paper) == design.strip("\n")


def test_a_balance_slip_reads_as_designed_and_has_no_code() -> None:
    lines = balance(BALANCE, PAPER_58)
    assert as_designed(lines, PAPER_58) == BALANCE_58.strip("\n")
    assert not any(isinstance(line, Qr) for line in lines)


def test_a_kiosk_that_never_had_contact_still_says_what_happens_next() -> None:
    text = as_designed(redemption(replace(OFFLINE, last_contact_text=None), PAPER_58), PAPER_58)
    assert "上次联网" not in text
    assert "联网后自动入账。" in text


def test_a_demo_receipt_says_so_at_head_and_foot() -> None:
    for lines in (redemption(replace(ONLINE, demo=True), PAPER_58), balance(replace(BALANCE, demo=True), PAPER_58)):
        assert sum("演示机" in line.text for line in lines if isinstance(line, Text)) == 2


def test_a_receipt_cannot_carry_a_cards_code() -> None:
    with pytest.raises(ValueError, match="never a card's"):
        replace(ONLINE, code="https://jf.shiqiao.example/q/SQ3k9vT0qX7uYwB2mR8dLz5AeQ")


@pytest.mark.parametrize("changes", [{"copy": 1}, {"copy": -1}, {"reprinted_at_text": "2026-11-18 10:27"}])
def test_a_copy_and_only_a_copy_says_when_it_was_printed(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="further copy"):
        replace(ONLINE, **changes)  # type: ignore[arg-type]


papers = st.sampled_from([PAPER_58, PAPER_80])
names = st.text(max_size=80) | st.text("酱油香皂，。（）“”…·ab 19\u3000𠮷䶮¥é", max_size=80)
goods = st.lists(
    st.builds(
        ReceiptLine,
        names,
        st.integers(1, 10**9),
        st.sampled_from(["瓶", "千克装", ""]),
        st.from_regex(r"\A[0-9]{1,12}(\.5)?\Z"),
        st.none() | st.from_regex(r"\A[0-9]{1,12}\Z"),
    ),
    max_size=4,
).map(tuple)


@given(papers, names, names, goods, st.booleans())
def test_every_row_fits_and_is_clean_whatever_the_names(
    paper: Paper, shop_name: str, who: str, lines: tuple[ReceiptLine, ...], offline: bool
) -> None:
    receipt = replace(ONLINE, shop_name=shop_name, who=who, lines=lines, after_text="123456789.5", offline=offline)
    for line in redemption(receipt, paper):
        if isinstance(line, Text):
            assert width(line.text) <= paper.width_columns // line.style.scale_x
            assert clean(line.text) == line.text
            if not line.raster:
                assert width(line.text) == len(line.text.encode("gbk"))


@given(papers, names)
def test_a_long_name_is_wrapped_and_never_cut(paper: Paper, name: str) -> None:
    receipt = replace(ONLINE, lines=(ReceiptLine(name, 3, "瓶", "777"),))
    printed = "".join(line.text for line in redemption(receipt, paper) if isinstance(line, Text))
    assert clean(name).replace(" ", "") in printed.replace(" ", "")
    assert "3瓶" in printed


@given(names, st.integers(4, 48))
def test_wrapping_loses_only_spaces(text: str, columns: int) -> None:
    rows = wrap(clean(text), columns)
    assert rows
    assert all(width(row) <= columns for row in rows)
    assert "".join(rows).replace(" ", "") == clean(text).replace(" ", "")


def test_no_row_starts_with_a_closing_mark_and_numbers_stay_whole() -> None:
    assert wrap("联网后自动入账。", 14) == ("联网后自动入", "账。")
    assert wrap("洗洁精 500g 大瓶", 8) == ("洗洁精", "500g 大", "瓶")
    assert wrap("  缩进", 8) == ("  缩进",)
    assert wrap("", 8) == ("",)


def test_the_yen_sign_is_printed_full_width() -> None:
    assert clean("\u00a512") == "￥12"
    assert in_font("￥")


def test_what_no_printer_has_makes_its_row_a_picture() -> None:
    assert [char for char in "𠮷䶮é😀ñ¥龚℃“·￥" if not in_font(char)] == list("𠮷䶮😀ñ¥")
    receipt = replace(ONLINE, lines=(ReceiptLine("𠮷祥酱油", 1, "瓶", "5"), ReceiptLine("香皂", 1, "块", "5")))
    pictures = [line.text for line in redemption(receipt, PAPER_58) if isinstance(line, Text) and line.raster]
    assert pictures == ["𠮷祥酱油            1瓶        5"]


def test_white_space_becomes_a_space_and_commands_become_nothing() -> None:
    assert clean("a\tb\nc\u2028d\u00a0e") == "a b c d e"
    assert clean("a\x00\x1b\x7f\u202e\u200d\ud800\ue000b") == "ab"
    assert clean("全\u3000角") == "全\u3000角"


def test_a_small_job_byte_for_byte() -> None:
    job = encode((Text("剩余 5 分", Style.BIG), Rule(), Blank(), Qr("merit:/r/A"), Cut()), PAPER_58)
    assert job == (
        b"\x1b@\x1c&"
        b"\x1c!\x0c\x1d!\x11\x1bE\x00" + "剩余 5 分".encode("gbk") + b"\n"
        b"\x1c!\x00\x1d!\x00" + b"-" * 32 + b"\n"
        b"\n"
        b"\x1ba\x01\x1bJ\x14"
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\x1d(k\x0d\x001P0merit:/r/A\x1d(k\x03\x001Q0"
        b"\x1bJ\x14\x1ba\x00"
        b"\x1bd\x04\x1dVB\x00"
    )


def test_a_picture_goes_out_in_slices_that_a_small_printer_stands() -> None:
    tall = Bitmap(16, (b"\xff\x00",) * 300)
    job = encode((Text("𠮷", raster=True),), PAPER_58, draw=lambda _: tall)
    assert (
        job
        == b"\x1b@\x1c&\x1dv0\x00\x02\x00\xff\x00"
        + b"\xff\x00" * 255
        + b"\x1dv0\x00\x02\x00\x2d\x00"
        + b"\xff\x00" * 45
    )


def test_no_picture_spells_a_command_that_printers_obey_at_once() -> None:
    rows = (b"\x10\x04\x01", b"\x10\x14\x01", b"\x00\x00\x10", b"\x05\x10\x10")
    job = encode((Text("𠮷", raster=True),), PAPER_58, draw=lambda _: Bitmap(24, rows))
    pixels = job[-12:]
    assert not any(bytes((0x10, second)) in pixels for second in (0x04, 0x05, 0x14))
    assert all(new & old == old for new, old in zip(pixels, b"".join(rows), strict=True)), "dots are added, never taken"


def test_a_bitmap_of_a_code_has_whole_modules() -> None:
    bitmap = bitmap_of([[True, False], [False, True]], 4)
    assert bitmap == Bitmap(8, (b"\xf0",) * 4 + (b"\x0f",) * 4)
    with pytest.raises(ValueError, match="exactly its width"):
        Bitmap(9, (b"\xff",))


def test_modules_are_at_least_four_dots_or_the_code_is_refused() -> None:
    assert (module_dots(Qr(CODE), PAPER_58), module_dots(Qr(CODE), PAPER_80)) == (5, 6)
    assert (module_dots(Qr("x" * 504), PAPER_58), module_dots(Qr("x" * 1264), PAPER_80)) == (4, 4)
    assert module_dots(Qr("x" * 180, level="L", module_dots=6), PAPER_58) == 6
    for length, paper in ((505, PAPER_58), (1265, PAPER_80)):
        with pytest.raises(ValueError, match="does not fit"):
            module_dots(Qr("x" * length), paper)


@pytest.mark.parametrize("line", [Text("a\x1b@"), Text("𠮷"), Text("\u00a5"), Text("a\n")])
def test_the_encoder_refuses_text_that_was_not_cleaned(line: Text) -> None:
    with pytest.raises(ValueError, match="clean text"):
        encode((line,), PAPER_58)


def test_a_picture_nobody_draws_or_too_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a picture"):
        encode((Text("𠮷", raster=True),), PAPER_58)
    with pytest.raises(ValueError, match="wider than the paper"):
        encode((Text("𠮷", raster=True),), PAPER_58, draw=lambda _: Bitmap(385, (b"\x00" * 49,)))


@pytest.mark.parametrize("text", ["", "石桥村", "a\x1bp\x00", "a\n"])
def test_a_qr_code_holds_printable_ascii_only(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        Qr(text)


HOSTILE = [
    *map(chr, (*range(0x20), 0x7F, 0x85, 0x2028, 0x202E, 0xD800)),
    *("\x1bp\x00", "\x1b=\x00", "\x10\x14\x01\x00\x01", "\x1dv0", "\x1dV\x00", "\x1c.", "¥", "😀", "𠮷", "䶮", "é"),
]


@pytest.mark.parametrize("native_qr", [True, False])
@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_no_name_becomes_a_command(hostile: str, native_qr: bool) -> None:
    name = f"米{hostile}5kg{hostile}"
    receipt = replace(
        ONLINE, shop_name=name, title=name, who=name, phone=name, clerk=name, lines=(ReceiptLine(name, 1, name, name),)
    )
    job = encode(redemption(receipt, PAPER_58), PAPER_58, draw=drawer(PAPER_58), native_qr=native_qr)
    kinds = [command.kind for command in decode(job)]
    assert set(kinds) <= PRINTING
    assert kinds.count(Kind.CUT) == 1
    assert kinds.count(Kind.INITIALIZE) == 1


@given(names)
def test_no_text_at_all_becomes_a_command(name: str) -> None:
    blank = Bitmap(8, (b"\x00",))
    receipt = replace(ONLINE, shop_name=name, lines=(ReceiptLine(name, 1, "瓶", "5"),))
    commands = decode(encode(redemption(receipt, PAPER_58), PAPER_58, draw=lambda _: blank))
    assert {command.kind for command in commands} <= PRINTING


@pytest.mark.parametrize(
    ("receipt", "native_qr", "most_bytes"),
    [(ONLINE, True, 1024), (ONLINE, False, 7000), (OFFLINE, True, 1200), (OFFLINE, False, 7000)],
)
def test_twelve_lines_stay_small(receipt: RedemptionReceipt, native_qr: bool, most_bytes: int) -> None:
    lines = tuple(ReceiptLine(f"散装食用油 {n}kg", n, "桶", "120") for n in range(1, 13))
    rows = redemption(replace(receipt, lines=lines), PAPER_58)
    assert len(encode(rows, PAPER_58, draw=drawer(PAPER_58), native_qr=native_qr)) <= most_bytes
