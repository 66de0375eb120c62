"""What is wrong with a request, whatever the book holds, and what is wrong with it in this book. Pure; decisions are in ``deciding``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from ledger.book.values import (
    Account,
    AccountKind,
    Hold,
    HoldRequest,
    Kind,
    ReleaseRequest,
    Request,
    Reversible,
    TransferRequest,
)
from schemas.canonical import MAX_INTEGER, AskedLines, asked_lines, document_bytes, fits_leaf, instant_text
from schemas.problems import Fault

EARLIEST_DEED = date(2000, 1, 1)
DOCUMENT_LIMIT = 64_000  # bytes: a receipt of 60 lines is some 6,000

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
class Said:
    """A well-made request with its bytes, made once. ``lines`` and ``document`` go into the log (empty for what is no transfer);
    ``hash`` is SHA-256 over all that the client says: two requests with one id and different hashes are ``id_reused``.
    """

    request: Request
    lines: AskedLines
    document: bytes
    hash: bytes


def examine(request: Request, today: date) -> Said | list[Fault]:
    """The request with its bytes, or everything wrong with it that needs no database to see.

    A deed lies between 2000-01-01 and tomorrow (a village's midnight may be ahead of the server's).
    """
    faults = _text_faults(request)
    document = b""
    if not isinstance(request, ReleaseRequest) and not _is_amount(request.amount):
        faults.append(Fault("amount", f"分数写 1 到 {MAX_INTEGER} 之间的整数，现在是 {request.amount!r}"))
    if isinstance(request, TransferRequest):
        faults += _transfer_faults(request, today)
        try:
            document = _document(request)
        except ValueError as error:
            faults.append(Fault("document", str(error)))
    elif isinstance(request, HoldRequest) and request.until is not None and request.until.tzinfo is None:
        faults.append(Fault("until", "时刻要写明时区"))
    return faults or _said(request, document)


def _text_faults(request: Request) -> list[Fault]:
    """Codes and names of people stand in the log as lines of ASCII, and go to the database as they are."""
    texts: tuple[tuple[str, str | None], ...] = (("actor", request.actor),)
    match request:
        case TransferRequest():
            texts += (("debit", request.debit), ("credit", request.credit), ("second", request.second))
        case HoldRequest():
            texts += (("account", request.account),)
    wrong = [name for name, text in texts if text is not None and not fits_leaf(text)]
    return [Fault(name, "写 1 到 80 个英文字母、数字和符号，不带空格") for name in wrong]


def _transfer_faults(request: TransferRequest, today: date) -> list[Fault]:
    faults: list[Fault] = []
    if request.debit == request.credit:
        faults.append(Fault("credit", "两边是同一个账户"))
    if not EARLIEST_DEED <= request.done_on <= today + timedelta(days=1):
        faults.append(Fault("done_on", f"日子要在 {EARLIEST_DEED} 和 {today} 之间，现在是 {request.done_on}"))
    if (request.reverses is not None) != (request.kind is Kind.REVERSAL):
        faults.append(Fault("reverses", "冲正要写明冲哪一笔，别的不写"))
    if request.captures is not None and request.kind is not Kind.REDEMPTION:
        faults.append(Fault("captures", "只有兑换能取订的货"))
    if request.over_limit and request.second in (None, request.actor):
        faults.append(Fault("second", "超出能兑的分，要另一个人写明放行"))
    return faults


def _document(request: TransferRequest) -> bytes:
    """The document's canonical bytes. ValueError in words when it is none, or too long."""
    try:
        document = document_bytes(request.document)
    except RecursionError as error:
        raise ValueError("单据套得太深") from error
    if len(document) > DOCUMENT_LIMIT:
        raise ValueError(f"单据太长：{len(document)} 字节，最多 {DOCUMENT_LIMIT}")
    return document


def book_faults(
    request: Request, accounts: Mapping[str, Account], originals: Mapping[UUID, Reversible], holds: Mapping[UUID, Hold]
) -> list[Fault]:
    """What names something that is not in this book, or joins accounts that its kind does not join."""
    if isinstance(request, ReleaseRequest):
        return [] if request.hold in holds else [Fault("hold", f"没有 {request.hold} 这份预订")]
    if isinstance(request, HoldRequest):
        known = request.account in accounts and accounts[request.account].kind is AccountKind.HOUSEHOLD
        return [] if known else [Fault("account", f"没有户账户 {request.account}")]
    sides = (("debit", request.debit), ("credit", request.credit))
    faults = [Fault(side, f"没有账户 {code}") for side, code in sides if code not in accounts]
    if request.captures is not None and (
        request.captures not in holds or holds[request.captures].account != request.debit
    ):
        faults.append(Fault("captures", f"{request.debit} 没有 {request.captures} 这份预订"))
    if request.reverses is not None:
        return faults + _reversal_faults(request, originals)
    if not faults and (accounts[request.debit].kind, accounts[request.credit].kind) not in FLOWS[request.kind]:
        faults.append(Fault("kind", f"{request.kind} 不能从 {request.debit} 记到 {request.credit}"))
    return faults


def _reversal_faults(request: TransferRequest, originals: Mapping[UUID, Reversible]) -> list[Fault]:
    """A reversal is the mirror of its original; of anything but a redemption (the shop's own rule) it takes two people."""
    original = originals.get(request.reverses) if request.reverses else None
    if original is None:
        return [Fault("reverses", f"没有 {request.reverses} 这一笔")]
    faults: list[Fault] = []
    if (original.debit, original.credit, original.amount) != (request.credit, request.debit, request.amount):
        faults.append(Fault("reverses", "冲正要和原来那笔数目相同、方向相反"))
    if original.kind not in (Kind.REDEMPTION, Kind.REVERSAL) and request.second in (None, request.actor):
        faults.append(Fault("second", "改正要两个人"))
    return faults


def _said(request: Request, document: bytes) -> Said:
    """No text holds a line feed here, so no two requests have the same lines."""
    r = request
    lines = ("", "")
    match r:
        case TransferRequest():
            lines = asked_lines(
                r.id, r.kind.value, r.debit, r.credit, r.amount, r.done_on, r.reverses, r.document_id, r.actor, r.second
            )
            said = f"transfer\n{lines[0]}{lines[1]}{r.captures}\n{r.below_floor}\n{r.over_limit}\n"
        case HoldRequest():
            until = instant_text(r.until) if r.until else None
            said = f"hold\n{r.id}\n{r.account}\n{r.amount}\n{until}\n{r.actor}\n{r.document_id}\n"
        case ReleaseRequest():
            said = f"release\n{r.id}\n{r.hold}\n{r.actor}\n"
    return Said(r, lines, document, hashlib.sha256(said.encode() + document).digest())


def _is_amount(amount: object) -> bool:
    """True, False, 1.5 and "5" are no amounts, whatever Python makes of them."""
    return isinstance(amount, int) and not isinstance(amount, bool) and 1 <= amount <= MAX_INTEGER
