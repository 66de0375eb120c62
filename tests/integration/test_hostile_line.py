"""What a bad network or a bad machine may send: nothing of it is a crash, nothing of it counts, and the true journal still goes through."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from schemas.journal import FIRST_LINK, link
from schemas.kiosk_api import UploadAnswer, UploadedEntry
from tests.fakes.kiosk_door import come_in
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import SOAP, SOY, Scene

ENTRIES = "/api/v1/kiosk/entries"
Post = Callable[..., int]


@pytest.fixture
def pen(scene: Scene, client: FlaskClient) -> KioskPen:
    """An enrolled kiosk's pen with two sales and a paper in its journal."""
    pen, header = come_in(client, scene)
    client.environ_base["HTTP_AUTHORIZATION"] = header["Authorization"]
    sale = pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    pen.printed(sale)
    pen.asked("0012", scene.cards["0012"], [(SOY, 2, 5)])
    return pen


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Send those bytes as an upload; the status."""

    def sent(body: bytes, **headers: str) -> int:
        answer = client.post(ENTRIES, data=body, content_type="application/json", headers=headers)
        return answer.status_code

    return sent


def body_of(pen: KioskPen) -> bytes:
    return pen.upload().model_dump_json().encode()


def untouched(scene: Scene) -> bool:
    return (scene.balance("0007"), scene.balance("0012"), scene.cases()) == (60, 200, [])


def taken_well(scene: Scene, pen: KioskPen, client: FlaskClient) -> bool:
    """The true journal goes through, once."""
    for _ in range(2):
        answer = client.post(ENTRIES, data=body_of(pen), content_type="application/json")
        told = UploadAnswer.model_validate_json(answer.data)
        assert [outcome.outcome for outcome in told.outcomes] == ["posted", "recorded", "posted"]
    return (scene.balance("0007"), scene.balance("0012"), scene.adds_up()) == (55, 190, True)


def test_half_an_upload_is_none(scene: Scene, pen: KioskPen, client: FlaskClient, post: Post) -> None:
    body = body_of(pen)
    for cut in [*range(0, len(body), 97), len(body) - 1]:
        assert post(body[:cut]) == 400
    assert untouched(scene)
    assert taken_well(scene, pen, client)


def test_an_upload_with_changed_bytes_is_none(scene: Scene, pen: KioskPen, client: FlaskClient, post: Post) -> None:
    dice = random.Random(11)
    body = body_of(pen)
    for _ in range(150):
        bent = bytearray(body)
        for _ in range(dice.choice((1, 1, 3))):
            bent[dice.randrange(len(bent))] ^= dice.randrange(1, 256)
        assert post(bytes(bent)) in (200, 400, 409), bytes(bent)
    assert scene.cases() == []
    assert taken_well(scene, pen, client)


def test_packed_and_nested_bodies_are_not_unpacked(
    scene: Scene, pen: KioskPen, client: FlaskClient, post: Post
) -> None:
    assert post(gzip.compress(b" " * 9_000_000), **{"Content-Encoding": "gzip"}) == 400
    assert post(gzip.compress(body_of(pen)), **{"Content-Encoding": "gzip"}) == 400
    assert post(b"[" * 200_000) == 400
    assert post(b'{"entries":' * 50_000) == 400
    assert post(b" " * (8 * 1024 * 1024 + 1)) == 413
    assert untouched(scene)
    assert taken_well(scene, pen, client)


def test_swapped_doubled_and_left_out_entries_change_nothing(
    scene: Scene, pen: KioskPen, client: FlaskClient, post: Post
) -> None:
    one, two, three = pen.journal
    for bent in (
        [two, one, three],
        [one, one, two],
        [one, three],
        [three, two],
        [one, two, three, three],
        [two, three],
    ):
        assert post(pen.sign(bent).model_dump_json().encode()) in (400, 409)
    longer = pen.upload().model_copy(update={"entries": pen.journal[:2]})  # the head's signature is of another entry
    assert post(longer.model_dump_json().encode()) == 400
    assert post(json.dumps({"entries": [], "signature": "0" * 128}).encode()) == 400
    assert untouched(scene)
    assert taken_well(scene, pen, client)


def test_a_text_that_nobody_could_read_is_kept_and_stops_nothing(
    scene: Scene, pen: KioskPen, client: FlaskClient, post: Post
) -> None:
    for text in (
        "{" * 9_000,
        '{"a":' * 4_000,
        "[" * 19_999,
        '{"kind":"asked","number":1e400}',
        '{"id":{},"kind":[]}',
        "1",
        '""',
        "\u202e",
    ):
        pen.write_text(text)
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    answer = client.post(ENTRIES, data=body_of(pen), content_type="application/json")
    told = [one.outcome for one in UploadAnswer.model_validate_json(answer.data).outcomes]
    assert told == ["posted", "recorded", "posted", *["quarantined"] * 8, "posted"]
    assert (scene.balance("0007"), scene.adds_up()) == (50, True)


def test_more_entries_than_agreed_and_texts_that_are_no_text(scene: Scene, pen: KioskPen, post: Post) -> None:
    entry, last = pen.journal[0], FIRST_LINK
    many: list[UploadedEntry] = []
    for number in range(1, 502):
        last = link(last, b"{}")
        many.append(UploadedEntry(number=number, text="{}", link=last.hex()))
    upload = pen.sign(many[:1]).model_dump(mode="json") | {"entries": [one.model_dump(mode="json") for one in many]}
    assert post(json.dumps(upload).encode()) == 400
    for text in ("\x00", "\ud800", "x" * 20_001):
        bent = pen.sign([entry]).model_dump(mode="json")
        bent["entries"][0]["text"] = text
        assert post(json.dumps(bent).encode()) == 400
    odd: list[object] = [0, -1, 2**53, 2**64, True, 1.0, "1"]
    for one in odd:
        bent = pen.sign([entry]).model_dump(mode="json")
        bent["entries"][0]["number"] = one
        assert post(json.dumps(bent).encode()) == 400
    assert untouched(scene)


def test_pieces_of_one_journal_sent_at_once_come_out_in_order(scene: Scene, pen: KioskPen, client: FlaskClient) -> None:
    for _ in range(9):
        pen.asked("0012", scene.cards["0012"], [(SOAP, 1, 5)])
    pieces = [pen.upload(first, last) for first in (1, 4, 8) for last in (3, 7, 12) if last >= first]
    application = client.application
    header = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}

    def send(place: int) -> int:
        data = pieces[place % len(pieces)].model_dump_json()
        answer = application.test_client().post(ENTRIES, data=data, content_type="application/json", headers=header)
        return answer.status_code

    with ThreadPoolExecutor(6) as many:
        statuses = list(many.map(send, range(24)))
    assert set(statuses) <= {200, 409}
    answer = client.post(ENTRIES, data=body_of(pen), content_type="application/json")
    told = UploadAnswer.model_validate_json(answer.data)
    assert (told.taken_up_to, {one.number for one in told.outcomes}) == (12, set(range(1, 13)))
    assert (scene.balance("0012"), scene.cases(), scene.adds_up()) == (145, [], True)


def test_a_cursor_that_is_none_gets_the_whole(scene: Scene, pen: KioskPen, client: FlaskClient) -> None:
    cursors = ["1.", "2.x", "1." + "A" * 427, "%00", "½", "1." + "A" * 3_000, "' OR 1=1 --"]
    for since, unsent in zip(cursors, ["-1", "²", "9" * 40, "", "1.5", "0x1", "3"], strict=True):
        answer = client.get("/api/v1/kiosk/snapshot", query_string={"since": since, "unsent": unsent})
        assert answer.status_code == 200
        assert len(answer.get_json()["households"]) == 3
        assert "no-store" in answer.headers["Cache-Control"]
