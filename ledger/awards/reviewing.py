"""Review: four eyes on a claim, and the notice it goes on. Nobody commits here; the village's book is locked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from ledger.awards.caps import Allowance
from ledger.awards.counting import allowances
from ledger.awards.reading import agreed_by, claims_in, notice_by_id
from ledger.awards.rows import change_claim, next_number, the_claim
from ledger.awards.rules import (
    Reviewable,
    Reviewer,
    midnight,
    not_waiting,
    notice_days,
    review_refusal,
    state_after,
    who_may,
)
from ledger.awards.tables import notices, reviews
from ledger.awards.values import Claim, ClaimState, Reviewed, Verdict
from ledger.book.store import lock_book
from ledger.people.memberships import own_households, staff_with_role
from ledger.staff.roles import Role
from ledger.villages.store import Village
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal, RefusalCode


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that waits, as one person sees it: why they may not review it (None: they may), and ``who`` else may."""

    claim: Claim
    allowance: Allowance
    agreed: int
    refusal: Refusal | None
    agreed_myself: bool
    who: str

    @property
    def mine_to_do(self) -> bool:
        """True when this person's word is what the claim waits for."""
        return self.refusal is None and not self.agreed_myself


def review_claim(
    tx: Connection, village: Village, claim_id: UUID, staff_id: int, verdict: Verdict, reason: str, now: datetime
) -> Reviewed | Refusal:
    """Count one reviewer's word: at the quorum the claim goes on notice with what caps leave of it; a reasoned no rejects it.

    The same word of the same person again changes nothing. LookupError for an unknown claim; BrokenContract for a no
    without a reason and (403) for somebody who is no reviewer here.
    """
    lock_book(tx, village.village_id)
    claim = the_claim(tx, village.village_id, claim_id)
    said = _said_before(tx, village.village_id, claim_id, staff_id)
    if said is verdict:
        return _reviewed(tx, village, claim_id)
    everyone = reviewers(tx, village.village_id)
    agreed = agreed_by(tx, village.village_id, [claim_id]).get(claim_id, ())
    refusal = _refusal(claim, staff_id, agreed, everyone, verdict, reason)
    if refusal is None and said is not None:
        refusal = Refusal(RefusalCode.NOT_WAITING, {"state": "由你评过"})
    if refusal is not None:
        return refusal
    row = {"village_id": village.village_id, "claim_id": claim_id, "staff_id": staff_id, "verdict": verdict.value}
    tx.execute(insert(reviews).values(**row, reason=reason.strip(), at=now))
    state = state_after(verdict, len(agreed) + (verdict is Verdict.AGREE), village.quorum)
    if state is ClaimState.ON_NOTICE:
        _hang(tx, village, claim, now)
    elif state is ClaimState.REJECTED:
        change_claim(tx, village.village_id, claim_id, state=state.value, state_at=now)
    return _reviewed(tx, village, claim_id)


def waiting_for_review(tx: Connection, village: Village, staff_id: int) -> list[Waiting]:
    """Every claim that waits, oldest first, with why this person may not review it and who may."""
    waiting = claims_in(tx, village.village_id, ClaimState.CLAIMED)
    allowed = allowances(tx, village.village_id, waiting)
    agreed = agreed_by(tx, village.village_id, [claim.claim_id for claim in waiting])
    everyone = reviewers(tx, village.village_id)
    person = next((one for one in everyone if one.staff_id == staff_id), None)
    return [_as_seen(claim, person, everyone, allowed, agreed) for claim in waiting]


def reviewers(tx: Connection, village_id: int) -> list[Reviewer]:
    """Everyone who may review in the village, with their own households, by name."""
    return [
        Reviewer(member.staff_id, member.name, own_households(tx, village_id, member.staff_id))
        for member in staff_with_role(tx, village_id, Role.REVIEWER)
    ]


def _as_seen(
    claim: Claim,
    person: Reviewer | None,
    everyone: Sequence[Reviewer],
    allowed: Mapping[UUID, Allowance],
    agreed: Mapping[UUID, tuple[int, ...]],
) -> Waiting:
    said_yes = agreed.get(claim.claim_id, ())
    seen = Reviewable(claim.recorded_by, claim.household_id, frozenset(said_yes))
    refusal = review_refusal(person, seen, everyone) if person else None
    return Waiting(
        claim=claim,
        allowance=allowed[claim.claim_id],
        agreed=len(said_yes),
        refusal=refusal,
        agreed_myself=person is not None and person.staff_id in said_yes,
        who=who_may(seen, everyone),
    )


def _refusal(
    claim: Claim, staff_id: int, agreed: Sequence[int], everyone: Sequence[Reviewer], verdict: Verdict, reason: str
) -> Refusal | None:
    person = next((one for one in everyone if one.staff_id == staff_id), None)
    if person is None:
        raise BrokenContract([Fault("by", "这件事归复核员办")], status=403, code="not_your_role")
    if verdict is Verdict.REJECT and not reason.strip():
        raise BrokenContract([Fault("reason", "还没写为什么不同意")])
    seen = Reviewable(claim.recorded_by, claim.household_id, frozenset(agreed))
    return review_refusal(person, seen, everyone) or not_waiting(claim.state)


def _hang(tx: Connection, village: Village, claim: Claim, now: datetime) -> None:
    """Put a claim on the notice that begins tomorrow, with the points that caps leave of it now."""
    points = allowances(tx, village.village_id, [claim])[claim.claim_id].points
    values = {"state": ClaimState.ON_NOTICE.value, "state_at": now, "points": points}
    change_claim(tx, village.village_id, claim.claim_id, **values, notice_id=_notice_from_tomorrow(tx, village, now))


def _notice_from_tomorrow(tx: Connection, village: Village, now: datetime) -> int:
    """The notice that begins tomorrow: everything that is reviewed on one day hangs on the same."""
    days = notice_days(village.today(now), village.notice_days)
    same = (notices.c.first_day == days.first_day) & (notices.c.last_day == days.last_day)
    query = select(notices.c.notice_id).where(notices.c.village_id == village.village_id, same)
    if (found := tx.execute(query).scalar_one_or_none()) is not None:
        return int(found)
    notice_id = next_number(tx, village.village_id, notices.c.notice_id)
    hangs = {"first_day": days.first_day, "last_day": days.last_day, "posted_at": now}
    credit_at = midnight(days.credit_day, ZoneInfo(village.timezone))
    row = {"village_id": village.village_id, "notice_id": notice_id, "credit_at": credit_at}
    tx.execute(insert(notices).values(**row, **hangs))
    return notice_id


def _reviewed(tx: Connection, village: Village, claim_id: UUID) -> Reviewed:
    claim = the_claim(tx, village.village_id, claim_id)
    agreed = len(agreed_by(tx, village.village_id, [claim_id]).get(claim_id, ()))
    waiting = claim.state is ClaimState.CLAIMED
    notice = notice_by_id(tx, village.village_id, claim.notice_id) if claim.notice_id else None
    return Reviewed(claim, village.quorum - agreed if waiting else 0, notice)


def _said_before(tx: Connection, village_id: int, claim_id: UUID, staff_id: int) -> Verdict | None:
    theirs = (reviews.c.claim_id == claim_id) & (reviews.c.staff_id == staff_id)
    said = tx.execute(select(reviews.c.verdict).where(reviews.c.village_id == village_id, theirs)).scalar_one_or_none()
    return Verdict(said) if said else None
