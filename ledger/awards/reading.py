"""Reading claims and notices. Every query is one village's; a claim comes with the words of its household and item."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from ledger.awards.rules import Earlier
from ledger.awards.tables import claims, notices, reviews
from ledger.awards.values import Claim, ClaimState, Notice, Verdict
from ledger.people.rules import mask_name
from ledger.people.tables import households
from ledger.scheme.tables import areas, items
from ledger.staff.tables import staff

STANDING = (ClaimState.CLAIMED, ClaimState.ON_NOTICE, ClaimState.CREDITED)


@dataclass(frozen=True, slots=True)
class Pending:
    """A household's points on notice that come on one day, and what they are for."""

    points: int
    credit_at: datetime
    items: tuple[str, ...]


def claim_by_id(tx: Connection, village_id: int, claim_id: UUID) -> Claim | None:
    """The claim with that id, or None."""
    return next(iter(_claims(tx, village_id, claims.c.claim_id == claim_id)), None)


def claim_by_number(tx: Connection, village_id: int, number: int) -> Claim | None:
    """The claim with that number, or None."""
    return next(iter(_claims(tx, village_id, claims.c.number == number)), None)


def claims_by_number(tx: Connection, village_id: int, numbers: Collection[int]) -> list[Claim]:
    """The claims with those numbers, in order; unknown numbers are simply absent."""
    return _claims(tx, village_id, claims.c.number.in_(numbers))


def claims_in(tx: Connection, village_id: int, state: ClaimState) -> list[Claim]:
    """Claims in a state, by number: oldest first."""
    return _claims(tx, village_id, claims.c.state == state.value)


def claims_of_notice(tx: Connection, village_id: int, notice_id: int) -> list[Claim]:
    """The lines of a notice, by household and number, whatever became of them since."""
    found = _claims(tx, village_id, claims.c.notice_id == notice_id)
    return sorted(found, key=lambda claim: (claim.household, claim.number))


def claims_by_id(tx: Connection, village_id: int, claim_ids: Collection[UUID]) -> dict[UUID, Claim]:
    """Those of the ids that are claims: an award's document names its claim."""
    return {claim.claim_id: claim for claim in _claims(tx, village_id, claims.c.claim_id.in_(claim_ids))}


def due_claims(tx: Connection, village_id: int, now: datetime) -> list[Claim]:
    """Claims whose notice is over and that wait for credit, in the order in which they were reviewed."""
    over = select(notices.c.notice_id).where(notices.c.village_id == village_id, notices.c.credit_at <= now)
    due = _claims(tx, village_id, claims.c.state == ClaimState.ON_NOTICE.value, claims.c.notice_id.in_(over))
    return sorted(due, key=lambda claim: (claim.notice_id or 0, claim.state_at, claim.number))


def notice_by_id(tx: Connection, village_id: int, notice_id: int) -> Notice | None:
    """The notice with that number, or None."""
    return next(iter(_notices(tx, village_id, notices.c.notice_id == notice_id)), None)


def all_notices(tx: Connection, village_id: int, *, limit: int = 60) -> list[Notice]:
    """The newest notices first."""
    return _notices(tx, village_id)[:limit]


def on_notice(tx: Connection, village_id: int, household_id: int) -> list[Pending]:
    """What a household has on notice, by the instant it will be credited; lines brought down to 0 are left out."""
    mine = _claims(tx, village_id, claims.c.household_id == household_id, claims.c.state == ClaimState.ON_NOTICE.value)
    if not mine:
        return []
    theirs = notices.c.notice_id.in_({claim.notice_id for claim in mine})
    hanging = {notice.notice_id: notice for notice in _notices(tx, village_id, theirs)}
    by_instant: dict[datetime, list[Claim]] = {}
    for claim in mine:
        if claim.points:
            by_instant.setdefault(hanging[claim.notice_id or 0].credit_at, []).append(claim)
    return [
        Pending(
            sum(claim.points for claim in some), at, tuple(dict.fromkeys(claim.told_to_household for claim in some))
        )
        for at, some in sorted(by_instant.items())
    ]


