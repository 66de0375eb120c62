"""The way of an award: record, withdraw; review and credit stand beside. Each locks the book first and never commits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from ledger.awards.caps import Allowance, Deed
from ledger.awards.counting import allowance_of
from ledger.awards.crediting import credit_due
from ledger.awards.reading import claim_by_id, on_notice, standing_claims
from ledger.awards.reviewing import review_claim
from ledger.awards.rows import change_claim, next_number, the_claim
from ledger.awards.rules import Earlier, Proposal, claim_refusal, not_waiting, request_faults, same_deed
from ledger.awards.tables import claims
from ledger.awards.values import Claim, ClaimRecorded, ClaimRequest, ClaimState
from ledger.book.store import lock_book
from ledger.people.store import Household, household_by_number
from ledger.scheme.store import Item, latest, rule_book_on
from ledger.villages.store import Village
from schemas.canonical import Json, document_bytes
from schemas.problems import BrokenContract, Fault, IdReused
from schemas.refusals import Refusal

__all__ = ["Proposed", "credit_due", "on_notice", "propose", "record_claim", "review_claim", "withdraw_claim"]


@dataclass(frozen=True, slots=True)
class Named:
    """What a request's number and code stand for. ``in_force_from`` is set when the item came into force only after the deed."""

    household: Household
    item: Item
    version: int
    in_force_from: date | None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A request as it would be recorded: what is asked, what caps leave of it today, another claim of that day, and any no."""

    household: Household
    item: Item
    version: int
    asked_points: int
    allowance: Allowance
    same_day: Earlier | None
    refusal: Refusal | None


def propose(tx: Connection, village: Village, request: ClaimRequest, now: datetime) -> Proposed:
    """Look at a request without writing anything. BrokenContract with every fault (unknown household, item, quantity …)."""
    named = _named(tx, village, request, village.today(now))
    household, item = named.household, named.item
    asked = item.points * request.quantity
    deed = Deed(household.household_id, household.group_name, item.code, request.done_on, request.quantity, asked)
    allowed = allowance_of(tx, village.village_id, named.version, deed)
    earlier = standing_claims(tx, village.village_id, household.household_id, item.code)
    proposal = Proposal(
        item_name=item.name,
        done_on=request.done_on,
        today=village.today(now),
        note=request.note,
        household_closed=household.closed,
        in_force_from=named.in_force_from,
        one_event="times_per_event" in item.caps,
        allowance=allowed,
        decimals=village.decimals,
    )
    refusal = claim_refusal(proposal, earlier)
    return Proposed(household, item, named.version, asked, allowed, same_deed(request.done_on, earlier), refusal)


def record_claim(
    tx: Connection, village: Village, request: ClaimRequest, staff_id: int, now: datetime
) -> ClaimRecorded | Refusal:
    """Write a claim down to wait for review, or say why not. The same request again gets its first answer, nothing is written.

    BrokenContract with every fault; IdReused when the id comes with another body. A refusal is not frozen: the person may
    mend it and send the same id again.
    """
    lock_book(tx, village.village_id)
    digest = _body_hash(request, staff_id)
    if (known := claim_by_id(tx, village.village_id, request.claim_id)) is not None:
        return _first_answer(tx, village.village_id, known, digest)
    proposed = propose(tx, village, request, now)
    if proposed.refusal is not None:
        return proposed.refusal
    tx.execute(
        insert(claims).values(
            village_id=village.village_id,
            claim_id=request.claim_id,
            number=next_number(tx, village.village_id, claims.c.number),
            body_hash=digest,
            household_id=proposed.household.household_id,
            version=proposed.version,
            item=proposed.item.code,
            quantity=request.quantity,
            asked_points=proposed.asked_points,
            points=proposed.asked_points,
            done_on=request.done_on,
            note=request.note,
            declared_by=request.declared_by,
            recorded_by=staff_id,
            recorded_at=now,
            state=ClaimState.CLAIMED.value,
            state_at=now,
        )
    )
    return ClaimRecorded(the_claim(tx, village.village_id, request.claim_id))


def withdraw_claim(tx: Connection, village: Village, claim_id: UUID, staff_id: int, now: datetime) -> Claim | Refusal:
    """Take a claim back while it waits; again changes nothing. LookupError for an unknown one.

    BrokenContract (403) for anybody but who recorded it.
    """
    lock_book(tx, village.village_id)
    claim = the_claim(tx, village.village_id, claim_id)
    if claim.recorded_by != staff_id:
        words = f"这一笔是{claim.recorder}记的，由{claim.recorder}撤回"
        raise BrokenContract([Fault("by", words)], status=403, code="not_yours")
    if claim.state is ClaimState.WITHDRAWN:
        return claim
    if (refusal := not_waiting(claim.state)) is not None:
        return refusal
    change_claim(tx, village.village_id, claim_id, state=ClaimState.WITHDRAWN.value, state_at=now)
    return the_claim(tx, village.village_id, claim_id)


def _named(tx: Connection, village: Village, request: ClaimRequest, today: date) -> Named:
    faults = request_faults(request)
    household = household_by_number(tx, village.village_id, request.household)
    if household is None:
        faults.append(Fault("household", f"户号 {request.household} 村里没有，再看一眼"))
    then = rule_book_on(tx, village.village_id, request.done_on)
    item = then.item(request.item) if then else None
    version, in_force_from = (then.version if then else 0), None
    if item is None:
        now = rule_book_on(tx, village.village_id, today) or latest(tx, village.village_id)
        item = now.item(request.item) if now else None
        version, in_force_from = (now.version, now.in_force_from) if now else (0, None)
        if item is None or (in_force_from is not None and request.done_on >= in_force_from):
            faults.append(Fault("item", "那天的评分表里没有这件事，再选一件"))
    if faults or household is None or item is None:
        raise BrokenContract(faults)
    return Named(household, item, version, in_force_from)


def _first_answer(tx: Connection, village_id: int, known: Claim, digest: bytes) -> ClaimRecorded:
    query = select(claims.c.body_hash).where(claims.c.village_id == village_id, claims.c.claim_id == known.claim_id)
    if tx.execute(query).scalar_one() != digest:
        raise IdReused("claim_id")
    return ClaimRecorded(known, repeated=True)


def _body_hash(request: ClaimRequest, staff_id: int) -> bytes:
    body: dict[str, Json] = {
        "household": request.household,
        "item": request.item,
        "quantity": request.quantity,
        "done_on": request.done_on.isoformat(),
        "note": request.note,
        "declared_by": request.declared_by,
        "recorded_by": staff_id,
    }
    return hashlib.sha256(document_bytes(body)).digest()
