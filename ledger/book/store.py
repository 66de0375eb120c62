"""The one door into the book: ``post``. Load, decide, append; it never commits, whoever opened the unit of work does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ledger.book.rules import Decision, Posting, account_faults, body_hash, decide, request_faults
from ledger.book.tables import accounts, books, documents, outcomes, transfers
from ledger.book.values import (
    FUND,
    GRANT,
    POSTED,
    SETTLED,
    Account,
    AccountKind,
    Kind,
    Outcome,
    Reversible,
    TransferRequest,
    shop_account,
)
from schemas.canonical import Leaf, document_bytes, document_hash, leaf_bytes
from schemas.merkle import append, leaf_hash, pack, unpack
from schemas.problems import BrokenContract, Fault, IdReused

SALT_BYTES = 16
Salts = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Book:
    """A village's book, locked for this transaction: whoever holds it is the only one who posts there."""

    village_id: int
    village_code: str
    decimals: int
    last_seq: int
    last_posted_at: datetime
    frontier: tuple[bytes, ...]


def fresh_salt() -> bytes:
    """Sixteen bytes of the system's CSPRNG."""
    return secrets.token_bytes(SALT_BYTES)


def open_book(tx: Connection, village_id: int, village_code: str, *, decimals: int, now: datetime) -> None:
    """A new, empty book with its four standing accounts. ValueError for decimals other than 0 and 1."""
    if decimals not in (0, 1):
        raise ValueError("a village counts in whole points or in tenths")
    row = {
        "village_id": village_id,
        "village_code": village_code,
        "decimals": decimals,
        "last_seq": 0,
        "last_account_id": 0,
    }
    tx.execute(insert(books).values(**row, last_posted_at=now, frontier=b""))
    standing = ((GRANT, "grant"), (FUND, "fund"), (shop_account(), "shop"), (SETTLED, "settled"))
    for code, kind in standing:
        open_account(tx, village_id, code, AccountKind(kind), floor=None)


def open_account(tx: Connection, village_id: int, code: str, kind: AccountKind, *, floor: int | None) -> int:
    """A new account with balance 0; its id. IntegrityError when the code is taken."""
    lock_book(tx, village_id)
    counted = update(books).where(books.c.village_id == village_id).values(last_account_id=books.c.last_account_id + 1)
    tx.execute(counted)
    account_id = tx.execute(select(books.c.last_account_id).where(books.c.village_id == village_id)).scalar_one()
    row = {"village_id": village_id, "account_id": account_id, "code": code, "kind": kind.value, "floor": floor}
    tx.execute(insert(accounts).values(**row, balance=0, version=0, blocked=False, closed=False))
    return int(account_id)


def lock_book(tx: Connection, village_id: int) -> Book:
    """The first statement of any transaction that may post: everyone else of this village waits. LookupError without a book."""
    query = select(books).where(books.c.village_id == village_id).with_for_update(key_share=True)
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        raise LookupError(f"village {village_id} has no book")
    keys = ("village_id", "village_code", "decimals", "last_seq", "last_posted_at")
    return Book(**{key: row[key] for key in keys}, frontier=unpack(row["frontier"]))


def post(
    tx: Connection, village_id: int, requests: Sequence[TransferRequest], *, now: datetime, salts: Salts = fresh_salt
) -> list[Outcome]:
    """One outcome a request, in order: posted, refused, or the first outcome again for an id that was decided before.

    BrokenContract names every fault of every request and writes nothing; IdReused when an id comes with another body.
    """
    book = lock_book(tx, village_id)
    hashes = _well_made(requests, now)
    known = _known_outcomes(tx, village_id, requests, hashes)
    fresh = list({request.id: request for request in requests if request.id not in known}.values())
    if fresh:
        standing = load_accounts(
            tx, village_id, {code for request in fresh for code in (request.debit, request.credit)}
        )
        originals = _originals(tx, village_id, [request.reverses for request in fresh if request.reverses])
        _refuse_faults(
            (index, account_faults(request, standing, originals))
            for index, request in enumerate(requests)
            if request.id not in known
        )
        decided = decide(fresh, standing, originals)
        known |= _append(tx, book, list(zip(fresh, decided, strict=True)), hashes, now=now, salts=salts)
    return [known[request.id] for request in requests]


