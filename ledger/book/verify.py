"""Rebuild the book from its first transfer and compare everything that was kept: leaves, documents, balances, log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from ledger.book.tables import accounts, books, documents, hold_ends, holds, outcomes, transfers
from ledger.storage.database import Database
from schemas.canonical import Leaf, document_hash, leaf_bytes
from schemas.merkle import append, leaf_hash, root, unpack

PAGE = 2_000  # transfers a read: well under 100 ms, so that no commit waits long
PROBLEM_LIMIT = 20


@dataclass(slots=True)
class Report:
    """What ``verify`` found. ``problems`` are in the order of the book; ``first_bad`` is the seq to look at first."""

    transfers: int = 0
    erased_documents: int = 0
    root: bytes = b""
    first_bad: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True when everything matches."""
        return not self.problems

    def note(self, seq: int | None, problem: str) -> None:
        """Keep a problem; only the first few are spelled out."""
        self.first_bad = self.first_bad if self.first_bad is not None else seq
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(f"seq {seq}: {problem}" if seq is not None else problem)


@dataclass(slots=True)
class _Standing:
    balance: int = 0
    version: int = 0


def verify(database: Database, village_id: int) -> Report:
    """Read the whole book, a page at a time, and report what does not match. LookupError when the village has no book.

    Transfers posted meanwhile are included; the last page is compared in the same snapshot as the balances and the log.
    """
    check = _Check(village_id)
    while not database.read(check.page):
        pass
    return check.report


