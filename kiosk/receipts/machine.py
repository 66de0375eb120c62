"""The machine's own papers: self-test page and diagnostics slip. Rows and words: `design/paper/receipts.md`."""

from collections.abc import Iterator

from kiosk.receipts.sheet import Sheet, when_words
from kiosk.receipts.slips import DiagnosticsSlip, SelfTestSlip
from kiosk.receipts.values import Cut, Line, Paper, Qr, Rule, Style

_DIGITS = "1234567890"
_GBK_ONLY = "镕 喆 堃 旻 玥 珺 祎 昇 犇"  # in GBK and not in GB2312: an old ROM shows other letters here, or none
_PICTURES = "图打的字 𠮷 䶮 㛃"  # in no ROM: goes as a picture, as a rare name does


def selftest(slip: SelfTestSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a self-test page: edges, letters, large letters, a code, and how the printer answers."""
    return tuple(_selftest(slip, Sheet(paper)))


def diagnostics(slip: DiagnosticsSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a diagnostics slip."""
    return tuple(_diagnostics(slip, Sheet(paper)))


def _selftest(slip: SelfTestSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred("自检页", Style.BIG)
    yield from sheet.centred(f"柜台机 {slip.kiosk}  {slip.when_text}")
    yield Rule()
    yield from sheet.plain("1 边齐不齐：左右都见到竖线")
    inside = sheet.columns - 2
    yield from sheet.plain(f"|{(_DIGITS * 5)[:inside]}|")
    yield from sheet.plain(f"|{'宽' * (inside // 2)}|")
    yield from sheet.plain("2 字全不全：")
    for row in (
        "积分兑换余额离线作废补打入库",
        "盘点日结村组户卡元角斤瓶袋桶",
        "龚 谭 褚 缪 覃 冼 〓 〓 〓",
        _GBK_ONLY,
    ):
        yield from sheet.plain(row)
    yield from sheet.plain("  〓 是字库没有的字，会改用图打")
    yield from sheet.plain(_PICTURES)
    yield from sheet.plain("3 大字：")
    yield from sheet.plain("倍高 12 分", Style.TALL)
    yield from sheet.plain("倍大 12 分", Style.BIG)
    yield from sheet.plain("4 码扫不扫得出：")
    yield Qr(slip.code, module_dots=6)
    yield from sheet.centred("手机扫出 SELFTEST 就对")
    yield Rule()
    for label, value in slip.facts:
        yield from sheet.pair(label, value)
    yield Rule()
    yield from sheet.centred("自检完")
    yield Cut()


def _diagnostics(slip: DiagnosticsSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred("诊断条", Style.BIG)
    yield from sheet.plain(when_words(slip.when_text, slip.clock_trusted))
    yield Rule()
    for label, value in slip.facts:
        yield from sheet.pair(label, value)
    yield Rule()
    if slip.events:
        yield from sheet.plain("最近的事")
        for event in slip.events:
            yield from sheet.plain(event)
    yield Qr(slip.code, level="L", module_dots=4)
    yield from sheet.centred("维护人员扫这里")
    yield from sheet.plain(f"维护电话 {slip.phone}")
    yield Cut()
