"""A kiosk comes in by a code that works once and for ten minutes, and then by its token; a stopped one stays out."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kiosk.enrolling.making import read_code
from ledger.kiosks.store import all_kiosks, freeze, kept_aside, revoke
from ledger.kiosks.tables import enrolments, kiosks
from ledger.people.card_pages import qr_svg
from ledger.staff.roles import Role
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.journal import fingerprint
from schemas.kiosk_api import EnrolAnswer, UploadAnswer
from schemas.tokens import make_token
from tests.conftest import FixedClock
from tests.fakes.kiosk_door import come_in, enrol, new_code
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.office_door import hire, post_form, sign_in
from tests.fakes.shop_scene import SOAP, Scene

JSON = "application/json"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock)


def send(client: FlaskClient, pen: KioskPen, header: dict[str, str]) -> TestResponse:
    return client.post("/api/v1/kiosk/entries", data=pen.upload().model_dump_json(), content_type=JSON, headers=header)


def told(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json(force=True)["code"]


# ── the code ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_lets_one_kiosk_in_and_no_second(client: FlaskClient, scene: Scene) -> None:
    code, pen = new_code(scene), KioskPen()
    answer = enrol(client, code, pen)
    enrolled = EnrolAnswer.model_validate_json(answer.data)
    assert (answer.status_code, enrolled.village, enrolled.village_name, enrolled.kiosk) == (200, "SQ", "石桥村", 1)
    assert told(enrol(client, code, KioskPen())) == (403, "code_not_good")
    [kiosk] = scene.database.read(lambda tx: all_kiosks(tx, scene.village.village_id))
    assert kiosk.public_key.hex() == pen.public_key


def test_after_ten_minutes_a_code_is_no_good(client: FlaskClient, scene: Scene) -> None:
    code = new_code(scene)
    scene.clock.advance(minutes=10)
    assert told(enrol(client, code, KioskPen())) == (403, "code_not_good")
    code = new_code(scene)
    scene.clock.advance(minutes=9, seconds=59)
    assert enrol(client, code, KioskPen()).status_code == 200


def test_wrong_used_expired_and_foreign_codes_sound_the_same(client: FlaskClient, scene: Scene) -> None:
    used, expired = new_code(scene), new_code(scene)
    enrol(client, used, KioskPen())
    scene.clock.advance(minutes=11)
    answers = [enrol(client, code, KioskPen()) for code in ("SQ-00000000", "XX-00000000", used, expired)]
    assert len({(answer.status_code, answer.data) for answer in answers}) == 1


def test_two_kiosks_get_two_numbers(client: FlaskClient, scene: Scene) -> None:
    assert [come_in(client, scene)[0].kiosk for _ in range(2)] == [1, 2]


def test_code_and_token_are_kept_as_hashes_only(client: FlaskClient, scene: Scene) -> None:
    code, pen = new_code(scene), KioskPen()
    token = EnrolAnswer.model_validate_json(enrol(client, code, pen).data).token
    rows = scene.database.read(lambda tx: [*tx.execute(select(enrolments)), *tx.execute(select(kiosks))])
    kept = " ".join(str(value) for row in rows for value in row)
    assert code not in kept
    assert token not in kept


@pytest.mark.parametrize("key", ["00" * 32, "ff" * 32])
def test_a_key_that_is_none_does_not_use_the_code_up(client: FlaskClient, scene: Scene, key: str) -> None:
    code = new_code(scene)
    answer = client.post("/api/v1/kiosk/enrol", json={"code": code, "public_key": key, "version": "0.1"})
    assert told(answer) == (400, "bad_input")
    assert enrol(client, code, KioskPen()).status_code == 200


# ── the token ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nothing"},
        {"Authorization": f"Bearer {make_token('SQ', bytes(17))}"},
        {"Authorization": "Basic enhvdTp6aG91"},
    ],
)
def test_without_a_known_token_nothing_opens(client: FlaskClient, scene: Scene, header: dict[str, str]) -> None:
    for answer in (
        client.get("/api/v1/kiosk/snapshot", headers=header),
        client.post("/api/v1/kiosk/entries", json={}, headers=header),
    ):
        assert told(answer) == (401, "token_unknown")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_enrolled_kiosk_sells_and_is_answered(client: FlaskClient, scene: Scene) -> None:
    scene.furnish()
    pen, header = come_in(client, scene)
    sale = pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    answer = UploadAnswer.model_validate_json(send(client, pen, header).data)
    assert (answer.taken_up_to, answer.server_time) == (1, scene.clock.now())
    assert [(one.id, one.outcome, one.balance) for one in answer.outcomes] == [(sale, "posted", 55)]


def test_a_long_backlog_is_taken_in_one_request(client: FlaskClient, scene: Scene) -> None:
    scene.furnish()
    pen, header = come_in(client, scene)
    sale = pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    for _ in range(249):
        pen.printed(sale)
    answer = UploadAnswer.model_validate_json(send(client, pen, header).data)
    assert (answer.taken_up_to, len(answer.outcomes)) == (250, 250)
    again = UploadAnswer.model_validate_json(send(client, pen, header).data)
    assert all(outcome.repeated for outcome in again.outcomes)


def test_a_kiosk_of_another_village_sees_and_sells_only_there(
    client: FlaskClient, scene: Scene, make_village: Callable[..., Village]
) -> None:
    scene.furnish()
    other = Scene(scene.database, make_village("LT", "柳塘村"), scene.clock)
    pen = KioskPen(village="LT", wall=scene.clock.now())
    token = EnrolAnswer.model_validate_json(enrol(client, new_code(other), pen).data).token
    header = {"Authorization": f"Bearer {token}"}
    seen = client.get("/api/v1/kiosk/snapshot", headers=header).get_json()
    assert (seen["village"]["code"], seen["households"], seen["goods"]) == ("LT", [], [])
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    answer = UploadAnswer.model_validate_json(send(client, pen, header).data)
    assert answer.outcomes[0].outcome == "card_unknown"
    assert scene.balance("0007") == 60


# ── stopped ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stopped_kiosk_is_told_so_and_what_it_sends_is_kept(client: FlaskClient, scene: Scene) -> None:
    scene.furnish()
    pen, header = come_in(client, scene)
    scene.database.write(lambda tx: revoke(tx, scene.village.village_id, pen.kiosk, scene.clock.now()))
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    assert told(send(client, pen, header)) == (403, "kiosk_revoked")
    assert told(client.get("/api/v1/kiosk/snapshot", headers=header)) == (403, "kiosk_revoked")
    assert scene.database.read(lambda tx: kept_aside(tx, scene.village.village_id)) == {pen.kiosk: 1}
    assert scene.balance("0007") == 60


def test_a_frozen_kiosk_is_told_so(client: FlaskClient, scene: Scene) -> None:
    pen, header = come_in(client, scene)
    scene.database.write(lambda tx: freeze(tx, scene.village.village_id, pen.kiosk, scene.clock.now()))
    assert told(client.get("/api/v1/kiosk/snapshot", headers=header)) == (409, "journal_fork")


def test_a_gap_says_up_to_where_the_ledger_holds(client: FlaskClient, scene: Scene) -> None:
    pen, header = come_in(client, scene)
    for _ in range(3):
        pen.called_off(uuid4())
    data = pen.upload(3).model_dump_json()
    answer = client.post("/api/v1/kiosk/entries", data=data, content_type=JSON, headers=header)
    assert told(answer) == (409, "journal_gap")
    assert answer.get_json(force=True)["faults"] == [{"field": "taken_up_to", "words": "0"}]


def test_contact_is_noted(client: FlaskClient, scene: Scene) -> None:
    _, header = come_in(client, scene)
    scene.clock.advance(minutes=5)
    client.get("/api/v1/kiosk/snapshot", headers=header)
    [kiosk] = scene.database.read(lambda tx: all_kiosks(tx, scene.village.village_id))
    assert kiosk.last_contact_at == scene.clock.now()


# ── the office's page ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_offices_code_is_a_qr_that_a_new_machine_reads_and_both_show_the_same_digits(
    client: FlaskClient, scene: Scene
) -> None:
    hire(scene.database, scene.village, scene.clock, "chen", Role.VILLAGE_ADMIN)
    sign_in(client, "chen")
    page = post_form(client, "/office/SQ/kiosks", "/office/SQ/kiosks/code").text
    shown = re.search(r"<dd>(SQ-[0-9A-Z]{8})</dd>", page)
    assert shown is not None
    assert str(qr_svg(shown[1])) in page
    assert read_code(shown[1]) == shown[1]
    pen = KioskPen()
    assert enrol(client, shown[1], pen).status_code == 200
    assert fingerprint(bytes.fromhex(pen.public_key)) in client.get("/office/SQ/kiosks").text
