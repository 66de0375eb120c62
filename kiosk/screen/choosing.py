"""The faces before a sale: waiting for a card, the household, its cart, the one question, the calm no. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Literal

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import Figures, barred, figures
from kiosk.counter.events import Action
from kiosk.counter.values import (
    Cart,
    CartLine,
    Confirm,
    HouseholdShown,
    LineStatus,
    Notice,
    Refused,
    Till,
)
from kiosk.screen.pictures import picture_of
from kiosk.screen.speech import Speech, day_text
from kiosk.screen.values import (
    Button,
    CartLineView,
    CartView,
    ConfirmView,
    Figure,
    HouseholdView,
    IdleView,
    Line,
    Pager,
    RefusedLine,
    RefusedView,
    Tile,
    Words,
)
from schemas.kiosk_api import SnapshotGood
from schemas.refusals import Refusal, RefusalCode

MOST_TILES = 12
_FEWER_HELPS = frozenset({
    RefusalCode.GOODS_UNKNOWN, RefusalCode.GOODS_SOLD_OUT, RefusalCode.PRICE_CHANGED, RefusalCode.LIMIT_GOOD, RefusalCode.LIMIT_VISIT,
    RefusalCode.LIMIT_HOUSEHOLD_DAY, RefusalCode.BELOW_FLOOR, RefusalCode.NOT_ENOUGH_POINTS, RefusalCode.LIMIT_NO_CARD,
    RefusalCode.LIMIT_PROXY, RefusalCode.OFFLINE_LIMIT_REACHED, RefusalCode.OFFLINE_TOTAL_REACHED,
})  # fmt: skip
_EMPTY = Button("都不要了", Action.LEAVE)


def idle_view(till: Till, speech: Speech) -> IdleView:
    """One instruction; after a scan that was not wanted, what it was and what to do."""
    if (why := barred(till)) is not None:
        told = speech.told(why)
        return IdleView("这台机先停用", "积分卡先收好，分一分不少。", replace(told, tone="stop"), serves=False)
    told_now = speech.told(till.notice) if till.notice is not None else None
    return IdleView("扫一下积分卡", "把积分卡放到扫码器前，码对准。", told_now)


# ── the household ───────────────────────────────────────────────────────────────────────────────────────────────────


def household_view(till: Till, face: HouseholdShown, speech: Speech, now: datetime) -> HouseholdView:
    """The balance first, then what may be used now, then what is still to come."""
    customer, known = face.customer, figures(till, face.customer.household)
    told = _blocked(till, customer.household, known, speech)
    return HouseholdView(
        heading=f"{customer.masked_name}户",
        village=till.book.snapshot.village.name if till.book else "",
        number=customer.household,
        group=customer.group,
        balance=_balance(till, customer.household, known, speech, now),
        rows=() if known is None else _rows(known, speech),
        told=told,
        leave=Button("办好了", Action.LEAVE),
        choose=None if told or known is None else Button("选东西", Action.CHOOSE),
    )


def _blocked(till: Till, household: str, known: Figures | None, speech: Speech) -> Words | None:
    """Told before anything is chosen, not after."""
    if known is None or till.book is None:
        return Words("名册里现在没有这一户", "拿到村里看一看", "stop")
    if known.balance < 0:
        return speech.told(Refusal(RefusalCode.HOUSEHOLD_BLOCKED, {"missing": -known.balance}))
    if till.book.households[household].state != "open":
        return Words("这一户先不能兑", "拿到村里看一看", "stop")
    return None


def _balance(till: Till, household: str, known: Figures | None, speech: Speech, now: datetime) -> Figure:
    if known is None:
        return Figure("现在有积分", "—", "")
    label = "现在有积分"
    if known.offline:
        sold_here = till.book is not None and any(sale.household == household for sale in till.book.sold)
        before = till.line.status is LineStatus.OFFLINE and not sold_here
        as_of = speech.as_of(known.as_of, now)
        label = f"断网前有积分（{as_of} 的账）" if before else "机上算得，以入账为准"
    return Figure(label, speech.number(known.balance), last=True)


def _rows(known: Figures, speech: Speech) -> tuple[Figure, ...]:
    rows = [Figure("断网时能用" if known.offline else "这次能用", speech.number(known.usable))]
    if known.left_today is not None and known.left_today != known.usable:
        rows.append(Figure("今天还能兑", speech.number(known.left_today)))
    if known.on_notice:
        rows.append(Figure("公示中", speech.number(known.on_notice), f"分{_until(known.on_notice_until)}"))
    return tuple(rows)


def _until(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return f"，公示到 {day_text(date.fromisoformat(text))}"
    except ValueError:
        return f"，公示到 {text}"


# ── the cart ────────────────────────────────────────────────────────────────────────────────────────────────────────


def cart_view(till: Till, cart: Cart, book: CounterBook, speech: Speech) -> CartView:
    """Tiles, lines, the total and what is left after it, always in the same place."""
    goods = books.goods_page(book, cart.first, MOST_TILES)
    count = len(book.snapshot.goods)
    return CartView(
        heading="选东西",
        tiles=tuple(_tile(book, cart, good, speech) for good in goods),
        lines=tuple(_line_view(line, speech) for line in cart.lines),
        hint="点图，或扫货上的条码",
        sums=_sums(till, cart, speech),
        pagers=(_pager("8", cart.first, count), _pager("12", cart.first, count)),
        leave=Button("都不要了" if cart.lines else "先不换", Action.EMPTY),
        review=Button(f"选好了，{len(cart.lines)} 样" if cart.lines else "选好了", Action.REVIEW),
    )


def _tile(book: CounterBook, cart: Cart, good: SnapshotGood, speech: Speech) -> Tile:
    held = next((line.quantity for line in cart.lines if line.barcode == good.barcode), 0)
    return Tile(
        picture=picture_of(good.name, good.picture),
        name=good.name,
        price=speech.points(good.price),
        held=f"{held} {good.unit}" if held else "",
        sold_out=books.stock_left(book, good.barcode) <= 0,
        add=Button(good.name, Action.ADD, good.barcode),
    )


def _line_view(line: CartLine, speech: Speech) -> CartLineView:
    fewer = Button("−", Action.LESS, line.barcode, f"{line.name}少一{line.unit}")
    if line.quantity == 1:
        fewer = Button("去掉", Action.REMOVE, line.barcode, f"去掉{line.name}")
    more = Button("＋", Action.ADD, line.barcode, f"{line.name}多一{line.unit}")
    return CartLineView(_line(line, speech), fewer, more)


def _line(line: CartLine, speech: Speech) -> Line:
    return Line(line.name, f"{line.quantity} {line.unit}", speech.points(line.amount))


def _sums(till: Till, cart: Cart, speech: Speech) -> tuple[Figure, ...]:
    known = figures(till, cart.customer.household)
    used = Figure("这次用", speech.number(cart.total))
    if known is None:
        return (used,)
    after = known.balance - cart.total
    if after < 0:
        return used, Figure("积分不够，还差", speech.number(-after), last=True, tone="stop")
    if cart.total > known.usable:
        used = Figure(f"这次用（最多 {speech.points(known.usable)}）", used.number, tone="stop")
    return used, Figure("用完还剩", speech.number(after), last=True)


def _pager(size: Literal["8", "12"], first: int, count: int) -> Pager:
    back = Button("上一页", Action.PREVIOUS, size) if first > 0 else None
    on = Button("下一页", Action.NEXT, size) if first + int(size) < count else None
    return Pager(size, back, on)


# ── the question and the no ─────────────────────────────────────────────────────────────────────────────────────────


def confirm_view(till: Till, face: Confirm, speech: Speech) -> ConfirmView:
    """Goods and reckoning once more; the button says what will happen and where it will be kept."""
    cart = face.cart
    known = figures(till, cart.customer.household)
    sums = [Figure("这次用", speech.number(-cart.total))]
    if known is not None:
        held = "机上算得" if known.offline else "现在有"
        sums.insert(0, Figure(held, speech.number(known.balance)))
        sums.append(Figure("用完还剩", speech.number(known.balance - cart.total), last=True))
    return ConfirmView(
        heading=f"换这 {len(cart.lines)} 样，对吗？",
        lines=tuple(_line(line, speech) for line in cart.lines),
        sums=tuple(sums),
        back=Button("回去改", Action.BACK),
        empty=_EMPTY,
        confirm=Button(_confirm_label(till, face, speech), Action.CONFIRM),
    )


def _confirm_label(till: Till, face: Confirm, speech: Speech) -> str:
    count, used = len(face.cart.lines), speech.points(face.cart.total)
    if not face.offline:
        return f"兑这 {count} 样，用 {used}"
    caught = "" if till.line.status is LineStatus.CATCHING_UP else "断网，"
    return f"{caught}先记机上，换 {count} 样，用 {used}"


def refused_view(face: Refused, speech: Speech) -> RefusedView:
    """What is missing, that nothing was taken, and for each line what is left to pay without it, where that is a way out."""
    heading, say = _no(face.why, speech)
    fewer = isinstance(face.why, Refusal) and face.why.code in _FEWER_HELPS
    return RefusedView(
        heading=heading,
        say=say,
        lines=tuple(
            RefusedLine(_line(line, speech), _remove(line, face.cart, speech) if fewer else None)
            for line in face.cart.lines
        ),
        empty=_EMPTY,
        back=Button("回去改", Action.BACK),
    )


def _remove(line: CartLine, cart: Cart, speech: Speech) -> Button:
    left = f"拿掉，只要 {speech.points(cart.total - line.amount)}" if len(cart.lines) > 1 else "拿掉"
    return Button(left, Action.REMOVE, line.barcode, f"{line.name}：{left}")


def _no(why: Notice, speech: Speech) -> tuple[str, tuple[str, ...]]:
    """The gap in points where there is one, else the table's fact; then the fact behind it and the way out."""
    told = speech.told(why)
    way = f"{told.next_step}。还没扣分。"
    match why:
        case Refusal(
            RefusalCode.NOT_ENOUGH_POINTS, {"missing": int(missing), "total": int(total), "balance": int(balance)}
        ):
            fact = f"这些要 {speech.points(total)}，账上有 {speech.points(balance)}。"
            return f"积分不够，还差 {speech.points(missing)}", (fact, way)
        case Refusal(RefusalCode.BELOW_FLOOR, {"missing": int(missing), "floor": int(floor), "balance": int(balance)}):
            fact = f"有 {speech.points(balance)}，其中 {speech.points(floor)}是基础分要留着。"
            return f"积分不够，还差 {speech.points(missing)}", (fact, way)
        case Refusal(RefusalCode.LIMIT_HOUSEHOLD_DAY, {"left": int(left)}):
            return f"今天还能兑 {speech.points(left)}", (f"{told.fact}。", way)
        case Refusal(RefusalCode.OFFLINE_LIMIT_REACHED, {"left": int(left)}):
            return f"没有网，今天还能兑 {speech.points(left)}", (f"{told.fact}。", way)
        case _:
            return told.fact, (way,)
