"""复核: what waits, with why one may not review it; then a check of what was ticked; then the deed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.awards.pages import READERS, blueprint
from ledger.awards.reading import claims_by_number, notice_by_id
from ledger.awards.reviewing import Waiting, review_claim, waiting_for_review
from ledger.awards.rules import notice_days
from ledger.awards.values import Claim, Notice, Reviewed, Verdict
from ledger.awards.words import STATE_WORDS, capped_text, deed_text, held_down_text, refusal_text
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.web.headers import may_be_gone_back_to
from ledger.web.services import services
from ledger.web.shell import MOST_DIGITS
from schemas.refusals import Refusal

MOST_TICKED = 500
REASON_LIMIT = 200
OVERDUE_DAYS = 7
_WORDS = {
    "capped_text": capped_text,
    "deed_text": deed_text,
    "held_down_text": held_down_text,
    "refusal_text": refusal_text,
    "STATE_WORDS": STATE_WORDS,
}


@blueprint.get("/office/<village_code>/review")
@office(*READERS)
def review() -> Answer:
    """Everything that waits. What this person may not review stays in sight, with the reason and who may."""
    return _table({})


@blueprint.post("/office/<village_code>/review/check")
@office(Role.REVIEWER)
def review_check() -> Answer:
    """What was ticked, with its sum, before anything is written."""
    ticked = _ticked()
    chosen = [one for one in _waiting() if one.mine_to_do and one.claim.number in ticked]
    if not chosen:
        return may_be_gone_back_to((_table({"form": "还没打勾。先在要办的那几件前面打勾"}), 400))
    return may_be_gone_back_to(_ask(chosen, _verdict(), {}))


@blueprint.post("/office/<village_code>/review")
@office(Role.REVIEWER)
def try_review() -> Answer:
    """All that was ticked in one unit of work; each is judged by itself."""
    village, member, now = g.village, g.staff, services().clock.now()
    ticked, verdict, reason = _ticked(), _verdict(), " ".join(request.form.get("reason", "").split())
    if fault := _reason_fault(verdict, reason):
        chosen = [one for one in _waiting() if one.mine_to_do and one.claim.number in ticked]
        return may_be_gone_back_to((_ask(chosen, verdict, {"reason": fault}, reason), 400))

    def work(tx: Connection) -> list[tuple[Claim, Reviewed | Refusal]]:
        found = claims_by_number(tx, village.village_id, ticked)
        return [
            (claim, review_claim(tx, village, claim.claim_id, member.staff_id, verdict, reason, now)) for claim in found
        ]

    done = services().database.write(work)
    refused = [(claim, outcome) for claim, outcome in done if isinstance(outcome, Refusal)]
    if refused:
        return _result([claim.number for claim, outcome in done if isinstance(outcome, Reviewed)], refused)
    return redirect(url_for("awards.reviewed", n=[claim.number for claim, _ in done]), 303)


@blueprint.get("/office/<village_code>/review/done")
@office(*READERS)
def reviewed() -> Answer:
    """What became of the claims that were just reviewed (``n``, repeated)."""
    return _result(_numbers(request.args.getlist("n")), [])


def _result(numbers: Sequence[int], refused: Sequence[tuple[Claim, Refusal]]) -> Answer:
    village = g.village

    def load(tx: Connection) -> tuple[list[Claim], dict[int, Notice | None], int]:
        found = claims_by_number(tx, village.village_id, numbers)
        hung = {claim.notice_id for claim in found if claim.notice_id}
        notices = {notice_id: notice_by_id(tx, village.village_id, notice_id) for notice_id in hung}
        left = [one for one in waiting_for_review(tx, village, g.staff.staff_id) if one.mine_to_do]
        return found, notices, len(left)

    found, notices, left = services().database.read(load)
    return render_template("awards/reviewed.html", claims=found, notices=notices, refused=refused, left=left, **_WORDS)


def _table(faults: dict[str, str]) -> str:
    today = g.village.today(services().clock.now())
    waiting = _waiting()
    late = [one for one in waiting if (today - g.village.today(one.claim.recorded_at)).days >= OVERDUE_DAYS]
    return render_template(
        "awards/review.html",
        waiting=waiting,
        late=late,
        today=today,
        faults=faults,
        ticked=_ticked(),
        reviews=Role.REVIEWER in g.roles,
        overdue_days=OVERDUE_DAYS,
        **_WORDS,
    )


def _ask(chosen: Sequence[Waiting], verdict: Verdict, faults: dict[str, str], reason: str = "") -> str:
    today = g.village.today(services().clock.now())
    return render_template(
        "awards/review_check.html",
        chosen=chosen,
        agree=verdict is Verdict.AGREE,
        total=sum(one.allowance.points for one in chosen),
        hanging=[one for one in chosen if one.agreed + 1 >= g.village.quorum],
        days=notice_days(today, g.village.notice_days),
        faults=faults,
        reason=reason,
        limit=REASON_LIMIT,
        **_WORDS,
    )


def _waiting() -> list[Waiting]:
    village, staff_id = g.village, g.staff.staff_id
    return services().database.read(lambda tx: waiting_for_review(tx, village, staff_id))


def _ticked() -> list[int]:
    return _numbers(request.form.getlist("claim"))


def _numbers(texts: Sequence[str]) -> list[int]:
    """Those that can be the number of a claim: what has more digits than a column is nobody's."""
    return [int(n) for n in texts[:MOST_TICKED] if n.isascii() and n.isdigit() and len(n) <= MOST_DIGITS]


def _verdict() -> Verdict:
    return Verdict.REJECT if request.form.get("do") == Verdict.REJECT.value else Verdict.AGREE


def _reason_fault(verdict: Verdict, reason: str) -> str:
    if verdict is Verdict.AGREE:
        return ""
    if not reason:
        return "还没写为什么不同意"
    return f"最多写 {REASON_LIMIT} 个字，现在是 {len(reason)} 个" if len(reason) > REASON_LIMIT else ""
