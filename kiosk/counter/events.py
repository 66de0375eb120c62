"""What happens to the till: from the scanner, the screen, the journal, the line and the printer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from kiosk.counter.book import SoldHere
from kiosk.counter.deals import DaySum, Sale, SealSeen
from kiosk.counter.values import Line, Pending
from schemas.beside import SALT_BYTES
from schemas.kiosk_api import EntryOutcome, Passbook, PinAnswer, Snapshot
from schemas.refusals import FaultCode
from schemas.tokens import TOKEN_BYTES, Barcode, Code, NotOurs

CHANCE_BYTES = TOKEN_BYTES + SALT_BYTES


@dataclass(frozen=True, slots=True)
class Moment:
    """What the runner gives with every event, so that the till needs no clock and no chance: aware UTC and monotonic time, the
    boot's id, two fresh ids and ``CHANCE_BYTES`` random bytes: a receipt's token, and the salt of a name."""

    wall: datetime
    monotonic_ms: int
    boot: UUID
    clock_trusted: bool
    ids: tuple[UUID, UUID]
    chance: bytes


class Action(Enum):
    """What can be tapped; ``Tap.arg`` where it says so. An action that the face does not offer is ignored."""

    CHOOSE = "choose"  # HouseholdShown: 选东西
    ADD = "add"  # arg barcode: 多一件, a tile
    LESS = "less"  # arg barcode: 少一件
    REMOVE = "remove"  # arg barcode: 去掉 (Cart, Refused)
    EMPTY = "empty"  # 都不要了: back to the household
    LEAVE = "leave"  # 办好了, 不换了: back to waiting for a card (HouseholdShown, Cart, Confirm, Refused, Done)
    NEXT = "next"  # arg page size "8" or "12"
    PREVIOUS = "previous"  # arg page size
    REVIEW = "review"  # Cart: 选好了
    BACK = "back"  # Confirm, Refused: 回去改
    CONFIRM = "confirm"  # Confirm: 兑这 n 样，用 n 分
    HAND_OVER = "hand_over"  # AskHandOver: 拿走，先记机上
    CALL_OFF = "call_off"  # AskHandOver: 不拿了，这单取消
    PAPER_OUT = "paper_out"  # PrintUnknown: 打出来了
    REPRINT = "reprint"  # PrintUnknown: 没打出来，补打
    NO_PAPER = "no_paper"  # PrintUnknown: 打印机坏了，先不打

    SLIP = "slip"  # Idle: 补录纸条
    ON_DAY = "on_day"  # arg a day, ISO: SlipDays
    NO_CARD = "no_card"  # Idle: 没带卡，输户号
    DIGIT = "digit"  # arg a digit, or "." for money: any pad
    ERASE = "erase"  # any pad: 退格
    ENTER = "enter"  # any pad
    PERSON = "person"  # arg login: Persons
    REASON = "reason"  # arg a reason's code: VoidReasons, ProxyReasons, StockReasons
    NEWER = "newer"  # lists: one page back
    OLDER = "older"  # lists: one page on
    VOID = "void"  # Idle: 退一笔; VoidAsked: 作废
    SALE = "sale"  # arg the sale's id: SalesList
    SUPERVISOR = "supervisor"  # VoidAsked: 叫监督的人来按密码
    CLERK = "clerk"  # Idle: 换人值班
    DAY = "day"  # Idle: 日结
    CLOSE_DAY = "close_day"  # DayShown: 日结，打日结单
    STOCK = "stock"  # Idle: 进货、盘货
    SHEET = "sheet"  # arg bought, donated, counted, written_off: StockMenu
    SHORT = "short"  # StockMenu: 快到期、快卖完
    PICK = "pick"  # StockSheet: 从价目里挑
    GOODS = "goods"  # arg barcode: StockSheet, StockGoods
    FILE = "file"  # StockSheet: 记上; StockDonor, Persons of a count: 记上 without
    NO_DATE = "no_date"  # StockPad: 没印保质期
    DONOR = "donor"  # arg a name: StockDonor
    BALANCE = "balance"  # HouseholdShown: 打余额条
    PASSBOOK = "passbook"  # HouseholdShown: 打存折
    SPEAK = "speak"  # HouseholdShown, Confirm, Refused, Idle with a notice: 念给我听
    PROXY = "proxy"  # Confirm: 别人代领
    SIGN = "sign"  # ProxyNumber: 说不上，签在小票上
    CASH = "cash"  # Refused: 用 n 分，再收现金
    SECOND = "second"  # Refused: 叫一位来按密码
    OWN_PIN = "own_pin"  # Refused: 村民按密码
    ORDER_GOODS = "order_goods"  # HouseholdShown: 订货
    ORDER = "order"  # arg the order's id: HouseholdShown, 取订的货
    COLLECT = "collect"  # OrderShown: 取走
    CANCEL = "cancel"  # OrderShown: 不要了


@dataclass(frozen=True, slots=True)
class Tap:
    """A button on the screen that showed ``version``."""

    version: int
    action: Action
    arg: str = field(default="", repr=False)  # may be a digit of a PIN


@dataclass(frozen=True, slots=True)
class Scanned:
    """What ``schemas.tokens.read_code`` made of a scan."""

    code: Code | Barcode | NotOurs


@dataclass(frozen=True, slots=True)
class Enrolled:
    """This kiosk has a number."""

    kiosk: int


@dataclass(frozen=True, slots=True)
class SnapshotCame:
    """A register and price list, fresh or from the journal."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The uplink saw the line change, or the backlog."""

    line: Line


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """An entry as the journal holds it now, durably."""

    id: UUID
    number: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """The entries of one ``WriteEntries``, in its order."""

    entries: tuple[WrittenEntry, ...]


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The journal could not write (disk full): nothing of the ``WriteEntries`` that begins with that id is in it."""

    entry: UUID
    fault: FaultCode


@dataclass(frozen=True, slots=True)
class Answered:
    """The ledger's outcomes of one upload's entries, in order."""

    outcomes: tuple[EntryOutcome, ...]


@dataclass(frozen=True, slots=True)
class AnswersChanged:
    """The ledger answered entries otherwise than it did at first: it was restored from an older copy."""


@dataclass(frozen=True, slots=True)
class Overturned:
    """A sale of which the ledger says now the opposite of what the counter acted on. ``gone``: the goods are, as it was posted then."""

    sale: Sale
    gone: bool


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The deadline for the sale with that id passed."""

    sale: UUID


