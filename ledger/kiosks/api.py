"""``/api/v1/kiosk/…``: enrol, snapshot, entries, passbook, PIN, seal. JSON in, JSON or RFC 9457 problems out; no cookies, no forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from ledger.book.checkpoints import SigningFault
from ledger.kiosks.asking import check_pin, read_passbook, seal_book
from ledger.kiosks.enrolment import enrol, kiosk_of_token
from ledger.kiosks.intake import Forked, Gap, Revoked, Taken, check_upload
from ledger.kiosks.snapshot import changed_since, composed, read_village
from ledger.kiosks.store import CONTACT_EVERY, Kiosk, touch
from ledger.kiosks.taking import take_part
from ledger.villages.store import Village
from ledger.web.errors import problem
from ledger.web.services import services
from schemas.kiosk_api import EnrolRequest, PinRequest, Upload, UploadAnswer, UploadedEntry
from schemas.problems import BrokenContract, Fault
from schemas.refusals import FaultCode, RefusalCode

blueprint = Blueprint("kiosk_api", __name__, url_prefix="/api/v1/kiosk")

UPLOAD_BYTES = 8 * 1024 * 1024  # 500 entries of 60 lines are some 3 MB
SMALL_BYTES = 16 * 1024
UNIT = 250  # entries a unit of work: others post in between
CODE_NOT_GOOD = "装机码对不上，或过了 10 分钟。到村里要一个新的"

M = TypeVar("M", bound=BaseModel)


@blueprint.post("/enrol")
def enrol_kiosk() -> Response:
    """A kiosk introduces itself with a one-time code. Wrong, used and expired codes get the same words."""
    asked = _body(EnrolRequest, SMALL_BYTES)
    given = services()
    now = given.clock.now()
    answer = given.database.write(lambda tx: enrol(tx, asked, now=now, random_bytes=given.random_bytes))
    return problem(403, "code_not_good", CODE_NOT_GOOD) if answer is None else _json(answer)


@blueprint.get("/snapshot")
def snapshot() -> Response:
    """What the counter needs to serve without network."""
    found = _kiosk()
    if isinstance(found, Response):
        return found
    village, kiosk = found
    given = services()
    now = given.clock.now()
    unsent, since = _unsent(request.args.get("unsent", "")), request.args.get("since", "")
    if now - kiosk.last_contact_at >= CONTACT_EVERY or unsent != kiosk.unsent:
        given.database.write(lambda tx: touch(tx, village.village_id, kiosk.kiosk_id, now, unsent))
    if stopped := _stopped(kiosk):
        return stopped
    seen = given.database.read(lambda tx: read_village(tx, village, now))
    answer = changed_since(composed(village, seen), since)
    return _json(answer.model_copy(update={"taken_up_to": kiosk.taken_up_to}))


@blueprint.get("/passbook/<household>")
def passbook(household: str) -> Response:
    """积分存折: a household's last lines."""
    found = _served()
    if isinstance(found, Response):
        return found
    village, _ = found
    book = services().database.read(lambda tx: read_passbook(tx, village, household))
    return problem(404, "household_unknown", f"名册里没有户号 {household}") if book is None else _json(book)


@blueprint.post("/pin")
def pin() -> Response:
    """Is this the household's PIN? Five misses lock it for a while, whatever kiosk asks."""
    found = _served()
    if isinstance(found, Response):
        return found
    return _json(check_pin(services(), found[0], _body(PinRequest, SMALL_BYTES)))


@blueprint.post("/seal")
def seal() -> Response:
    """Sign the book as it is, for the day-close slip."""
    found = _served()
    if isinstance(found, Response):
        return found
    try:
        return _json(seal_book(services(), found[0]))
    except SigningFault as fault:
        answer = problem(503, fault.code, fault.words)
        answer.headers["Retry-After"] = "600"
        return answer


@blueprint.post("/entries")
def entries() -> Response:
    """Take entries of the journal, in units of work: what was answered is durable, what was not may be sent again."""
    found = _kiosk()
    if isinstance(found, Response):
        return found
    village, kiosk = found
    upload = _body(Upload, UPLOAD_BYTES)
    check_upload(village, kiosk, upload)
    now = services().clock.now()
    whole = Taken(0, ())
    for start in range(0, len(upload.entries), UNIT):
        taken = _take(village, kiosk, upload.entries[start : start + UNIT], now)
        if isinstance(taken, Response):
            return taken
        whole = whole.then(taken)
    return _json(
        UploadAnswer(
            taken_up_to=whole.taken_up_to,
            outcomes=list(whole.outcomes),
            server_time=services().clock.now(),
            to_look_at=whole.to_look_at,
        )
    )


def _take(village: Village, kiosk: Kiosk, part: Sequence[UploadedEntry], now: datetime) -> Taken | Response:
    match take_part(services().database, village, kiosk.kiosk_id, part, now):
        case Taken() as taken:
            return taken
        case Gap(taken_up_to):
            missing = BrokenContract([Fault("taken_up_to", str(taken_up_to))])
            words = f"中间少了几笔，从第 {taken_up_to + 1} 笔传起"
            return problem(409, FaultCode.JOURNAL_GAP.code, words, missing)
        case Forked():
            return _forked()
        case Revoked():
            return _revoked()


def _kiosk() -> tuple[Village, Kiosk] | Response:
    """Who is calling, by bearer token; revoked and frozen kiosks too."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        found = services().database.read(lambda tx: kiosk_of_token(tx, token.strip()))
        if found is not None:
            return found
    answer = problem(401, "token_unknown", "这台机没有登记")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _served() -> tuple[Village, Kiosk] | Response:
    """Who is calling, if it may ask for more than to be heard."""
    found = _kiosk()
    return found if isinstance(found, Response) else _stopped(found[1]) or found


def _unsent(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _stopped(kiosk: Kiosk) -> Response | None:
    if kiosk.revoked_at is not None:
        return _revoked()
    return _forked() if kiosk.frozen_at is not None else None


def _revoked() -> Response:
    return problem(403, RefusalCode.KIOSK_REVOKED.code, RefusalCode.KIOSK_REVOKED.seen)


def _forked() -> Response:
    return problem(409, FaultCode.JOURNAL_FORK.code, FaultCode.JOURNAL_FORK.seen)


def _body(model: type[M], limit: int) -> M:
    """The request's body as the model. BrokenContract with every fault; 413 and 415 from the shell."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("只收 application/json")
    request.max_content_length = limit
    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        faults = [Fault(".".join(map(str, detail["loc"])) or "body", detail["msg"]) for detail in error.errors()]
        raise BrokenContract(faults) from error


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), mimetype="application/json")
