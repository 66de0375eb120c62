"""What the ledger really answers to a kiosk is what the exported JSON Schemas say; what they forbid is refused with every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.staff.roles import Role
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.kiosk_api import EnrolAnswer, Snapshot
from schemas.tokens import token_hash
from tests.conftest import FixedClock
from tests.fakes.kiosk_door import enrol, new_code
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.office_door import hire
from tests.fakes.shop_scene import RICE, SOAP, Scene

FOLDER = Path(__file__).parents[2] / "schemas"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock).furnish()


@pytest.fixture
def client(database: Database, clock: FixedClock, tmp_path: Path) -> FlaskClient:
    return create_app(Services(database, clock, LedgerSettings(data_dir=tmp_path))).test_client()


@pytest.fixture
def kiosk(client: FlaskClient, scene: Scene) -> tuple[KioskPen, dict[str, str]]:
    pen = KioskPen()
    answer = enrol(client, new_code(scene), pen)
    enrolled = EnrolAnswer.model_validate(agrees(answer, "enrol-answer"))
    return pen, {"Authorization": f"Bearer {enrolled.token}"}


def agrees(answer: TestResponse, name: str) -> Any:
    """The answer's JSON, once it has passed the exported schema."""
    schema = json.loads((FOLDER / "json" / f"{name}.json").read_text(encoding="utf-8"))
    body = answer.get_json(force=True)
    jsonschema.validate(body, schema, jsonschema.Draft202012Validator)
    return body


def test_the_snapshot_is_as_agreed_and_holds_no_more_than_the_counter_needs(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    hire(scene.database, scene.village, scene.clock, "zhou", Role.SHOPKEEPER)
    hire(scene.database, scene.village, scene.clock, "li", Role.RECORDER)
    answer = client.get("/api/v1/kiosk/snapshot", headers=kiosk[1])
    agrees(answer, "snapshot")
    seen = Snapshot.model_validate_json(answer.data)
    assert [(one.number, one.masked_name, one.balance, one.state) for one in seen.households] == [
        ("0007", "汤**", 60, "open"), ("0011", "阎*", 12, "open"), ("0012", "欧阳**", 200, "open"),
    ]  # fmt: skip
    assert {card.hash: card.household for card in seen.cards} == {
        token_hash(token).hex(): number for number, token in scene.cards.items()
    }
    assert [(good.barcode, good.price, good.stock) for good in seen.goods][3] == (RICE, 39, 60)
    assert [clerk.login for clerk in seen.clerks] == ["zhou"]
    text = answer.get_data(as_text=True)
    assert all(secret not in text for secret in ("汤勇芳", "阎明", "欧阳修文", *scene.cards.values()))


def test_upload_and_answer_are_as_agreed(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    pen, header = kiosk
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.write_text("not an entry")
    data = pen.upload().model_dump_json()
    answer = client.post("/api/v1/kiosk/entries", data=data, content_type="application/json", headers=header)
    body = agrees(answer, "upload-answer")
    assert [one["outcome"] for one in body["outcomes"]] == ["posted", "not_enough_points", "quarantined"]


def test_what_was_spent_today_is_in_the_next_snapshot(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    pen, header = kiosk
    pen.asked("0007", scene.cards["0007"], [(SOAP, 2, 5)])
    data = pen.upload().model_dump_json()
    client.post("/api/v1/kiosk/entries", data=data, content_type="application/json", headers=header)
    seen = Snapshot.model_validate_json(client.get("/api/v1/kiosk/snapshot", headers=header).data)
    assert [(one.balance, one.spent_today) for one in seen.households if one.number == "0007"] == [(50, 10)]
    assert seen.seq == 4


INVALID = sorted((FOLDER / "examples" / "invalid").glob("*.json"))


@pytest.mark.parametrize(
    "path", [path for path in INVALID if ".enrol-request." in path.name], ids=lambda path: path.stem
)
def test_an_enrolment_that_is_none_is_told_every_fault(client: FlaskClient, path: Path) -> None:
    answer = client.post("/api/v1/kiosk/enrol", data=path.read_bytes(), content_type="application/json")
    body = agrees(answer, "problem")
    assert (answer.status_code, answer.mimetype, body["code"]) == (400, "application/problem+json", "bad_input")
    assert body["faults"]


@pytest.mark.parametrize("path", [path for path in INVALID if ".upload." in path.name], ids=lambda path: path.stem)
def test_an_upload_that_is_none_is_told_every_fault(
    client: FlaskClient, kiosk: tuple[KioskPen, dict[str, str]], path: Path
) -> None:
    answer = client.post(
        "/api/v1/kiosk/entries", data=path.read_bytes(), content_type="application/json", headers=kiosk[1]
    )
    assert (answer.status_code, agrees(answer, "problem")["code"]) == (400, "bad_input")


@pytest.mark.parametrize("path", [path for path in INVALID if ".entry." in path.name], ids=lambda path: path.stem)
def test_an_entry_that_is_none_lies_in_quarantine(
    client: FlaskClient, kiosk: tuple[KioskPen, dict[str, str]], path: Path
) -> None:
    pen, header = kiosk
    pen.write_text(path.read_text(encoding="utf-8"))
    data = pen.upload().model_dump_json()
    answer = client.post("/api/v1/kiosk/entries", data=data, content_type="application/json", headers=header)
    assert [one["outcome"] for one in agrees(answer, "upload-answer")["outcomes"]] == ["quarantined"]


def test_only_json_of_a_decent_size_is_read(client: FlaskClient, kiosk: tuple[KioskPen, dict[str, str]]) -> None:
    as_form = client.post("/api/v1/kiosk/enrol", data={"code": "SQ-00000000"})
    assert (as_form.status_code, agrees(as_form, "problem")["code"]) == (415, "unsupported_media_type")
    too_long = b" " * (16 * 1024 + 1)
    huge = client.post("/api/v1/kiosk/enrol", data=too_long, content_type="application/json")
    assert (huge.status_code, agrees(huge, "problem")["code"]) == (413, "too_large")
    broken = client.post("/api/v1/kiosk/entries", data=b"{", content_type="application/json", headers=kiosk[1])
    assert (broken.status_code, agrees(broken, "problem")["code"]) == (400, "bad_input")
