"""给一户加分: the form, then the check before anything is written, then the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from flask import g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.awards.counting import month_so_far
from ledger.awards.forms import REFUSED_FIELD, AwardForm, Parsed, parse_award
from ledger.awards.pages import blueprint
from ledger.awards.reading import often_used_items
from ledger.awards.store import Proposed, propose, record_claim
from ledger.awards.values import ClaimRequest
from ledger.awards.words import capped_text, count_text, each_text, refusal_text
from ledger.people.store import Household, find_households
from ledger.scheme.store import Item, RuleBook, rule_book_on
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.villages.store import Village
from ledger.web.headers import may_be_gone_back_to
from ledger.web.services import services
from schemas.problems import BrokenContract, IdReused
from schemas.refusals import Refusal

OPEN_ITEMS = 3
USED_SINCE = timedelta(days=90)
SENT_ALREADY = "这一份已经交过了，这次改的没有记。要另记一笔，往下再核对一遍"


class Shown(NamedTuple):
    """What the form stands on: the rule book of today, the items that stand open, and today."""

    book: RuleBook
    often: list[Item]
    today: date


@blueprint.get("/office/<village_code>/award")
@office(Role.RECORDER)
def award() -> Answer:
    """The empty form; ``?household=0007`` fills the household in."""
    form = AwardForm(str(services().new_id()), household=request.args.get("household", "")[:20])
    shown, _ = _look(form)
    return _form(form, shown, Parsed(None, {}))


@blueprint.post("/office/<village_code>/award")
@office(Role.RECORDER)
def try_award() -> Answer:
    """``step`` says what to do with what was typed: check it, change it again, or record it."""
    form = AwardForm.of(request.form, services().new_id())
    shown, found = _look(form)
    if shown is None:
        return _form(form, shown, Parsed(None, {}))
    parsed = parse_award(form, found, shown.book, shown.today)
    step = request.form.get("step")
    if step == "edit":
        return _form(form, shown, Parsed(None, {}, parsed.matches))
    if parsed.request is None:
        return _form(form, shown, parsed)
    try:
        return (_record if step == "send" else _check)(form, shown, parsed, parsed.request)
    except IdReused:
        fresh = replace(form, id=str(services().new_id()))
        return _form(fresh, shown, Parsed(None, {"form": SENT_ALREADY}, parsed.matches))
    except BrokenContract as broken:
        faults = {fault.field: fault.words for fault in broken.faults}
        return _form(form, shown, Parsed(None, faults, parsed.matches))


def _check(form: AwardForm, shown: Shown, parsed: Parsed, wanted: ClaimRequest) -> Answer:
    """Everything as it would be recorded. Nothing is written."""
    village, now = g.village, services().clock.now()

    def look(tx: Connection) -> tuple[Proposed, tuple[int, int]]:
        proposed = propose(tx, village, wanted, now)
        return proposed, month_so_far(tx, village.village_id, proposed.household.household_id, wanted.done_on)

    proposed, month = services().database.read(look)
    if proposed.refusal is not None:
        return _refused(form, shown, parsed, proposed.refusal)
    item = proposed.item
    page = render_template(
        "awards/check.html",
        form=form.pinned(wanted.done_on),
        wanted=wanted,
        proposed=proposed,
        month=month,
        month_cap=shown.book.caps.get("points_per_household_month"),
        today=shown.today,
        count=count_text(wanted.quantity, item.unit),
        each=each_text(item.points, item.unit, village.decimals),
        capped=capped_text(proposed.asked_points, proposed.allowance, village.decimals),
    )
    return may_be_gone_back_to(page)


def _record(form: AwardForm, shown: Shown, parsed: Parsed, wanted: ClaimRequest) -> Answer:
    village, member, now = g.village, g.staff, services().clock.now()
    done = services().database.write(lambda tx: record_claim(tx, village, wanted, member.staff_id, now))
    if isinstance(done, Refusal):
        return _refused(form, shown, parsed, done)
    told = "again" if done.repeated else "new"
    return redirect(url_for("awards.claim", number=done.claim.number, told=told), 303)


def _refused(form: AwardForm, shown: Shown, parsed: Parsed, refusal: Refusal) -> Answer:
    field = REFUSED_FIELD.get(refusal.code, "form")
    return _form(form, shown, Parsed(None, {field: refusal_text(refusal, g.village)}, parsed.matches))


def _form(form: AwardForm, shown: Shown | None, parsed: Parsed) -> Answer:
    if shown is None:
        return render_template("awards/no_rule_book.html")
    page = render_template(
        "awards/form.html",
        form=form.among([item.code for item in shown.often]).unpinned(shown.today),
        faults=parsed.faults,
        matches=parsed.matches,
        shown=shown,
        yesterday=shown.today - timedelta(days=1),
    )
    return may_be_gone_back_to((page, 400) if parsed.faults else page)


def _look(form: AwardForm) -> tuple[Shown | None, list[Household]]:
    """What the form stands on (None while the village has no rule book), and the households that its text finds."""
    village, today = g.village, g.village.today(services().clock.now())

    def look(tx: Connection) -> tuple[Shown | None, list[Household]]:
        book = rule_book_on(tx, village.village_id, today)
        shown = Shown(book, _often(tx, village, book, today), today) if book else None
        return shown, find_households(tx, village.village_id, form.household)

    return services().database.read(look)


def _often(tx: Connection, village: Village, book: RuleBook, today: date) -> list[Item]:
    """The items used most of late, filled up with the first of the rule book."""
    used = [book.item(code) for code in often_used_items(tx, village.village_id, today - USED_SINCE, OPEN_ITEMS)]
    first = dict.fromkeys([*(item.code for item in used if item), *(item.code for item in book.items)])
    return [item for code in list(first)[:OPEN_ITEMS] if (item := book.item(code))]
