"""The faces of a sale under way: written, sent, answered or not, its paper, and the end. Pure."""

from __future__ import annotations

from datetime import date

from kiosk.counter.deals import DayClose, Deal, Filed, PaperSlip, Stock, StockKind, Voiding
from kiosk.counter.desk import Filing, Sealing
from kiosk.counter.events import Action
from kiosk.counter.values import AskHandOver, Done, Printing, PrintUnknown, Recording, Sale, Saving, Waiting
from kiosk.screen.faces import DoneView, HandOverView, PaperView, PrintingView, SavingView, WaitingView
from kiosk.screen.parts import Button, Figure
from kiosk.screen.slip_entry import slip_text
from kiosk.screen.speech import Speech, day_text
from schemas.cash import fen_text

_ASKING = "还要一会儿，正在问村里"
_NEXT, _DONE = Button("办好了，下一位", Action.LEAVE), Button("办好了", Action.LEAVE)
_STOCK_PAPERS: dict[StockKind, str] = {
    "bought": "入库单", "donated": "入库单", "counted": "盘点单", "written_off": "报损单",
}  # fmt: skip
_HOLD_ON = "还要一会儿，东西先不要拿走"


def saving_view(face: Saving) -> SavingView:
    """正在记账."""
    match face.what:
        case Recording.CALL_OFF:
            return SavingView("正在取消这一单", "东西放回去，分不会少。")
        case Recording.CANCEL_ORDER:
            return SavingView("正在退订的货", "留的分会放回去。")
        case Recording.SLIP:
            return SavingView("正在记账", "记好就打小票。")
        case Recording.ASK | Recording.ORDER:
            return SavingView("正在记账", f"{_HOLD_ON}。")
        case Recording.ASK_AND_HAND_OVER | Recording.HAND_OVER | Recording.COLLECT:
            return SavingView("正在记账", "先记在这台机上，记好就打小票。")


def waiting_view(face: Waiting, speech: Speech) -> WaitingView:
    """Written and sent; the goods stay on the counter."""
    used = speech.points(face.sale.total)
    if face.power_cut:
        return WaitingView(_HOLD_ON, "刚才断过电。这一单机上记着，正在问村里。", _number(face.sale))
    if face.sale.slip is not None:
        return WaitingView(_ASKING, "纸条机上记下了，在等村里回话。", _number(face.sale))
    if face.sale.until is not None:
        return WaitingView(_ASKING, f"先留 {used}，在等村里回话。", _number(face.sale))
    return WaitingView(_HOLD_ON, f"这一单用 {used}，机上记下了，在等村里回话。", _number(face.sale))


def hand_over_view(face: AskHandOver, speech: Speech) -> HandOverView:
    """Two equal buttons; where the village's limits bar taking, only one, and why."""
    off = Button("不拿了，这单取消", Action.CALL_OFF)
    if face.barred is not None:
        told = speech.told(face.barred)
        say = (f"{told.fact}。", f"{told.next_step}。")
        return HandOverView("村里没有回话，这一单先拿不走", say, (off,), "取消了不扣分。", _number(face.sale))
    used = speech.points(face.sale.total)
    if face.power_cut:
        answers = (Button(f"拿走了，记上，用 {used}", Action.HAND_OVER), Button("没拿，这单取消", Action.CALL_OFF))
        say = ("刚才断过电，村里还没有回话。", f"这一单{goods_text(face.sale)}，用 {used}。")
        return HandOverView("东西拿走了吗？", say, answers, "取消了不扣分。", _number(face.sale))
    answers = (Button(f"拿走，先记机上，用 {used}", Action.HAND_OVER), off)
    say = (f"这一单{goods_text(face.sale)}，用 {used}。", "拿走的先记在这台机上，网好了自己会传。")
    return HandOverView("村里没有回话。要东西现在拿走吗？", say, answers, "取消了不扣分。", _number(face.sale))


def printing_view(face: Printing, speech: Speech) -> PrintingView:
    """The points are taken; paper is on its way."""
    copy = (f"补打第 {face.copy} 次，没有再扣分。",) if face.copy else ()
    return PrintingView(f"正在打{paper_name(face.sale)}", (_kept(face.sale, speech), *copy), _number(face.sale))


def paper_view(face: PrintUnknown, speech: Speech) -> PaperView:
    """小票打出来了吗？ What is known of the printer, that points were taken once, and the number of the next copy."""
    say = [_kept(face.sale, speech)]
    if face.power_cut:
        again_not = "，没有重复扣" if isinstance(face.sale, Sale) else ""
        say = [f"刚才断过电。单号 {face.sale.number_text} 记上了{again_not}。"]
    elif face.trouble is not None:
        told = speech.told(face.trouble)
        say.insert(0, f"{told.fact}。{told.next_step}。")
    again = face.copy + 1
    label = "没打出来，补打一张" if again else "没有，打一张"
    paper = paper_name(face.sale)
    return PaperView(
        heading=f"{paper}在吗？" if face.power_cut else f"{paper}打出来了吗？",
        say=tuple(say),
        answers=(
            Button(f"{paper}在，字清楚" if face.power_cut else "打出来了，字清楚", Action.PAPER_OUT),
            Button(label, Action.REPRINT),
        ),
        hint=f"补打的{paper}上印“补打 第{again}次”，不会再扣分。" if again else "打一张不会再扣分。",
        number=_number(face.sale),
        give_up=Button("打印机坏了，先不打", Action.NO_PAPER),
    )


