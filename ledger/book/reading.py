"""Reading the book: balances and statement lines, each by index, never by adding up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, or_, select

from ledger.book.store import load_accounts
from ledger.book.tables import accounts, books, documents, transfers
from ledger.book.values import Account, AccountKind, Kind
from schemas.merkle import root, unpack


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
    found = load_accounts(tx, village_id, [code])
    if code not in found:
        raise LookupError(f"no account {code}")
    return found[code]


def balances(tx: Connection, village_id: int, kind: AccountKind) -> dict[str, Account]:
    """All accounts of a kind by code."""
    query = select(accounts.c.code).where(accounts.c.village_id == village_id, accounts.c.kind == kind.value)
    return load_accounts(tx, village_id, tx.execute(query).scalars().all())


def last_lines(
    tx: Connection, village_id: int, code: str, *, limit: int, before_seq: int | None = None
) -> Sequence[StatementLine]:
    """The account's newest lines first, at most ``limit``, older than ``before_seq`` if given. LookupError for an unknown code."""
    account_id = account_of(tx, village_id, code).account_id
    touching = or_(transfers.c.debit_id == account_id, transfers.c.credit_id == account_id)
    with_paper = transfers.outerjoin(
        documents, (documents.c.village_id == transfers.c.village_id) & (documents.c.seq == transfers.c.seq)
    )
    query = (
        select(transfers, documents.c.body)
        .select_from(with_paper)
        .where(transfers.c.village_id == village_id, touching)
    )
    if before_seq is not None:
        query = query.where(transfers.c.seq < before_seq)
    return [
        _line(row, account_id) for row in tx.execute(query.order_by(transfers.c.seq.desc()).limit(limit)).mappings()
    ]


def book_head(tx: Connection, village_id: int) -> tuple[int, bytes]:
    """How many transfers the book holds, and the root hash of its log."""
    row = tx.execute(select(books.c.last_seq, books.c.frontier).where(books.c.village_id == village_id)).one()
    return row.last_seq, root(unpack(row.frontier))


def total_of_accounts(tx: Connection, village_id: int) -> int:
    """The sum over all accounts; 0 in a right book."""
    return int(
        tx.execute(select(func.sum(accounts.c.balance)).where(accounts.c.village_id == village_id)).scalar_one() or 0
    )


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
