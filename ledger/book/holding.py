"""Holds as rows: placed once, ended once, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select

from ledger.book.deciding import Placement, Posting, Release
from ledger.book.tables import accounts, hold_ends, holds
from ledger.book.values import Account, Hold, HoldState
from ledger.storage.bulk import Columns, among, insert_columns

_HOLDS = (
    select(holds.c.id, accounts.c.code, holds.c.amount, holds.c.until, hold_ends.c.how)
    .join_from(
        holds, accounts, (accounts.c.village_id == holds.c.village_id) & (accounts.c.account_id == holds.c.account_id)
    )
    .outerjoin(hold_ends, (hold_ends.c.village_id == holds.c.village_id) & (hold_ends.c.hold_id == holds.c.id))
    .where(holds.c.village_id == bindparam("village"))
)
_OPEN = _HOLDS.where(hold_ends.c.how.is_(None))
_OPEN_OF = _OPEN.where(accounts.c.code == bindparam("code"))
_HOLDING = select(accounts.c.account_id).where(accounts.c.village_id == bindparam("village"), accounts.c.held > 0)
_OVERDUE = _OPEN.where(  # by way of the few accounts that hold anything: a hold stays in its table for ever
    holds.c.account_id.in_(_HOLDING), holds.c.until <= bindparam("now")
)


@cache
def _named(dialect: str) -> Select[Any]:
    return _HOLDS.where(among(holds.c.id, "ids", dialect))


@cache
def _open_on(dialect: str) -> Select[Any]:
    return _OPEN.where(among(holds.c.account_id, "ids", dialect))


def load_holds(tx: Connection, village_id: int, named: Iterable[UUID], on: Iterable[Account]) -> dict[UUID, Hold]:
    """The holds that are named, whatever became of them, and every open hold on those accounts that hold anything."""
    ids, holding = list(named), [account.account_id for account in on if account.held]
    found = _selected(tx, _named(tx.dialect.name), village_id, ids=ids) if ids else {}
    return found | (_selected(tx, _open_on(tx.dialect.name), village_id, ids=holding) if holding else {})


def overdue_holds(tx: Connection, village_id: int, now: datetime) -> dict[UUID, Hold]:
    """Open holds whose time is over."""
    return _selected(tx, _OVERDUE, village_id, now=now)


def open_holds(tx: Connection, village_id: int, code: str) -> list[Hold]:
    """An account's open holds, the oldest first."""
    return sorted(_selected(tx, _OPEN_OF, village_id, code=code).values(), key=lambda hold: hold.id.int)


def write_holds(
    tx: Connection,
    village_id: int,
    placed: Iterable[Placement],
    ended: Mapping[UUID, tuple[HoldState, UUID | None]],
    now: datetime,
) -> None:
    """Insert the new holds and the ends of old ones."""
    asked = [(placement.request, placement.account.account_id) for placement in placed]
    columns: Columns = {
        "village_id": [village_id] * len(asked),
        "id": [request.id for request, _ in asked],
        "account_id": [account_id for _, account_id in asked],
        "amount": [request.amount for request, _ in asked],
        "until": [request.until for request, _ in asked],
        "actor": [request.actor for request, _ in asked],
        "document_id": [request.document_id for request, _ in asked],
        "placed_at": [now] * len(asked),
    }
    insert_columns(tx, holds, columns)
    ends: Columns = {
        "village_id": [village_id] * len(ended),
        "hold_id": list(ended),
        "how": [how.value for how, _ in ended.values()],
        "by_id": [by for _, by in ended.values()],
        "ended_at": [now] * len(ended),
    }
    insert_columns(tx, hold_ends, ends)


def ends_of(decisions: Iterable[object]) -> dict[UUID, tuple[HoldState, UUID | None]]:
    """Which holds the decisions end, how, and by which request."""
    ends: dict[UUID, tuple[HoldState, UUID | None]] = {}
    for decision in decisions:
        if isinstance(decision, Posting) and decision.ends is not None:
            ends[decision.ends.id] = (HoldState.CAPTURED, decision.request.id)
        elif isinstance(decision, Release):
            ends[decision.hold.id] = (HoldState.RELEASED, decision.request.id)
    return ends


def _selected(tx: Connection, query: Select[Any], village_id: int, **values: object) -> dict[UUID, Hold]:
    rows = tx.execute(query, {"village": village_id, **values})
    return {id_: Hold(id_, code, amount, until, HoldState(how or "open")) for id_, code, amount, until, how in rows}
