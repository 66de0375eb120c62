"""The one door into the book: ``post``. Load, decide, append; it never commits, whoever opened the unit of work does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ledger.book.accounts import Book, load_accounts, lock_book, open_account, open_book, save_accounts, set_account
from ledger.book.deciding import (
    Decision,
    Placement,
    Posting,
    Release,
    Standing,
    accounts_after,
    beyond_integers,
    decide,
    lapse,
)
from ledger.book.holding import ends_of, load_holds, overdue_holds, write_holds
from ledger.book.log import append_tiles
from ledger.book.rules import body_hash, book_faults, request_faults
from ledger.book.tables import accounts, books, documents, outcomes, overrides, transfers
from ledger.book.values import (
    GRANT,
    HELD,
    POSTED,
    RELEASED,
    Hold,
    HoldRequest,
    HoldState,
    Kind,
    Outcome,
    ReleaseRequest,
    Request,
    Reversible,
    TransferRequest,
)
from schemas.canonical import MAX_INTEGER, Leaf, document_bytes, document_hash, leaf_bytes
from schemas.merkle import append, leaf_hash, pack
from schemas.problems import BrokenContract, Fault, IdReused
from schemas.refusals import Refusal

__all__ = ["lapse_holds", "load_accounts", "lock_book", "open_account", "open_book", "post", "set_account"]

SALT_BYTES = 16
Salts = Callable[[], bytes]


def fresh_salt() -> bytes:
    """Sixteen bytes of the system's CSPRNG."""
    return secrets.token_bytes(SALT_BYTES)


def post(
    tx: Connection,
    village_id: int,
    requests: Sequence[Request],
    *,
    now: datetime,
    linked: bool = False,
    salts: Salts = fresh_salt,
) -> list[Outcome]:
    """One outcome a request, in order: done, refused, or the first outcome again for an id that was decided before.

    ``linked``: all or nothing; one refusal refuses the whole batch, and that is frozen too. BrokenContract names every fault of every
    request and writes nothing; IdReused when an id comes with another body. LookupError when the village has no book.
    """
    book = lock_book(tx, village_id)
    hashes = _well_made(requests, now)
    known = _known_outcomes(tx, village_id, hashes)
    fresh = list({request.id: request for request in requests if request.id not in known}.values())
    if fresh:
        standing = _standing(tx, village_id, fresh)
        places = {request.id: index for index, request in enumerate(requests)}
        _refuse_faults(
            (places[request.id], book_faults(request, standing.accounts, standing.originals, standing.holds))
            for request in fresh
        )
        lapsed = lapse(standing, now)
        refused_before = any(not outcome.done for outcome in known.values())
        decisions = decide(fresh, standing, linked=linked, refused_before=refused_before)
        decided = list(zip(fresh, decisions, strict=True))
        _refuse_faults(
            (places[request.id], [Fault("amount", f"余额会超过 {MAX_INTEGER}")])
            for request, decision in decided
            if beyond_integers(decision)
        )
        known |= _append(tx, book, decided, hashes, lapsed=lapsed, standing=standing, now=now, salts=salts)
    return [known[request.id] for request in requests]


def lapse_holds(tx: Connection, village_id: int, *, now: datetime) -> int:
    """End the holds whose time is over; how many. May run twice or late: a hold ends once."""
    lock_book(tx, village_id)
    over = overdue_holds(tx, village_id, now)
    standing = Standing(load_accounts(tx, village_id, {hold.account for hold in over.values()}), holds=over)
    lapsed = lapse(standing, now)
    save_accounts(tx, village_id, standing.accounts)
    write_holds(tx, village_id, [], {hold.id: (HoldState.LAPSED, None) for hold in lapsed}, now)
    return len(lapsed)


def _well_made(requests: Sequence[Request], now: datetime) -> dict[UUID, bytes]:
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


def _known_outcomes(tx: Connection, village_id: int, hashes: Mapping[UUID, bytes]) -> dict[UUID, Outcome]:
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
    for row in tx.execute(query, {"ids": list(hashes)}).mappings():
        if row["body_hash"] != hashes[row["id"]]:
            raise IdReused(str(row["id"]))
        known[row["id"]] = _outcome(row)
    return known


