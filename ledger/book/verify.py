"""Rebuild the book from its first transfer and compare everything that was kept: leaves, documents, balances, log."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, bindparam, cast, func, select

from ledger.book.guards import missing_guards
from ledger.book.leaf_columns import as_leaf, dashed
from ledger.book.seal_check import seal_problems
from ledger.book.tables import accounts, books, documents, hold_ends, holds, outcomes, transfers
from ledger.book.tiling import Tiling, tile_problems, tiles_kept
from ledger.storage.database import Database
from schemas.canonical import LEAF_VERSION, document_hash
from schemas.merkle import leaf_hash, root, unpack

PAGE = 2_000  # transfers a read: well under 100 ms, so that no commit waits long
PROBLEM_LIMIT = 20

Progress = Callable[[int, int], None]
"""Told after each page: how many transfers are done, of how many."""


HASH_LINE = 65  # bytes: what a leaf ends with
_HASH = re.compile(rb"[0-9a-f]{64}")


@cache
def _page(dialect: str) -> Select[Any]:
    """The next transfers in order, their columns written by the database as a leaf writes them, and their documents."""
    id_, reverses, document_id, done_on, posted_at = (
        as_leaf(transfers.c[name], dialect) for name in ("id", "reverses", "document_id", "done_on", "posted_at")
    )
    t, paper = transfers.c, documents.c
    return (
        select(
            t.seq, id_, t.kind, t.debit_id, t.credit_id, t.amount, done_on, posted_at, reverses, document_id, t.actor, t.second,
            t.debit_balance, t.credit_balance, *(cast(c, LargeBinary) for c in (t.leaf, paper.salt, paper.body)),
        )
        .outerjoin_from(transfers, documents, (paper.village_id == t.village_id) & (paper.seq == t.seq))
        .where(t.village_id == bindparam("village"), t.seq > bindparam("after"))
        .order_by(t.seq)
        .limit(PAGE)
    )  # fmt: skip


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


def verify(
    database: Database, village_id: int, *, village: str | None = None, progress: Progress | None = None
) -> Report:
    """Read the whole book, a page at a time, and report what does not match. LookupError when the village has no book.

    Transfers posted meanwhile are included; the last page is compared in the same snapshot as the balances and the log, the kept
    checkpoints after it. With ``village`` (a code) it must be that village's book.
    """
    check, done = _Check(village_id, village), False
    while not done:
        done = database.read(check.page)
        if progress is not None:
            progress(check.report.transfers, max(check.report.transfers, check.total))
    if check.tiles_hold:  # wrong tiles would accuse right seals
        for problem in seal_problems(database, village_id):
            check.report.note(None, problem)
    return check.report


class _Check:
    """The state of one verification between its pages."""

    def __init__(self, village_id: int, village: str | None) -> None:
        self.village_id = village_id
        self.village = village
        self.report = Report()
        self.total = 0
        self.tiles_hold = True
        self._seq = 0
        self._tiling = Tiling()
        self._balances: defaultdict[int, int] = defaultdict(int)
        self._versions: defaultdict[int, int] = defaultdict(int)

    def page(self, tx: Connection) -> bool:
        """Check the next page; True when the end of the book was reached and compared in this snapshot."""
        book = tx.execute(select(books).where(books.c.village_id == self.village_id)).mappings().one_or_none()
        if book is None:
            raise LookupError(f"village {self.village_id} has no book")
        self.total = book["last_seq"]
        codes = self._codes(tx)
        rows = tx.execute(_page(tx.dialect.name), {"village": self.village_id, "after": self._seq})
        leaves = [self._transfer(*row, village=book["village_code"], codes=codes) for row in rows.all()]
        for problem in tile_problems(tx, self.village_id, self._tiling.add(map(leaf_hash, leaves))):
            self.tiles_hold = False
            self.report.note(None, problem)
        if len(leaves) == PAGE:
            return False
        self._finish(tx, book)
        return True

    def _codes(self, tx: Connection) -> dict[int, str]:
        query = select(accounts.c.account_id, accounts.c.code).where(accounts.c.village_id == self.village_id)
        return {row.account_id: row.code for row in tx.execute(query)}

    def _transfer(
        self,
        seq: int,
        id_: str,
        kind: str,
        debit_id: int,
        credit_id: int,
        amount: int,
        done_on: str,
        posted_at: str,
        reverses: str | None,
        document_id: str,
        actor: str,
        second: str | None,
        debit_balance: int,
        credit_balance: int,
        leaf: Any,
        salt: Any,
        body: Any,
        *,
        village: str,
        codes: Mapping[int, str],
    ) -> bytes:
        """Compare one transfer with its bytes and with what went before; those bytes."""
        if seq != self._seq + 1:
            self.report.note(self._seq + 1, f"{seq - self._seq - 1} transfers are missing")
        self._seq = seq
        self.report.transfers += 1
        stored = _stored(leaf)
        said = stored[-HASH_LINE:-1]
        self._document(seq, salt, body, said)
        columns = (
            f"{LEAF_VERSION}\n{village}\n{seq}\n{dashed(id_)}\n{kind}\n{codes.get(debit_id)}\n{codes.get(credit_id)}\n{amount}\n"
            f"{done_on}\n{posted_at}\n{dashed(reverses)}\n{dashed(document_id)}\n{actor}\n{'-' if second is None else second}\n"
        )
        if columns.encode() + said + b"\n" != stored or type(amount) is not int:
            self.report.note(seq, "the columns are not what the leaf says")
        self._move(seq, debit_id, -amount, debit_balance)
        self._move(seq, credit_id, amount, credit_balance)
        return stored

    def _document(self, seq: int, salt: Any, body: Any, said: bytes) -> None:
        """The document is the one the leaf commits to, or it was erased."""
        if salt is None:
            self.report.erased_documents += 1
            if not _HASH.fullmatch(said):
                self.report.note(seq, "the leaf ends without a hash")
        elif document_hash(_stored(salt), _stored(body)).hex().encode() != said:
            self.report.note(seq, "the document is not the one the leaf commits to")

    def _move(self, seq: int, account_id: int, amount: int, said: int) -> None:
        self._versions[account_id] += 1
        balance = self._balances[account_id] + amount
        if balance != said:
            self.report.note(seq, f"account {account_id} stood at {balance}, the transfer says {said}")
        self._balances[account_id] = said  # one wrong figure is told once, not on every later line

    def _finish(self, tx: Connection, book: Any) -> None:
        self.report.root = self._tiling.root
        if self.village not in (None, book["village_code"]):
            self.report.note(None, f"this is the book of {book['village_code']}, not of {self.village}")
        if book["last_seq"] != self.report.transfers:
            self.report.note(
                min(self.report.transfers, book["last_seq"]) + 1,
                f"the book counts {book['last_seq']} transfers, {self.report.transfers} are there",
            )
        if _root_kept(book["frontier"]) != self.report.root:
            self.report.note(None, "the log's root is not that of the transfers")
        if (kept := tiles_kept(tx, self.village_id)) != self._tiling.count:
            self.report.note(None, f"the log has {kept} full tiles, not {self._tiling.count}")
        if gone := missing_guards(tx):
            self.report.note(None, f"the database does not guard the book: {', '.join(gone)}")
        self._accounts(tx)
        posted = select(func.count()).where(outcomes.c.village_id == self.village_id, outcomes.c.code == "posted")
        if tx.execute(posted).scalar_one() != self.report.transfers:
            self.report.note(None, "posted outcomes and transfers differ in number")

    def _accounts(self, tx: Connection) -> None:
        total = 0
        for row in tx.execute(select(accounts).where(accounts.c.village_id == self.village_id)):
            balance = self._balances[row.account_id]
            total += row.balance
            if (row.balance, row.version) != (balance, self._versions[row.account_id]):
                self.report.note(None, f"{row.code} is kept at {row.balance}, its transfers make {balance}")
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


def _stored(value: Any) -> bytes:
    """The bytes of a column that somebody may have overwritten with text."""
    if type(value) is bytes:
        return value
    return value.encode() if isinstance(value, str) else bytes(value)


def _root_kept(frontier: Any) -> bytes | None:
    try:
        return root(unpack(_stored(frontier)))
    except ValueError:
        return None
