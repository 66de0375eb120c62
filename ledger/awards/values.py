"""What the way of an award takes and gives. Immutable; points in the village's minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from schemas.refusals import Refusal

NOTE_LIMIT = 200
QUANTITY_MOST = 99


class ClaimState(StrEnum):
    """Where a claim is on its way."""

    CLAIMED = "claimed"
    ON_NOTICE = "on_notice"
    CREDITED = "credited"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What a reviewer says of a claim."""

    AGREE = "agree"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A deed that somebody records. ``claim_id`` was made with the form, before anything was sent; ``household`` is its number."""

    claim_id: UUID
    household: str
    item: str
    quantity: int
    done_on: date
    note: str = ""
    declared_by: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands, with the words of its household and item. ``points`` is what counts of ``asked_points`` after caps."""

    claim_id: UUID
    number: int
    household_id: int
    household: str
    head_name: str
    masked_name: str
    group: str
    version: int
    item: str
    item_name: str
    area_name: str
    unit: str
    public: str
    quantity: int
    asked_points: int
    points: int
    done_on: date
    note: str
    recorded_by: int
    recorder: str
    recorded_at: datetime
    state: ClaimState
    state_at: datetime
    notice_id: int | None
    credited_seq: int | None

    @property
    def told_to_household(self) -> str:
        """What it was for, on the household's own page: its area where nothing of the item is public, for cards get lost."""
        return self.area_name if self.public == "nothing" else self.item_name

    @property
    def capped(self) -> bool:
        """True when a cap took something off."""
        return self.points < self.asked_points


@dataclass(frozen=True, slots=True)
class ClaimRecorded:
    """A claim waits for review. ``repeated`` is True when this id had been recorded before: nothing was written this time."""

    claim: Claim
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A public notice: its whole local days, and the instant at which its lines are credited."""

    notice_id: int
    first_day: date
    last_day: date
    credit_at: datetime
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of a claim by a review: its state, how many more must agree, and its notice once it hangs."""

    claim: Claim
    still_needed: int
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class Credited:
    """What became of a line whose notice is over: its place in the book, or ``held`` with the reason, to be tried again.

    ``seq`` is None for a held line and for one that a cap brought down to 0.
    """

    claim: Claim
    points: int
    seq: int | None
    balance: int | None
    held: Refusal | None = None