def standing_claims(tx: Connection, village_id: int, household_id: int, item: str) -> list[Earlier]:
    """Claims of a household for an item that were neither rejected nor withdrawn, oldest first."""
    same = (claims.c.household_id == household_id, claims.c.item == item, claims.c.state.in_(STANDING))
    return [
        Earlier(claim.number, claim.recorder, claim.done_on, claim.note, claim.points or claim.asked_points)
        for claim in _claims(tx, village_id, *same)
    ]


def agreed_by(tx: Connection, village_id: int, claim_ids: Collection[UUID]) -> dict[UUID, tuple[int, ...]]:
    """Who has agreed to each claim so far, in order of time."""
    query = (
        select(reviews.c.claim_id, reviews.c.staff_id)
        .where(reviews.c.village_id == village_id, reviews.c.claim_id.in_(claim_ids))
        .where(reviews.c.verdict == Verdict.AGREE.value)
        .order_by(reviews.c.at, reviews.c.staff_id)
    )
    found: dict[UUID, tuple[int, ...]] = {}
    for row in tx.execute(query):
        found[row.claim_id] = (*found.get(row.claim_id, ()), row.staff_id)
    return found


def rejections(tx: Connection, village_id: int, claim_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """For each rejected claim, who said no and why."""
    query = (
        select(reviews.c.claim_id, staff.c.name, reviews.c.reason)
        .join(staff, staff.c.staff_id == reviews.c.staff_id)
        .where(reviews.c.village_id == village_id, reviews.c.claim_id.in_(claim_ids))
        .where(reviews.c.verdict == Verdict.REJECT.value)
    )
    return {row.claim_id: (row.name, row.reason) for row in tx.execute(query)}


def often_used_items(tx: Connection, village_id: int, since: date, limit: int = 3) -> list[str]:
    """The codes of the items claimed most since a day, the most used first."""
    query = (
        select(claims.c.item)
        .where(claims.c.village_id == village_id, claims.c.done_on >= since, claims.c.state.in_(STANDING))
        .group_by(claims.c.item)
        .order_by(func.count().desc(), claims.c.item)
    )
    return list(tx.execute(query.limit(limit)).scalars())


_WORDS = (
    households.c.number.label("household"),
    households.c.head_name,
    households.c.group_name.label("group"),
    items.c.name.label("item_name"),
    items.c.unit,
    items.c.public,
    areas.c.name.label("area_name"),
    staff.c.name.label("recorder"),
)
_SAME = tuple(name for name in Claim.__dataclass_fields__ if name not in ("masked_name", "state"))


_VILLAGE = claims.c.village_id
_ITEM = (items.c.version == claims.c.version) & (items.c.code == claims.c.item)
_AREA = (areas.c.version == items.c.version) & (areas.c.code == items.c.area)
_CLAIMS = (
    select(claims, *_WORDS)
    .join(households, (households.c.village_id == _VILLAGE) & (households.c.household_id == claims.c.household_id))
    .join(items, (items.c.village_id == _VILLAGE) & _ITEM)
    .join(areas, (areas.c.village_id == _VILLAGE) & _AREA)
    .join(staff, staff.c.staff_id == claims.c.recorded_by)
    .order_by(claims.c.number)
)


def _claims(tx: Connection, village_id: int, *conditions: ColumnElement[bool]) -> list[Claim]:
    return [_claim(row) for row in tx.execute(_CLAIMS.where(claims.c.village_id == village_id, *conditions)).mappings()]


def _claim(row: RowMapping) -> Claim:
    same = {name: row[name] for name in _SAME}
    return Claim(masked_name=mask_name(row["head_name"]), state=ClaimState(row["state"]), **same)


def _notices(tx: Connection, village_id: int, *conditions: ColumnElement[bool]) -> list[Notice]:
    query = select(notices).where(notices.c.village_id == village_id, *conditions)
    keys = tuple(Notice.__dataclass_fields__)
    rows = tx.execute(query.order_by(notices.c.notice_id.desc())).mappings()
    return [Notice(**{key: row[key] for key in keys}) for row in rows]
