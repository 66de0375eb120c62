"""A kiosk at the service's door: it comes in by the office's one-time code, as its program does."""

from __future__ import annotations

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.kiosks.enrolment import make_code
from schemas.kiosk_api import EnrolAnswer
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import Scene

Header = dict[str, str]


def new_code(scene: Scene) -> str:
    """A code as the office's page makes it."""
    now = scene.clock.now()
    return scene.database.write(
        lambda tx: make_code(tx, scene.village, by="staff:1", now=now, random_bytes=scene.random_bytes)
    ).code


def enrol(client: FlaskClient, code: str, pen: KioskPen) -> TestResponse:
    """Ask to be enrolled with that pen's key."""
    return client.post("/api/v1/kiosk/enrol", json={"code": code, "public_key": pen.public_key, "version": "0.1"})


def come_in(client: FlaskClient, scene: Scene) -> tuple[KioskPen, Header]:
    """A new kiosk's pen, and the header that lets it in."""
    pen = KioskPen(wall=scene.clock.now())
    answer = EnrolAnswer.model_validate_json(enrol(client, new_code(scene), pen).data)
    pen.kiosk = answer.kiosk
    return pen, {"Authorization": f"Bearer {answer.token}"}
