"""Money behind points, by two people: one asks, another makes it happen. Pages and commands take the same way; nothing commits here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from ledger.book.accounts import set_issue_limit
from ledger.book.money import grant, settle, totals
from ledger.book.store import lock_book
from ledger.book.values import Outcome
from ledger.people.memberships import roles_of, staff_with_role
from ledger.shop.money_rules import (
    ASKERS,
    CONFIRMERS,
    MoneyKind,
    MoneyRequest,
    MoneyState,
    MoneyWish,
    confirm_refusal,
    settlement_refusal,
    wish_faults,
)
from ledger.shop.money_tables import money_requests
from ledger.staff.roles import Role, role_words
from ledger.staff.store import StaffMember
from ledger.staff.tables import staff
from ledger.villages.store import Village
from schemas.problems import BrokenContract, Fault, IdReused
from schemas.refusals import Refusal, RefusalCode

DECIDED_SHOWN = 20


def ask(
    tx: Connection, village: Village, wish: MoneyWish, *, request_id: UUID, by: int, now: datetime
) -> MoneyRequest | Refusal:
    """Write down what staff member ``by`` wants; it waits for another. Making issuing stricter takes one person and is done at once.

    Asked again with the same id, it is the request that is there; IdReused when that says something else. BrokenContract with all
    faults, ``by`` among them for somebody who is no village admin.
    """
    lock_book(tx, village.village_id)
    if (there := money_request(tx, village.village_id, request_id)) is not None:
        if (there.wish, there.asked_by) != (wish, by):
            raise IdReused
        return there
    faults = wish_faults(wish) + _role_faults(tx, village, by, ASKERS)
    if faults:
        raise BrokenContract(faults)
    if refused := settlement_refusal(wish, totals(tx, village.village_id).shop):
        return refused
    row = {"kind": wish.kind.value, "amount": wish.amount, "source": wish.source, "asked_by": by, "asked_at": now}
    keys = {"village_id": village.village_id, "request_id": request_id}
    tx.execute(insert(money_requests).values(**keys, **row, state=MoneyState.ASKED.value))
    asked = _one(tx, village.village_id, request_id)
    return asked if wish.kind.takes_two else _carry_out(tx, village, asked, by, now)


def confirm(tx: Connection, village: Village, request_id: UUID, *, by: int, now: datetime) -> MoneyRequest | Refusal:
    """Make it happen: whoever asked cannot. Confirmed again by the same person, it is what was done. LookupError for an unknown id."""
    lock_book(tx, village.village_id)
    request = _one(tx, village.village_id, request_id)
    if request.state is MoneyState.DONE and request.decided_by == by:
        return request
    if faults := _role_faults(tx, village, by, CONFIRMERS):
        raise BrokenContract(faults)
    others = [member.name for member in confirmers(tx, village.village_id) if member.staff_id != request.asked_by]
    unsettled = totals(tx, village.village_id).shop
    return confirm_refusal(request, by, unsettled, others) or _carry_out(tx, village, request, by, now)


def drop(tx: Connection, village: Village, request_id: UUID, *, by: int, now: datetime) -> MoneyRequest | Refusal:
    """It shall not be done: taken back by whoever asked, or turned down by another. LookupError for an unknown id."""
    lock_book(tx, village.village_id)
    request = _one(tx, village.village_id, request_id)
    if request.state is MoneyState.DROPPED:
        return request
    if faults := _role_faults(tx, village, by, CONFIRMERS):
        raise BrokenContract(faults)
    if request.state is not MoneyState.ASKED:
        return Refusal(RefusalCode.NOT_WAITING, {"state": "办好了"})
    return _decided(tx, village, request, MoneyState.DROPPED, by, now, None)


def money_request(tx: Connection, village_id: int, request_id: UUID) -> MoneyRequest | None:
    """The request with that id, or None."""
    return next(iter(_load(tx, village_id, money_requests.c.request_id == request_id, limit=1)), None)


def waiting(tx: Connection, village_id: int) -> list[MoneyRequest]:
    """What waits for another person, oldest first."""
    found = _load(tx, village_id, money_requests.c.state == MoneyState.ASKED.value, limit=None)
    return sorted(found, key=lambda request: (request.asked_at, request.request_id))


def decided(tx: Connection, village_id: int) -> list[MoneyRequest]:
    """What was done or dropped of late, the newest first."""
    return _load(tx, village_id, money_requests.c.state != MoneyState.ASKED.value, limit=DECIDED_SHOWN)


def confirmers(tx: Connection, village_id: int) -> list[StaffMember]:
    """Who may confirm, by name: village admins and supervisors who are not disabled."""
    found = {member.staff_id: member for role in CONFIRMERS for member in staff_with_role(tx, village_id, role)}
    return sorted(found.values(), key=lambda member: (member.name, member.staff_id))


def _carry_out(
    tx: Connection, village: Village, request: MoneyRequest, by: int, now: datetime
) -> MoneyRequest | Refusal:
    wish = request.wish
    if not wish.kind.moves_points:
        set_issue_limit(tx, village.village_id, tied_to_grants=wish.kind is MoneyKind.LIMIT_ON)
        return _decided(tx, village, request, MoneyState.DONE, by, now, None)
    outcome = _post(tx, village, request, by, now)
    if not outcome.posted:
        return Refusal(RefusalCode.of(outcome.code), outcome.figures)
    return _decided(tx, village, request, MoneyState.DONE, by, now, outcome.seq)


def _post(tx: Connection, village: Village, request: MoneyRequest, by: int, now: datetime) -> Outcome:
    """The transfer, with both people in it; its id is the request's, so that it can happen once only."""
    wish, day = request.wish, village.today(now)
    actor, second = f"staff:{request.asked_by}", f"staff:{by}"
    if wish.kind is MoneyKind.SETTLEMENT:
        return settle(
            tx, village.village_id, id_=request.request_id, amount=wish.amount, day=day, now=now, actor=actor, second=second
        )  # fmt: skip
    return grant(
        tx, village.village_id, id_=request.request_id, amount=wish.amount, day=day, source=wish.source, now=now,
        actor=actor, second=second,
    )  # fmt: skip


