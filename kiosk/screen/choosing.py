"""The faces of choosing: waiting for a card, the household, its cart. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Literal

from kiosk.counter import aloud
from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import Figures, barred, closed, figures
from kiosk.counter.events import Action
from kiosk.counter.values import Cart, CartLine, HouseholdShown, LineStatus, Till, Way
from kiosk.screen.faces import CartView, HouseholdView, IdleView
from kiosk.screen.parts import Button, CartLineView, Figure, Line, Pager, Tile, Words
from kiosk.screen.pictures import picture_of
from kiosk.screen.speech import Speech, day_text
from schemas.kiosk_api import SnapshotGood
from schemas.refusals import Refusal, RefusalCode

MOST_TILES = 12
MOST_MORE = 3
_WORK = (
    Button("进货、盘货", Action.STOCK),
    Button("补录纸条", Action.SLIP),
    Button("退一笔", Action.VOID),
    Button("换人值班", Action.CLERK),
    Button("日结", Action.DAY),
)
SPEAK = Button("念给我听", Action.SPEAK)
_PAPERS = (Button("打余额条", Action.BALANCE), SPEAK)


def idle_view(till: Till, speech: Speech) -> IdleView:
    """One instruction; after a scan that was not wanted, what it was and what to do."""
    if (why := barred(till)) is not None:
        told = speech.told(why)
        stopped = replace(told, tone="stop")
        return IdleView("这台机先停用", "积分卡先收好，分一分不少。", stopped, serves=False, work=_WORK)
    told_now = speech.told(till.notice) if till.notice is not None else None
    offers = till.book is not None and till.book.snapshot.limits.no_card > 0
    return IdleView(
        heading="扫一下积分卡",
        say="把积分卡放到扫码器前，码对准。",
        told=told_now,
        no_card=Button("没带卡，输户号", Action.NO_CARD) if offers else None,
        work=_WORK,
        speak=SPEAK if till.notice is not None and aloud.heard(till.notice, speech.decimals) else None,
    )


# ── the household ───────────────────────────────────────────────────────────────────────────────────────────────────


def household_view(till: Till, face: HouseholdShown, speech: Speech, now: datetime) -> HouseholdView:
    """The balance first, then what may be used now, then what is still to come."""
    customer, known = face.customer, figures(till, face.customer.household, face.way)
    blocked = _blocked(till, customer.household, known, speech)
    shut = closed(till)
    told = blocked or (speech.told(shut) if shut is not None else None)
    return HouseholdView(
        heading=f"{customer.masked_name}户",
        village=till.book.snapshot.village.name if till.book else "",
        number=customer.household,
        group=customer.group,
        balance=_balance(till, customer.household, known, speech, now),
        rows=() if known is None else _rows(known, face.way, speech),
        told=told,
        leave=Button("办好了", Action.LEAVE),
        choose=None if told or known is None else Button("选东西", Action.CHOOSE),
        papers=() if known is None else _PAPERS,
        more=() if known is None else _more(till, customer.household, ordering=blocked is None),
    )


def _more(till: Till, household: str, *, ordering: bool) -> tuple[Button, ...]:
    """The passbook, what was ordered and can be collected, and ordering where the village does it."""
    found = [Button("打存折", Action.PASSBOOK)]
    if till.book is not None:
        orders = books.open_orders(till.book, household)
        found += [Button(f"取订的货 {order.number}", Action.ORDER, str(order.id)) for order in orders[:2]]
        if ordering and till.book.snapshot.limits.order_days and len(found) < MOST_MORE:
            found.append(Button("订货", Action.ORDER_GOODS))
    return tuple(found)


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


def _rows(known: Figures, way: Way, speech: Speech) -> tuple[Figure, ...]:
    rows = [Figure("断网时能用" if known.offline else "这次能用", speech.number(known.usable))]
    if known.left_today != known.usable and not way.without_card:  # without the card only the low limit counts
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
        heading="订什么？" if cart.ordering else "小票上写了什么？" if cart.slip else "选东西",
        tiles=tuple(_tile(book, cart, good, speech) for good in goods),
        lines=tuple(_line_view(line, speech) for line in cart.lines),
        hint="点图，或扫货上的条码",
        sums=_sums(till, cart, speech),
        pagers=(_pager("8", cart.first, count), _pager("12", cart.first, count)),
        leave=_leave(cart),
        review=Button(f"选好了，{len(cart.lines)} 样" if cart.lines else "选好了", Action.REVIEW),
    )


def _leave(cart: Cart) -> Button:
    if cart.slip is not None:
        return Button("先不录", Action.EMPTY)
    return Button("都不要了" if cart.lines else "先不换", Action.EMPTY)


def _tile(book: CounterBook, cart: Cart, good: SnapshotGood, speech: Speech) -> Tile:
    held = next((line.quantity for line in cart.lines if line.barcode == good.barcode), 0)
    return Tile(
        picture=picture_of(good.name, good.picture),
        name=good.name,
        price=speech.points(good.price),
        held=f"{held} {good.unit}" if held else "",
        sold_out=books.stock_left(book, good.barcode) <= 0 and not cart.ordering and cart.slip is None,
        add=Button(good.name, Action.ADD, good.barcode),
    )


def _line_view(line: CartLine, speech: Speech) -> CartLineView:
    fewer = Button("−", Action.LESS, line.barcode, f"{line.name}少一{line.unit}")
    if line.quantity == 1:
        fewer = Button("去掉", Action.REMOVE, line.barcode, f"去掉{line.name}")
    more = Button("＋", Action.ADD, line.barcode, f"{line.name}多一{line.unit}")
    return CartLineView(line_of(line, speech), fewer, more)


def line_of(line: CartLine, speech: Speech) -> Line:
    """A line of goods in words."""
    return Line(line.name, f"{line.quantity} {line.unit}", speech.points(line.amount))


def _sums(till: Till, cart: Cart, speech: Speech) -> tuple[Figure, ...]:
    known = figures(till, cart.customer.household, cart.way)
    used = Figure("先留着" if cart.ordering else "这次用", speech.number(cart.total))
    if cart.slip is not None:
        return (Figure(f"备用小票 {cart.slip.number:04} 号", speech.number(cart.total), last=True),)
    if known is None:
        return (used,)
    after = known.balance - cart.total
    if after < 0:
        return used, Figure("积分不够，还差", speech.number(-after), last=True, tone="stop")
    if cart.total > known.usable:
        used = Figure(f"这次用（最多 {speech.points(known.usable)}）", used.number, tone="stop")
    return used, Figure(left_after(cart), speech.number(after), last=True)


def left_after(cart: Cart) -> str:
    """What the last line of its reckoning is called."""
    return "留完还剩" if cart.ordering else "用完还剩"


def _pager(size: Literal["8", "12"], first: int, count: int) -> Pager:
    back = Button("上一页", Action.PREVIOUS, size) if first > 0 else None
    on = Button("下一页", Action.NEXT, size) if first + int(size) < count else None
    return Pager(size, back, on)
