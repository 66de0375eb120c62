"""From the till's state to everything the screen says: ``page_of``. Pure; no template decides."""

from __future__ import annotations

from datetime import datetime

from kiosk.counter.checks import figures
from kiosk.counter.deals import PaperSlip
from kiosk.counter.desk import OrderShown, OwnPin, PinPad, ProxyNumber, ProxyReasons
from kiosk.counter.names import mark_of
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Customer,
    Done,
    HouseholdShown,
    Idle,
    LineStatus,
    NoSnapshot,
    NotEnrolled,
    Printing,
    PrintUnknown,
    Refused,
    Sale,
    Saving,
    Till,
    Waiting,
)
from kiosk.screen.bars import DEMO, bars_of
from kiosk.screen.choosing import cart_view, household_view, idle_view
from kiosk.screen.deciding import confirm_view, refused_view
from kiosk.screen.faces import EnrolView, FaceView, IdleView, NoSnapshotView
from kiosk.screen.selling import done_view, hand_over_view, paper_view, printing_view, saving_view, waiting_view
from kiosk.screen.side import side_view
from kiosk.screen.speech import Speech, speech_of
from kiosk.screen.values import Page, ScreenSettings, Top

NO_SHOP = "积分柜台机"
_LINE = {
    LineStatus.ONLINE: "联网",
    LineStatus.CATCHING_UP: "正在传",
    LineStatus.OFFLINE: "断网",
    LineStatus.REVOKED: "停用",
    LineStatus.FORKED: "停用",
}


def page_of(till: Till, now: datetime, settings: ScreenSettings) -> Page:
    """What the screen shows of that state at ``now`` (aware)."""
    speech = speech_of(till)
    face = _face(till, speech, now)
    top = _top(till, speech, now)
    told = speech.told(till.notice) if till.notice is not None and not isinstance(face, IdleView) else None
    return Page(
        version=till.version,
        title=f"{face.heading} · {_shop(till)}",
        night=_is_night(now, speech, settings),
        top=top,
        bars=bars_of(till, speech, now),
        told=told,
        face=face,
        demo=DEMO if settings.demo else "",
    )


def _face(till: Till, speech: Speech, now: datetime) -> FaceView:
    match till.face:
        case NotEnrolled():
            return _enrol()
        case NoSnapshot():
            return _no_book()
        case Idle():
            return idle_view(till, speech)
        case HouseholdShown():
            return household_view(till, till.face, speech, now)
        case Cart():
            return _no_book() if till.book is None else cart_view(till, till.face, till.book, speech)
        case Confirm():
            return confirm_view(till, till.face, speech)
        case Refused():
            return refused_view(till, till.face, speech)
        case Saving():
            return saving_view(till.face)
        case Waiting():
            return waiting_view(till.face, speech)
        case AskHandOver():
            return hand_over_view(till.face, speech)
        case Printing():
            return printing_view(till.face, speech)
        case PrintUnknown():
            return paper_view(till.face, speech)
        case Done():
            return done_view(till.face, speech, till.done_ms)
        case _:
            return _no_book() if till.book is None else side_view(till, till.face, till.book, speech)


def _enrol() -> EnrolView:
    return EnrolView(
        heading="这台机还没有登记",
        steps=(
            "村里的电脑上，在柜台机那一页要一个装机码，10 分钟内有效。",
            "在这台机上打下面这一行，“装机码”换成刚要的那个。",
            "两边的 8 位对得上，就好了。这一屏自己会换。",
        ),
        command="merit-kiosk enrol 装机码",
    )


def _no_book() -> NoSnapshotView:
    return NoSnapshotView("名册和价目还没到", "等联网；名册到了自己会好。")


# ── around the face ─────────────────────────────────────────────────────────────────────────────────────────────────


def _top(till: Till, speech: Speech, now: datetime) -> Top:
    customer, held = _in_hand(till, speech)
    at_rest = customer is None or isinstance(till.face, HouseholdShown)
    time = speech.day_and_time(now) if at_rest else speech.time(now)
    return Top(
        place=_shop(till),
        clerk=_clerk(till),
        number="" if at_rest or customer is None else customer.household,
        who="" if at_rest or customer is None else f"{customer.masked_name}户",
        held=held,
        time=time if till.clock_trusted else "",
        line=_LINE[till.line.status],
        online=till.line.status in (LineStatus.ONLINE, LineStatus.CATCHING_UP),
    )


def _in_hand(till: Till, speech: Speech) -> tuple[Customer | None, str]:
    """Whose sale it is, and what they hold now in words."""
    match till.face:
        case HouseholdShown(customer):
            return customer, ""
        case Cart(customer, slip=PaperSlip()) | Confirm(Cart(customer, slip=PaperSlip())):
            return customer, ""
        case Refused(_, Cart(customer, slip=PaperSlip())) | Saving(Sale(customer=customer, slip=PaperSlip())):
            return customer, ""
        case Cart(customer) | Confirm(Cart(customer)) | Refused(_, Cart(customer)):
            known = figures(till, customer.household)
            if known is None:
                return customer, ""
            return customer, f"{'机上算得' if known.offline else '现有'} {speech.points(known.balance)}"
        case Saving(sale) | Waiting(sale) | AskHandOver(sale):
            return sale.customer, f"原有 {speech.points(sale.before)}"
        case Printing(Sale() as sale) | PrintUnknown(Sale() as sale) | Done(Sale() as sale):
            return sale.customer, _left(sale, speech)
        case ProxyReasons(cart) | ProxyNumber(cart) | PinPad(OwnPin(cart)):
            return cart.customer, ""
        case OrderShown(customer):
            return customer, ""
        case _:
            return None, ""


def _left(sale: Sale, speech: Speech) -> str:
    return f"{'机上算得' if sale.offline else '现有'} {speech.points(sale.balance_after)}"


def _shop(till: Till) -> str:
    return till.book.snapshot.village.shop_name if till.book else NO_SHOP


def _clerk(till: Till) -> str:
    clerks = till.book.snapshot.clerks if till.book else []
    known = any(clerk.login == till.clerk for clerk in clerks)
    return f"{mark_of(till.clerk, clerks)} 值班" if known else ""


def _is_night(now: datetime, speech: Speech, settings: ScreenSettings) -> bool:
    hour, start, end = now.astimezone(speech.zone).hour, settings.night_from, settings.night_until
    return start <= hour < end if start <= end else hour >= start or hour < end
