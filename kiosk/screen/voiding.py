"""作废: which one, why, and the one question. Pure."""

from __future__ import annotations

from kiosk.counter.deals import Sale
from kiosk.counter.desk import SalesList, VoidAsked, VoidReasons
from kiosk.counter.events import Action
from kiosk.counter.values import Till
from kiosk.counter.voids import SHOWN, needs_supervisor
from kiosk.screen.choosing import line_of
from kiosk.screen.deciding import yuan_text
from kiosk.screen.faces import AskView, PickView, SavingView
from kiosk.screen.parts import Button, Choice, Figure
from kiosk.screen.selling import goods_text
from kiosk.screen.speech import Speech, day_text
from schemas.reasons import VOID_REASONS
from schemas.refusals import RefusalCode

_BACK = Button("返回", Action.LEAVE)


def sales_view(till: Till, face: SalesList, speech: Speech) -> PickView | SavingView:
    """作废哪一单？ Newest first."""
    if face.sales is None:
        return SavingView("正在找单子", "等着就行。")
    shown = face.sales[face.first : face.first + SHOWN]
    return PickView(
        heading="作废哪一单？" if face.sales else "这台机上没有能作废的单",
        say=() if face.sales else ("办过的单会列在这里，新的在上。",),
        choices=tuple(_choice(till, sale, speech) for sale in shown),
        leave=_BACK,
        rows=True,
        newer=Button("新一点的", Action.NEWER) if face.first else None,
        older=Button("早一点的", Action.OLDER) if face.first + SHOWN < len(face.sales) else None,
    )


def _choice(till: Till, sale: Sale, speech: Speech) -> Choice:
    who = f"{sale.customer.masked_name}户 {sale.customer.household}"
    when = _when(till, sale, speech)
    label = f"{sale.number_text}　{who}"
    return Choice(
        label, f"{when}　{goods_text(sale)}", speech.points(sale.total), Button(label, Action.SALE, str(sale.id))
    )


def _when(till: Till, sale: Sale, speech: Speech) -> str:
    """The time, with its day when that is not today."""
    if not sale.clock_trusted:
        return "时钟没对准"
    day = sale.at.astimezone(speech.zone).date()
    return speech.time(sale.at) if day == till.today else f"{day_text(day)} {speech.time(sale.at)}"


def reasons_view(face: VoidReasons) -> PickView:
    """为什么退？"""
    return PickView(
        heading="为什么退？",
        say=(f"作废 {face.sale.number_text}，{goods_text(face.sale)}。",),
        choices=tuple(
            Choice(words, "", "", Button(words, Action.REASON, code)) for code, words in VOID_REASONS.items()
        ),
        leave=Button("先不退", Action.LEAVE),
    )


def void_view(till: Till, face: VoidAsked, speech: Speech) -> AskView:
    """收回货和小票，退 53 分; or who has to come first."""
    sale = face.sale
    waits = till.book is not None and face.supervisor is None and needs_supervisor(till, till.book, sale)
    cash = (Figure("退现金", yuan_text(sale.cash_fen), "元"),) if sale.cash_fen else ()
    rule = RefusalCode.VOID_NEEDS_SUPERVISOR
    take_back = f"收回货和小票，退 {speech.points(sale.total)}。"
    return AskView(
        heading=f"作废 {sale.number_text}？",
        say=(f"{rule.seen}。{rule.next_step}。",) if waits else (take_back, f"原因：{VOID_REASONS[face.reason]}。"),
        lines=tuple(line_of(line, speech) for line in sale.lines),
        sums=(*cash, Figure("退回积分", speech.number(sale.total), last=True)),
        leave=Button("先不退", Action.LEAVE),
        others=(Button("换个原因", Action.BACK),),
        confirm=Button("叫监督的人来按密码", Action.SUPERVISOR)
        if waits
        else Button(f"作废 {sale.number_text}，退 {speech.points(sale.total)}", Action.VOID),
    )
