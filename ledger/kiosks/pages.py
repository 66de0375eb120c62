"""Office pages: the village's kiosks and their closed days, what a person has to look at, a code for a new one, stopping one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.kiosks.cases import case_words
from ledger.kiosks.days import DayClose, day_closes_of
from ledger.kiosks.enrolment import EnrolmentCode, make_code
from ledger.kiosks.stock_view import read_stock
from ledger.kiosks.store import Kiosk, all_kiosks, kept_aside, kiosk_by_id, revoke
from ledger.people.card_pages import qr_svg
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.villages.store import Case, Village, close_case, open_cases
from ledger.web.services import services

DAYS = 14

blueprint = Blueprint("kiosks", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows: kiosks, entries that lie aside by kiosk, cases with their words, and the newest closed days."""

    kiosks: list[Kiosk]
    aside: dict[int, int]
    cases: list[tuple[Case, str]]
    days: list[DayClose]


@blueprint.get("/office/<village_code>/kiosks")
@office(Role.VILLAGE_ADMIN, Role.SUPERVISOR)
def kiosks() -> Answer:
    """The kiosks, and what a person has to look at."""
    seen = services().database.read(lambda tx: _seen(tx, g.village))
    return render_template("kiosks/kiosks.html", seen=seen)


@blueprint.post("/office/<village_code>/kiosks/code")
@office(Role.VILLAGE_ADMIN)
def new_code() -> Answer:
    """A one-time code, in this one answer only: loading the page again makes another."""
    given, village, staff_id = services(), g.village, g.staff.staff_id  # the writer's thread knows no ``g``
    now = given.clock.now()

    def work(tx: Connection) -> EnrolmentCode:
        audit(tx, staff_id, village.village_id, "kiosk_code", "", given.wall.now())
        return make_code(tx, village, by=f"staff:{staff_id}", now=now, random_bytes=given.random_bytes)

    made = given.database.write(work)
    address = (given.settings.public_url or request.url_root).rstrip("/")
    return render_template("kiosks/code.html", made=made, qr=qr_svg(made.code), address=address)


@blueprint.post("/office/<village_code>/cases/<uuid:case_id>/close")
@office(Role.VILLAGE_ADMIN, Role.SUPERVISOR)
def close(case_id: UUID) -> Answer:
    """办好了: somebody looked at it and it is settled. Sent twice, it is closed once."""
    given, village, staff_id = services(), g.village, g.staff.staff_id

    def work(tx: Connection) -> None:
        if close_case(tx, village.village_id, case_id, by=f"staff:{staff_id}", now=given.clock.now()):
            audit(tx, staff_id, village.village_id, "case_closed", str(case_id), given.wall.now())

    given.database.write(work)
    return redirect(url_for("kiosks.kiosks"), 303)


@blueprint.get("/office/<village_code>/stock")
@office()
def stock() -> Answer:
    """The shelf's papers, what is running out or should go first, and who gave what."""
    seen = services().database.read(lambda tx: read_stock(tx, g.village))
    return render_template("kiosks/stock.html", seen=seen, today=g.village.today(services().clock.now()))


@blueprint.get("/office/<village_code>/kiosks/<int:number>/revoke")
@office(Role.VILLAGE_ADMIN)
def ask_revoke(number: int) -> Answer:
    """Stop this kiosk? Says what becomes of its unsent sales."""
    found = services().database.read(lambda tx: kiosk_by_id(tx, g.village.village_id, number))
    if found is None:
        abort(404)
    return render_template("kiosks/revoke.html", kiosk=found)


@blueprint.post("/office/<village_code>/kiosks/<int:number>/revoke")
@office(Role.VILLAGE_ADMIN)
def revoke_kiosk(number: int) -> Answer:
    """Stop the kiosk for good; sent twice, it is stopped once."""
    given, village, staff_id = services(), g.village, g.staff.staff_id

    def work(tx: Connection) -> bool:
        if revoke(tx, village.village_id, number, given.clock.now()):
            audit(tx, staff_id, village.village_id, "kiosk_revoked", str(number), given.wall.now())
        return kiosk_by_id(tx, village.village_id, number) is not None

    if not given.database.write(work):
        abort(404)
    return redirect(url_for("kiosks.kiosks"), 303)


def _seen(tx: Connection, village: Village) -> Seen:
    waiting = [(case, case_words(case, village.decimals)) for case in open_cases(tx, village.village_id)]
    village_id = village.village_id
    days = day_closes_of(tx, village_id, limit=DAYS)
    return Seen(all_kiosks(tx, village_id), kept_aside(tx, village_id), waiting, days)
