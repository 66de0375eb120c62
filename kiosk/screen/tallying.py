"""One line of a stock paper: the pad for pieces, money and a day, why goods are gone, and who gave them. Pure."""

from __future__ import annotations

from datetime import date

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import StockKind
from kiosk.counter.desk import StockPad, StockReasons
from kiosk.counter.events import Action
from kiosk.counter.tally import DIGITS, day_of, today_of
from kiosk.counter.values import Till
from kiosk.screen.asking import keys
from kiosk.screen.faces import PadView, PickView
from kiosk.screen.parts import Button, Choice, Words
from kiosk.screen.speech import day_text
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS

DONORS = 6  # as many as the small screen shows at once
_ASKS: dict[StockKind, str] = {
    "bought": "来了几{}？",
    "donated": "来了几{}？",
    "counted": "架上有几{}？",
    "written_off": "坏了几{}？",
}


def pad_view(till: Till, face: StockPad, book: CounterBook) -> PadView:
    """How many, what one costs, or until when it is good."""
    return until_view(till, face, book) if face.asks == "until" else quantity_view(face, book)


def quantity_view(face: StockPad, book: CounterBook) -> PadView:
    """How many, or what one costs."""
    good = book.goods.get(face.barcode)
    name, unit = (good.name, good.unit) if good else ("这样东西", "件")
    costs = face.asks == "cost"
    return PadView(
        heading=f"{name}：{f'一{unit}几元？' if costs else _ASKS[face.stock.kind].format(unit)}",
        say=(
            ("不知道的不写，直接按“对了”。",)
            if costs
            else (f"账上 {books.stock_left(book, face.barcode)} {unit}。" if good else "",)
        ),
        cells=tuple(face.digits),
        slots=max(4, min(7, len(face.digits) + 1)),
        status=f"已输 {face.digits}",
        bar=None,
        keys=keys("对了"),
        leave=Button("返回", Action.BACK),
        aside=Button("点（角、分）", Action.DIGIT, ".") if costs else None,
    )


def until_view(till: Till, face: StockPad, book: CounterBook) -> PadView:
    """保质到哪天？ What was typed is read back in words."""
    good, today = book.goods.get(face.barcode), today_of(till, book)
    day = day_of(face.digits)
    return PadView(
        heading=f"{good.name if good else '这样东西'}：保质到哪天？",
        say=() if day else ("年月日共 8 位；只印到月的，按 6 位。",),
        cells=tuple(face.digits),
        slots=DIGITS["until"],
        status=f"已输 {face.digits}",
        bar=Words(f"{day.year}年{day_text(day)}", _left(day, today)) if day else None,
        keys=keys("对了"),
        leave=Button("返回", Action.BACK),
        aside=Button("没印保质期", Action.NO_DATE),
    )


def _left(day: date, today: date) -> str:
    days = (day - today).days
    return "已经过了" if days < 0 else f"还有 {days} 天"


def why_view(face: StockReasons) -> PickView:
    """Why a count differs, or goods are gone."""
    counted = face.stock.kind == "counted"
    reasons = [*COUNT_REASONS.items()] if counted else [*WRITE_OFF_REASONS.items()]
    return PickView(
        heading="和账上对不上，为什么？" if counted else "为什么报损？",
        say=(),
        choices=tuple(Choice(words, "", "", Button(words, Action.REASON, code)) for code, words in reasons),
        leave=Button("返回", Action.BACK),
    )


def donor_view(book: CounterBook) -> PickView:
    """谁捐的？ Names that the office knows; any other is written on the paper and entered there."""
    return PickView(
        heading="谁捐的？",
        say=("这里没有的，名字写在单子上，村里补进账。",),
        choices=tuple(Choice(name, "", "", Button(name, Action.DONOR, name)) for name in book.snapshot.donors[:DONORS]),
        leave=Button("返回", Action.BACK),
        other=Button("不在这里，写在单子上", Action.FILE),
    )