def load_accounts(tx: Connection, village_id: int, codes: Iterable[str]) -> dict[str, Account]:
    """The village's accounts with those codes; unknown codes are simply absent."""
    query = select(accounts).where(
        accounts.c.village_id == village_id, accounts.c.code.in_(bindparam("codes", expanding=True))
    )
    return {row["code"]: _account(row) for row in tx.execute(query, {"codes": sorted(codes)}).mappings()}


def set_account(
    tx: Connection,
    village_id: int,
    code: str,
    *,
    floor: int | None = None,
    blocked: bool | None = None,
    closed: bool | None = None,
) -> None:
    """Change an account's standing; None leaves a mark as it is. LookupError for an unknown account."""
    marks = {"floor": floor, "blocked": blocked, "closed": closed}
    values = {name: value for name, value in marks.items() if value is not None}
    changed = tx.execute(
        update(accounts).where(accounts.c.village_id == village_id, accounts.c.code == code).values(**values)
    )
    if changed.rowcount != 1:
        raise LookupError(f"no account {code}")


def _well_made(requests: Sequence[TransferRequest], now: datetime) -> dict[UUID, bytes]:
    _refuse_faults((index, request_faults(request, now.date())) for index, request in enumerate(requests))
    hashes: dict[UUID, bytes] = {}
    for request in requests:
        digest = body_hash(request)
        if hashes.setdefault(request.id, digest) != digest:
            raise IdReused(str(request.id))
    return hashes


def _refuse_faults(found: Iterable[tuple[int, list[Fault]]]) -> None:
    faults = [Fault(f"transfers.{index}.{fault.field}", fault.words) for index, some in found for fault in some]
    if faults:
        raise BrokenContract(faults)


def _known_outcomes(
    tx: Connection, village_id: int, requests: Sequence[TransferRequest], hashes: Mapping[UUID, bytes]
) -> dict[UUID, Outcome]:
    """Outcomes of ids decided before: looked up before any state is, so that a replay is answered whatever has changed since."""
    joined = outcomes.outerjoin(
        transfers, (outcomes.c.village_id == transfers.c.village_id) & (outcomes.c.seq == transfers.c.seq)
    )
    query = (
        select(outcomes, transfers.c.debit_balance, transfers.c.credit_balance)
        .select_from(joined)
        .where(outcomes.c.village_id == village_id, outcomes.c.id.in_(bindparam("ids", expanding=True)))
    )
    known: dict[UUID, Outcome] = {}
    for row in tx.execute(query, {"ids": [request.id for request in requests]}).mappings():
        if row["body_hash"] != hashes[row["id"]]:
            raise IdReused(str(row["id"]))
        known[row["id"]] = _outcome(row)
    return known


def _outcome(row: RowMapping) -> Outcome:
    figures = json.loads(row["figures"])
    return Outcome(
        row["id"], row["code"], figures, row["seq"], row["debit_balance"], row["credit_balance"], repeated=True
    )


def _originals(tx: Connection, village_id: int, ids: Sequence[UUID]) -> dict[UUID, Reversible]:
    if not ids:
        return {}
    debit, credit, again = accounts.alias("debit"), accounts.alias("credit"), transfers.alias("again")
    same = transfers.c.village_id
    joined = (
        transfers.join(debit, (debit.c.village_id == same) & (debit.c.account_id == transfers.c.debit_id))
        .join(credit, (credit.c.village_id == same) & (credit.c.account_id == transfers.c.credit_id))
        .outerjoin(again, (again.c.village_id == same) & (again.c.reverses == transfers.c.id))
    )
    columns = (
        transfers.c.id,
        transfers.c.kind,
        debit.c.code.label("debit"),
        credit.c.code.label("credit"),
        transfers.c.amount,
    )
    query = (
        select(*columns, again.c.id.label("reversed_by"))
        .select_from(joined)
        .where(same == village_id, transfers.c.id.in_(ids))
    )
    return {
        row.id: Reversible(row.id, Kind(row.kind), row.debit, row.credit, row.amount, row.reversed_by)
        for row in tx.execute(query)
    }


