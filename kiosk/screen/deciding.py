"""The faces of deciding: the one question before points move, and the calm no. Pure."""

from __future__ import annotations

from kiosk.counter.checks import figures
from kiosk.counter.events import Action
from kiosk.counter.values import Cart, CartLine, Confirm, LineStatus, Notice, Refused, Till
from kiosk.screen.choosing import line_of
from kiosk.screen.speech import Speech
from kiosk.screen.values import Button, ConfirmView, Figure, RefusedLine, RefusedView
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
    known = figures(till, cart.customer.household)
    sums = [Figure("这次用", speech.number(-cart.total))]
    if known is not None:
        held = "机上算得" if known.offline else "现在有"
        sums.insert(0, Figure(held, speech.number(known.balance)))
        sums.append(Figure("用完还剩", speech.number(known.balance - cart.total), last=True))
    return ConfirmView(
        heading=f"换这 {len(cart.lines)} 样，对吗？",
        lines=tuple(line_of(line, speech) for line in cart.lines),
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
            RefusedLine(line_of(line, speech), _remove(line, face.cart, speech) if fewer else None)
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
