"""进货、盘点、报损, and the close of the day. Pure."""

from __future__ import annotations

from datetime import date

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import DaySum, StockKind, StockLine
from kiosk.counter.desk import StockGoods, StockSheet, StockShort
from kiosk.counter.events import Action
from kiosk.counter.stock import BEST_BEFORE_DAYS, GOODS_SHOWN, short
from kiosk.counter.tally import today_of
from kiosk.counter.values import LineStatus, Till
from kiosk.screen.asking import BACK
from kiosk.screen.deciding import yuan_text
from kiosk.screen.faces import DayView, PickView, SheetView
from kiosk.screen.parts import Button, Choice, Figure, SheetLine, Words
from kiosk.screen.speech import Speech, day_text
from schemas.kiosk_api import SnapshotGood
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS

TITLES: dict[StockKind, str] = {"bought": "进货", "donated": "收捐来的", "counted": "盘点", "written_off": "报损"}


def menu_view(till: Till) -> PickView:
    """What is to be done with the goods."""
    low = 0 if till.book is None else len(short(till, till.book))
    kinds: tuple[tuple[StockKind, str], ...] = (
        ("bought", "买来的，点清再记"),
        ("donated", "捐的，写明谁捐的"),
        ("counted", "数一数架上的"),
        ("written_off", "坏的、过期的"),
    )
    choices = [Choice(TITLES[kind], say, "", Button(TITLES[kind], Action.SHEET, kind)) for kind, say in kinds]
    told = "快到期、快卖完"
    choices.append(Choice(told, "看一看", f"{low} 样", Button(told, Action.SHORT)))
    return PickView("进货、盘货", (), tuple(choices), BACK)


def short_view(till: Till, face: StockShort, book: CounterBook) -> PickView:
    """快到期、快卖完: a list to read; a tap on goods counts them."""
    goods, today = short(till, book), today_of(till, book)
    return PickView(
        heading="快到期、快卖完" if goods else "没有快到期、快卖完的",
        say=("点一下，就去盘点。",) if goods else (),
        choices=tuple(
            Choice(
                good.name,
                _until_words(good.best_before, today) if good.best_before else "",
                f"还有 {left} {good.unit}" if (left := books.stock_left(book, good.barcode)) > 0 else "卖完了",
                _good(good),
            )
            for good in goods[face.first : face.first + GOODS_SHOWN]
        ),
        leave=BACK,
        newer=Button("上一页", Action.NEWER) if face.first else None,
        older=Button("下一页", Action.OLDER) if face.first + GOODS_SHOWN < len(goods) else None,
    )


def _until_words(until: date, today: date) -> str:
    days = (until - today).days
    left = "，过期了" if days < 0 else f"，还有 {days} 天" if days <= BEST_BEFORE_DAYS else ""
    return f"{date_text(until, today)}到期{left}"


def date_text(day: date, today: date) -> str:
    """ "6月15日", with its year when that is another one: "2027年6月15日"."""
    return day_text(day) if day.year == today.year else f"{day.year}年{day_text(day)}"


def sheet_view(face: StockSheet) -> SheetView:
    """The paper as far as it is filled."""
    stock = face.stock
    return SheetView(
        heading=TITLES[stock.kind],
        say="扫货上的条码，或从价目里挑。",
        lines=tuple(
            SheetLine(
                line.name,
                _line_words(line, stock.kind),
                Button("改", Action.GOODS, line.barcode, f"改{line.name}"),
                Button("去掉", Action.REMOVE, line.barcode, f"去掉{line.name}"),
            )
            for line in stock.lines
        ),
        leave=Button("不记了", Action.LEAVE),
        pick=Button("从价目里挑", Action.PICK),
        file=Button(f"记上，{len(stock.lines)} 样" if stock.lines else "记上", Action.FILE),
    )


def _line_words(line: StockLine, kind: StockKind) -> str:
    match kind:
        case "counted":
            off = line.quantity - line.booked
            differs = f"，{'多' if off > 0 else '少'} {abs(off)} {line.unit}" if off else "，对上"
            why = f"（{COUNT_REASONS[line.reason]}）" if line.reason in COUNT_REASONS else ""
            return f"账上 {line.booked}，点到 {line.quantity} {line.unit}{differs}{why}"
        case "written_off":
            reasons = [words for code, words in WRITE_OFF_REASONS.items() if code == line.reason]
            return "，".join([f"{line.quantity} {line.unit}", *reasons])
        case _:
            good = f"，保质到 {line.best_before.isoformat()}" if line.best_before else ""
            return f"{line.quantity} {line.unit}，一{line.unit} {yuan_text(line.cost_fen)} 元{good}"


def goods_view(face: StockGoods, book: CounterBook) -> PickView:
    """Goods without a barcode, from the price list."""
    goods = book.snapshot.goods
    return PickView(
        heading=f"{TITLES[face.stock.kind]}：哪一样？",
        say=(),
        choices=tuple(
            Choice(good.name, "", f"账上 {books.stock_left(book, good.barcode)} {good.unit}", _good(good))
            for good in goods[face.first : face.first + GOODS_SHOWN]
        ),
        leave=Button("返回", Action.BACK),
        newer=Button("上一页", Action.NEWER) if face.first else None,
        older=Button("下一页", Action.OLDER) if face.first + GOODS_SHOWN < len(goods) else None,
    )


def _good(good: SnapshotGood) -> Button:
    return Button(good.name, Action.GOODS, good.barcode)


def day_view(till: Till, added: DaySum, speech: Speech) -> DayView:
    """今天的账: what the machine itself adds up; it closes without a line too."""
    figures = added.figures
    sums = [Figure("换了", str(figures.sales), "笔")]
    if figures.offline_sales:
        sums.append(Figure("其中离线", str(figures.offline_sales), f"笔，{speech.points(figures.offline_points)}"))
    sums.append(Figure("退了", str(figures.voids), f"笔，{speech.points(figures.voided_points)}"))
    if figures.cash_sales:
        sums.append(Figure("收现金", yuan_text(figures.cash_fen), f"元，{figures.cash_sales} 笔"))
    sums.append(Figure("没传上去", str(till.line.unsent), "笔"))
    sums.append(Figure("一共用掉", speech.number(figures.points - figures.voided_points), last=True))
    return DayView(
        heading="今天的账",
        sums=tuple(sums),
        told=_seal_words(till),
        leave=Button("还没完，接着换", Action.LEAVE),
        close=Button("日结，打日结单", Action.CLOSE_DAY),
    )


def _seal_words(till: Till) -> Words:
    if till.line.status is LineStatus.ONLINE:
        return Words("封账四词印在日结单上", "念给旁边的人听，再贴到村务栏。")
    if till.line.unsent:
        return Words(f"还有 {till.line.unsent} 笔没传", "照样日结，联网后补上。这张单子上没有封账四词。", "warn")
    return Words("现在没有网", "照样日结，联网后补上。这张单子上没有封账四词。", "warn")
