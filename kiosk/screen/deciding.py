"""The faces of deciding: the one question before points move, and the calm no. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kiosk.counter import aloud, ways
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import figures
from kiosk.counter.deals import PaperSlip
from kiosk.counter.events import Action
from kiosk.counter.names import mark_of
from kiosk.counter.values import Cart, CartLine, Confirm, LineStatus, Notice, Refused, Till
from kiosk.screen.choosing import SPEAK, left_after, line_of
from kiosk.screen.faces import ConfirmView, RefusedView
from kiosk.screen.parts import Button, Figure, RefusedLine
from kiosk.screen.slip_entry import slip_says, slip_text
from kiosk.screen.speech import Speech
from schemas.cash import cash_for, fen_text
from schemas.reasons import PROXY_REASONS
from schemas.refusals import Refusal, RefusalCode

_FEWER_HELPS = frozenset({
    RefusalCode.GOODS_UNKNOWN, RefusalCode.GOODS_SOLD_OUT, RefusalCode.PRICE_CHANGED, RefusalCode.LIMIT_GOOD, RefusalCode.LIMIT_VISIT,
    RefusalCode.LIMIT_HOUSEHOLD_DAY, RefusalCode.BELOW_FLOOR, RefusalCode.NOT_ENOUGH_POINTS, RefusalCode.LIMIT_NO_CARD,
    RefusalCode.LIMIT_PROXY, RefusalCode.OFFLINE_LIMIT_REACHED, RefusalCode.OFFLINE_TOTAL_REACHED,
})  # fmt: skip
_EMPTY = Button("都不要了", Action.LEAVE)


def confirm_view(till: Till, face: Confirm, speech: Speech) -> ConfirmView:
    """Goods and reckoning once more; the button says what will happen and where it will be kept."""
    cart = face.cart
    if cart.slip is not None:
        return _slip_view(till, cart, cart.slip, speech)
    known = figures(till, cart.customer.household)
    sums = [Figure("先留着" if cart.ordering else "这次用", speech.number(-cart.total))]
    if cart.way.cash_points and till.book is not None:
        sums.append(Figure("再收现金", cash_text(till.book, cart), "元"))
    if known is not None:
        held = "机上算得" if known.offline else "现在有"
        sums.insert(0, Figure(held, speech.number(known.balance)))
        sums.append(Figure(left_after(cart), speech.number(known.balance - cart.total), last=True))
    return ConfirmView(
        heading=f"{'订' if cart.ordering else '换'}这 {len(cart.lines)} 样，对吗？",
        lines=tuple(line_of(line, speech) for line in cart.lines),
        sums=tuple(sums),
        back=Button("回去改", Action.BACK),
        empty=_EMPTY,
        confirm=Button(_confirm_label(till, face, speech), Action.CONFIRM),
        says=tuple(_ways(till, cart)),
        proxy=None if cart.ordering else Button("改代领人" if cart.way.proxy else "别人代领", Action.PROXY),
        speak=SPEAK,
    )


def _slip_view(till: Till, cart: Cart, slip: PaperSlip, speech: Speech) -> ConfirmView:
    """A paper slip once more, to be held against the paper. A balance only for a card that was shown, and only as an estimate."""
    known = figures(till, cart.customer.household) if cart.customer.card else None
    sums = [Figure("这张用", speech.number(cart.total), last=True)]
    if known is not None:
        after = known.balance - cart.total
        sums = [Figure("机上算得", speech.number(known.balance)), Figure("这张用", speech.number(-cart.total))]
        sums.append(Figure("记完约剩", speech.number(after), last=True, tone="plain" if after >= 0 else "stop"))
    return ConfirmView(
        heading=f"{slip_text(slip.number)}，和小票上一样吗？",
        lines=tuple(line_of(line, speech) for line in cart.lines),
        sums=tuple(sums),
        back=Button("回去改", Action.BACK),
        empty=Button("先不录", Action.LEAVE),
        confirm=Button(f"记上 {slip_text(slip.number)}，用 {speech.points(cart.total)}", Action.CONFIRM),
        says=slip_says(cart, slip),
    )


def cash_text(book: CounterBook, cart: Cart) -> str:
    """What is paid in cash, in 元: "27", "1.5"."""
    limits, decimals = book.snapshot.limits, book.snapshot.village.decimals
    return yuan_text(cash_for(cart.way.cash_points, limits.fen_per_point, decimals))


def yuan_text(fen: int) -> str:
    """Money without needless zeros: "27", "1.5"."""
    return fen_text(fen).rstrip("0").rstrip(".") if fen else "0"


def _ways(till: Till, cart: Cart) -> Iterator[str]:
    """How this sale comes about, where it is not simply by card."""
    if cart.way.proxy is not None:
        yield f"代领人：{cart.way.proxy_name or '名字签在小票上'}。事由：{PROXY_REASONS[cart.way.proxy]}。"
    if cart.way.without_card:
        yield f"没带卡，{_name(till, cart.way.second)}作证。"
    elif cart.way.second is not None:
        yield f"{_name(till, cart.way.second)}按过密码。"
    if cart.way.pin_checked:
        yield "户里的密码对上了。"


def _name(till: Till, login: str | None) -> str:
    clerks = till.book.snapshot.clerks if till.book else []
    known = any(clerk.login == login for clerk in clerks)
    return mark_of(login, clerks) if login is not None and known else "旁边的人"


def _confirm_label(till: Till, face: Confirm, speech: Speech) -> str:
    count, used = len(face.cart.lines), speech.points(face.cart.total)
    if face.cart.ordering:
        return f"订这 {count} 样，先留 {used}"
    if face.cart.way.cash_points and till.book is not None:
        kept = "先记机上，" if face.offline else ""
        return f"{kept}用 {used}，再收现金 {cash_text(till.book, face.cart)} 元"
    if not face.offline:
        return f"兑这 {count} 样，用 {used}"
    caught = "" if till.line.status is LineStatus.CATCHING_UP else "断网，"
    return f"{caught}先记机上，换 {count} 样，用 {used}"


def refused_view(till: Till, face: Refused, speech: Speech) -> RefusedView:
    """What is missing, that nothing was taken, and for each line what is left to pay without it, where that is a way out."""
    heading, say = _no(face.why, speech)
    fewer = isinstance(face.why, Refusal) and face.why.code in _FEWER_HELPS
    return RefusedView(
        heading=heading,
        say=say,
        lines=tuple(
            RefusedLine(line_of(line, speech), _remove(line, face.cart, speech) if fewer else None)
            for line in face.cart.lines
        ),
        empty=_EMPTY,
        back=Button("回去改", Action.BACK),
        ways=tuple(_out(till, face, speech)),
        speak=SPEAK if aloud.heard(face.why, speech.decimals) else None,
    )


def _out(till: Till, face: Refused, speech: Speech) -> Iterator[Button]:
    """Ways on that are not fewer goods."""
    book = till.book
    if book is not None and (points := ways.cash_points(book, face)):
        cart = replace(face.cart, way=replace(face.cart.way, cash_points=face.cart.way.cash_points + points))
        yield Button(f"用 {speech.points(cart.total)}，再收现金 {cash_text(book, cart)} 元", Action.CASH)
    if ways.offers_second(face):
        yield Button("叫一位来按密码", Action.SECOND)
    if ways.offers_pin(face):
        yield Button("村民按密码", Action.OWN_PIN)


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
        case Refusal(RefusalCode.LIMIT_HOUSEHOLD_DAY, {"left": int(left)}) if left:
            return f"今天还能兑 {speech.points(left)}", (f"{told.fact}。", way)
        case Refusal(RefusalCode.OFFLINE_LIMIT_REACHED, {"left": int(left)}) if left:
            return f"没有网，今天还能兑 {speech.points(left)}", (f"{told.fact}。", way)
        case Refusal(RefusalCode.OFFLINE_TOTAL_REACHED, {"limit": int(limit), "left": int(left)}) if left:
            fact = f"没网时这台机一共兑 {speech.points(limit)}，快到顶了。"
            return f"没有网，今天还能兑 {speech.points(left)}", (fact, "少拿一样，或等有网。还没扣分。")
        case _:
            return told.fact, (way,)
