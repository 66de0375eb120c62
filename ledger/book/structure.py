"""A household that splits, merges or closes, as the book sees it: one unit of work, one linked batch, accounts opened and closed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from ledger.book.accounts import load_accounts, lock_book, open_account, set_account
from ledger.book.store import post
from ledger.book.values import AccountKind, Kind, Outcome, TransferRequest
from schemas.problems import BrokenContract, Fault


def split_account(
    tx: Connection,
    village_id: int,
    *,
    id_: UUID,
    source: str,
    new: str,
    amount: int,
    floor: int,
    day: date,
    actor: str,
    second: str,
    now: datetime,
) -> Outcome:
    """分户: open ``new`` (unless a first try did) and move ``amount`` to it. Refused like any spending when that much is not there."""
    lock_book(tx, village_id)
    if not load_accounts(tx, village_id, [new]):
        open_account(tx, village_id, new, AccountKind.HOUSEHOLD, floor=floor)
    request = TransferRequest(id_, Kind.SPLIT, source, new, amount, day, actor, id_, {"split": [source, new]}, second)
    return post(tx, village_id, [request], now=now)[0]


def merge_accounts(
    tx: Connection,
    village_id: int,
    *,
    id_: UUID,
    source: str,
    into: str,
    day: date,
    actor: str,
    second: str,
    now: datetime,
) -> Outcome | None:
    """并户: move everything, a debt included, from ``source`` to ``into`` and close ``source``. None when there was nothing to move.

    BrokenContract when either is unknown or the source still holds points for ordered goods.
    """
    lock_book(tx, village_id)
    found = load_accounts(tx, village_id, [source, into])
    faults = [
        Fault(name, f"没有账户 {code}") for name, code in (("source", source), ("into", into)) if code not in found
    ]
    if not faults and found[source].held:
        faults.append(Fault("source", "还有订的货没取，先取货或退掉"))
    if faults:
        raise BrokenContract(faults)
    outcome = None
    balance = found[source].balance
    if balance:
        sides = (source, into) if balance > 0 else (into, source)
        request = TransferRequest(
            id_, Kind.MERGE, *sides, abs(balance), day, actor, id_, {"merge": [source, into]}, second
        )
        (outcome,) = post(tx, village_id, [request], now=now)
        if not outcome.posted:
            return outcome
    set_account(tx, village_id, source, closed=True)
    return outcome
