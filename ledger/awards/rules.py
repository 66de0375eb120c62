"""May this deed be claimed, who may review it, how long does it hang, when is it credited? Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ledger.awards.caps import Allowance, cap_span, cap_words
from ledger.awards.values import NOTE_LIMIT, QUANTITY_MOST, ClaimRequest, ClaimState, Verdict
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

EARLIEST_DEED = date(2000, 1, 1)
NOBODY = "镇里派的人"
_STANDING = {
    ClaimState.CLAIMED: "在等复核",
    ClaimState.ON_NOTICE: "在公示",
    ClaimState.CREDITED: "到账",
    ClaimState.REJECTED: "评过，没评上",
    ClaimState.WITHDRAWN: "撤回",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A claim beside what the village knows. ``in_force_from`` is set when the item was not yet in the rule book on that day."""

    item_name: str
    done_on: date
    today: date
    note: str
    household_closed: bool
    in_force_from: date | None
    one_event: bool
    allowance: Allowance
    decimals: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A claim of the same household and item that stands (neither rejected nor withdrawn)."""

    number: int
    recorder: str
    done_on: date
    note: str
    points: int


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody with the reviewer's role. ``own_households`` are those they live in."""

    staff_id: int
    name: str
    own_households: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reviewable:
    """What four eyes look at: who recorded the claim, whose it is, and who has agreed already."""

    recorded_by: int
    household_id: int
    reviewed_by: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class NoticeDays:
    """A notice hangs on whole days, first and last included, and is credited as ``credit_day`` begins."""

    first_day: date
    last_day: date
    credit_day: date


def request_faults(request: ClaimRequest) -> list[Fault]:
    """Everything wrong with a claim that needs no database to see."""
    faults: list[Fault] = []
    if not 1 <= request.quantity <= QUANTITY_MOST:
        faults.append(Fault("quantity", f"次数写 1 到 {QUANTITY_MOST} 的整数，现在是 {request.quantity}"))
    if request.done_on < EARLIEST_DEED:
        faults.append(Fault("day", f"日子太早了，没有记 {EARLIEST_DEED.year} 年以前的事"))
    if len(request.note) > NOTE_LIMIT:
        faults.append(Fault("note", f"最多写 {NOTE_LIMIT} 个字，现在是 {len(request.note)} 个"))
    return faults


def claim_refusal(proposal: Proposal, earlier: Sequence[Earlier]) -> Refusal | None:
    """None when the claim may be recorded, else the first refusal in the table's order."""
    found = [*_household(proposal), *_day(proposal), *_again(proposal, earlier), *_capped(proposal)]
    return min(found, key=lambda refusal: refusal.code.precedence) if found else None


def same_deed(done_on: date, earlier: Iterable[Earlier]) -> Earlier | None:
    """The first claim of the same household, item and day: the two may be one deed told by two people."""
    return next((other for other in earlier if other.done_on == done_on), None)


def may_review(person: Reviewer, claim: Reviewable) -> bool:
    """Four eyes: not who recorded it, not for one's own household, and nobody twice."""
    stranger = person.staff_id != claim.recorded_by and claim.household_id not in person.own_households
    return stranger and person.staff_id not in claim.reviewed_by


def review_refusal(person: Reviewer, claim: Reviewable, reviewers: Iterable[Reviewer]) -> Refusal | None:
    """Why this person may not review the claim, and who may; None when they may. The own household is told first."""
    figures = {"who": who_may(claim, reviewers)}
    if claim.household_id in person.own_households:
        return Refusal(RefusalCode.OWN_HOUSEHOLD, figures)
    if person.staff_id == claim.recorded_by:
        return Refusal(RefusalCode.SAME_PERSON, figures)
    return None


def who_may(claim: Reviewable, reviewers: Iterable[Reviewer]) -> str:
    """The names of those who may review, 周玉兰、陈建国; ``NOBODY`` when the village has none."""
    return "、".join(person.name for person in reviewers if may_review(person, claim)) or NOBODY


def not_waiting(state: ClaimState) -> Refusal | None:
    """None while a claim waits for review; later it can neither be reviewed nor withdrawn."""
    return None if state is ClaimState.CLAIMED else Refusal(RefusalCode.NOT_WAITING, {"state": _STANDING[state]})


def state_after(verdict: Verdict, agreed: int, quorum: int) -> ClaimState:
    """A claim's state once this verdict is counted: ``agreed`` includes it. One reasoned no rejects."""
    if verdict is Verdict.REJECT:
        return ClaimState.REJECTED
    return ClaimState.ON_NOTICE if agreed >= quorum else ClaimState.CLAIMED


def notice_days(reviewed_on: date, days: int) -> NoticeDays:
    """Whole local days from the day after the review: reviewed Monday, 3 days → Tuesday to Thursday, credit on Friday."""
    first = reviewed_on + timedelta(days=1)
    return NoticeDays(first, first + timedelta(days=days - 1), first + timedelta(days=days))


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which ``day`` begins in the village."""
    return datetime.combine(day, time.min, tzinfo=zone)


def _household(proposal: Proposal) -> list[Refusal]:
    return [Refusal(RefusalCode.HOUSEHOLD_CLOSED)] if proposal.household_closed else []


def _day(proposal: Proposal) -> list[Refusal]:
    found: list[Refusal] = []
    if proposal.in_force_from is not None:
        figures = {"item": proposal.item_name, "day": _day_words(proposal.in_force_from)}
        found.append(Refusal(RefusalCode.ITEM_NOT_IN_FORCE, figures))
    if proposal.done_on > proposal.today:
        found.append(Refusal(RefusalCode.DAY_NOT_YET, {"day": _day_words(proposal.done_on)}))
    return found


def _again(proposal: Proposal, earlier: Sequence[Earlier]) -> list[Refusal]:
    """Another claim on that day, or for an item that an event brings once, needs a note of its own."""
    said_before = {other.note for other in earlier}
    if proposal.note and proposal.note not in said_before:
        return []
    found: list[Refusal] = []
    if (same := same_deed(proposal.done_on, earlier)) is not None:
        found.append(Refusal(RefusalCode.DUPLICATE_CLAIM, {"who": same.recorder, "number": same.number}))
    if proposal.one_event and earlier:
        found.append(Refusal(RefusalCode.EVENT_ALREADY_USED, {"limit": earlier[0].points}))
    return found


def _capped(proposal: Proposal) -> list[Refusal]:
    cap = proposal.allowance.cap
    if cap is None or proposal.allowance.points > 0:
        return []
    span = cap_span(cap) if cap.measure == "points" else f"{cap_words(cap, proposal.decimals)}，"
    return [Refusal(RefusalCode.CAP_REACHED, {"cap": span, "limit": proposal.allowance.most})]


def _day_words(day: date) -> str:
    return f"{day.month}月{day.day}日"
