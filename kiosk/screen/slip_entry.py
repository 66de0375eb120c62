"""补录纸条: the faces on the way to a paper slip's goods, and what the sale's own faces say of a slip. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from kiosk.counter.book import CounterBook
from kiosk.counter.deals import Cart, PaperSlip
from kiosk.counter.desk import SlipDays, SlipHousehold, SlipPad
from kiosk.counter.events import Action
from kiosk.counter.paper_slips import DAYS_OFFERED, DAYS_SHOWN, days_offered
from kiosk.counter.values import Till
from kiosk.screen.asking import keys
from kiosk.screen.faces import PadView, PickView
from kiosk.screen.parts import Button, Choice, Words
from kiosk.screen.speech import WEEKDAYS, day_text

_LEAVE = Button("先不录", Action.LEAVE)
_BACK = Button("返回", Action.BACK)


def slip_text(number: int) -> str:
    """As it is printed on the slip: "0031 号"."""
    return f"{number:04} 号"


def slip_number_view(face: SlipPad) -> PadView:
    """Which slip?"""
    return PadView(
        heading="小票几号？",
        say=("右上角印着，No. 后面的数。",),
        cells=tuple(face.digits),
        slots=max(4, min(5, len(face.digits) + 1)),
        status=f"已输 {' '.join(face.digits)}",
        bar=Words("补录纸条", "手写的备用小票，一张录一回。"),
        keys=keys("对了"),
        leave=_LEAVE,
    )


def slip_household_view(face: SlipHousehold) -> PadView:
    """Whose slip?"""
    return PadView(
        heading="哪一户的？",
        say=("照小票上写的户号按；卡号 6 位也行，扫卡也行。",),
        cells=tuple(face.digits),
        slots=max(4, min(6, len(face.digits) + 1)),
        status=f"已输 {' '.join(face.digits)}",
        bar=Words(f"备用小票 {slip_text(face.number)}"),
        keys=keys("对了"),
        leave=_BACK,
    )


def slip_days_view(till: Till, face: SlipDays, book: CounterBook) -> PickView:
    """On which day? The masked name is there to be held against the one on the slip."""
    days = days_offered(till, book)[face.first : face.first + DAYS_SHOWN]
    who = f"{face.customer.masked_name}户 {face.customer.household}"
    last = face.first + DAYS_SHOWN >= DAYS_OFFERED
    return PickView(
        heading="东西是哪天拿走的？",
        say=(f"备用小票 {slip_text(face.number)}，{who}。{'更早的，拿到村务室录。' if last else ''}",),
        choices=tuple(_day(till, day) for day in days),
        leave=_BACK,
        newer=Button("近一点的", Action.NEWER) if face.first else None,
        older=None if last else Button("早一点的", Action.OLDER),
    )


def _day(till: Till, day: date) -> Choice:
    ago = {till.today: "今天", till.today - timedelta(days=1): "昨天"}.get(day, "") if till.today else ""
    title = f"{day_text(day)}　周{WEEKDAYS[day.weekday()]}"
    return Choice(title, "", ago, Button(f"{ago}{title}", Action.ON_DAY, day.isoformat()))


def slip_says(cart: Cart, slip: PaperSlip) -> tuple[str, ...]:
    """What the check page says beside goods and points: to be held against the paper."""
    sees = () if cart.customer.card else ("没有扫卡，余额记好以后才看得到。",)
    return (f"{cart.customer.masked_name}户 {cart.customer.household}，{day_text(slip.day)}拿走的。", *sees)
