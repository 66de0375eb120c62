"""The pad, persons, proxies, orders: faces that ask somebody for something. Pure."""

from __future__ import annotations

from kiosk.counter.deals import CartLine
from kiosk.counter.desk import (
    AllowTakeOver,
    AllowVoid,
    CountTogether,
    Errand,
    NumberPad,
    OrderShown,
    OwnPin,
    Persons,
    PinPad,
    ProxyNumber,
    TakeOver,
)
from kiosk.counter.events import Action
from kiosk.counter.names import mark_of
from kiosk.counter.persons import LONGEST_PIN, candidates
from kiosk.counter.values import Till
from kiosk.screen.choosing import line_of
from kiosk.screen.faces import AskView, PadView, PickView
from kiosk.screen.parts import Button, Choice, Figure, Words
from kiosk.screen.speech import Speech, day_text
from schemas.reasons import PROXY_REASONS

BACK = Button("返回", Action.LEAVE)
DOT = "●"


def keys(enter: str) -> tuple[Button, ...]:
    """The twelve keys in their places; what 确定 does stands on it."""
    digits = tuple(Button(figure, Action.DIGIT, figure) for figure in "123456789")
    return *digits, Button("退格", Action.ERASE), Button("0", Action.DIGIT, "0"), Button(enter, Action.ENTER)


def number_view(till: Till, face: NumberPad, speech: Speech) -> PadView:
    """没带卡: which household?"""
    limit = till.book.snapshot.limits.no_card if till.book else 0
    return PadView(
        heading="户号是多少？",
        say=("门牌上印着，4 位数；卡号 6 位也行。",),
        cells=tuple(face.digits),
        slots=max(4, min(6, len(face.digits) + 1)),
        status=f"已输 {' '.join(face.digits)}",
        bar=Words("没带卡", f"要旁边一个人作证，最多用 {speech.points(limit)}。"),
        keys=keys("对了"),
        leave=BACK,
    )


def pin_view(till: Till, face: PinPad) -> PadView:
    """A PIN: how many figures were typed, never which."""
    count = len(face.digits)
    who = "村民自己按密码" if isinstance(face.errand, OwnPin) else f"{_name(till, face.login)}按密码"
    say = "把按键转过去，让村民自己按。" if isinstance(face.errand, OwnPin) else "旁边的人先转过脸。"
    return PadView(
        heading=who,
        say=("正在对密码。",) if face.checking else (f"4 到 6 位数。{say}",),
        cells=(DOT,) * count,
        slots=LONGEST_PIN,
        status=f"已输 {count} 位",
        bar=None,
        keys=keys("对了"),
        leave=BACK,
    )


_WHO = {
    "TakeOver": ("换谁值班？", "从现在起办的单，都记在这一位名下。"),
    "AllowTakeOver": ("谁来同意换人？", "这个村换人要监督的人按密码。"),
    "VouchFor": ("谁来作证？", "没带卡，要一位认得这一户的人按自己的密码。"),
    "VouchCart": ("谁来作证？", "代领超过定的数，要第二个人按自己的密码。"),
    "AllowVoid": ("谁来同意作废？", "不是今天的单，或不是本人经手，要监督的人按密码。"),
    "OwnPin": ("谁来按密码？", ""),
    "CountTogether": ("谁一起点的？", "少了、多了、报损，要两个人看过。另一位按自己的密码。"),
}


def persons_view(till: Till, face: Persons) -> PickView:
    """Names that may be chosen, surnames alone."""
    heading, say = _WHO[type(face.errand).__name__]
    return PickView(
        heading=heading,
        say=(say,),
        choices=tuple(
            Choice(mark, _role(face.errand), "", Button(mark, Action.PERSON, clerk.login))
            for clerk in candidates(till, face.errand)[:8]
            for mark in [mark_of(clerk.login, till.book.snapshot.clerks if till.book else ())]
        ),
        leave=BACK,
        other=Button("没有别人，签在单子上", Action.FILE) if isinstance(face.errand, CountTogether) else None,
    )


def _role(errand: Errand) -> str:
    match errand:
        case TakeOver():
            return "值班"
        case AllowTakeOver() | AllowVoid():
            return "监督"
        case CountTogether():
            return ""
        case _:
            return "作证"


def _name(till: Till, login: str) -> str:
    clerks = till.book.snapshot.clerks if till.book else []
    return mark_of(login, clerks)


def proxy_view() -> PickView:
    """为什么代领？"""
    return PickView(
        heading="为什么代领？",
        say=("下一步扫代领人的卡，或输他家户号。",),
        choices=tuple(
            Choice(words, "", "", Button(words, Action.REASON, code)) for code, words in PROXY_REASONS.items()
        ),
        leave=BACK,
    )


def proxy_number_view(face: ProxyNumber) -> PadView:
    """谁来代领？ Their own card, or their household's number; whoever has neither signs."""
    return PadView(
        heading="谁来代领？",
        say=("扫他自己的卡，或输他家户号。",),
        cells=tuple(face.digits),
        slots=max(4, min(6, len(face.digits) + 1)),
        status=f"已输 {' '.join(face.digits)}",
        bar=None,
        keys=keys("对了"),
        leave=BACK,
        aside=Button("说不上，签在小票上", Action.SIGN),
    )


def order_view(face: OrderShown, speech: Speech) -> AskView:
    """取订的货: the points were kept already."""
    order = face.order
    lines = (CartLine(x.barcode, x.name, x.unit, x.quantity, x.price) for x in order.lines)
    return AskView(
        heading=f"取订的货，单号 {order.number}",
        say=(f"留到 {day_text(order.until)}。",),
        lines=tuple(line_of(line, speech) for line in lines),
        sums=(Figure("先留着的", speech.number(order.total), last=True),),
        leave=BACK,
        others=(Button("不要了，退分", Action.CANCEL),),
        confirm=Button(f"取走 {len(order.lines)} 样，用 {speech.points(order.total)}", Action.COLLECT),
    )
