"""Put an exported log into an empty village: the transfers as they were, not posted anew, so no rule is asked again.

Besides ``store.post`` this is the only writer of transfers, and it writes only what a signed log says. It goes on where it stopped;
whatever was right before a bad line is kept. Refusals, holds, overrides and accounts' floors are not in a log: open the households
first, and move a village with a copy of its database where that is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from ledger.book.accounts import Book, load_accounts, lock_book, open_account, save_accounts
from ledger.book.checkpoints import publish_keys, record_note
from ledger.book.export import leaves
from ledger.book.log import append_tiles
from ledger.book.log_file import LogEntry, LogHead, LogReader, read_head
from ledger.book.tables import books, documents, outcomes, transfers
from ledger.book.values import POSTED, Account, AccountKind
from ledger.storage.database import Database
from schemas.merkle import append, leaf_hash, pack
from schemas.notes import VerifierKey
from schemas.problems import BrokenContract, Fault

BATCH = 500


@dataclass(frozen=True, slots=True)
class ImportReport:
    """``written`` transfers came in now, ``already`` were there from an earlier run."""

    written: int
    already: int


def import_log(
    database: Database,
    village_id: int,
    village: str,
    lines: Iterable[str],
    vkeys: Sequence[VerifierKey],
    *,
    now: datetime,
) -> ImportReport:
    """Import the whole file, or up to its first bad line. ``vkeys`` are the village's public keys, from elsewhere than the file.

    BrokenContract names the line: a wrong hash, a book that has other transfers (also one posted meanwhile), a file cut short, or a
    signature that does not hold; the last batch is written only when the signed root is reached.
    """
    source = iter(lines)
    reader = LogReader(read_head(next(source, ""), village, vkeys))
    written = 0
    batch: list[LogEntry] = []
    for line in source:
        try:
            entry = reader.entry(line)
        except BrokenContract:
            _write(database, village_id, reader.head, batch)
            raise
        if len(batch) == BATCH:
            written += _write(database, village_id, reader.head, batch)
            batch = []
        batch.append(entry)
    if reader.complete and not reader.signed:
        raise BrokenContract([Fault("line 1", "全部笔数读完，根和签过的封账不一样：文件被改过。最后一批没有记")])
    written += _write(database, village_id, reader.head, batch)
    if not reader.complete:
        size = reader.head.checkpoint.size
        raise BrokenContract(
            [
                Fault(
                    f"line {reader.seq + 2}",
                    f"文件不全：该有 {size} 笔，只到第 {reader.seq} 笔。记下的留着，拿全的再导",
                )
            ]
        )
    database.write(lambda tx: _publish(tx, village_id, reader.head, now))
    return ImportReport(written, reader.seq - written)


def _publish(tx: Connection, village_id: int, head: LogHead, now: datetime) -> None:
    publish_keys(tx, village_id, head.history)
    record_note(tx, village_id, head.note, head.signed_by.key_id, now)


def _write(database: Database, village_id: int, head: LogHead, batch: Sequence[LogEntry]) -> int:
    return database.write(lambda tx: _write_batch(tx, village_id, head, batch)) if batch else 0


def _write_batch(tx: Connection, village_id: int, head: LogHead, batch: Sequence[LogEntry]) -> int:
    """Write what of the batch is not there yet; how many that were."""
    book = lock_book(tx, village_id)
    first = batch[0].leaf.seq
    there = leaves(tx, village_id, first, batch[-1].leaf.seq)
    if book.decimals != head.decimals:
        raise BrokenContract([Fault("line 1", "两边的分一个带小数、一个不带，导不进来")])
    if book.last_seq < first - 1 or [entry.data for entry in batch[: len(there)]] != list(there):
        raise BrokenContract([Fault(f"line {first + 1}", "村里已经有别的账，只能导进空的账本")])
    if book.last_seq > head.checkpoint.size:
        raise BrokenContract([Fault("line 1", f"村里已记到第 {book.last_seq} 笔，比文件多，只能导进空的账本")])
    fresh = batch[len(there) :]
    if fresh:
        _append(tx, book, fresh)
    return len(fresh)


def _append(tx: Connection, book: Book, entries: Sequence[LogEntry]) -> None:
    standing = _accounts(tx, book.village_id, entries)
    frontier = book.frontier
    rows = []
    for entry in entries:
        leaf = entry.leaf
        for code, amount in ((leaf.debit, -leaf.amount), (leaf.credit, leaf.amount)):
            before = standing[code]
            standing[code] = replace(before, balance=before.balance + amount, version=before.version + 1)
        rows.append(_row(book.village_id, entry, standing[leaf.debit], standing[leaf.credit]))
        frontier = append(frontier, leaf.seq - 1, leaf_hash(entry.data))
    tx.execute(insert(transfers), rows)
    papers = [
        {"village_id": book.village_id, "seq": entry.leaf.seq, "salt": entry.salt, "body": entry.document}
        for entry in entries
        if entry.salt is not None
    ]
    if papers:
        tx.execute(insert(documents), papers)
    tx.execute(insert(outcomes), [_outcome(book.village_id, entry) for entry in entries])
    save_accounts(tx, book.village_id, standing)
    last = entries[-1].leaf
    values = {"last_seq": last.seq, "last_posted_at": last.posted_at, "frontier": pack(frontier)}
    tx.execute(update(books).where(books.c.village_id == book.village_id).values(**values))
    append_tiles(tx, book.village_id, entries[0].leaf.seq, [entry.data for entry in entries])


def _accounts(tx: Connection, village_id: int, entries: Sequence[LogEntry]) -> dict[str, Account]:
    """The accounts that the entries name; those that are not there yet are opened, a household's with floor 0."""
    codes = {code for entry in entries for code in (entry.leaf.debit, entry.leaf.credit)}
    for code in sorted(codes - set(load_accounts(tx, village_id, codes))):
        kind = AccountKind(code.split(":")[0])
        open_account(tx, village_id, code, kind, floor=0 if kind is AccountKind.HOUSEHOLD else None)
    return load_accounts(tx, village_id, codes)


def _row(village_id: int, entry: LogEntry, debit: Account, credit: Account) -> dict[str, Any]:
    leaf = entry.leaf
    return {
        "village_id": village_id,
        "seq": leaf.seq,
        "id": leaf.id,
        "kind": leaf.kind,
        "debit_id": debit.account_id,
        "credit_id": credit.account_id,
        "amount": leaf.amount,
        "done_on": leaf.done_on,
        "posted_at": leaf.posted_at,
        "reverses": leaf.reverses,
        "document_id": leaf.document_id,
        "actor": leaf.actor,
        "second": leaf.second,
        "debit_balance": debit.balance,
        "credit_balance": credit.balance,
        "leaf": entry.data,
    }


def _outcome(village_id: int, entry: LogEntry) -> dict[str, Any]:
    leaf = entry.leaf
    row = {"village_id": village_id, "id": leaf.id, "body_hash": entry.body_hash, "code": POSTED, "figures": "{}"}
    return {**row, "seq": leaf.seq, "decided_at": leaf.posted_at}
