"""今天的事 and the notices; the pages for recording and reviewing hang on the same blueprint."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, abort, g, render_template
from sqlalchemy import Connection

from ledger.awards.noticing import NoticeSummary, notice_sheet, notice_summaries
from ledger.awards.reading import claims_of_notice
from ledger.awards.reviewing import Waiting, waiting_for_review
from ledger.awards.values import Claim
from ledger.awards.words import STATE_WORDS, deed_text, held_down_text
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.web.menu import Task, waiting_tasks
from ledger.web.services import services

blueprint = Blueprint("awards", __name__, template_folder="templates")
READERS = (Role.RECORDER, Role.REVIEWER, Role.SUPERVISOR, Role.VILLAGE_ADMIN)


class Work(NamedTuple):
    """What waits: for this person's review, for others', the notices that have not been credited in full, and what other rooms know."""

    mine: list[Waiting]
    others: list[Waiting]
    notices: list[NoticeSummary]
    tasks: list[Task]


def home() -> str:
    """今天的事 for whoever is signed in. ``ledger.app`` shows it at the office's door, behind its guard."""
    village, member, now = g.village, g.staff, services().clock.now()

    def load(tx: Connection) -> Work:
        waiting = waiting_for_review(tx, village, member.staff_id)
        mine = [one for one in waiting if Role.REVIEWER in g.roles and one.mine_to_do]
        open_notices = [one for one in notice_summaries(tx, village.village_id) if one.open_lines]
        tasks = waiting_tasks(tx, village.village_id, member.staff_id, g.roles)
        return Work(mine, [one for one in waiting if one not in mine], open_notices, tasks)

    reads = bool(g.roles.intersection(READERS))
    work = services().database.read(load) if reads else Work([], [], [], [])
    today = village.today(now)
    waited = (today - village.today(work.mine[0].claim.recorded_at)).days if work.mine else 0
    return render_template(
        "awards/home.html", work=work, now=now, today=today, waited=waited, records=Role.RECORDER in g.roles
    )


@blueprint.get("/office/<village_code>/notices")
@office(*READERS)
def notices() -> Answer:
    """Every notice, the newest first."""
    village, now = g.village, services().clock.now()
    found = services().database.read(lambda tx: notice_summaries(tx, village.village_id))
    return render_template("awards/notices.html", summaries=found, now=now, today=village.today(now))


@blueprint.get("/office/<village_code>/notices/<int:notice_id>")
@office(*READERS)
def notice(notice_id: int) -> Answer:
    """One notice: the sheet that is put up (print it from here), and what became of each line."""
    village, now = g.village, services().clock.now()

    def load(tx: Connection) -> tuple[object, list[Claim]]:
        return notice_sheet(tx, village, notice_id), claims_of_notice(tx, village.village_id, notice_id)

    sheet, lines = services().database.read(load)
    if sheet is None:
        abort(404)
    words = {"state_words": STATE_WORDS, "deed_text": deed_text, "held_down_text": held_down_text}
    return render_template("awards/notice.html", sheet=sheet, lines=lines, now=now, today=village.today(now), **words)
