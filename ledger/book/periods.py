"""Points that lapse after some months, oldest first, and the clearing at a year's end.

A preview only reads. Whoever posts what it says calls ``lock_book`` before it, in the same unit of work, so that nothing comes between.

There are no lots in the book: oldest-first follows from sums. Of the points earned up to a day, those are left that all spending since
the beginning has not used up:

    left(day) = max(0, earned up to day − everything spent)

A reversal counts where its original counts: a reversed redemption gives back the same old points, a reversed award was never earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ledger.book.accounts import load_accounts
from ledger.book.store import post
from ledger.book.tables import accounts, transfers
from ledger.book.values import FUND, Account, AccountKind, Kind, Outcome, TransferRequest
from schemas.canonical import Json

NAMESPACE = UUID("5f0d1b6e-2c4e-5d5a-9d55-6d6572697400")


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a clearing would take from (or forgive to) one household: ``amount`` > 0 is taken, < 0 is a debt that is forgiven."""

    account: str
    balance: int
    amount: int


def preview_lapse(tx: Connection, village_id: int, *, earned_until: date) -> list[Clearing]:
    """What would lapse of the points earned up to and including that day: never held points, never below a household's floor."""
    earned, spent = _earned_and_spent(tx, village_id, earned_until)
    found: list[Clearing] = []
    for account in _households(tx, village_id):
        left = max(0, earned.get(account.account_id, 0) - spent.get(account.account_id, 0))
        amount = min(left, account.available)
        if amount > 0:
            found.append(Clearing(account.code, account.balance, amount))
    return found


def preview_clear(tx: Connection, village_id: int) -> list[Clearing]:
    """What a year's end takes: every household goes back to its floor, debts are forgiven, held points stay."""
    found: list[Clearing] = []
    for account in _households(tx, village_id):
        amount = account.balance - account.held - (account.floor or 0) if account.balance > 0 else account.balance
        if amount > 0 or account.balance < 0:
            found.append(Clearing(account.code, account.balance, amount))
    return found


def post_clearings(
    tx: Connection,
    village_id: int,
    clearings: Sequence[Clearing],
    *,
    name: str,
    day: date,
    actor: str,
    second: str,
    now: datetime,
) -> list[Outcome]:
    """Post a previewed clearing, one transfer a household. ``name`` ("lapse 2026-11", "year 2026") makes the ids, so that the same
    clearing run twice or late moves nothing more.
    """
    requests = []
    for clearing in clearings:
        id_ = uuid5(NAMESPACE, f"{village_id}/{name}/{clearing.account}")
        sides = (clearing.account, FUND) if clearing.amount > 0 else (FUND, clearing.account)
        document: dict[str, Json] = {"clearing": name, "amount": clearing.amount}
        requests.append(
            TransferRequest(id_, Kind.CLEAR, *sides, abs(clearing.amount), day, actor, id_, document, second)
        )
    return post(tx, village_id, requests, now=now)


def already_posted(tx: Connection, village_id: int, name: str, codes: Iterable[str]) -> bool:
    """True when a clearing of that name was posted for any of the accounts."""
    ids = [uuid5(NAMESPACE, f"{village_id}/{name}/{code}") for code in codes]
    query = select(transfers.c.seq).where(transfers.c.village_id == village_id, transfers.c.id.in_(ids)).limit(1)
    return tx.execute(query).first() is not None


def _households(tx: Connection, village_id: int) -> list[Account]:
    """All open households in the order of their codes."""
    open_ones = (
        accounts.c.village_id == village_id,
        accounts.c.kind == AccountKind.HOUSEHOLD.value,
        accounts.c.closed.is_(False),
    )
    codes = tx.execute(select(accounts.c.code).where(*open_ones)).scalars().all()
    return [account for _, account in sorted(load_accounts(tx, village_id, codes).items())]


def _earned_and_spent(tx: Connection, village_id: int, until: date) -> tuple[dict[int, int], dict[int, int]]:
    """By account id: net points earned up to the day, and net points spent at any time."""
    original = transfers.alias("original")
    joined = transfers.outerjoin(
        original, and_(original.c.village_id == transfers.c.village_id, original.c.id == transfers.c.reverses)
    )
    here = transfers.c.village_id == village_id
    undoes_spending = and_(transfers.c.reverses.is_not(None), original.c.debit_id == transfers.c.credit_id)
    undoes_earning = and_(transfers.c.reverses.is_not(None), original.c.credit_id == transfers.c.debit_id)
    day = func.coalesce(original.c.done_on, transfers.c.done_on)

    def sums(side: str, condition: ColumnElement[bool]) -> dict[int, int]:
        column = transfers.c[f"{side}_id"]
        query = select(column, func.sum(transfers.c.amount)).select_from(joined).where(here, condition).group_by(column)
        return {row[0]: int(row[1]) for row in tx.execute(query)}

    plain = transfers.c.reverses.is_(None)
    earned = sums("credit", and_(plain, transfers.c.done_on <= until))
    for account_id, amount in sums("debit", and_(undoes_earning, day <= until)).items():
        earned[account_id] = earned.get(account_id, 0) - amount
    spent = sums("debit", plain)
    for account_id, amount in sums("credit", undoes_spending).items():
        spent[account_id] = spent.get(account_id, 0) - amount
    return earned, spent
