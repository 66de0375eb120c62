"""What the till wants done. The runner executes them in order; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from kiosk.counter.deals import Deal, Filed, Sale
from kiosk.counter.events import Moment, Paper
from schemas.kiosk_api import Passbook


@dataclass(frozen=True, slots=True)
class AskedDraft:
    """Write ``asked`` for the sale, and keep the sale itself for its paper."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class OrderedDraft:
    """Write ``ordered``: the points of these goods are to be kept until the end of day ``until``."""

    sale: Sale
    until: date


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


@dataclass(frozen=True, slots=True)
class CollectedDraft:
    """Write ``collected`` for the sale of ordered goods, and keep the sale for its paper."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class SlipDraft:
    """Write ``slip_entered`` for the sale of a paper slip, and keep the sale for its paper."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class OrderCancelledDraft:
    """Write ``order_cancelled``, under its own id."""

    id: UUID
    ordered: UUID


@dataclass(frozen=True, slots=True)
class FiledDraft:
    """Write what else happened, and keep it for its paper."""

    filed: Filed


Draft: TypeAlias = (
    AskedDraft | HandedOverDraft | CalledOffDraft | PrintedDraft | OrderedDraft | CollectedDraft | SlipDraft | OrderCancelledDraft
    | FiledDraft
)  # fmt: skip


def id_of(draft: Draft) -> UUID:
    """The id of the entry that it becomes."""
    match draft:
        case AskedDraft(deal) | CollectedDraft(deal) | SlipDraft(deal) | OrderedDraft(deal) | FiledDraft(deal):
            return deal.id
        case _:
            return draft.id


def kept_of(draft: Draft) -> Deal | None:
    """What is kept beside the entry for its paper, None when it has none of its own."""
    match draft:
        case AskedDraft(deal) | CollectedDraft(deal) | SlipDraft(deal) | FiledDraft(deal):
            return deal
        case _:
            return None


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

    sale: Deal
    copy: int


@dataclass(frozen=True, slots=True)
class GiveUpPaper:
    """Nobody will ask for this sale's paper again."""

    sale: UUID
    copy: int


@dataclass(frozen=True, slots=True)
class PrintBalance:
    """余额条, without an entry: a second one is as true as the first."""

    household: str


@dataclass(frozen=True, slots=True)
class PrintPassbook:
    """积分存折, without an entry."""

    passbook: Passbook


@dataclass(frozen=True, slots=True)
class FetchPassbook:
    """Ask the ledger; ``PassbookCame`` comes back either way."""

    household: str


@dataclass(frozen=True, slots=True)
class ReadSales:
    """Look up the sales that may be voided, newest first; ``SalesFound`` comes back."""


@dataclass(frozen=True, slots=True)
class ReadOverturned:
    """Look up the sales of which the ledger says now the opposite; one ``Overturned`` comes back for each."""


@dataclass(frozen=True, slots=True)
class AddUpDay:
    """Add up that day from the journal; ``DayAddedUp`` comes back."""

    day: date


@dataclass(frozen=True, slots=True)
class AskSeal:
    """Once nothing is unsent, ask the ledger to sign; ``SealCame`` comes back either way."""


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Is that the clerk's PIN? ``PinChecked`` comes back. The PIN is kept nowhere."""

    login: str
    pin_hash: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskPin:
    """Is that the household's PIN? ``PinAnswered`` comes back. The PIN is kept nowhere."""

    household: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Speak:
    """Say these clips of the village's recordings (``kiosk.voice.saying.CLIPS``) one after the other."""

    clips: tuple[int, ...]


class Beep(Enum):
    """A sound: a different one for each."""

    OK = "ok"
    REFUSED = "refused"
    OFFLINE = "offline"


Effect: TypeAlias = (
    WriteEntries | Send | PrintReceipt | GiveUpPaper | PrintBalance | PrintPassbook | FetchPassbook | ReadSales | ReadOverturned | AddUpDay
    | AskSeal | CheckPin | AskPin | Speak | Beep
)  # fmt: skip
