"""Reading the book: balances and statement lines, each by index, never by adding up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Connection, RowMapping, Select, bindparam, func, select, union_all

from ledger.book.accounts import load_account, load_accounts
from ledger.book.tables import accounts, books, documents, transfers
from ledger.book.values import Account, AccountKind, Kind
from schemas.canonical import MAX_INTEGER
from schemas.merkle import root, unpack

BEYOND_ALL = MAX_INTEGER  # no book has so many transfers


def _newest(side: Column[int]) -> Select[int]:
    """The seqs of an account's newest transfers on one side of the book."""
    here = (transfers.c.village_id == bindparam("village"), side == bindparam("account"))
    query = select(transfers.c.seq).where(*here, transfers.c.seq < bindparam("before"))
    return select(query.order_by(transfers.c.seq.desc()).limit(bindparam("limit")).subquery().c.seq)


def _balance_at(side: Column[int], balance: Column[int]) -> Select[int, int]:
    here = (transfers.c.village_id == bindparam("village"), side == bindparam("account"))
    query = select(transfers.c.seq, balance).where(*here, transfers.c.seq <= bindparam("seq"))
    return query.order_by(transfers.c.seq.desc()).limit(1)


_NEWEST = union_all(_newest(transfers.c.debit_id), _newest(transfers.c.credit_id)).subquery()
_LINES = (
    select(transfers, documents.c.body)
    .outerjoin_from(
        transfers,
        documents,
        (documents.c.village_id == transfers.c.village_id) & (documents.c.seq == transfers.c.seq),
    )
    .where(transfers.c.village_id == bindparam("village"), transfers.c.seq.in_(select(_NEWEST.c.seq)))
    .order_by(transfers.c.seq.desc())
    .limit(bindparam("limit"))
)
_BALANCES_AT = (
    _balance_at(transfers.c.debit_id, transfers.c.debit_balance),
    _balance_at(transfers.c.credit_id, transfers.c.credit_balance),
)
_HEAD = select(books.c.last_seq, books.c.frontier).where(books.c.village_id == bindparam("village"))
_TOTAL = select(func.sum(accounts.c.balance)).where(accounts.c.village_id == bindparam("village"))


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One transfer as an account sees it: ``amount`` is signed (+ earned, − spent), ``balance`` is what it left."""

    seq: int
    id: UUID
    kind: Kind
    amount: int
    balance: int
    done_on: date
    posted_at: datetime
    reverses: UUID | None
    document: bytes | None


def account_of(tx: Connection, village_id: int, code: str) -> Account:
    """The account with its balance now. LookupError for an unknown code."""
    return load_account(tx, village_id, code)


def balances(tx: Connection, village_id: int, kind: AccountKind) -> dict[str, Account]:
    """All accounts of a kind by code."""
    query = select(accounts.c.code).where(accounts.c.village_id == village_id, accounts.c.kind == kind.value)
    return load_accounts(tx, village_id, tx.execute(query).scalars().all())


def last_lines(
    tx: Connection, village_id: int, code: str, *, limit: int, before_seq: int | None = None
) -> Sequence[StatementLine]:
    """The account's newest lines first, at most ``limit``, older than ``before_seq`` if given. LookupError for an unknown code.

    Each side of the book is read by its own index and cut to ``limit`` before the two are merged.
    """
    account_id = account_of(tx, village_id, code).account_id
    here = {"village": village_id, "account": account_id, "limit": limit, "before": before_seq or BEYOND_ALL}
    return [_line(row, account_id) for row in tx.execute(_LINES, here).mappings()]


def balance_at(tx: Connection, village_id: int, code: str, seq: int) -> int:
    """The balance after transfer ``seq``: one index seek a side, because each transfer keeps both balances after it."""
    account_id = account_of(tx, village_id, code).account_id
    here = {"village": village_id, "account": account_id, "seq": seq}
    found: list[tuple[int, int]] = [(0, 0)]
    for query in _BALANCES_AT:
        found += [(row[0], row[1]) for row in tx.execute(query, here)]
    return max(found)[1]


def balance_on_day(tx: Connection, village_id: int, code: str, day: date) -> int:
    """The balance of all deeds done up to and including that day, whenever they were posted. Reads the account's own lines only."""
    account_id = account_of(tx, village_id, code).account_id
    total = 0
    for column, sign in ((transfers.c.debit_id, -1), (transfers.c.credit_id, 1)):
        here = (transfers.c.village_id == village_id, column == account_id, transfers.c.done_on <= day)
        total += sign * int(
            tx.execute(select(func.coalesce(func.sum(transfers.c.amount), 0)).where(*here)).scalar_one()
        )
    return total


def book_head(tx: Connection, village_id: int) -> tuple[int, bytes]:
    """How many transfers the book holds, and the root hash of its log."""
    row = tx.execute(_HEAD, {"village": village_id}).one()
    return row.last_seq, root(unpack(row.frontier))


def total_of_accounts(tx: Connection, village_id: int) -> int:
    """The sum over all accounts; 0 in a right book."""
    return int(tx.execute(_TOTAL, {"village": village_id}).scalar_one() or 0)


def _line(row: RowMapping, account_id: int) -> StatementLine:
    spent = row["debit_id"] == account_id
    return StatementLine(
        seq=row["seq"],
        id=row["id"],
        kind=Kind(row["kind"]),
        amount=-row["amount"] if spent else row["amount"],
        balance=row["debit_balance"] if spent else row["credit_balance"],
        done_on=row["done_on"],
        posted_at=row["posted_at"],
        reverses=row["reverses"],
        document=row["body"],
    )