class _Check:
    """The state of one verification between its pages."""

    def __init__(self, village_id: int) -> None:
        self.village_id = village_id
        self.report = Report()
        self._seq = 0
        self._frontier: tuple[bytes, ...] = ()
        self._standing: dict[int, _Standing] = {}

    def page(self, tx: Connection) -> bool:
        """Check the next page; True when the end of the book was reached and compared in this snapshot."""
        book = tx.execute(select(books).where(books.c.village_id == self.village_id)).mappings().one_or_none()
        if book is None:
            raise LookupError(f"village {self.village_id} has no book")
        codes = self._codes(tx)
        read = 0
        for row in self._rows(tx):
            read += 1
            self._transfer(row, book["village_code"], codes)
        if read == PAGE:
            return False
        self._finish(tx, book)
        return True

    def _codes(self, tx: Connection) -> dict[int, str]:
        query = select(accounts.c.account_id, accounts.c.code).where(accounts.c.village_id == self.village_id)
        return {row.account_id: row.code for row in tx.execute(query)}

    def _rows(self, tx: Connection) -> Iterator[Any]:
        joined = transfers.outerjoin(
            documents, (documents.c.village_id == transfers.c.village_id) & (documents.c.seq == transfers.c.seq)
        )
        query = select(transfers, documents.c.salt, documents.c.body).select_from(joined)
        here = (transfers.c.village_id == self.village_id) & (transfers.c.seq > self._seq)
        yield from tx.execute(query.where(here).order_by(transfers.c.seq).limit(PAGE))

    def _transfer(self, row: Any, village: str, codes: dict[int, str]) -> None:
        if row.seq != self._seq + 1:
            self.report.note(self._seq + 1, f"{row.seq - self._seq - 1} transfers are missing")
        self._seq = row.seq
        self.report.transfers += 1
        stored = _stored(row.leaf)
        if row.salt is None:
            self.report.erased_documents += 1
        elif (
            document_hash(_stored(row.salt), _stored(row.body)).hex().encode()
            != stored.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        ):
            self.report.note(row.seq, "the document is not the one the leaf commits to")
        if _rebuilt(row, village, codes, stored) != stored:
            self.report.note(row.seq, "the columns are not what the leaf says")
        self._frontier = append(self._frontier, self.report.transfers - 1, leaf_hash(stored))
        self._move(row.seq, row.debit_id, -row.amount, row.debit_balance)
        self._move(row.seq, row.credit_id, row.amount, row.credit_balance)

    def _move(self, seq: int, account_id: int, amount: int, said: int) -> None:
        standing = self._standing.setdefault(account_id, _Standing())
        standing.balance += amount
        standing.version += 1
        if standing.balance != said:
            self.report.note(seq, f"account {account_id} stood at {standing.balance}, the transfer says {said}")
            standing.balance = said  # one wrong figure is told once, not on every later line

    def _finish(self, tx: Connection, book: Any) -> None:
        self.report.root = root(self._frontier)
        if book["last_seq"] != self.report.transfers:
            self.report.note(
                min(self.report.transfers, book["last_seq"]) + 1,
                f"the book counts {book['last_seq']} transfers, {self.report.transfers} are there",
            )
        if _root_kept(book["frontier"]) != self.report.root:
            self.report.note(None, "the log's root is not that of the transfers")
        self._balances(tx)
        posted = select(func.count()).where(outcomes.c.village_id == self.village_id, outcomes.c.code == "posted")
        if tx.execute(posted).scalar_one() != self.report.transfers:
            self.report.note(None, "posted outcomes and transfers differ in number")

    def _balances(self, tx: Connection) -> None:
        total = 0
        for row in tx.execute(select(accounts).where(accounts.c.village_id == self.village_id)):
            standing = self._standing.get(row.account_id, _Standing())
            total += row.balance
            if (row.balance, row.version) != (standing.balance, standing.version):
                self.report.note(None, f"{row.code} is kept at {row.balance}, its transfers make {standing.balance}")
        if total != 0:
            self.report.note(None, f"the accounts sum to {total}, not 0")
        self._holds(tx)

    def _holds(self, tx: Connection) -> None:
        """What an account holds is the sum of its open holds."""
        ended = (hold_ends.c.village_id == holds.c.village_id) & (hold_ends.c.hold_id == holds.c.id)
        open_sums = (
            select(holds.c.account_id, func.sum(holds.c.amount).label("held"))
            .select_from(holds.outerjoin(hold_ends, ended))
            .where(holds.c.village_id == self.village_id, hold_ends.c.how.is_(None))
            .group_by(holds.c.account_id)
        )
        sums = {row.account_id: int(row.held) for row in tx.execute(open_sums)}
        kept = select(accounts.c.account_id, accounts.c.code, accounts.c.held).where(
            accounts.c.village_id == self.village_id
        )
        for row in tx.execute(kept):
            if row.held != sums.get(row.account_id, 0):
                self.report.note(
                    None, f"{row.code} holds {row.held}, its open holds make {sums.get(row.account_id, 0)}"
                )


def _rebuilt(row: Any, village: str, codes: dict[int, str], stored: bytes) -> bytes:
    """The leaf as the columns would have it; the document's hash is checked apart, because a document may be erased."""
    said = stored.rstrip(b"\n").rsplit(b"\n", 1)[-1]
    try:
        leaf = Leaf(
            village=village,
            seq=_typed(row.seq, int),
            id=_typed(row.id, UUID),
            kind=row.kind,
            debit=codes.get(row.debit_id, "?"),
            credit=codes.get(row.credit_id, "?"),
            amount=_typed(row.amount, int),
            done_on=_typed(row.done_on, date),
            posted_at=_typed(row.posted_at, datetime),
            reverses=row.reverses,
            document_id=_typed(row.document_id, UUID),
            actor=row.actor,
            second=row.second,
            document_hash=bytes.fromhex(said.decode("ascii", "replace")),
        )
        return leaf_bytes(leaf)
    except (ValueError, TypeError):
        return b""


def _stored(value: Any) -> bytes:
    """The bytes of a column that somebody may have overwritten with text."""
    return value.encode() if isinstance(value, str) else bytes(value)


def _root_kept(frontier: Any) -> bytes | None:
    try:
        return root(unpack(_stored(frontier)))
    except ValueError:
        return None


def _typed(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
