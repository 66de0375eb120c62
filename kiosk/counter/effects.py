"""What the till wants done. The runner executes them in order; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from kiosk.counter.events import Moment, Paper
from kiosk.counter.values import Sale


@dataclass(frozen=True, slots=True)
class AskedDraft:
    """Write ``asked`` for the sale, and keep the sale itself for its paper."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class HandedOverDraft:
    """Write ``handed_over`` for the sale, under its own id."""

    id: UUID
    sale: Sale


@dataclass(frozen=True, slots=True)
class CalledOffDraft:
    """Write ``called_off`` for the sale, under its own id."""

    id: UUID
    sale: UUID


@dataclass(frozen=True, slots=True)
class PrintedDraft:
    """Write ``printed``: how a copy ended."""

    id: UUID
    sale: UUID
    copy: int
    state: Paper


Draft: TypeAlias = AskedDraft | HandedOverDraft | CalledOffDraft | PrintedDraft


@dataclass(frozen=True, slots=True)
class WriteEntries:
    """All in one transaction, durable before ``Written`` comes back; or ``NotWritten`` and none."""

    drafts: tuple[Draft, ...]
    moment: Moment
    clerk: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send the backlog now; ``NoAnswer`` for the sale when its deadline passes."""

    sale: UUID


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Queue that copy durably, then print it once."""

    sale: Sale
    copy: int


@dataclass(frozen=True, slots=True)
class GiveUpPaper:
    """Nobody will ask for this sale's paper again."""

    sale: UUID
    copy: int


class Beep(Enum):
    """A sound: a different one for each."""

    OK = "ok"
    REFUSED = "refused"
    OFFLINE = "offline"


Effect: TypeAlias = WriteEntries | Send | PrintReceipt | GiveUpPaper | Beep
