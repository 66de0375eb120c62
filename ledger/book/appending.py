"""What was decided, written down: transfers, documents, outcomes, holds, balances and the log, each kind in one statement."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from ledger.book.accounts import Book, save_accounts
from ledger.book.deciding import Decision, Placement, Posting, Release, accounts_after
from ledger.book.holding import ends_of, write_holds
from ledger.book.log import append_tiles
from ledger.book.rules import Said
from ledger.book.tables import books, documents, outcomes, overrides, transfers
from ledger.book.values import HELD, POSTED, RELEASED, Account, Hold, HoldState, Outcome
from ledger.storage.bulk import Columns, insert_columns, sent_together
from schemas.canonical import document_hash, whole_leaf
from schemas.merkle import extend, leaf_hash, pack
from schemas.refusals import Refusal

SALT_BYTES = 16
Salts = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class _Lines:
    """The book's new transfers in their order: each with its document (salt and body) and its leaf."""

    seqs: range
    postings: Sequence[Posting]
    posted_at: datetime
    papers: Sequence[tuple[bytes, bytes]]
    leaves: Sequence[bytes]


_HEAD = (
    update(books)
    .where(books.c.village_id == bindparam("village"))
    .values(last_seq=bindparam("seq"), last_posted_at=bindparam("at"), frontier=bindparam("tree"))
)


def fresh_salt() -> bytes:
    """Sixteen bytes of the system's CSPRNG."""
    return secrets.token_bytes(SALT_BYTES)


def append_decided(
    tx: Connection,
    book: Book,
    fresh: Sequence[Said],
    decisions: Sequence[Decision],
    *,
    lapsed: Sequence[tuple[Hold, Account]],
    now: datetime,
    salts: Salts,
) -> dict[UUID, Outcome]:
    """Write what was decided of each request, and the holds that lapsed with their accounts as they stood then. The outcomes by id."""
    postings = [(said, d) for said, d in zip(fresh, decisions, strict=True) if isinstance(d, Posting)]
    new = _lines(book, postings, now, salts)
    known = _outcomes(fresh, decisions, book.last_seq)
    ended = {hold.id: (HoldState.LAPSED, None) for hold, _ in lapsed} | ends_of(decisions)
    append_tiles(tx, book.village_id, book.last_seq + 1, new.leaves)
    with sent_together(tx):
        _write_lines(tx, book, new)
        save_accounts(
            tx, book.village_id, {hold.account: account for hold, account in lapsed} | accounts_after(decisions)
        )
        _write_outcomes(tx, book.village_id, fresh, known, now)
        write_holds(tx, book.village_id, [d for d in decisions if isinstance(d, Placement)], ended, now)
    return {outcome.id: outcome for outcome in known}


def _outcomes(fresh: Sequence[Said], decisions: Sequence[Decision], seq: int) -> list[Outcome]:
    """The outcome of each request; the postings take the places after ``seq``."""
    found: list[Outcome] = []
    for said, decision in zip(fresh, decisions, strict=True):
        id_ = said.request.id
        match decision:
            case Posting():
                seq += 1
                found.append(Outcome(id_, POSTED, {}, seq, decision.debit.balance, decision.credit.balance))
            case Placement():
                found.append(Outcome(id_, HELD))
            case Release():
                found.append(Outcome(id_, RELEASED))
            case Refusal():
                found.append(Outcome(id_, decision.code.code, decision.figures))
    return found


def _lines(book: Book, postings: Sequence[tuple[Said, Posting]], now: datetime, salts: Salts) -> _Lines:
    """The bytes of what is posted."""
    posted_at = max(now, book.last_posted_at + timedelta(microseconds=1))  # no clock set back ever changes the order
    seqs = range(book.last_seq + 1, book.last_seq + 1 + len(postings))
    papers = [(salts(), said.document) for said, _ in postings]
    leaves = [
        whole_leaf(book.village_code, seq, said.lines, posted_at, document_hash(*paper))
        for seq, (said, _), paper in zip(seqs, postings, papers, strict=True)
    ]
    return _Lines(seqs, [posting for _, posting in postings], posted_at, papers, leaves)


def _write_lines(tx: Connection, book: Book, new: _Lines) -> None:
    """Transfers, documents and the log's new end."""
    insert_columns(tx, transfers, _transfers(book.village_id, new))
    insert_columns(tx, documents, _documents(book.village_id, new.seqs, new.papers))
    insert_columns(tx, overrides, _overrides(book.village_id, new.seqs, new.postings))
    if new.leaves:
        frontier = extend(book.frontier, book.last_seq, map(leaf_hash, new.leaves))
        head = {"seq": new.seqs[-1], "at": new.posted_at, "tree": pack(frontier)}
        tx.execute(_HEAD, {"village": book.village_id} | head)


def _transfers(village_id: int, new: _Lines) -> Columns:
    requests = [posting.request for posting in new.postings]
    return {
        "village_id": [village_id] * len(requests),
        "seq": new.seqs,
        "id": [request.id for request in requests],
        "kind": [request.kind.value for request in requests],
        "debit_id": [posting.debit.account_id for posting in new.postings],
        "credit_id": [posting.credit.account_id for posting in new.postings],
        "amount": [request.amount for request in requests],
        "done_on": [request.done_on for request in requests],
        "posted_at": [new.posted_at] * len(requests),
        "reverses": [request.reverses for request in requests],
        "document_id": [request.document_id for request in requests],
        "actor": [request.actor for request in requests],
        "second": [request.second for request in requests],
        "debit_balance": [posting.debit.balance for posting in new.postings],
        "credit_balance": [posting.credit.balance for posting in new.postings],
        "leaf": new.leaves,
    }


def _documents(village_id: int, seqs: Sequence[int], papers: Sequence[tuple[bytes, bytes]]) -> Columns:
    return {
        "village_id": [village_id] * len(papers),
        "seq": seqs,
        "salt": [salt for salt, _ in papers],
        "body": [body for _, body in papers],
    }


def _overrides(village_id: int, seqs: Sequence[int], postings: Sequence[Posting]) -> Columns:
    """Who answered for issuing beyond the fund's limit."""
    answered = [(seq, p.request.second) for seq, p in zip(seqs, postings, strict=True) if p.request.over_limit]
    return {
        "village_id": [village_id] * len(answered),
        "seq": [seq for seq, _ in answered],
        "by": [second for _, second in answered],
    }


def _write_outcomes(
    tx: Connection, village_id: int, fresh: Sequence[Said], known: Sequence[Outcome], now: datetime
) -> None:
    columns: Columns = {
        "village_id": [village_id] * len(known),
        "id": [outcome.id for outcome in known],
        "body_hash": [said.hash for said in fresh],
        "code": [outcome.code for outcome in known],
        "figures": [_figures(outcome) for outcome in known],
        "seq": [outcome.seq for outcome in known],
        "decided_at": [now] * len(known),
    }
    insert_columns(tx, outcomes, columns)


def _figures(outcome: Outcome) -> str:
    return json.dumps(dict(outcome.figures), ensure_ascii=False, sort_keys=True) if outcome.figures else "{}"
