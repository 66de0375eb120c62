"""Rebuild the book from its first transfer and compare everything that was kept: leaves, documents, balances, log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, union_all

from ledger.book.guards import missing_guards
from ledger.book.leaf_columns import transfers_as_leaves
from ledger.book.log import TILE
from ledger.book.retracing import Way
from ledger.book.seal_check import seal_problems
from ledger.book.tables import accounts, books, hold_ends, holds, outcomes, transfers
from ledger.book.tiling import Tiling, tile_problems, tiles_kept
from ledger.storage.bulk import plain_rows
from ledger.storage.database import Database
from schemas.canonical import MAX_INTEGER
from schemas.merkle import root, unpack

PAGE = 10 * TILE  # transfers a read: well under 100 ms, so that no commit waits long
PROBLEM_LIMIT = 20

_BOOK = select(books).where(books.c.village_id == bindparam("village"))
_ASTRAY = union_all(  # no OR: so that each part goes by the key. Text and blobs are above every number
    *(
        select(func.count()).where(transfers.c.village_id == bindparam("village"), beyond)
        for beyond in (transfers.c.seq < 1, transfers.c.seq > MAX_INTEGER)
    )
)
_CODES = select(accounts.c.account_id, accounts.c.code).where(accounts.c.village_id == bindparam("village"))

Progress = Callable[[int, int], None]
"""Told after each page: how many transfers are done, of how many."""


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
            self.problems.append(f"第 {seq} 笔：{problem}" if seq is not None else problem)


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
        self._way = Way(self.report.note)
        self._tiling = Tiling()

    def page(self, tx: Connection) -> bool:
        """Check the next page; True when the end of the book was reached and compared in this snapshot."""
        book = tx.execute(_BOOK, {"village": self.village_id}).mappings().one_or_none()
        if book is None:
            raise LookupError(f"village {self.village_id} has no book")
        self.total = book["last_seq"]
        codes = self._codes(tx)
        next_ones = {"village": self.village_id, "after": self._way.seq}
        rows = plain_rows(tx, transfers_as_leaves(tx.dialect.name, PAGE), next_ones)
        hashes = self._way.follow(rows, book["village_code"], codes)
        self.report.transfers, self.report.erased_documents = self._way.transfers, self._way.erased_documents
        for problem in tile_problems(tx, self.village_id, self._tiling.add(hashes)):
            self.tiles_hold = False
            self.report.note(None, problem)
        if len(rows) == PAGE:
            return False
        self._finish(tx, book)
        return True

    def _codes(self, tx: Connection) -> dict[int, str]:
        return dict(plain_rows(tx, _CODES, {"village": self.village_id}))

    def _finish(self, tx: Connection, book: Any) -> None:
        self.report.root = self._tiling.root
        if self.village not in (None, book["village_code"]):
            self.report.note(None, f"这是 {book['village_code']} 的账，不是 {self.village} 的")
        if book["last_seq"] != self.report.transfers:
            self.report.note(
                min(self.report.transfers, book["last_seq"]) + 1,
                f"账本数着 {book['last_seq']} 笔，实有 {self.report.transfers} 笔",
            )
        if astray := sum(tx.execute(_ASTRAY, {"village": self.village_id}).scalars()):
            self.report.note(None, f"有 {astray} 笔的序号不是从 1 起的数")
        if _root_kept(book["frontier"]) != self.report.root:
            self.report.note(None, "日志的根和各笔账对不上")
        if (kept := tiles_kept(tx, self.village_id)) != self._tiling.count:
            self.report.note(None, f"日志有 {kept} 个整块，应是 {self._tiling.count} 个")
        if gone := missing_guards(tx):
            self.report.note(None, f"数据库少了护账的规矩：{'、'.join(gone)}")
        self._accounts(tx)
        posted = select(func.count()).where(outcomes.c.village_id == self.village_id, outcomes.c.code == "posted")
        if tx.execute(posted).scalar_one() != self.report.transfers:
            self.report.note(None, "答过“记上了”的和账上的笔数不一样")

    def _accounts(self, tx: Connection) -> None:
        total = 0
        for row in tx.execute(select(accounts).where(accounts.c.village_id == self.village_id)):
            balance = self._way.balances[row.account_id]
            total += row.balance
            if (row.balance, row.version) != (balance, self._way.versions[row.account_id]):
                self.report.note(None, f"{row.code} 余额写着 {row.balance}，各笔加起来是 {balance}")
        if total != 0:
            self.report.note(None, f"各账户加起来是 {total}，不是 0")
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
                self.report.note(None, f"{row.code} 写着留了 {row.held}，各份加起来是 {sums.get(row.account_id, 0)}")


def _root_kept(frontier: Any) -> bytes | None:
    """The root of the frontier as it is kept; None when somebody put there what is none."""
    try:
        return root(unpack(frontier.encode() if isinstance(frontier, str) else frontier))
    except (TypeError, ValueError):
        return None