def _outcome(row: RowMapping) -> Outcome:
    figures = json.loads(row["figures"])
    return Outcome(
        row["id"], row["code"], figures, row["seq"], row["debit_balance"], row["credit_balance"], repeated=True
    )


def _standing(tx: Connection, village_id: int, requests: Sequence[Request]) -> Standing:
    codes, reversed_ids, hold_ids = {GRANT}, [], []
    for request in requests:
        match request:
            case TransferRequest():
                codes |= {request.debit, request.credit}
                reversed_ids += [request.reverses] if request.reverses else []
                hold_ids += [request.captures] if request.captures else []
            case HoldRequest():
                codes.add(request.account)
            case ReleaseRequest():
                hold_ids.append(request.hold)
    found = load_accounts(tx, village_id, codes)
    held = load_holds(tx, village_id, hold_ids, found.values())
    missing = {hold.account for hold in held.values()} - found.keys()
    found |= load_accounts(tx, village_id, missing) if missing else {}
    return Standing(found, _originals(tx, village_id, reversed_ids), held)


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
    decided: Sequence[tuple[Request, Decision]],
    hashes: Mapping[UUID, bytes],
    *,
    lapsed: Sequence[Hold],
    standing: Standing,
    now: datetime,
    salts: Salts,
) -> dict[UUID, Outcome]:
    """Write transfers, documents, balances, outcomes, holds and the log's frontier, each set in one statement."""
    known, postings = _number(decided, book.last_seq)
    if postings:
        _write_transfers(tx, book, postings, now, salts)
    touched = {hold.account: standing.accounts[hold.account] for hold in lapsed}
    save_accounts(tx, book.village_id, touched | accounts_after(decision for _, decision in decided))
    tx.execute(
        insert(outcomes), [_verdict_row(book.village_id, outcome, hashes[id_], now) for id_, outcome in known.items()]
    )
    ended = {hold.id: (HoldState.LAPSED, None) for hold in lapsed} | ends_of(decision for _, decision in decided)
    write_holds(tx, book.village_id, [d for _, d in decided if isinstance(d, Placement)], ended, now)
    return known


def _number(
    decided: Sequence[tuple[Request, Decision]], seq: int
) -> tuple[dict[UUID, Outcome], list[tuple[int, Posting]]]:
    """The outcome of each request, and the postings with the places they take in the book."""
    known: dict[UUID, Outcome] = {}
    postings: list[tuple[int, Posting]] = []
    for request, decision in decided:
        match decision:
            case Posting():
                seq += 1
                postings.append((seq, decision))
                known[request.id] = Outcome(
                    request.id, POSTED, {}, seq, decision.debit.balance, decision.credit.balance
                )
            case Placement():
                known[request.id] = Outcome(request.id, HELD)
            case Release():
                known[request.id] = Outcome(request.id, RELEASED)
            case Refusal():
                known[request.id] = Outcome(request.id, decision.code.code, decision.figures)
    return known, postings


def _write_transfers(
    tx: Connection, book: Book, postings: Sequence[tuple[int, Posting]], now: datetime, salts: Salts
) -> None:
    posted_at = max(
        now, book.last_posted_at + timedelta(microseconds=1)
    )  # the order never depends on a clock that was set back
    frontier, rows, papers = book.frontier, [], []
    for seq, posting in postings:
        row, paper = _transfer_rows(book, posting, seq, posted_at, salts())
        rows.append(row)
        papers.append(paper)
        frontier = append(frontier, seq - 1, leaf_hash(row["leaf"]))
    tx.execute(insert(transfers), rows)
    tx.execute(insert(documents), papers)
    append_tiles(tx, book.village_id, postings[0][0], [row["leaf"] for row in rows])
    answered = [(seq, posting.request) for seq, posting in postings if posting.request.over_limit]
    if answered:
        tx.execute(
            insert(overrides), [{"village_id": book.village_id, "seq": seq, "by": r.second} for seq, r in answered]
        )
    values = {"last_seq": postings[-1][0], "last_posted_at": posted_at, "frontier": pack(frontier)}
    tx.execute(update(books).where(books.c.village_id == book.village_id).values(**values))


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
