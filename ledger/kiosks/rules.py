"""What an entry does, given what the journal said before. Pure: every decision of the intake that needs no database to see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from uuid import UUID

from schemas.entries import (
    AnyEntry,
    Asked,
    CalledOff,
    Collected,
    Counted,
    DayClosed,
    EntryHead,
    HandedOver,
    OrderCancelled,
    Ordered,
    Printed,
    Received,
    Sale,
    SlipEntered,
    Voided,
    WrittenOff,
)
from schemas.journal import link
from schemas.kiosk_api import UploadedEntry
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

POSTED, RECORDED, QUARANTINED = "posted", "recorded", "quarantined"
_SALES = ("asked", "handed_over", "collected", "slip_entered")
_SURROGATE = re.compile("[\ud800-\udfff]")
LATE_AFTER = timedelta(minutes=2)  # an ``asked`` older than this was not waited for at the counter


class Action(Enum):
    """All that an entry can do."""

    JUDGE = "judge"  # ask the shop, which may refuse
    POST = "post"  # it happened: post, below the floor if need be
    SLIP = "slip"  # a paper slip: post it, once a slip
    TAKE_BACK = "take_back"  # reverse what its ``asked`` posted
    VOID = "void"  # reverse whichever transfer the sale has
    HOLD = "hold"  # ask the shop to hold points for an order
    RELEASE = "release"  # give an order's points back
    STOCK = "stock"  # the shelf changes
    RECORD = "record"  # a fact without points
    SUPERSEDE = "supersede"  # an ``asked`` that was settled before it came


@dataclass(frozen=True, slots=True)
class SaleSoFar:
    """What a kiosk's journal has said of one sale: its ``asked`` (None: never came) with number and outcome, how it was settled, and
    which entry's transfer it has, if any was posted."""

    asked: str | None = None
    asked_number: int | None = None
    handed_over: bool = False
    called_off: bool = False
    voided: bool = False
    transfer: UUID | None = None


def action_of(entry: AnyEntry, so_far: SaleSoFar) -> Action:
    """What the entry does. What happened is never refused; points move once for a sale, whatever comes twice."""
    match entry:
        case Asked():
            settled = so_far.handed_over or so_far.called_off or so_far.voided
            return Action.SUPERSEDE if settled else Action.JUDGE
        case HandedOver():
            return Action.RECORD if so_far.asked == POSTED or so_far.handed_over else Action.POST
        case CalledOff():
            standing = so_far.asked == POSTED and not (so_far.handed_over or so_far.called_off or so_far.voided)
            return Action.TAKE_BACK if standing else Action.RECORD
        case Collected():
            return Action.POST
        case SlipEntered():
            return Action.SLIP
        case Voided():
            return Action.VOID
        case Ordered():
            return Action.HOLD
        case OrderCancelled():
            return Action.RELEASE
        case Received() | Counted() | WrittenOff():
            return Action.STOCK
        case Printed() | DayClosed():
            return Action.RECORD


def contradicts(entry: AnyEntry, so_far: SaleSoFar) -> bool:
    """True when the journal says both that the goods went and that the sale was called off: a person has to look."""
    match entry:
        case HandedOver():
            return so_far.called_off or so_far.voided
        case CalledOff():
            return so_far.handed_over
        case _:
            return False


def so_far_of(so_far: SaleSoFar, kind: str, number: int, outcome: str, entry_id: UUID | None = None) -> SaleSoFar:
    """What is known of the sale once one more entry about it has its outcome. What lies in quarantine settles nothing."""
    if outcome == POSTED and kind in _SALES and entry_id is not None:
        so_far = replace(so_far, transfer=entry_id)
    match kind:
        case "asked":
            return replace(so_far, asked=outcome, asked_number=number)
        case "handed_over" if outcome != QUARANTINED:
            return replace(so_far, handed_over=True)
        case "called_off" if outcome != QUARANTINED:
            return replace(so_far, called_off=True)
        case "voided" if outcome != QUARANTINED:
            return replace(so_far, voided=True)
        case _:
            return so_far