def done_view(face: Done, speech: Speech, done_ms: int) -> DoneView:
    """好了; the balance after it, and that the screen puts itself away."""
    sale = face.sale
    if isinstance(sale, Filed):
        return _filed_done(sale, face.paper, speech, done_ms)
    if sale.until is not None:
        return _ordered_done(sale, sale.until, speech, done_ms)
    if sale.slip is not None:
        return _slip_done(sale, sale.slip, face.paper, speech, done_ms)
    no_paper = () if face.paper else (f"小票没有打。{_number(sale)}，账已经记好。",)
    label = "机上剩余，以入账为准" if sale.offline else "用完还剩"
    return DoneView(
        heading="好了。拿好东西和小票" if face.paper else "好了。拿好东西",
        say=(f"{goods_text(sale)}，用 {speech.points(sale.total)}。", *_cash(sale), *no_paper),
        after=Figure(label, speech.number(sale.balance_after), last=True),
        hint=_puts_away(done_ms),
        leave=_NEXT,
    )


def _cash(sale: Sale) -> tuple[str, ...]:
    return (f"另收现金 {fen_text(sale.cash_fen)} 元。",) if sale.cash_fen else ()


def _slip_done(sale: Sale, slip: PaperSlip, paper: bool, speech: Speech, done_ms: int) -> DoneView:
    """The goods went long ago: the paper is for the villager, whenever they come."""
    last = "打好的小票留给村民，纸条收好。" if paper else "小票没有打，纸条收好。"
    return DoneView(
        heading=f"好了。{slip_text(slip.number)}记上了",
        say=(f"{goods_text(sale)}，用 {speech.points(sale.total)}。", last),
        after=Figure(
            "机上剩余，以入账为准" if sale.offline else "用完还剩", speech.number(sale.balance_after), last=True
        ),
        hint=_puts_away(done_ms),
        leave=_DONE,
    )


def _ordered_done(sale: Sale, until: date, speech: Speech, done_ms: int) -> DoneView:
    say = (
        f"{goods_text(sale)}，先留 {speech.points(sale.total)}，留到 {day_text(until)}。",
        f"{_number(sale)}，来取时扫卡就有。",
    )
    after = Figure("留完还剩", speech.number(sale.balance_after), last=True)
    return DoneView("订好了", say, after, _puts_away(done_ms), _NEXT)


def _filed_done(filed: Filed, paper: bool, speech: Speech, done_ms: int) -> DoneView:
    """好了 for everything but a sale: what was done, in one figure."""
    name = paper_name(filed)
    heading = f"好了。{name}打好了" if paper else f"好了。{name}没有打"
    say = [f"{_number(filed)}，账已经记好。"]
    match filed.what:
        case Voiding(sale=sale, before=before, offline=offline):
            say.insert(0, f"作废了 {sale.number_text}，退 {speech.points(sale.total)}。货收回上架。")
            label = "机上算得，以入账为准" if offline else "现在有积分"
            after = Figure(label, speech.number((before or 0) + sale.total), last=True)
        case DayClose(sum=added, seal=seal):
            four = "　".join(seal.words) if seal else ""
            say.insert(0, f"封账四词：{four}。" if seal else "没有网，这张单子上没有封账四词。")
            net = added.figures.points - added.figures.voided_points
            after = Figure("今天净兑", speech.number(net), last=True)
        case Stock(lines=lines):
            after = Figure(f"{name}记了", str(len(lines)), "样", last=True)
    return DoneView(heading, tuple(say), after, _puts_away(done_ms), _DONE)


def _puts_away(done_ms: int) -> str:
    return f"{done_ms // 1000} 秒后自己收起来。"


def filing_view(face: Filing | Sealing) -> SavingView:
    """正在记账, or the ledger is asked to sign."""
    if isinstance(face, Sealing):
        return SavingView("正在封账", "等村里把账封上，再打日结单。没有网也会打。")
    return SavingView("正在记账", f"记好就打{paper_name(face.filed)}。")


def paper_name(deal: Deal) -> str:
    """What the paper in hand is called."""
    match deal:
        case Filed(what=Voiding()):
            return "作废单"
        case Filed(what=DayClose()):
            return "日结单"
        case Filed(what=Stock(kind=kind)):
            return _STOCK_PAPERS[kind]
        case _:
            return "小票"


def _kept(sale: Deal, speech: Speech) -> str:
    if isinstance(sale, Filed):
        return "账已经记好。"
    used = speech.points(sale.total)
    return f"断网，先记在机上了，用了 {used}。" if sale.offline else f"账已经记好，用了 {used}。"


def _number(sale: Deal) -> str:
    return f"单号 {sale.number_text}"


def goods_text(sale: Sale) -> str:
    """Goods in one line: "酱油 1 瓶、香皂 1 块", a long one by its first two."""
    named = [f"{line.name} {line.quantity} {line.unit}" for line in sale.lines]
    return "、".join(named) if len(named) <= 3 else f"{'、'.join(named[:2])}等 {len(named)} 样"
