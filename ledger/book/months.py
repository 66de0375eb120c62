"""A stretch of the book: where the points were at its ends, and what moved in between. Read by place, never by adding up from the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from ledger.book.accounts import load_accounts
from ledger.book.reading import balance_at, book_head
from ledger.book.tables import accounts, documents, overrides, transfers
from ledger.book.values import FUND, GRANT, SETTLED, AccountKind, Kind


@dataclass(frozen=True, slots=True)
class Position:
    """Where the points were after transfer ``seq``. ``households`` is net: what some still have less what others owe."""

    seq: int
    granted: int
    fund: int
    shop: int
    settled: int

    @property
    def households(self) -> int:
        """All accounts sum to 0, so it is what the others leave."""
        return self.granted - self.fund - self.shop - self.settled

    @property
    def issued(self) -> int:
        """Net points given to households until then."""
        return self.granted - self.fund


def position_at(tx: Connection, village_id: int, seq: int) -> Position:
    """The position after transfer ``seq`` (0: before the first): an index seek or two an account, however long the book is."""
    is_shop = (accounts.c.village_id == village_id) & (accounts.c.kind == AccountKind.SHOP.value)
    shops = tx.execute(select(accounts.c.code).where(is_shop)).scalars().all()
    return Position(
        seq=seq,
        granted=-balance_at(tx, village_id, GRANT, seq),
        fund=balance_at(tx, village_id, FUND, seq),
        shop=sum(balance_at(tx, village_id, code, seq) for code in shops),
        settled=balance_at(tx, village_id, SETTLED, seq),
    )


def last_seq_before(tx: Connection, village_id: int, moment: datetime) -> int:
    """The last transfer posted before ``moment``, 0 for none: halving, since ``posted_at`` grows with ``seq``."""
    low, high = 0, book_head(tx, village_id)[0]
    while low < high:
        middle = (low + high + 1) // 2
        here = (transfers.c.village_id == village_id) & (transfers.c.seq <= middle)
        newest = select(transfers.c.posted_at).where(here).order_by(transfers.c.seq.desc()).limit(1)
        if tx.execute(newest).scalar_one() < moment:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class Flow:
    """Transfers of one kind between two kinds of account: how many, and how many points."""

    kind: Kind
    debit: AccountKind
    credit: AccountKind
    count: int
    amount: int


def flows_between(tx: Connection, village_id: int, first_seq: int, last_seq: int) -> list[Flow]:
    """What moved from ``first_seq`` to ``last_seq``, both included, by kind and direction. Reads those transfers and no others."""
    debit, credit = accounts.alias("debit"), accounts.alias("credit")
    same = transfers.c.village_id
    joined = transfers.join(debit, (debit.c.village_id == same) & (debit.c.account_id == transfers.c.debit_id)).join(
        credit, (credit.c.village_id == same) & (credit.c.account_id == transfers.c.credit_id)
    )
    keys = (transfers.c.kind, debit.c.kind.label("debit"), credit.c.kind.label("credit"))
    query = (
        select(*keys, func.count().label("many"), func.sum(transfers.c.amount).label("amount"))
        .select_from(joined)
        .where(same == village_id, transfers.c.seq.between(first_seq, last_seq))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        Flow(Kind(row.kind), AccountKind(row.debit), AccountKind(row.credit), row.many, int(row.amount))
        for row in tx.execute(query)
    ]


def documents_between(
    tx: Connection, village_id: int, kind: Kind, debit: str, first_seq: int, last_seq: int
) -> list[tuple[int, int, bytes | None]]:
    """Credited account's id, amount and document of each transfer of a kind out of ``debit``, in order; None where it was erased."""
    source = load_accounts(tx, village_id, [debit])[debit].account_id
    paper = (documents.c.village_id == transfers.c.village_id) & (documents.c.seq == transfers.c.seq)
    query = (
        select(transfers.c.credit_id, transfers.c.amount, documents.c.body)
        .select_from(transfers.outerjoin(documents, paper))
        .where(transfers.c.village_id == village_id, transfers.c.debit_id == source, transfers.c.kind == kind.value)
        .where(transfers.c.seq.between(first_seq, last_seq))
        .order_by(transfers.c.seq)
    )
    return [(row.credit_id, row.amount, row.body) for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Override:
    """A transfer that went beyond the issue limit: its place, amount and household's account, and who answered for it."""

    seq: int
    posted_at: datetime
    account: str
    amount: int
    by: str


def overrides_between(tx: Connection, village_id: int, first_seq: int, last_seq: int) -> list[Override]:
    """The overrides among those transfers, in order: for the month's and the year's report."""
    same = overrides.c.village_id
    joined = overrides.join(transfers, (transfers.c.village_id == same) & (transfers.c.seq == overrides.c.seq)).join(
        accounts, (accounts.c.village_id == same) & (accounts.c.account_id == transfers.c.credit_id)
    )
    columns = (overrides.c.seq, transfers.c.posted_at, accounts.c.code.label("account"), transfers.c.amount)
    query = (
        select(*columns, overrides.c.by)
        .select_from(joined)
        .where(same == village_id, overrides.c.seq.between(first_seq, last_seq))
        .order_by(overrides.c.seq)
    )
    return [Override(**row) for row in tx.execute(query).mappings()]
