"""May this be posted? Pure: values in, values out. Requests are judged in order, each on the effects of those before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from ledger.book.values import Account, AccountKind, Kind, Reversible, TransferRequest
from schemas.canonical import MAX_INTEGER, document_bytes
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

EARLIEST_DEED = date(2000, 1, 1)

_H, _F = AccountKind.HOUSEHOLD, AccountKind.FUND
FLOWS: Mapping[Kind, frozenset[tuple[AccountKind, AccountKind]]] = {
    Kind.GRANT: frozenset({(AccountKind.GRANT, _F)}),
    Kind.OPENING: frozenset({(_F, _H)}),
    Kind.AWARD: frozenset({(_F, _H)}),
    Kind.DEDUCTION: frozenset({(_H, _F)}),
    Kind.REDEMPTION: frozenset({(_H, AccountKind.SHOP)}),
    Kind.SPLIT: frozenset({(_H, _H)}),
    Kind.MERGE: frozenset({(_H, _H)}),
    Kind.CLEAR: frozenset({(_H, _F), (_F, _H)}),
    Kind.SETTLEMENT: frozenset({(AccountKind.SHOP, AccountKind.SETTLED)}),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """A request that will be posted, with both accounts as they stand after it."""

    request: TransferRequest
    debit: Account
    credit: Account


Decision = Posting | Refusal


def request_faults(request: TransferRequest, today: date) -> list[Fault]:
    """Everything wrong with a request that needs no database to see; empty when it is well made.

    A deed lies between 2000-01-01 and tomorrow (a village's midnight may be ahead of the server's).
    """
    faults: list[Fault] = []
    if not _is_amount(request.amount):
        faults.append(Fault("amount", f"分数写 1 到 {MAX_INTEGER} 之间的整数，现在是 {request.amount!r}"))
    if request.debit == request.credit:
        faults.append(Fault("credit", "两边是同一个账户"))
    if not EARLIEST_DEED <= request.done_on <= today + timedelta(days=1):
        faults.append(Fault("done_on", f"日子要在 {EARLIEST_DEED} 和 {today} 之间，现在是 {request.done_on}"))
    if (request.reverses is not None) != (request.kind is Kind.REVERSAL):
        faults.append(Fault("reverses", "冲正要写明冲哪一笔，别的不写"))
    try:
        document_bytes(request.document)
    except ValueError as error:
        faults.append(Fault("document", str(error)))
    return faults


def account_faults(
    request: TransferRequest, accounts: Mapping[str, Account], originals: Mapping[UUID, Reversible]
) -> list[Fault]:
    """Unknown accounts, a pair of accounts that the kind does not join, and a reversal that is not the mirror of its original."""
    faults = [
        Fault(side, f"没有账户 {code}")
        for side, code in (("debit", request.debit), ("credit", request.credit))
        if code not in accounts
    ]
    if request.reverses is not None:
        original = originals.get(request.reverses)
        if original is None:
            return [*faults, Fault("reverses", f"没有 {request.reverses} 这一笔")]
        if (original.debit, original.credit, original.amount) != (request.credit, request.debit, request.amount):
            faults.append(Fault("reverses", "冲正要和原来那笔数目相同、方向相反"))
    elif not faults and (accounts[request.debit].kind, accounts[request.credit].kind) not in FLOWS[request.kind]:
        faults.append(Fault("kind", f"{request.kind} 不能从 {request.debit} 记到 {request.credit}"))
    return faults


def decide(
    requests: Sequence[TransferRequest], accounts: Mapping[str, Account], originals: Mapping[UUID, Reversible]
) -> list[Decision]:
    """One decision a request, in order. A refused request leaves the accounts as they were for the next."""
    standing = dict(accounts)
    undone = {original.id for original in originals.values() if original.reversed_by is not None}
    decisions: list[Decision] = []
    for request in requests:
        refusal = _refusal(request, standing, originals, undone)
        if refusal is not None:
            decisions.append(refusal)
            continue
        debit, credit = (
            _moved(standing[request.debit], -request.amount),
            _moved(standing[request.credit], request.amount),
        )
        standing[request.debit], standing[request.credit] = debit, credit
        if request.reverses is not None:
            undone.add(request.reverses)
        decisions.append(Posting(request, debit, credit))
    return decisions


def body_hash(request: TransferRequest) -> bytes:
    """SHA-256 over all that the client says: two requests with one id and different hashes are ``id_reused``."""
    body = document_bytes(
        {
            "id": str(request.id),
            "kind": request.kind.value,
            "debit": request.debit,
            "credit": request.credit,
            "amount": request.amount,
            "done_on": request.done_on.isoformat(),
            "actor": request.actor,
            "second": request.second,
            "reverses": str(request.reverses) if request.reverses else None,
            "document_id": str(request.document_id),
            "document": request.document,
            "below_floor": request.below_floor,
        }
    )
    return hashlib.sha256(body).digest()


def _is_amount(amount: object) -> bool:
    """True, False, 1.5 and "5" are no amounts, whatever Python makes of them."""
    return isinstance(amount, int) and not isinstance(amount, bool) and 1 <= amount <= MAX_INTEGER


def _moved(account: Account, amount: int) -> Account:
    return replace(account, balance=account.balance + amount, version=account.version + 1)


def _refusal(
    request: TransferRequest, standing: Mapping[str, Account], originals: Mapping[UUID, Reversible], undone: set[UUID]
) -> Refusal | None:
    debit, credit = standing[request.debit], standing[request.credit]
    if request.reverses is not None:
        if originals[request.reverses].kind is Kind.REVERSAL:
            return Refusal(RefusalCode.REVERSAL_NOT_REVERSIBLE)
        return Refusal(RefusalCode.ALREADY_REVERSED) if request.reverses in undone else None
    if request.below_floor:
        return None
    if debit.closed or credit.closed:
        return Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    if request.kind is Kind.REDEMPTION and (debit.blocked or debit.balance < 0):
        return Refusal(RefusalCode.HOUSEHOLD_BLOCKED, {"missing": max(0, -debit.balance)})
    return _floor_refusal(request, debit)


def _floor_refusal(request: TransferRequest, debit: Account) -> Refusal | None:
    """Spending never takes an account below its floor. Clearing and merging end at it; a deduction needs the village's word."""
    left = debit.balance - request.amount
    if debit.floor is None or left >= debit.floor or request.kind is Kind.CLEAR:
        return None
    if debit.kind is AccountKind.FUND:
        return Refusal(
            RefusalCode.ISSUE_LIMIT_REACHED, {"total": request.amount, "issued": -debit.balance, "limit": -debit.floor}
        )
    figures = {"balance": debit.balance, "total": request.amount, "missing": debit.floor - left, "floor": debit.floor}
    code = RefusalCode.BELOW_FLOOR if left >= 0 else RefusalCode.NOT_ENOUGH_POINTS
    return Refusal(code, {**figures})
