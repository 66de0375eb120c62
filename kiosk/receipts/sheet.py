"""Rows for one width of paper: every row that leaves this file is clean text of at most the paper's columns.

What is too long goes on in the next row; nothing is cut off.
"""

from collections.abc import Iterator

from kiosk.receipts.text import centre, clean, left, needs_raster, right, width, wrap
from kiosk.receipts.values import Blank, Line, Paper, ReceiptLine, Style, Text

DEMO = "演示机：东西不算数"


class Sheet:
    """Makes rows for one width of paper."""

    def __init__(self, paper: Paper) -> None:
        self.columns = paper.width_columns

    @property
    def wide(self) -> bool:
        """80 mm paper."""
        return self.columns == 48

    def plain(self, text: str, style: Style = Style.NORMAL) -> Iterator[Line]:
        """At the left."""
        for row in wrap(clean(text), self._columns(style)):
            yield _row(row, style)

    def centred(self, text: str, style: Style = Style.NORMAL) -> Iterator[Line]:
        """In the middle."""
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

    def phrases(self, *parts: str) -> Iterator[Line]:
        """A sentence in one row, or broken where it is best read."""
        whole = "".join(parts)
        for part in (whole,) if width(clean(whole)) <= self.columns else parts:
            yield from self.plain(part)

    def figures(self, name: str, figures: tuple[str, ...], columns: tuple[int, ...]) -> Iterator[Line]:
        """Figures at the right, each at the end of its columns, beside the last row of the name."""
        tail, end = "", 0
        for figure, column in zip(reversed(figures), reversed(columns), strict=True):
            end += column
            tail = right(f" {clean(figure)}" if figure else "", end - width(tail)) + tail
        *above, last = wrap(clean(name), max(4, self.columns - max(end, width(tail))))
        for row in above:
            yield _row(row, Style.NORMAL)
        yield from self.pair(last, tail.lstrip(" "))

    def goods(self, lines: tuple[ReceiptLine, ...], before_quantity: str = "") -> Iterator[Line]:
        """The table of goods: name, quantity and points, on wide paper the price too."""
        priced = self.wide and any(line.price_text is not None for line in lines)
        columns = (10 if priced else 0, 8 if self.wide else 7, 10 if self.wide else 9)
        yield from self.figures("品名", ("单价" if priced else "", "数量", "积分"), columns)
        for line in lines:
            price = (line.price_text or "") if priced else ""
            quantity = f"{before_quantity}{line.quantity}{line.unit}"
            yield from self.figures(line.name, (price, quantity, line.points_text), columns)

    def signature(self, label: str) -> Iterator[Line]:
        """Room above, and a line to sign on."""
        yield Blank()
        yield from self.plain(f"{label} {'_' * max(8, self.columns - width(label) - 2)}")

    def thumb(self, label: str) -> Iterator[Line]:
        """Room for a name or a thumb print, and the line below it."""
        yield Blank()
        yield from self.plain(label)
        yield Blank()
        yield from self.plain("_" * self.columns)

    def when(self, when_text: str, clock_trusted: bool) -> Iterator[Line]:
        """The time and whether to believe it."""
        yield from self.plain(when_words(when_text, clock_trusted))

    def who(self, who: str, card_tail: str) -> Iterator[Line]:
        """The household, and the card it came with."""
        yield from self.pair(who, f"卡尾 {card_tail}" if card_tail else "没带卡")

    def demo(self, demo: bool) -> Iterator[Line]:
        """In the demo, that nothing counts."""
        if demo:
            yield from self.centred(DEMO)

    def _columns(self, style: Style) -> int:
        return self.columns // style.scale_x


def when_words(when_text: str, clock_trusted: bool) -> str:
    """The time as paper says it."""
    return f"{when_text} 北京时间" if clock_trusted else f"{when_text}（时钟未校准）"


def _row(text: str, style: Style) -> Line:
    return Text(text, style, raster=needs_raster(text)) if text else Blank()
