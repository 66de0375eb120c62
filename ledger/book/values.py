"""What the book takes and gives: requests, outcomes, accounts. Immutable; amounts in the village's minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from schemas.canonical import Json

POSTED, HELD, RELEASED = "posted", "held", "released"
GRANT, FUND, SETTLED = "grant", "fund", "settled"


class AccountKind(StrEnum):
    """The five kinds of account. Points flow from grant towards settled."""

    GRANT = "grant"
    FUND = "fund"
    HOUSEHOLD = "household"
    SHOP = "shop"
    SETTLED = "settled"


class Kind(StrEnum):
    """What a transfer is for."""

    GRANT = "grant"
    OPENING = "opening"
    AWARD = "award"
    DEDUCTION = "deduction"
    REDEMPTION = "redemption"
    REVERSAL = "reversal"
    SPLIT = "split"
    MERGE = "merge"
    CLEAR = "clear"
    SETTLEMENT = "settlement"


def household_account(number: str) -> str:
    """The account code of a household: ``household:0007``. Numbers are never given to another household."""
    return f"household:{number}"


def shop_account(outlet: int = 1) -> str:
    """The account code of a shop's outlet: ``shop:1``."""
    return f"shop:{outlet}"


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """One transfer that somebody wants posted. ``id`` was made by the client before it was first sent.

    ``document`` is what it stands on (claim, sale, import row); the log commits to it by a salted hash. ``below_floor`` says the
    fact has happened already (goods handed over), so that the floor cannot refuse it. ``second`` is the second person. ``captures``
    names the hold whose points this redemption takes. ``over_limit``: the second person answers for issuing beyond the fund's limit.
    """

    id: UUID
    kind: Kind
    debit: str
    credit: str
    amount: int
    done_on: date
    actor: str
    document_id: UUID
    document: Mapping[str, Json] = field(default_factory=dict)
    second: str | None = None
    reverses: UUID | None = None
    below_floor: bool = False
    captures: UUID | None = None
    over_limit: bool = False


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Points of ``account`` to be kept for goods ordered ahead, until captured, released or ``until`` (None: no end)."""

    id: UUID
    account: str
    amount: int
    until: datetime | None
    actor: str
    document_id: UUID


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Give a hold's points back."""

    id: UUID
    hold: UUID
    actor: str


Request = TransferRequest | HoldRequest | ReleaseRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request, frozen for ever: ``code`` is ``posted``, ``held``, ``released`` or a refusal's code.

    ``seq`` is the transfer's place in the book, the balances are those after it; all three None when refused.
    ``repeated`` is True when this id was decided earlier: nothing moved this time.
    """

    id: UUID
    code: str
    figures: Mapping[str, str | int] = field(default_factory=dict)
    seq: int | None = None
    debit_balance: int | None = None
    credit_balance: int | None = None
    repeated: bool = False

    @property
    def posted(self) -> bool:
        """True when points moved, now or the first time."""
        return self.code == POSTED

    @property
    def done(self) -> bool:
        """True when the request was not refused."""
        return self.code in (POSTED, HELD, RELEASED)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands. ``floor`` None means no floor; ``version`` counts its transfers; ``held`` is the sum of its open holds."""

    account_id: int
    code: str
    kind: AccountKind
    balance: int
    version: int
    floor: int | None
    blocked: bool
    closed: bool
    held: int = 0

    @property
    def available(self) -> int:
        """What may still be spent: above the floor, not held; never negative."""
        return max(0, self.balance - self.held - (self.floor or 0))


class HoldState(StrEnum):
    """A hold is open until exactly one of the others ends it."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Hold:
    """Points reserved on an account."""

    id: UUID
    account: str
    amount: int
    until: datetime | None
    state: HoldState


@dataclass(frozen=True, slots=True)
class Reversible:
    """A posted transfer that a reversal names."""

    id: UUID
    kind: Kind
    debit: str
    credit: str
    amount: int
    reversed_by: UUID | None
