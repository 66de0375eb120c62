"""Office pages: choose a file, look at what it would do, bring it in. Nothing is written before the last step.

Between looking and bringing in, the file travels in the form, with its SHA-256: what was looked at is what is imported.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import cast

from flask import Blueprint, Flask, abort, current_app, g, make_response, render_template, request
from sqlalchemy import Connection

from ledger.people.importing import Applied, Importer, Preview
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.web.services import services
from ledger.web.sheets import MOST_BYTES
from schemas.problems import BrokenContract, Fault

blueprint = Blueprint("imports", __name__, template_folder="templates")

EXTENSION = "merit_importers"
SHOWN = 100  # faults and changes on one page; the rest are counted


def register_importers(app: Flask, importers: Iterable[Importer]) -> None:
    """Tell the application what can be imported, in the order of the page."""
    app.extensions[EXTENSION] = {importer.kind: importer for importer in importers}


@blueprint.get("/office/<village_code>/import")
@office(Role.VILLAGE_ADMIN)
def kinds() -> Answer:
    """What can be imported."""
    return render_template("people/imports.html", importers=_importers().values())


@blueprint.get("/office/<village_code>/import/<kind>")
@office(Role.VILLAGE_ADMIN)
def choose(kind: str) -> Answer:
    """Step 1: choose a file."""
    return render_template("people/import_choose.html", importer=_importer(kind), fault="")


@blueprint.post("/office/<village_code>/import/<kind>/look")
@office(Role.VILLAGE_ADMIN)
def look(kind: str) -> Answer:
    """Step 2: what it would do, or every fault by row and column. Nothing is written."""
    importer, upload = _importer(kind), request.files.get("file")
    data = upload.stream.read(MOST_BYTES + 1) if upload else b""
    if upload is None or not upload.filename:
        return make_response(render_template("people/import_choose.html", importer=importer, fault="还没选文件"), 400)
    village = g.village
    seen = services().database.read(lambda tx: importer.preview(tx, village, data))
    return _preview(importer, seen, data, upload.filename[-80:])


@blueprint.post("/office/<village_code>/import/<kind>/bring-in")
@office(Role.VILLAGE_ADMIN)
def bring_in(kind: str) -> Answer:
    """Step 3: all of it or nothing. If the village has changed since the look, its faults are told as in step 2."""
    importer, given, village, staff_id = _importer(kind), services(), g.village, g.staff.staff_id
    data, name, now = _carried(), request.form.get("name", "")[:80], given.clock.now()

    def work(tx: Connection) -> Applied:
        done = importer.apply(tx, village, data, now, f"staff:{staff_id}")
        detail = f"{importer.kind} {hashlib.sha256(data).hexdigest()[:16]}"
        audit(tx, staff_id, village.village_id, "imported", detail, given.wall.now())
        return done

    try:
        done = given.database.write(work)
    except BrokenContract as broken:
        return _preview(importer, Preview("", moves=False, faults=broken.faults), data, name)
    return render_template("people/import_done.html", importer=importer, done=done)


def _preview(importer: Importer, seen: Preview, data: bytes, name: str) -> Answer:
    carried = {"data": base64.b64encode(data).decode("ascii"), "sha256": hashlib.sha256(data).hexdigest(), "name": name}
    page = render_template(
        "people/import_look.html", importer=importer, seen=seen, carried=carried, most=SHOWN, faults=_told(seen.faults)
    )
    return make_response(page, 400 if seen.faults else 200)


def _told(faults: tuple[Fault, ...]) -> list[str]:
    """Each sentence once, in the file's order."""
    return list(dict.fromkeys(fault.words for fault in faults))


def _carried() -> bytes:
    """The file that was looked at. 400 when the form was tampered with or cut short."""
    try:
        data = base64.b64decode(request.form.get("data", ""), validate=True)
    except ValueError:
        abort(400, "文件没有传全，没有导。回去再选一次")
    if hashlib.sha256(data).hexdigest() != request.form.get("sha256"):
        abort(400, "文件和看过的那份不一样，没有导。回去再选一次")
    return data


def _importers() -> Mapping[str, Importer]:
    return cast("Mapping[str, Importer]", current_app.extensions.get(EXTENSION, {}))


def _importer(kind: str) -> Importer:
    importer = _importers().get(kind)
    if importer is None:
        abort(404)
    return importer
