"""May this be posted? Pure: the book's standing and some requests in, one decision a request out, in order.

Each request is judged on the effects of those before it; a refused one leaves everything as it was for the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from ledger.book.values import (
    Account,
    AccountKind,
    Hold,
    HoldRequest,
    HoldState,
    Kind,
    ReleaseRequest,
    Request,
    Reversible,
    TransferRequest,
)
from schemas.canonical import MAX_INTEGER
from schemas.refusals import Refusal, RefusalCode

_ENDED = {
    HoldState.CAPTURED: RefusalCode.HOLD_CAPTURED,
    HoldState.RELEASED: RefusalCode.HOLD_RELEASED,
    HoldState.LAPSED: RefusalCode.HOLD_OVER,
}


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer that will be posted, with both accounts as they stand after it; ``ends`` is the hold it captures."""

    request: TransferRequest
    debit: Account
    credit: Account
    ends: Hold | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A hold that will be placed, and its account after it."""

    request: HoldRequest
    account: Account


@dataclass(frozen=True, slots=True)
class Release:
    """A hold that will be released, and its account after it."""

    request: ReleaseRequest
    hold: Hold
    account: Account


Decision = Posting | Placement | Release | Refusal


@dataclass(slots=True)
class Standing:
    """What the book holds for the accounts at hand. ``decide`` works on a copy of its own."""

    accounts: dict[str, Account]
    originals: Mapping[UUID, Reversible] = field(default_factory=dict)
    holds: dict[UUID, Hold] = field(default_factory=dict)

    def copy(self) -> Standing:
        """The same values under new keys."""
        return Standing(dict(self.accounts), self.originals, dict(self.holds))


def lapse(standing: Standing, now: datetime) -> list[Hold]:
    """End every open hold whose time is over, in ``standing``; the holds that ended. Reading and sweeping use the same function."""
    over = [h for h in standing.holds.values() if h.state is HoldState.OPEN and h.until is not None and h.until <= now]
    for hold in over:
        _end(standing, hold, HoldState.LAPSED)
    return over


def decide(
    requests: Sequence[Request], standing: Standing, *, linked: bool = False, refused_before: bool = False
) -> list[Decision]:
    """One decision a request. ``linked``: one refusal refuses them all, each other with ``linked_refused``; ``refused_before``
    says that the batch also holds a request that was refused earlier.
    """
    working = standing.copy()
    undone = {original.id for original in standing.originals.values() if original.reversed_by is not None}
    decisions = [_decide_one(request, working, undone) for request in requests]
    if linked and (refused_before or any(isinstance(decision, Refusal) for decision in decisions)):
        return [d if isinstance(d, Refusal) else Refusal(RefusalCode.LINKED_REFUSED) for d in decisions]
    return decisions


def beyond_integers(decision: Decision) -> bool:
    """True when a balance would grow past what JSON carries unharmed: a mistake in the amount, not a village's points."""
    return (
        isinstance(decision, Posting) and max(abs(decision.debit.balance), abs(decision.credit.balance)) > MAX_INTEGER
    )


def accounts_after(decisions: Iterable[Decision]) -> dict[str, Account]:
    """The accounts that the decisions change, as they stand after the last of them."""
    after: dict[str, Account] = {}
    for decision in decisions:
        match decision:
            case Posting():
                after[decision.debit.code] = decision.debit
                after[decision.credit.code] = decision.credit
            case Placement() | Release():
                after[decision.account.code] = decision.account
            case Refusal():
                pass
    return after


def _decide_one(request: Request, standing: Standing, undone: set[UUID]) -> Decision:
    match request:
        case TransferRequest():
            return _decide_transfer(request, standing, undone)
        case HoldRequest():
            return _decide_hold(request, standing)
        case ReleaseRequest():
            return _decide_release(request, standing)


def _decide_transfer(request: TransferRequest, standing: Standing, undone: set[UUID]) -> Decision:
    captured = standing.holds[request.captures] if request.captures else None
    refusal = _transfer_refusal(request, standing, undone, captured)
    if refusal is not None:
        return refusal
    if captured is not None:
        _end(standing, captured, HoldState.CAPTURED)
    debit = _moved(standing.accounts[request.debit], -request.amount)
    credit = _moved(standing.accounts[request.credit], request.amount)
    standing.accounts[request.debit], standing.accounts[request.credit] = debit, credit
    if request.reverses is not None:
        undone.add(request.reverses)
    return Posting(request, debit, credit, captured)


