"""Which rows each kind of paper has, in which order: `design/paper/receipts.md`, word for word.

Every row that leaves this file is clean text of at most the paper's columns. What is too long goes on in the next row;
nothing is cut off.
"""

from collections.abc import Iterator

from kiosk.receipts.text import centre, clean, left, needs_raster, right, width, wrap
from kiosk.receipts.values import (
    BalanceSlip,
    Blank,
    Cut,
    Line,
    Paper,
    Qr,
    ReceiptLine,
    RedemptionReceipt,
    Rule,
    Style,
    Text,
)

_DEMO = "演示机：东西不算数"


def redemption(receipt: RedemptionReceipt, paper: Paper) -> tuple[Line, ...]:
    """The rows of a redemption receipt: whose shop, what, which and whose, goods, used, left, code, whom to ask."""
    return tuple(_redemption(receipt, _Sheet(paper)))


def balance(slip: BalanceSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a balance slip."""
    return tuple(_balance(slip, _Sheet(paper)))


class _Sheet:
    """Makes rows for one width of paper."""

    def __init__(self, paper: Paper) -> None:
        self.columns = paper.width_columns

    @property
    def wide(self) -> bool:
        return self.columns == 48

    def plain(self, text: str, style: Style = Style.NORMAL) -> Iterator[Line]:
        for row in wrap(clean(text), self._columns(style)):
            yield _row(row, style)

    def centred(self, text: str, style: Style = Style.NORMAL) -> Iterator[Line]:
        for row in wrap(clean(text), self._columns(style)):
            yield _row(centre(row, self._columns(style)), style)

    def pair(self, label: str, value: str, style: Style = Style.NORMAL) -> Iterator[Line]:
        """`label` at the left and `value` at the right; below each other if they do not fit side by side."""
        columns, label, value = self._columns(style), clean(label), clean(value)
        if width(label) + width(value) < columns:
            yield _row(left(label, columns - width(value)) + value, style)
            return
        for row in wrap(label, columns):
            yield _row(row, style)
        for row in wrap(value, columns):
            yield _row(right(row, columns), style)

    def _columns(self, style: Style) -> int:
        return self.columns // style.scale_x


def _row(text: str, style: Style) -> Line:
    return Text(text, style, raster=needs_raster(text)) if text else Blank()


def _redemption(receipt: RedemptionReceipt, sheet: _Sheet) -> Iterator[Line]:
    yield from _head(receipt, sheet)
    yield Rule()
    yield from _which(receipt, sheet)
    yield Rule()
    yield from _goods(receipt.lines, sheet)
    yield Rule()
    yield from _points(receipt, sheet)
    yield Qr(receipt.code)
    yield from sheet.centred("联网后扫码看入账结果" if receipt.offline else "扫码看这张小票")
    yield Rule()
    yield from sheet.plain(f"有疑问打村务电话 {receipt.phone}")
    yield from sheet.pair(f"经手 {receipt.clerk}", f"校验 {receipt.check}")
    if receipt.copy:
        yield from sheet.plain(f"补打于 {receipt.reprinted_at_text}")
        yield from sheet.centred(f"补打 第{receipt.copy}次", Style.TALL)
    if receipt.demo:
        yield from sheet.centred(_DEMO)
    yield Cut()


def _head(receipt: RedemptionReceipt, sheet: _Sheet) -> Iterator[Line]:
    yield from sheet.centred(receipt.shop_name, Style.TALL)
    if receipt.demo:
        yield from sheet.centred(_DEMO)
    if receipt.copy:
        yield from sheet.centred(f"补打 第{receipt.copy}次", Style.BIG)
    yield from sheet.centred(receipt.title, Style.TALL if receipt.copy else Style.BIG)
    if receipt.offline:
        yield from sheet.centred("离  线", Style.BIG)


def _which(receipt: RedemptionReceipt, sheet: _Sheet) -> Iterator[Line]:
    when = _when(receipt.when_text, receipt.clock_trusted)
    if sheet.wide:
        yield from sheet.pair(f"单号 {receipt.number}", when)
    else:
        yield from sheet.pair("单号", receipt.number)
        yield from sheet.plain(when)
    yield from sheet.pair(receipt.who, f"卡尾 {receipt.card_tail}")


def _when(when_text: str, clock_trusted: bool) -> str:
    return f"{when_text} 北京时间" if clock_trusted else f"{when_text}（时钟未校准）"


def _goods(lines: tuple[ReceiptLine, ...], sheet: _Sheet) -> Iterator[Line]:
    priced = sheet.wide and any(line.price_text is not None for line in lines)
    columns = (10 if priced else 0, 8 if sheet.wide else 7, 10 if sheet.wide else 9)
    yield from _goods_row("品名", ("单价" if priced else "", "数量", "积分"), columns, sheet)
    for line in lines:
        price = (line.price_text or "") if priced else ""
        yield from _goods_row(line.name, (price, f"{line.quantity}{line.unit}", line.points_text), columns, sheet)


def _goods_row(name: str, figures: tuple[str, ...], columns: tuple[int, ...], sheet: _Sheet) -> Iterator[Line]:
    """The figures under their headings, beside the last row of the name."""
    tail, end = "", 0
    for figure, column in zip(reversed(figures), reversed(columns), strict=True):
        end += column
        tail = right(f" {clean(figure)}" if figure else "", end - width(tail)) + tail
    *above, last = wrap(clean(name), sheet.columns - end)
    for row in above:
        yield _row(row, Style.NORMAL)
    yield from sheet.pair(last, tail.lstrip(" "))


def _points(receipt: RedemptionReceipt, sheet: _Sheet) -> Iterator[Line]:
    yield from sheet.pair("共用", f"{receipt.total_text} 分", Style.TALL)
    if receipt.offline:
        yield from sheet.pair("机上原有", f"{receipt.before_text} 分")
        yield from sheet.pair("机上剩余", f"{receipt.after_text} 分", Style.TALL)
        yield from sheet.plain("余额以入账为准", Style.BOLD)
        contact = f"上次联网 {receipt.last_contact_text}，" if receipt.last_contact_text else ""
        yield from sheet.plain(f"{contact}联网后自动入账。这张小票就是凭据，收好它。")
    else:
        yield from sheet.pair("原有", f"{receipt.before_text} 分")
        yield from sheet.pair("剩余", f"{receipt.after_text} 分", Style.BIG)
    if receipt.copy:
        yield from sheet.plain("和第一张是同一笔，没有再扣分。")


def _balance(slip: BalanceSlip, sheet: _Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    if slip.demo:
        yield from sheet.centred(_DEMO)
    yield from sheet.centred("余额条", Style.BIG)
    yield Rule()
    yield from sheet.plain(_when(slip.when_text, slip.clock_trusted))
    yield from sheet.pair(slip.who, f"卡尾 {slip.card_tail}")
    yield Rule()
    yield from sheet.pair("可用", f"{slip.available_text} 分", Style.BIG)
    yield Rule()
    yield from sheet.pair("公示中，还没到账", f"{slip.on_notice_text} 分")
    if slip.on_notice_note:
        yield from sheet.plain(f"  {slip.on_notice_note}")
    yield from sheet.pair("订货占用", f"{slip.held_text} 分")
    yield from sheet.pair("今天最多可兑", f"{slip.today_text} 分")
    yield Rule()
    yield from sheet.plain(slip.year_note)
    yield from sheet.plain(f"有疑问打村务电话 {slip.phone}")
    yield from sheet.pair(f"柜台机 {slip.kiosk}", f"截至 村账第 {slip.as_of_seq} 笔")
    if slip.demo:
        yield from sheet.centred(_DEMO)
    yield Cut()
