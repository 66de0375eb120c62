"""What happens to the till: from the scanner, the screen, the journal, the line and the printer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from kiosk.counter.book import SoldHere
from kiosk.counter.values import Line, Pending
from schemas.kiosk_api import EntryOutcome, Snapshot
from schemas.refusals import FaultCode
from schemas.tokens import Barcode, Code, NotOurs


@dataclass(frozen=True, slots=True)
class Moment:
    """What the runner gives with every event, so that the till needs no clock and no chance: aware UTC and monotonic time, the
    boot's id, two fresh ids and 17 random bytes for a receipt's token."""

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


@dataclass(frozen=True, slots=True)
class Tap:
    """A button on the screen that showed ``version``."""

    version: int
    action: Action
    arg: str = ""


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
    """The ledger's outcome of one entry."""

    outcome: EntryOutcome


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
class Tick:
    """Time passed; how much says the ``Moment``."""


@dataclass(frozen=True, slots=True)
class Rebooted:
    """At start: what the journal says was under way, and the sales that its snapshot may not know yet."""

    pending: tuple[Pending, ...]
    sold: tuple[SoldHere, ...]


Event: TypeAlias = (
    Tap | Scanned | Enrolled | SnapshotCame | LineChanged | Written | NotWritten | Answered | NoAnswer | PaperState
    | DeviceTrouble | Tick | Rebooted
)  # fmt: skip