def _append(
    tx: Connection,
    book: Book,
    decided: Sequence[tuple[TransferRequest, Decision]],
    hashes: Mapping[UUID, bytes],
    *,
    now: datetime,
    salts: Salts,
) -> dict[UUID, Outcome]:
    """Write transfers, documents, balances, outcomes and the log's frontier, each set in one statement."""
    seq, posted_at, frontier = book.last_seq, max(now, book.last_posted_at + timedelta(microseconds=1)), book.frontier
    rows: list[dict[str, Any]] = []
    papers: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    after: dict[int, Account] = {}
    known: dict[UUID, Outcome] = {}
    for request, decision in decided:
        if isinstance(decision, Posting):
            seq += 1
            row, paper = _transfer_rows(book, decision, seq, posted_at, salts())
            rows.append(row)
            papers.append(paper)
            frontier = append(frontier, seq - 1, leaf_hash(row["leaf"]))
            after |= {decision.debit.account_id: decision.debit, decision.credit.account_id: decision.credit}
            outcome = Outcome(request.id, POSTED, {}, seq, decision.debit.balance, decision.credit.balance)
        else:
            outcome = Outcome(request.id, decision.code.code, decision.figures)
        known[request.id] = outcome
        verdicts.append(_verdict_row(book.village_id, outcome, hashes[request.id], now))
    if rows:
        tx.execute(insert(transfers), rows)
        tx.execute(insert(documents), papers)
        _save_accounts(tx, book.village_id, after.values())
        values = {"last_seq": seq, "last_posted_at": posted_at, "frontier": pack(frontier)}
        tx.execute(update(books).where(books.c.village_id == book.village_id).values(**values))
    tx.execute(insert(outcomes), verdicts)
    return known


def _transfer_rows(
    book: Book, posting: Posting, seq: int, posted_at: datetime, salt: bytes
) -> tuple[dict[str, Any], dict[str, Any]]:
    request = posting.request
    body = document_bytes(request.document)
    leaf = Leaf(
        village=book.village_code,
        seq=seq,
        id=request.id,
        kind=request.kind.value,
        debit=request.debit,
        credit=request.credit,
        amount=request.amount,
        done_on=request.done_on,
        posted_at=posted_at,
        reverses=request.reverses,
        document_id=request.document_id,
        actor=request.actor,
        second=request.second,
        document_hash=document_hash(salt, body),
    )
    row = {
        "village_id": book.village_id, "seq": seq, "id": request.id, "kind": request.kind.value,
        "debit_id": posting.debit.account_id, "credit_id": posting.credit.account_id, "amount": request.amount,
        "done_on": request.done_on, "posted_at": posted_at, "reverses": request.reverses, "document_id": request.document_id,
        "actor": request.actor, "second": request.second, "debit_balance": posting.debit.balance,
        "credit_balance": posting.credit.balance, "leaf": leaf_bytes(leaf),
    }  # fmt: skip
    return row, {"village_id": book.village_id, "seq": seq, "salt": salt, "body": body}


def _verdict_row(village_id: int, outcome: Outcome, digest: bytes, now: datetime) -> dict[str, Any]:
    figures = json.dumps(dict(outcome.figures), ensure_ascii=False, sort_keys=True)
    row = {"village_id": village_id, "id": outcome.id, "body_hash": digest, "code": outcome.code, "figures": figures}
    return row | {"seq": outcome.seq, "decided_at": now}


def _save_accounts(tx: Connection, village_id: int, changed: Iterable[Account]) -> None:
    statement = (
        update(accounts)
        .where(accounts.c.village_id == village_id, accounts.c.account_id == bindparam("the_account"))
        .values(balance=bindparam("new_balance"), version=bindparam("new_version"))
    )
    rows = [{"the_account": a.account_id, "new_balance": a.balance, "new_version": a.version} for a in changed]
    tx.execute(statement, rows)


def _account(row: RowMapping) -> Account:
    keys = ("account_id", "code", "balance", "version", "floor", "blocked", "closed")
    return Account(kind=AccountKind(row["kind"]), **{key: row[key] for key in keys})
