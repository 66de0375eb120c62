"""What the till knows: closed unions of frozen values, nothing else.

``Till`` is the whole state of the counter. Its ``face`` says what the screen shows, one class a screen. What happens to it
stands in ``events``, what it wants done in ``effects``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from kiosk.counter.book import CounterBook
from kiosk.counter.deals import BY_CARD as BY_CARD
from kiosk.counter.deals import Cart as Cart
from kiosk.counter.deals import CartLine as CartLine
from kiosk.counter.deals import Customer as Customer
from kiosk.counter.deals import Deal
from kiosk.counter.deals import Sale as Sale
from kiosk.counter.deals import Way as Way
from kiosk.counter.desk import SideFace
from schemas.refusals import FaultCode, Refusal

# ── what is shown besides the face ──────────────────────────────────────────────────────────────────────────────────


class Note(Enum):
    """Things to say that are neither a refusal nor a fault: heard by the villager, seen at the screen, the way on."""

    CARD_FIRST = ("先放积分卡", "先扫积分卡，再扫货", "把积分卡放到扫码器前")
    OTHER_HOUSEHOLD = ("等前面这一户办完", "这一户还没办完，刚扫的是别家的卡", "先办完，或按“都不要了”，再扫")
    CART_FULL = ("一张单放不下了", "一张单最多 60 样，一样最多 99 件", "先兑这一单，余下的另开一单")
    CART_EMPTY = ("", "篮子是空的", "点图，或扫货上的条码")
    CLEARED = ("", "60 秒没动，先收起来了", "把积分卡放到扫码器前")
    BUSY = ("", "上一单还没办完", "办完再扫")
    REFUSED_OTHERWISE = ("这一单村里没有记，分没有动", "村里没有同意，原因这台机读不懂，分没有动", "打 {phone}")
    NOT_READY = ("", "名册和价目还没到", "等联网；名册到了自己会好")
    CART_LOST = ("", "刚才断过电，那一篮没记账，分没有动", "再扫一次卡，东西重新扫")
    NO_SUCH_NUMBER = ("", "名册里没有这个号", "看看门牌或卡上的数，再按一次")
    NUMBER_OF_SEVERAL = ("", "这个卡号对得上好几户", "按户号")
    NOBODY_ELSE = ("", "没有别人在这台机上设过密码", "到村里给他设一个密码，或拿卡来")
    SLIP_NUMBER_MISSING = ("", "还没写小票的号", "照小票右上角的号按")
    SLIP_TWICE = ("", "这个号的小票录过了，没有再记一遍", "看看是不是按错了号")
    PIN_WRONG = ("", "密码不对", "慢慢按；忘了到村里重设")
    PIN_LOCKED = ("", "按错 5 次，这个人的密码先停 5 分钟", "等一等，或换个人来按")
    PIN_SHORT = ("", "密码是 4 到 6 位数", "按完再按“对了”")
    PIN_NEEDS_LINE = ("没有网，少拿一样", "村民的密码要联网才能对", "少拿一样，或等有网")
    PIN_UNSET = ("", "这一户没设过密码", "到村里设，或少拿一样")
    SERVES_NOW = ("", "换好了", "从现在起记在新的人名下")
    SLIP_PRINTING = ("", "正在打", "打完撕下来")
    NOT_RECORDED = ("", "这一句念不出来，还没有录音", "看屏幕；要录音，到“这台机”里点“乡音录音”")
    NO_PASSBOOK = ("", "存折要联网才能打", "先打余额条，或等有网")
    NOTHING_FILED = ("", "还没有写进东西", "扫货上的条码，或从价目里挑")
    SHEET_FULL = ("", "一张单放不下了", "先记上这一张，余下的另开一张")
    DATE_ODD = ("", "没有这一天，或在 10 年以后", "按 8 位数，比如 20270615；只印到月的，按 202706")
    DATE_PAST = ("", "这一天已经过了", "真过期了，再按一次“对了”；按错了，退格改")
    QUANTITY_ODD = ("", "这个数记不了", "写 1 到 99999 之间的数")
    ORDER_LATER = ("没有网，先记在机器上", "订货记在机上了，留没留上要等联网", "联网以后扫卡看一眼")
    ORDER_KEPT_LATE = ("", "先前记在机上的订货，村里留上了", "货到了村里打电话")
    ORDER_NOT_KEPT = ("", "先前记在机上的订货没留上，分没有动", "告诉那一户；还要，扫卡再订一回")
    ORDER_KEPT = ("", "订好了，分先留着", "货到了村里打电话")
    ORDER_OFF = ("", "订的货退了", "留的分联网后就能用")
    ORDERS_NEED_LINE = ("没有网，有网再订", "订货要联网才能留分", "等有网再订；现有的照样能兑")

    def __init__(self, heard: str, seen: str, next_step: str) -> None:
        self.heard = heard
        self.seen = seen
        self.next_step = next_step


Notice: TypeAlias = Refusal | FaultCode | Note


class LineStatus(Enum):
    """The line to the ledger. Only ``ONLINE`` sells with an answer; every other status sells as if offline, or not at all."""

    ONLINE = "online"  # the last exchange worked and the backlog of then is gone
    CATCHING_UP = "catching_up"  # the ledger answers, the backlog is still being sent
    OFFLINE = "offline"
    REVOKED = "revoked"  # the ledger stopped this kiosk: nothing is sold, what is unsent still goes
    FORKED = "forked"  # the ledger holds another journal under this kiosk's number: nothing is sold


@dataclass(frozen=True, slots=True)
class Line:
    """Status of the line and how many entries the ledger does not hold yet."""

    status: LineStatus = LineStatus.OFFLINE
    unsent: int = 0

    @property
    def sells_online(self) -> bool:
        """True when a sale waits for the ledger's answer; else the confirm button says that it is kept on the machine."""
        return self.status is LineStatus.ONLINE