def _decide_hold(request: HoldRequest, standing: Standing) -> Decision:
    account = standing.accounts[request.account]
    if account.closed:
        return Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    if account.blocked or account.balance < 0:
        return Refusal(RefusalCode.HOUSEHOLD_BLOCKED, {"missing": max(0, -account.balance)})
    refusal = _shortfall(account, request.amount)
    if refusal is not None:
        return refusal
    account = replace(account, held=account.held + request.amount)
    standing.accounts[request.account] = account
    standing.holds[request.id] = Hold(request.id, request.account, request.amount, request.until, HoldState.OPEN)
    return Placement(request, account)


def _decide_release(request: ReleaseRequest, standing: Standing) -> Decision:
    hold = standing.holds[request.hold]
    if hold.state is not HoldState.OPEN:
        return Refusal(_ENDED[hold.state])
    _end(standing, hold, HoldState.RELEASED)
    return Release(request, hold, standing.accounts[hold.account])


def _end(standing: Standing, hold: Hold, state: HoldState) -> None:
    account = standing.accounts[hold.account]
    standing.accounts[hold.account] = replace(account, held=account.held - hold.amount)
    standing.holds[hold.id] = replace(hold, state=state)


def _moved(account: Account, amount: int) -> Account:
    a = account  # written out: ``replace`` takes twice as long, and this is most of what posting decides
    return Account(
        a.account_id, a.code, a.kind, a.balance + amount, a.version + 1, a.floor, a.blocked, a.closed, a.held
    )


def _transfer_refusal(
    request: TransferRequest, standing: Standing, undone: set[UUID], captured: Hold | None
) -> Refusal | None:
    debit, credit = standing.accounts[request.debit], standing.accounts[request.credit]
    if request.reverses is not None:
        if standing.originals[request.reverses].kind is Kind.REVERSAL:
            return Refusal(RefusalCode.REVERSAL_NOT_REVERSIBLE)
        return Refusal(RefusalCode.ALREADY_REVERSED) if request.reverses in undone else None
    if captured is not None and captured.state is not HoldState.OPEN:
        return Refusal(_ENDED[captured.state])
    if request.below_floor:
        return None
    if debit.closed or credit.closed:
        return Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    if request.kind is Kind.REDEMPTION and (debit.blocked or debit.balance < 0):
        return Refusal(RefusalCode.HOUSEHOLD_BLOCKED, {"missing": max(0, -debit.balance)})
    if captured is not None:
        if request.amount > captured.amount:
            return Refusal(RefusalCode.HOLD_EXCEEDED, {"limit": captured.amount, "total": request.amount})
        debit = replace(debit, held=debit.held - captured.amount)
    return _floor_refusal(request, debit, standing)


def _floor_refusal(request: TransferRequest, debit: Account, standing: Standing) -> Refusal | None:
    """Spending never takes an account below its floor. Clearing ends at it; merging carries a debt along."""
    if debit.floor is None or request.kind in (Kind.CLEAR, Kind.MERGE):
        return None
    if debit.kind is AccountKind.FUND:
        return _issue_refusal(request, debit, standing)
    return _shortfall(debit, request.amount)


def _issue_refusal(request: TransferRequest, fund: Account, standing: Standing) -> Refusal | None:
    """The fund gives what was granted into it and no more, unless a second person answers for it."""
    floor = fund.floor or 0
    if request.over_limit or fund.balance - request.amount >= floor:
        return None
    granted = -standing.accounts["grant"].balance if "grant" in standing.accounts else 0
    figures = {"total": request.amount, "issued": granted - fund.balance, "limit": granted - floor}
    return Refusal(RefusalCode.ISSUE_LIMIT_REACHED, {**figures})


def _shortfall(account: Account, amount: int) -> Refusal | None:
    floor = account.floor or 0
    free = account.balance - account.held
    missing = amount - (free - floor)
    if missing <= 0:
        return None
    figures = {"balance": free, "total": amount, "missing": missing, "floor": floor}
    code = RefusalCode.BELOW_FLOOR if amount <= free else RefusalCode.NOT_ENOUGH_POINTS
    return Refusal(code, {**figures})
