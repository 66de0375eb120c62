"""Office pages: the village's kiosks, a code for a new one, and stopping one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.kiosks.cases import case_words
from ledger.kiosks.enrolment import EnrolmentCode, make_code
from ledger.kiosks.store import Kiosk, all_kiosks, kept_aside, kiosk_by_id, revoke
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.villages.store import Case, Village, open_cases
from ledger.web.services import services

blueprint = Blueprint("kiosks", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows: kiosks, entries that lie aside by kiosk, and cases with their words."""

    kiosks: list[Kiosk]
    aside: dict[int, int]
    cases: list[tuple[Case, str]]


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
    return render_template(
        "kiosks/code.html", made=made, address=(given.settings.public_url or request.url_root).rstrip("/")
    )


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
    return Seen(all_kiosks(tx, village.village_id), kept_aside(tx, village.village_id), waiting)
