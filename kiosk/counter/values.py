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


# ── what a sale is ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Customer:
    """The household at the counter, by which card. ``card`` is the token's SHA-256 in hex, ``tail`` the card's last four digits."""

    household: str
    masked_name: str
    group: str
    card: str | None
    tail: str


@dataclass(frozen=True, slots=True)
class CartLine:
    """Goods in the cart at the price that the counter showed (minor unit, for one)."""

    barcode: str
    name: str
    unit: str
    quantity: int
    price: int

    @property
    def amount(self) -> int:
        """Price times quantity."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Sale:
    """One confirmed sale, all that its entries and its paper need. ``id`` is that of its ``asked`` entry.

    ``number`` and ``check`` come with ``Written``; ``offline`` is True once the goods went without an answer; ``after`` is the
    ledger's balance after it, None while only the counter's own figure is known.
    """

    id: UUID
    kiosk: int
    customer: Customer
    lines: tuple[CartLine, ...]
    before: int
    snapshot: int
    contact_at: datetime
    token: str
    clerk: str
    at: datetime
    clock_trusted: bool
    number: int = 0
    check: str = ""
    offline: bool = False
    after: int | None = None

    @property
    def total(self) -> int:
        """Points of the whole sale, minor unit."""
        return sum(line.amount for line in self.lines)

    @property
    def number_text(self) -> str:
        """The 单号 on screen and paper: "1-000482"."""
        return f"{self.kiosk}-{self.number:06d}"

    @property
    def balance_after(self) -> int:
        """The ledger's balance after it, else what the counter reckons."""
        return self.before - self.total if self.after is None else self.after


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
    """A card was read. Figures: ``kiosk.counter.book.figures``."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class Cart:
    """Choosing. ``first`` is the index in the price list of the first tile shown; the screen asks for pages of 8 or 12."""

    customer: Customer
    lines: tuple[CartLine, ...] = ()
    first: int = 0

    @property
    def total(self) -> int:
        """Points of the whole cart, minor unit."""
        return sum(line.amount for line in self.lines)


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
    """The receipt is with the printer. ``copy`` 0 is the first print; a further one says 补打 and its number."""

    sale: Sale
    copy: int


@dataclass(frozen=True, slots=True)
class PrintUnknown:
    """小票打出来了吗？ ``copy`` is the last copy that went to the printer, −1 for none. After a ``power_cut`` other words."""

    sale: Sale
    copy: int
    trouble: FaultCode | None
    power_cut: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """好了。拿好东西和小票. ``paper`` False when the receipt was given up."""

    sale: Sale
    paper: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A calm no before or after asking; nothing was taken and the cart is kept."""

    why: Notice
    cart: Cart


Face: TypeAlias = (
    NotEnrolled | NoSnapshot | Idle | HouseholdShown | Cart | Confirm | Saving | Waiting | AskHandOver | Printing
    | PrintUnknown | Done | Refused
)  # fmt: skip


# ── left over from before a restart ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OpenSale:
    """An ``asked`` without outcome, ``handed_over`` or ``called_off``: offered again, never written again."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """A sale that holds, and whose paper nobody has seen. ``copy`` is the last that was queued, −1 for none."""

    sale: Sale
    copy: int


Pending: TypeAlias = OpenSale | OpenPaper


# ── the till ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Till:
    """The whole state. ``version`` rises with every visible change; ``face_since`` is the version at which the face came, and a
    ``Tap`` made on an older one is ignored (a double click, a second tab). ``touched_ms`` is the monotonic time of the last scan
    or tap; ``today`` the village's day, None while the clock is not trusted.
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
    clock_trusted: bool = False
    today: date | None = None
    pending: tuple[Pending, ...] = ()
    touched_ms: int = 0
    idle_ms: int = 60_000
    done_ms: int = 10_000
