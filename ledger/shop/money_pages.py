"""账 in the office: the money behind points, the month's sheet on screen and A4, and what two people decide about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.people.card_pages import qr_svg
from ledger.shop.money import ask, confirm, confirmers, decided, drop, money_request, waiting
from ledger.shop.money_rules import ASKERS, CONFIRMERS, SOURCE_LIMIT, MoneyKind, MoneyRequest, MoneyWish
from ledger.shop.money_sheet import MonthSheet, Standing, month_sheet, months_of, seal_slip, standing
from ledger.shop.money_words import REQUEST_WORDS, STATE_WORDS, figures_of, refusal_text
from ledger.staff.guards import Answer, office
from ledger.villages.store import Village
from ledger.web.menu import Task
from ledger.web.services import services
from schemas.points import parse_points
from schemas.problems import BrokenContract, IdReused
from schemas.refusals import Refusal

blueprint = Blueprint("money", __name__, template_folder="templates")

SENT_ALREADY = "这一份已经交过了，这次改的没有记。要另记一笔，再写一遍"
_WORDS = {"request_words": REQUEST_WORDS, "state_words": STATE_WORDS}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows, from one snapshot."""

    standing: Standing
    sheet: MonthSheet
    months: list[date]
    waiting: list[MoneyRequest]
    decided: list[MoneyRequest]
    slip: str | None


def tasks(tx: Connection, village_id: int, staff_id: int, roles: Collection[str]) -> list[Task]:
    """For 今天的事: what this person may confirm, and what of their own waits for somebody else."""
    asked = waiting(tx, village_id) if CONFIRMERS.intersection(roles) else []
    theirs = [one for one in asked if one.asked_by != staff_id]
    found = []
    if theirs:
        names = "、".join(dict.fromkeys(one.asker for one in theirs))
        found.append(
            Task(
                "账上等你确认", f"{names}记的，最早的是{REQUEST_WORDS[theirs[0].wish.kind]}", "money.money", len(theirs)
            )
        )
    if mine := len(asked) - len(theirs):
        able = "、".join(one.name for one in confirmers(tx, village_id) if one.staff_id != staff_id)
        found.append(
            Task(
                "你记的账等人确认",
                f"{able}能确认" if able else "村里还没有第二个人能确认，先添一位",
                "money.money",
                mine,
            )
        )
    return found


@blueprint.get("/office/<village_code>/money")
@office(*CONFIRMERS)
def money() -> Answer:
    """The standing now, what waits for a second person, and the sheet of ``?month=2026-11`` (the present one by default)."""
    village, now = g.village, services().clock.now()
    wanted = request.args.get("month", "")

    def look(tx: Connection) -> Seen | None:
        months = months_of(tx, village, now)
        chosen = next((month for month in months if f"{month:%Y-%m}" == wanted), None if wanted else months[0])
        if chosen is None:
            return None
        sheet = month_sheet(tx, village, chosen, now)
        asked, done = waiting(tx, village.village_id), decided(tx, village.village_id)
        return Seen(standing(tx, village), sheet, months, asked, done, seal_slip(tx, village, sheet.seal))

    seen = services().database.read(look)
    if seen is None:
        abort(404)
    qr = qr_svg(seen.slip) if seen.slip else None
    asks = bool(g.roles & ASKERS)
    return render_template(
        "shop/money.html", seen=seen, now=now, qr=qr, asks=asks, **_WORDS, **figures_of(village), told=_told()
    )


@blueprint.get("/office/<village_code>/money/ask/<kind>")
@office(*ASKERS)
def ask_form(kind: str) -> Answer:
    """The form for one kind of request."""
    return _form(_kind(kind), {}, str(services().new_id()))


@blueprint.post("/office/<village_code>/money/ask/<kind>")
@office(*ASKERS)
def try_ask(kind: str) -> Answer:
    """Write the request down; it waits for another person. Sent twice, it is written down once."""
    village, member, now = g.village, g.staff, services().clock.now()
    wish, id_ = _wish(_kind(kind), village), _uuid(request.form.get("id", "")) or services().new_id()
    try:
        done = services().database.write(lambda tx: ask(tx, village, wish, request_id=id_, by=member.staff_id, now=now))
    except IdReused:
        return _form(wish.kind, {"form": SENT_ALREADY}, str(services().new_id()))
    except BrokenContract as broken:
        return _form(wish.kind, {fault.field: fault.words for fault in broken.faults}, str(id_))
    if isinstance(done, Refusal):
        return _form(wish.kind, {"amount": refusal_text(done, village)}, str(id_))
    return redirect(url_for("money.money", told=done.state.value), 303)


@blueprint.get("/office/<village_code>/money/requests/<uuid:request_id>")
@office(*CONFIRMERS)
def look_request(request_id: UUID) -> Answer:
    """One request: what would change, and who may confirm it."""
    return _request_page(request_id, "")


@blueprint.post("/office/<village_code>/money/requests/<uuid:request_id>")
@office(*CONFIRMERS)
def decide_request(request_id: UUID) -> Answer:
    """``do`` says confirm or drop; sent twice, it happens once."""
    village, member, now = g.village, g.staff, services().clock.now()
    act = drop if request.form.get("do") == "drop" else confirm
    try:
        done = services().database.write(lambda tx: act(tx, village, request_id, by=member.staff_id, now=now))
    except LookupError:
        abort(404)
    if isinstance(done, Refusal):
        return _request_page(request_id, refusal_text(done, village))
    return redirect(url_for("money.money", told=done.state.value), 303)


def _request_page(request_id: UUID, refused: str) -> Answer:
    village = g.village

    def look(tx: Connection) -> tuple[MoneyRequest | None, Standing, list[str]]:
        found = money_request(tx, village.village_id, request_id)
        able = [one.name for one in confirmers(tx, village.village_id) if not found or one.staff_id != found.asked_by]
        return found, standing(tx, village), able

    found, now_standing, able = services().database.read(look)
    if found is None:
        abort(404)
    page = render_template(
        "shop/money_request.html", request_=found, standing=now_standing, able=able, refused=refused,
        mine=found.asked_by == g.staff.staff_id, **_WORDS, **figures_of(village),
    )  # fmt: skip
    return (page, 400) if refused else page


def _form(kind: MoneyKind, faults: dict[str, str], id_: str) -> Answer:
    village, member = g.village, g.staff

    def look(tx: Connection) -> tuple[Standing, list[str]]:
        able = [one.name for one in confirmers(tx, village.village_id) if one.staff_id != member.staff_id]
        return standing(tx, village), able

    now_standing, able = services().database.read(look)
    page = render_template(
        "shop/money_ask.html", kind=kind, standing=now_standing, able=able, faults=faults, id=id_,
        amount=request.form.get("amount", ""), source=request.form.get("source", ""), source_limit=SOURCE_LIMIT,
        **_WORDS, **figures_of(village),
    )  # fmt: skip
    return (page, 400) if faults else page


def _wish(kind: MoneyKind, village: Village) -> MoneyWish:
    """What was typed, as it stands; ``ask`` names what is wrong with it."""
    if not kind.moves_points:
        return MoneyWish(kind)
    amount = parse_points(request.form.get("amount", ""), village.decimals) or 0
    source = " ".join(request.form.get("source", "").split()) if kind is MoneyKind.GRANT else ""
    return MoneyWish(kind, amount, source)


def _kind(text: str) -> MoneyKind:
    try:
        return MoneyKind(text.replace("-", "_"))
    except ValueError:
        abort(404)


def _told() -> str:
    told = request.args.get("told", "")
    return told if told in STATE_WORDS else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
