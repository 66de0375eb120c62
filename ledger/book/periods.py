"""Points that lapse after some months, oldest first, and the clearing at a year's end.

A preview only reads, and may be looked at for days. Posting takes the preview that was shown, locks the book and works it out again: what
changed meanwhile is ``Changed``, and nothing is posted. So what was shown is what is posted, whoever calls.

There are no lots in the book: oldest-first follows from sums. Of the points earned up to a day, those are left that all spending since
the beginning has not used up:

    left(day) = max(0, earned up to day − everything spent)

A reversal counts where its original counts: a reversed redemption gives back the same old points, a reversed award was never earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ledger.book.accounts import load_accounts, lock_book
from ledger.book.holding import overdue_holds
from ledger.book.store import post
from ledger.book.tables import accounts, outcomes, transfers
from ledger.book.values import FUND, Account, AccountKind, Kind, Outcome, TransferRequest
from ledger.storage.bulk import among
from schemas.canonical import Json
from schemas.problems import IdReused

NAMESPACE = UUID("5f0d1b6e-2c4e-5d5a-9d55-6d6572697400")


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a clearing would take from (or forgive to) one household: ``amount`` > 0 is taken, < 0 is a debt that is forgiven."""

    account: str
    balance: int
    amount: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a clearing would do, one line a household in the order of their codes.

    ``name`` ("lapse 2026-11", "year 2026") makes the ids: a household that a clearing of that name has had is in no later preview of it.
    ``earned_until`` is the last day whose points lapse; None for a year's end.
    """

    name: str
    earned_until: date | None
    clearings: tuple[Clearing, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """The book moved on since the preview was shown; nothing was posted. ``fresh`` is what to show now."""

    fresh: Preview


def preview_lapse(tx: Connection, village_id: int, *, name: str, earned_until: date, now: datetime) -> Preview:
    """What would lapse of the points earned up to and including that day: never held points, never below a household's floor."""
    return Preview(name, earned_until, tuple(_clearings(tx, village_id, name, earned_until, now)))


def preview_clear(tx: Connection, village_id: int, *, name: str, now: datetime) -> Preview:
    """What a year's end takes: every household goes back to its floor, debts are forgiven, held points stay."""
    return Preview(name, None, tuple(_clearings(tx, village_id, name, None, now)))


def post_clearings(
    tx: Connection, village_id: int, preview: Preview, *, day: date, actor: str, second: str, now: datetime
) -> list[Outcome] | Changed:
    """Post exactly what was previewed, one transfer a household, or nothing: ``Changed`` when it would come out otherwise now.

    The same preview posted twice moves nothing more and gives the first outcomes again.
    """
    lock_book(tx, village_id)
    ids = {clearing.account: _id(village_id, preview.name, clearing.account) for clearing in preview.clearings}
    fresh = replace(preview, clearings=tuple(_clearings(tx, village_id, preview.name, preview.earned_until, now)))
    posted_before = bool(ids) and len(_decided(tx, village_id, ids.values())) == len(ids)
    if fresh != preview and not posted_before:
        return Changed(fresh)
    try:
        return post(tx, village_id, _requests(preview, ids, day, actor, second), now=now)
    except IdReused:  # another preview of that name was posted first
        return Changed(fresh)


def _requests(preview: Preview, ids: Mapping[str, UUID], day: date, actor: str, second: str) -> list[TransferRequest]:
    requests = []
    for clearing in preview.clearings:
        id_ = ids[clearing.account]
        sides = (clearing.account, FUND) if clearing.amount > 0 else (FUND, clearing.account)
        document: dict[str, Json] = {"clearing": preview.name, "amount": clearing.amount}
        requests.append(
            TransferRequest(id_, Kind.CLEAR, *sides, abs(clearing.amount), day, actor, id_, document, second)
        )
    return requests


def _clearings(
    tx: Connection, village_id: int, name: str, earned_until: date | None, now: datetime
) -> Iterator[Clearing]:
    """The lines of a preview. What was ordered and not fetched in time is not held any more, swept or not."""
    households = _households(tx, village_id, now)
    had = _decided(tx, village_id, [_id(village_id, name, account.code) for account in households])
    left = _left(tx, village_id, earned_until) if earned_until else None
    for account in households:
        if left is not None:
            amount = min(left.get(account.account_id, 0), account.available)
        else:
            amount = account.available if account.balance > 0 else account.balance
        if amount and _id(village_id, name, account.code) not in had:
            yield Clearing(account.code, account.balance, amount)


def _id(village_id: int, name: str, account: str) -> UUID:
    return uuid5(NAMESPACE, f"{village_id}/{name}/{account}")


def _decided(tx: Connection, village_id: int, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that the book has an outcome for."""
    query = select(outcomes.c.id).where(
        outcomes.c.village_id == village_id, among(outcomes.c.id, "ids", tx.dialect.name)
    )
    return set(tx.execute(query, {"ids": list(ids)}).scalars())


def _households(tx: Connection, village_id: int, now: datetime) -> list[Account]:
    """All open households in the order of their codes, as they stand once the holds whose time is over have ended."""
    open_ones = (
        accounts.c.village_id == village_id,
        accounts.c.kind == AccountKind.HOUSEHOLD.value,
        accounts.c.closed.is_(False),
    )
    codes = tx.execute(select(accounts.c.code).where(*open_ones)).scalars().all()
    found = load_accounts(tx, village_id, codes)
    for hold in overdue_holds(tx, village_id, now).values():
        if hold.account in found:
            found[hold.account] = replace(found[hold.account], held=found[hold.account].held - hold.amount)
    return [account for _, account in sorted(found.items())]


def _left(tx: Connection, village_id: int, until: date) -> dict[int, int]:
    """By account id: what is left of the points earned up to that day."""
    earned, spent = _earned_and_spent(tx, village_id, until)
    return {account_id: max(0, points - spent.get(account_id, 0)) for account_id, points in earned.items()}


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