def _decided(
    tx: Connection, village: Village, request: MoneyRequest, state: MoneyState, by: int, now: datetime, seq: int | None
) -> MoneyRequest:
    here = (money_requests.c.village_id == village.village_id) & (money_requests.c.request_id == request.request_id)
    tx.execute(update(money_requests).where(here).values(state=state.value, decided_by=by, decided_at=now, seq=seq))
    return _one(tx, village.village_id, request.request_id)


def _role_faults(tx: Connection, village: Village, staff_id: int, allowed: Collection[Role]) -> list[Fault]:
    if roles_of(tx, village.village_id, staff_id) & frozenset(allowed):
        return []
    return [Fault("by", f"这件事归{village.name}的{role_words(allowed)}办")]


def _one(tx: Connection, village_id: int, request_id: UUID) -> MoneyRequest:
    found = money_request(tx, village_id, request_id)
    if found is None:
        raise LookupError(f"no request {request_id}")
    return found


def _load(tx: Connection, village_id: int, which: ColumnElement[bool], *, limit: int | None) -> list[MoneyRequest]:
    asker, decider = staff.alias("asker"), staff.alias("decider")
    joined = money_requests.join(asker, asker.c.staff_id == money_requests.c.asked_by).outerjoin(
        decider, decider.c.staff_id == money_requests.c.decided_by
    )
    query = (
        select(money_requests, asker.c.name.label("asker"), decider.c.name.label("decider"))
        .select_from(joined)
        .where(money_requests.c.village_id == village_id, which)
        .order_by(money_requests.c.decided_at.desc(), money_requests.c.request_id)
        .limit(limit)
    )
    return [_request(row) for row in tx.execute(query).mappings()]


_SAME = ("request_id", "asked_by", "asker", "asked_at", "decided_by", "decider", "decided_at", "seq")


def _request(row: RowMapping) -> MoneyRequest:
    wish = MoneyWish(MoneyKind(row["kind"]), row["amount"], row["source"])
    return MoneyRequest(wish=wish, state=MoneyState(row["state"]), **{key: row[key] for key in _SAME})