class Paper(Enum):
    """How a copy ended. ``UNKNOWN``: bytes went out and nothing proves that paper came."""

    PRINTED = "printed"
    UNKNOWN = "unknown"
    NOT_PRINTED = "not_printed"


@dataclass(frozen=True, slots=True)
class PaperState:
    """The printer's end of one copy."""

    sale: UUID
    copy: int
    state: Paper
    trouble: FaultCode | None = None


class Device(Enum):
    """What can be unplugged."""

    PRINTER = "printer"
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True)
class DeviceTrouble:
    """A device's trouble, None when it is well again."""

    device: Device
    trouble: FaultCode | None


@dataclass(frozen=True, slots=True)
class Cared:
    """What the machine found out about itself (``kiosk.care``), the gravest first; () when it is well."""

    troubles: tuple[FaultCode, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; how much says the ``Moment``."""


@dataclass(frozen=True, slots=True)
class Rebooted:
    """At start: what the journal says was under way, the sales that its snapshot may not know yet, and the paper slips that were entered
    here."""

    pending: tuple[Pending, ...]
    sold: tuple[SoldHere, ...]
    clerk: str = ""
    cart_lost: bool = False
    slips: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SalesFound:
    """The sales of this kiosk that hold and were not voided, newest first."""

    sales: tuple[Sale, ...]


@dataclass(frozen=True, slots=True)
class DayAddedUp:
    """A day's figures."""

    sum: DaySum


@dataclass(frozen=True, slots=True)
class SealCame:
    """The ledger signed its book, or could not be asked (None)."""

    seal: SealSeen | None


@dataclass(frozen=True, slots=True)
class PassbookCame:
    """A household's last lines, None without a line."""

    household: str
    passbook: Passbook | None


@dataclass(frozen=True, slots=True)
class PinChecked:
    """Whether a clerk's PIN was right."""

    login: str
    ok: bool


@dataclass(frozen=True, slots=True)
class PinAnswered:
    """The ledger's word on a household's PIN, None without a line."""

    household: str
    answer: PinAnswer | None


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nothing was said: clips are missing, or this machine cannot play them."""


@dataclass(frozen=True, slots=True)
class SlipEnded:
    """A paper without an entry came out, or did not."""

    trouble: FaultCode | None


ByHand: TypeAlias = Tap | Scanned
FromJournal: TypeAlias = Written | NotWritten | Rebooted | Overturned | SalesFound | DayAddedUp
FromLedger: TypeAlias = (
    SnapshotCame | LineChanged | Answered | AnswersChanged | NoAnswer | SealCame | PassbookCame | PinAnswered
)
FromMachine: TypeAlias = Enrolled | Tick | PaperState | SlipEnded | DeviceTrouble | Cared | PinChecked | Unheard
Event: TypeAlias = ByHand | FromJournal | FromLedger | FromMachine
