"""The page of one claim: where it is on its way, who may act, and the way back for who recorded it."""

from __future__ import annotations

from typing import NamedTuple

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.awards.caps import Allowance
from ledger.awards.counting import allowances
from ledger.awards.pages import READERS, blueprint
from ledger.awards.reading import agreed_by, claim_by_number, notice_by_id, rejections
from ledger.awards.reviewing import reviewers
from ledger.awards.rules import Reviewable, who_may
from ledger.awards.store import withdraw_claim
from ledger.awards.values import Claim, ClaimState, Notice
from ledger.awards.words import capped_text, deed_text, held_down_text
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.villages.store import Village
from ledger.web.services import services
from schemas.refusals import Refusal


class ClaimPage(NamedTuple):
    """A claim with everything that its page tells. ``rejected`` is who said no and why, ``allowance`` what caps leave while it waits."""

    claim: Claim
    who: str
    still_needed: int
    notice: Notice | None
    rejected: tuple[str, str] | None
    allowance: Allowance | None


@blueprint.get("/office/<village_code>/award/<int:number>")
@office(*READERS)
def claim(number: int) -> Answer:
    """A claim and where it is; right after recording, that it is recorded (``told`` new, or again for a form sent twice)."""
    village = g.village
    page = services().database.read(lambda tx: _page(tx, village, number))
    if page is None:
        abort(404)
    return render_template(
        "awards/claim.html",
        page=page,
        claim=page.claim,
        told=request.args.get("told", ""),
        mine=page.claim.recorded_by == g.staff.staff_id,
        records=Role.RECORDER in g.roles,
        deed=deed_text(page.claim.item_name, page.claim.quantity, page.claim.unit),
        points=page.allowance.points if page.allowance else page.claim.points,
        capped=_capped(page, village.decimals),
    )


@blueprint.post("/office/<village_code>/award/<int:number>/withdraw")
@office(Role.RECORDER)
def withdraw(number: int) -> Answer:
    """Take a claim back. When it is too late, its page says where it is."""
    village, member, now = g.village, g.staff, services().clock.now()

    def work(tx: Connection) -> Claim | Refusal | None:
        found = claim_by_number(tx, village.village_id, number)
        return withdraw_claim(tx, village, found.claim_id, member.staff_id, now) if found else None

    done = services().database.write(work)
    if done is None:
        abort(404)
    told = "late" if isinstance(done, Refusal) else None
    return redirect(url_for("awards.claim", number=number, told=told), 303)


def _page(tx: Connection, village: Village, number: int) -> ClaimPage | None:
    found = claim_by_number(tx, village.village_id, number)
    if found is None:
        return None
    agreed = agreed_by(tx, village.village_id, [found.claim_id]).get(found.claim_id, ())
    seen = Reviewable(found.recorded_by, found.household_id, frozenset(agreed))
    who = who_may(seen, reviewers(tx, village.village_id))
    notice = notice_by_id(tx, village.village_id, found.notice_id) if found.notice_id else None
    rejected = rejections(tx, village.village_id, [found.claim_id]).get(found.claim_id)
    waits = found.state is ClaimState.CLAIMED
    allowed = allowances(tx, village.village_id, [found])[found.claim_id] if waits else None
    return ClaimPage(found, who, village.quorum - len(agreed), notice, rejected, allowed)


def _capped(page: ClaimPage, decimals: int) -> str:
    if page.allowance is None:
        return held_down_text(page.claim, decimals)
    return capped_text(page.claim.asked_points, page.allowance, decimals)
