"""Holds as rows: placed once, ended once, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from ledger.book.deciding import Placement, Posting, Release
from ledger.book.tables import accounts, hold_ends, holds
from ledger.book.values import Account, Hold, HoldState
from ledger.storage.bulk import Columns, insert_columns


def load_holds(tx: Connection, village_id: int, named: Iterable[UUID], on: Iterable[Account]) -> dict[UUID, Hold]:
    """The holds that are named, whatever became of them, and every open hold on those accounts that hold anything."""
    ids, holding = list(named), [account.account_id for account in on if account.held]
    wanted: list[ColumnElement[bool]] = []
    if ids:
        wanted.append(holds.c.id.in_(ids))
    if holding:
        wanted.append(and_(holds.c.account_id.in_(holding), hold_ends.c.how.is_(None)))
    return _select_holds(tx, village_id, or_(*wanted)) if wanted else {}


def overdue_holds(tx: Connection, village_id: int, now: datetime) -> dict[UUID, Hold]:
    """Open holds whose time is over."""
    return _select_holds(tx, village_id, and_(hold_ends.c.how.is_(None), holds.c.until <= now))


def open_holds(tx: Connection, village_id: int, code: str) -> list[Hold]:
    """An account's open holds, the oldest first."""
    found = _select_holds(tx, village_id, and_(hold_ends.c.how.is_(None), accounts.c.code == code))
    return sorted(found.values(), key=lambda hold: hold.id.int)


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


def _select_holds(tx: Connection, village_id: int, condition: ColumnElement[bool]) -> dict[UUID, Hold]:
    here = holds.c.village_id
    joined = holds.join(
        accounts, (accounts.c.village_id == here) & (accounts.c.account_id == holds.c.account_id)
    ).outerjoin(hold_ends, (hold_ends.c.village_id == here) & (hold_ends.c.hold_id == holds.c.id))
    query = select(holds.c.id, accounts.c.code, holds.c.amount, holds.c.until, hold_ends.c.how).select_from(joined)
    rows = tx.execute(query.where(here == village_id, condition)).all()
    return {row.id: Hold(row.id, row.code, row.amount, row.until, HoldState(row.how or "open")) for row in rows}
