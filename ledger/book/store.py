"""The one door into the book: ``post``. Load, decide, append; it never commits, whoever opened the unit of work does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select

from ledger.book.accounts import load_accounts, lock_book, open_account, open_book, save_accounts, set_account
from ledger.book.appending import Salts, append_decided, fresh_salt
from ledger.book.deciding import Decision, Standing, beyond_integers, decide, lapse
from ledger.book.holding import load_holds, overdue_holds, write_holds
from ledger.book.rules import Said, book_faults, examine
from ledger.book.tables import accounts, outcomes, transfers
from ledger.book.values import (
    GRANT,
    HoldRequest,
    HoldState,
    Kind,
    Outcome,
    ReleaseRequest,
    Request,
    Reversible,
    TransferRequest,
)
from ledger.storage.bulk import among
from schemas.canonical import MAX_INTEGER
from schemas.problems import BrokenContract, Fault, IdReused

__all__ = ["lapse_holds", "load_accounts", "lock_book", "open_account", "open_book", "post", "set_account"]


@cache
def _outcomes_of(dialect: str) -> Select[Any]:
    same = (outcomes.c.village_id == transfers.c.village_id) & (outcomes.c.seq == transfers.c.seq)
    return (
        select(outcomes, transfers.c.debit_balance, transfers.c.credit_balance)
        .outerjoin_from(outcomes, transfers, same)
        .where(outcomes.c.village_id == bindparam("village"), among(outcomes.c.id, "ids", dialect))
    )


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
    well_made = _well_made(requests, now)
    known = _known_outcomes(tx, village_id, well_made)
    fresh = [said for id_, said in well_made.items() if id_ not in known]
    if fresh:
        asked = [said.request for said in fresh]
        standing = _standing(tx, village_id, asked)
        _refuse_faults(requests, [(request, _faults_here(request, standing)) for request in asked])
        lapsed = lapse(standing, now)
        refused_before = any(not outcome.done for outcome in known.values())
        decisions = decide(asked, standing, linked=linked, refused_before=refused_before)
        _refuse_faults(requests, [(r, _overflow(decision)) for r, decision in zip(asked, decisions, strict=True)])
        ended = [(hold, standing.accounts[hold.account]) for hold in lapsed]
        known |= append_decided(tx, book, fresh, decisions, lapsed=ended, now=now, salts=salts)
    return [known[request.id] for request in requests]


def lapse_holds(tx: Connection, village_id: int, *, now: datetime) -> int:
    """End the holds whose time is over; how many. May run twice or late: a hold ends once."""
    lock_book(tx, village_id)
    over = overdue_holds(tx, village_id, now)
    if not over:
        return 0
    standing = Standing(load_accounts(tx, village_id, {hold.account for hold in over.values()}), holds=over)
    lapsed = lapse(standing, now)
    save_accounts(tx, village_id, standing.accounts)
    write_holds(tx, village_id, [], {hold.id: (HoldState.LAPSED, None) for hold in lapsed}, now)
    return len(lapsed)


def _well_made(requests: Sequence[Request], now: datetime) -> dict[UUID, Said]:
    """The requests with their bytes, each id once. BrokenContract, or IdReused when one id comes with two bodies."""
    today = now.date()
    examined = [(request, examine(request, today)) for request in requests]
    _refuse_faults(requests, [(request, found) for request, found in examined if isinstance(found, list)])
    well_made: dict[UUID, Said] = {}
    for request, said in examined:
        assert isinstance(said, Said)  # noqa: S101 - the others were refused
        if well_made.setdefault(request.id, said).hash != said.hash:
            raise IdReused(str(request.id))
    return well_made


def _faults_here(request: Request, standing: Standing) -> list[Fault]:
    return book_faults(request, standing.accounts, standing.originals, standing.holds)


def _overflow(decision: Decision) -> list[Fault]:
    return [Fault("amount", f"余额会超过 {MAX_INTEGER}")] if beyond_integers(decision) else []


def _refuse_faults(requests: Sequence[Request], found: Iterable[tuple[Request, list[Fault]]]) -> None:
    """BrokenContract when any request has a fault; it names the request by its place."""
    wrong = [(request, fault) for request, faults in found for fault in faults]
    if wrong:
        places = {id(request): index for index, request in enumerate(requests)}
        named = [(f"transfers.{places[id(request)]}.{fault.field}", fault.words) for request, fault in wrong]
        raise BrokenContract([Fault(field, words) for field, words in named])


def _known_outcomes(tx: Connection, village_id: int, well_made: Mapping[UUID, Said]) -> dict[UUID, Outcome]:
    """Outcomes of ids decided before: looked up before any state is, so that a replay is answered whatever has changed since."""
    known: dict[UUID, Outcome] = {}
    for row in tx.execute(_outcomes_of(tx.dialect.name), {"village": village_id, "ids": list(well_made)}):
        if row.body_hash != well_made[row.id].hash:
            raise IdReused(str(row.id))
        balances = row.debit_balance, row.credit_balance
        known[row.id] = Outcome(row.id, row.code, json.loads(row.figures), row.seq, *balances, repeated=True)
    return known


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