# ── faces: one class a screen ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """No identity yet: ``merit-kiosk enrol CODE`` makes one."""


@dataclass(frozen=True, slots=True)
class NoSnapshot:
    """Enrolled, but register and price list have never come."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Waiting for a card."""


@dataclass(frozen=True, slots=True)
class HouseholdShown:
    """A household is at the counter. Figures: ``kiosk.counter.checks.figures``; ``way`` says how it was found."""

    customer: Customer
    way: Way = BY_CARD


@dataclass(frozen=True, slots=True)
class Confirm:
    """The one question before points move. ``offline``: the button says that the sale is kept on the machine."""

    cart: Cart
    offline: bool


class Recording(Enum):
    """What is being written to the journal while ``Saving`` is shown."""

    ASK = "asked"
    ASK_AND_HAND_OVER = "asked and handed_over"
    HAND_OVER = "handed_over"
    CALL_OFF = "called_off"
    COLLECT = "collected"
    SLIP = "slip_entered"
    ORDER = "ordered"
    CANCEL_ORDER = "order_cancelled"


@dataclass(frozen=True, slots=True)
class Saving:
    """The journal is writing: 正在记账. ``entry`` is the id of the first entry that it writes."""

    sale: Sale
    what: Recording
    entry: UUID
    power_cut: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Written, sent, no answer yet: 还要一会儿，东西先不要拿走."""

    sale: Sale
    power_cut: bool = False


@dataclass(frozen=True, slots=True)
class AskHandOver:
    """村里没有回话。要东西现在拿走吗？ ``barred`` says why taking is not offered (offline limits), None when it is.

    ``power_cut``: asked after a restart, when the goods may be gone already; then nothing bars.
    """

    sale: Sale
    barred: Notice | None = None
    power_cut: bool = False


@dataclass(frozen=True, slots=True)
class Printing:
    """The paper is with the printer. ``copy`` 0 is the first print; a further one says 补打 and its number."""

    sale: Deal
    copy: int


@dataclass(frozen=True, slots=True)
class PrintUnknown:
    """小票打出来了吗？ ``copy`` is the last copy that went to the printer, −1 for none. After a ``power_cut`` other words."""

    sale: Deal
    copy: int
    trouble: FaultCode | None
    power_cut: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """好了。拿好东西和小票. ``paper`` False when the receipt was given up."""

    sale: Deal
    paper: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A calm no before or after asking; nothing was taken and the cart is kept."""

    why: Notice
    cart: Cart


Face: TypeAlias = (
    NotEnrolled | NoSnapshot | Idle | HouseholdShown | Cart | Confirm | Saving | Waiting | AskHandOver | Printing
    | PrintUnknown | Done | Refused | SideFace
)  # fmt: skip


# ── left over from before a restart ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OpenSale:
    """An ``asked`` without outcome, ``handed_over`` or ``called_off``: offered again, never written again."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """A deal that holds, and whose paper nobody has seen. ``copy`` is the last that was queued, −1 for none."""

    sale: Deal
    copy: int


Pending: TypeAlias = OpenSale | OpenPaper


@dataclass(frozen=True, slots=True)
class PinTries:
    """How often in a row that clerk's PIN was wrong here, and until when (monotonic) it is not asked at all."""

    login: str
    wrong: int
    locked_until_ms: int = 0


# ── the till ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Till:
    """The whole state. ``version`` rises with every visible change; ``face_since`` is the version at which the face came, and a
    ``Tap`` made on an older one is ignored (a double click, a second tab). ``touched_ms`` is the monotonic time of the last scan
    or tap; ``wall`` what the clock says, ``today`` the village's day, None while it is not trusted; ``slips`` are the paper slips
    entered at this kiosk.
    """

    version: int = 1
    face: Face = field(default_factory=NotEnrolled)
    face_since: int = 1
    notice: Notice | None = None
    kiosk: int = 0
    book: CounterBook | None = None
    line: Line = field(default_factory=Line)
    clerk: str = ""
    printer: FaultCode | None = None
    scanner: FaultCode | None = None
    troubles: tuple[FaultCode, ...] = ()
    clock_trusted: bool = False
    today: date | None = None
    wall: datetime | None = None
    pending: tuple[Pending, ...] = ()
    tries: tuple[PinTries, ...] = ()
    slips: frozenset[int] = frozenset()
    touched_ms: int = 0
    idle_ms: int = 60_000
    done_ms: int = 10_000
