"""Office page: the donor's name, copied from the signed paper to its 单号."""

from __future__ import annotations

from flask import abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.kiosks.donors import donation, name_donor
from ledger.kiosks.pages import blueprint
from ledger.kiosks.stock_view import PaperSeen, see_paper
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.web.services import services
from schemas.problems import BrokenContract


@blueprint.get("/office/<village_code>/stock/<number>/donor")
@office(Role.VILLAGE_ADMIN, Role.SHOPKEEPER)
def ask_donor(number: str) -> Answer:
    """谁捐的？ with what was given."""
    seen = _seen(number)
    return render_template("kiosks/donor.html", one=seen, typed=seen.donor, faults={})


@blueprint.post("/office/<village_code>/stock/<number>/donor")
@office(Role.VILLAGE_ADMIN, Role.SHOPKEEPER)
def keep_donor(number: str) -> Answer:
    """The name beside that paper; sent twice, it stands there once."""
    given, village_id, staff_id = services(), g.village.village_id, g.staff.staff_id
    typed = request.form.get("donor", "")

    def work(tx: Connection) -> bool:
        paper = donation(tx, village_id, number)
        if paper is not None:
            name_donor(tx, village_id, paper, typed, given.random_bytes)
            audit(tx, staff_id, village_id, "donor_named", number, given.wall.now())
        return paper is not None

    try:
        found = given.database.write(work)
    except BrokenContract as broken:
        faults = {fault.field: fault.words for fault in broken.faults}
        page = render_template("kiosks/donor.html", one=_seen(number), typed=typed, faults=faults)
        return make_response(page, 400)
    return redirect(url_for("kiosks.stock"), 303) if found else abort(404)


def _seen(number: str) -> PaperSeen:
    def read(tx: Connection) -> PaperSeen | None:
        paper = donation(tx, g.village.village_id, number)
        return see_paper(tx, g.village, paper) if paper is not None else None

    return services().database.read(read) or abort(404)