def void_allowed(*, same_clerk: bool, same_day: bool, supervisor: bool) -> bool:
    """The shop's rule: the same clerk on the same day, or somebody who supervises."""
    return supervisor or (same_clerk and same_day)


def cash_points(entry: Sale) -> int:
    """The points that the cash covers: what the goods cost less what the account pays; below 0 when the total says too much."""
    return sum(line.quantity * line.price for line in entry.lines) - entry.total


def happened_at(entry: EntryHead, *, now: datetime, enrolled_at: datetime) -> datetime:
    """The entry's own time if its clock was trusted and it can be true, else the time it arrived."""
    believable = entry.clock_trusted and enrolled_at <= entry.wall <= now
    return entry.wall if believable else now


def is_late(entry: EntryHead, now: datetime) -> bool:
    """True for a sale that nobody at the counter waits for any more: the prices it was made at count as agreed."""
    return entry.clock_trusted and now - entry.wall > LATE_AFTER


def entry_faults(entry: AnyEntry, number: int, used: bool) -> str:
    """Why an entry that could be read cannot be taken, in words; empty when it can."""
    if entry.number != number:
        return f"里面写的是第 {entry.number} 笔，不是第 {number} 笔"
    if used:
        return "编号用过一次了"
    if isinstance(entry, Sale | Ordered):
        over = sum(line.quantity * line.price for line in entry.lines) - entry.total
        cash = entry.cash_fen if isinstance(entry, Sale) else 0
        if over < 0 or bool(over) != bool(cash):
            return "各样加起来和总数对不上"
    return ""


def card_trouble(shown: bool, state: str | None) -> Refusal | None:
    """What is wrong with a sale's card; ``state`` None: the register has no such card of this household.

    Without a card a second person has to be there, and an entry cannot show one.
    """
    if not shown:
        return Refusal(RefusalCode.SECOND_PERSON_NEEDED)
    troubles = {
        None: RefusalCode.CARD_UNKNOWN,
        "lost": RefusalCode.CARD_REPORTED_LOST,
        "replaced": RefusalCode.CARD_REPLACED,
    }
    return Refusal(troubles[state]) if state in troubles else None


class Place(Enum):
    """Where sent entries stand in the journal that the ledger holds."""

    FITS = "fits"
    GAP = "gap"  # entries in between are missing
    FORK = "fork"  # another history under the same numbers
    BROKEN = "broken"  # the first text does not give its link


def chain_faults(entries: Sequence[UploadedEntry]) -> list[Fault]:
    """What is wrong with sent entries by themselves: numbers that do not follow, texts that do not give their links."""
    faults: list[Fault] = []
    for place, (before, entry) in enumerate(pairwise(entries), start=1):
        if entry.number != before.number + 1:
            faults.append(Fault(f"entries.{place}.number", f"第 {before.number} 笔后面是第 {entry.number} 笔"))
        elif link_of(bytes.fromhex(before.link), entry) != entry.link:
            faults.append(Fault(f"entries.{place}.link", f"第 {entry.number} 笔的内容和校验对不上"))
    for place, entry in enumerate(entries):
        if "\x00" in entry.text or not _is_unicode(entry.text):
            faults.append(Fault(f"entries.{place}.text", f"第 {entry.number} 笔不是文字"))
    return faults


def place_of(entries: Sequence[UploadedEntry], taken_up_to: int, held: Mapping[int, bytes]) -> Place:
    """Where the entries stand. ``held`` are the ledger's links, from the one before the first entry on (0 is the first link).

    The entries are chained and their last link is signed, so a link that differs from the one held under the same number is the
    same key's other history. A first text that does not give its link is damage, or somebody else's doing: it changes nothing.
    """
    first = entries[0]
    if first.number > taken_up_to + 1:
        return Place.GAP
    if any(held[entry.number].hex() != entry.link for entry in entries if entry.number <= taken_up_to):
        return Place.FORK
    return Place.FITS if link_of(held[first.number - 1], first) == first.link else Place.BROKEN


def link_of(before: bytes, entry: UploadedEntry) -> str:
    """The link in hex that the entry's text gives after ``before``."""
    return link(before, entry.text.encode()).hex()


def _is_unicode(text: str) -> bool:
    return _SURROGATE.search(text) is None
