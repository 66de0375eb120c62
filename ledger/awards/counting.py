"""What caps leave of claims: loads the caps of their rule books and what has been counted beside them, then asks ``caps``."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping, exists, func, select

from ledger.awards.caps import Allowance, Cap, Counted, Deed, allowance, caps_of, times_of
from ledger.awards.tables import claims
from ledger.awards.values import Claim, ClaimState
from ledger.book.tables import transfers
from ledger.people.tables import households
from ledger.scheme.store import rule_book

COUNTING = (ClaimState.ON_NOTICE, ClaimState.CREDITED)
CapsOf = Mapping[tuple[int, str], tuple[Cap, ...]]


def deed_of(claim: Claim) -> Deed:
    """The claim as caps see it."""
    return Deed(claim.household_id, claim.group, claim.item, claim.done_on, claim.quantity, claim.asked_points)


def caps_for(tx: Connection, village_id: int, items: Collection[tuple[int, str]]) -> CapsOf:
    """The caps on each item (version and code), those of the whole rule book included."""
    found: dict[tuple[int, str], tuple[Cap, ...]] = {}
    for version in {version for version, _ in items}:
        book = rule_book(tx, village_id, version)
        for item in book.items if book else ():
            if book and (version, item.code) in items:
                found[(version, item.code)] = caps_of(book.caps, item.caps, item.code)
    return found


def counted_beside(
    tx: Connection,
    village_id: int,
    deeds: Sequence[tuple[Deed, tuple[Cap, ...]]],
    states: Collection[ClaimState] = COUNTING,
) -> dict[UUID, Counted]:
    """Everything counted that the caps may hold against these deeds. An award that was reversed since does not count."""
    if not deeds:
        return {}
    days = [deed.done_on for deed, _ in deeds]
    first, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
    week = timedelta(days=7)  # a week may reach over New Year
    groups = {deed.group for deed, caps in deeds if any(cap.scope == "group" for cap in caps)}
    near = claims.c.household_id.in_({deed.household_id for deed, _ in deeds}) | households.c.group_name.in_(groups)
    same = (households.c.village_id == claims.c.village_id) & (households.c.household_id == claims.c.household_id)
    undone = (transfers.c.village_id == claims.c.village_id) & (transfers.c.reverses == claims.c.claim_id)
    query = (
        select(claims, households.c.group_name)
        .join(households, same)
        .where(claims.c.village_id == village_id, claims.c.state.in_([state.value for state in states]), near)
        .where(claims.c.done_on.between(first - week, last + week), ~exists().where(undone))
    )
    return {row["claim_id"]: _counted(row) for row in tx.execute(query).mappings()}


def allowance_of(tx: Connection, village_id: int, version: int, deed: Deed) -> Allowance:
    """What a deed would bring if it went on notice now."""
    caps = caps_for(tx, village_id, {(version, deed.item)})[(version, deed.item)]
    return allowance(deed, caps, counted_beside(tx, village_id, [(deed, caps)]).values())


def allowances(tx: Connection, village_id: int, waiting: Sequence[Claim]) -> dict[UUID, Allowance]:
    """What each waiting claim would bring if it alone went on notice now."""
    caps = caps_for(tx, village_id, {(claim.version, claim.item) for claim in waiting})
    deeds = [(deed_of(claim), caps[(claim.version, claim.item)]) for claim in waiting]
    counted = list(counted_beside(tx, village_id, deeds).values())
    return {
        claim.claim_id: allowance(deed, its_caps, counted)
        for claim, (deed, its_caps) in zip(waiting, deeds, strict=True)
    }


def allowances_at_credit(tx: Connection, village_id: int, due: Sequence[Claim]) -> dict[UUID, Allowance]:
    """What each due claim may bring now, one after another beside what is credited; never more than it hung with."""
    caps = caps_for(tx, village_id, {(claim.version, claim.item) for claim in due})
    deeds = [(deed_of(claim), caps[(claim.version, claim.item)]) for claim in due]
    counted = list(counted_beside(tx, village_id, deeds, (ClaimState.CREDITED,)).values())
    found: dict[UUID, Allowance] = {}
    for claim, (deed, its_caps) in zip(due, deeds, strict=True):
        now = allowance(deed, its_caps, counted)
        points = min(now.points, claim.points)
        found[claim.claim_id] = Allowance(points, now.cap, now.most)
        times = times_of(points, claim.asked_points, claim.quantity)
        counted.append(Counted(deed.household_id, deed.group, deed.item, deed.done_on, times, points))
    return found


def month_so_far(tx: Connection, village_id: int, household_id: int, day: date) -> tuple[int, int]:
    """A household's points for deeds of the month of ``day``: all that count, and those of them still on notice."""
    first = day.replace(day=1)
    query = (
        select(claims.c.state, func.sum(claims.c.points).label("points"))
        .where(claims.c.village_id == village_id, claims.c.household_id == household_id)
        .where(claims.c.state.in_([state.value for state in COUNTING]))
        .where(claims.c.done_on.between(first, first + timedelta(days=monthrange(day.year, day.month)[1] - 1)))
        .group_by(claims.c.state)
    )
    sums = {row.state: int(row.points) for row in tx.execute(query)}
    return sum(sums.values()), sums.get(ClaimState.ON_NOTICE.value, 0)


def _counted(row: RowMapping) -> Counted:
    times = times_of(row["points"], row["asked_points"], row["quantity"])
    return Counted(row["household_id"], row["group_name"], row["item"], row["done_on"], times, row["points"])
