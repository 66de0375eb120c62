"""村账封账, the page that a 封账码 opens: before the first seal, with the newest, with any of the older ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from uuid6 import uuid7

from ledger.app import create_app
from ledger.book.checkpoints import add_countersignature, rotate_key
from ledger.book.keys import KeyFolder
from ledger.book.store import post
from ledger.book.values import FUND, Kind, TransferRequest
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.four_words import four_words
from schemas.notes import SignedNote, SignerKey, read_checkpoint, sign
from schemas.slip import slip_text
from tests.conftest import FixedClock
from tests.fakes.board_scene import Shop

LOG = "/v/SQ/log"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Shop:
    return Shop(database, village, clock).open()


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "log-keys")


@pytest.fixture
def client(scene: Shop, tmp_path: Path) -> FlaskClient:
    settings = LedgerSettings(data_dir=tmp_path / "data", secure_cookies=False)
    return create_app(Services(scene.database, scene.clock, settings)).test_client()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.S))


def slip(scene: Shop, folder: KeyFolder, note: SignedNote) -> str:
    key = folder.load("SQ")
    assert key is not None
    return slip_text(scene.village.base, note, key.signer.verifier)


def sealed(scene: Shop, folder: KeyFolder, *amounts: int) -> list[SignedNote]:
    """An award, a seal and an hour, for each amount."""
    notes, village_id = [], scene.village.village_id
    for amount in amounts:
        now, id_ = scene.clock.now(), uuid7()
        earned = TransferRequest(id_, Kind.AWARD, FUND, "household:0007", amount, now.date(), "staff:1", id_)
        scene.database.write(lambda tx, r=earned, n=now: post(tx, village_id, [r], now=n))  # type: ignore[misc]
        notes.append(scene.seal(folder))
        scene.clock.advance(hours=1)
    return notes


def test_before_the_first_seal_it_says_what_will_stand_here(client: FlaskClient) -> None:
    answer = client.get(LOG)
    told = text_of(answer.text)
    assert answer.status_code == 200
    assert "还没封过账" in told
    assert "封过的，新的在前" not in told
    assert 'href="tel:5550123"' in answer.text


def test_the_newest_seal_has_its_words_and_every_seal_the_mark_of_its_paper(
    scene: Shop, folder: KeyFolder, client: FlaskClient
) -> None:
    notes = sealed(scene, folder, 5, 6, 7)
    page = client.get(LOG).text
    head = read_checkpoint(notes[-1].text)
    assert f"村账封到第 {head.size} 笔" in text_of(page)
    assert " ".join(four_words(head.root)) in text_of(page)
    assert page.count("<svg") == 1
    marks = [slip(scene, folder, note).partition("#")[2] for note in notes]
    assert re.findall(r' id="([^"]+\.[^"]+)"', page) == list(reversed(marks))


def test_an_older_one_is_found_by_the_number_on_the_paper(scene: Shop, folder: KeyFolder, client: FlaskClient) -> None:
    first, *_ = sealed(scene, folder, 5, 6)
    head = read_checkpoint(first.text)
    told = text_of(client.get(LOG, query_string={"size": f" {head.size} "}).text)
    assert f"村账封到第 {head.size} 笔" in told
    assert " ".join(four_words(head.root)) in told
    assert "看最新的" in told


@pytest.mark.parametrize("size", ["7777", "0", "-1", "abc", "9" * 16, "9" * 40, "²", "<b>"])
def test_a_number_that_was_never_sealed_is_told_and_the_list_is_still_there(
    scene: Shop, folder: KeyFolder, client: FlaskClient, size: str
) -> None:
    sealed(scene, folder, 5)
    answer = client.get(LOG, query_string={"size": size})
    assert answer.status_code == 404
    assert "没有封到第" in text_of(answer.text)
    assert "封过的，新的在前" in text_of(answer.text)
    assert "<b>笔" not in answer.text


def test_a_village_that_is_none_has_no_log(client: FlaskClient) -> None:
    assert client.get("/v/QX/log").status_code == 404
    assert client.get("/v/sq/log").status_code == 200


def test_after_a_rotation_both_keys_papers_are_marked(scene: Shop, folder: KeyFolder, client: FlaskClient) -> None:
    (old,) = sealed(scene, folder, 5)
    before = slip(scene, folder, old)
    rotate_key(scene.database, scene.village.village_id, "SQ", folder, now=scene.clock.now())
    after = slip(scene, folder, scene.seal(folder))
    page = client.get(LOG).text
    for paper in (before, after):
        assert f'id="{paper.partition("#")[2]}"' in page


def test_only_a_countersignature_of_this_very_seal_is_shown(
    scene: Shop, folder: KeyFolder, client: FlaskClient
) -> None:
    """A township's signature under another book of the same size, put beside by hand, counts for nothing and spoils nothing."""
    (note,) = sealed(scene, folder, 5)
    township, stranger = SignerKey("township/清水镇", bytes(31) + b"\1"), SignerKey("township/外镇", bytes(31) + b"\2")
    both = note.with_signatures(sign(note.text, township).signatures)
    village_id, now = scene.village.village_id, scene.clock.now()
    scene.database.write(lambda tx: add_countersignature(tx, village_id, both, township.verifier, now))
    size = read_checkpoint(note.text).size
    foreign = sign(f"merit/SQ\n{size}\n{'A' * 43}=\n", stranger).signatures[0]
    row = "INSERT INTO countersignatures (village_id, size, vkey, line, added_at) VALUES (?, ?, ?, ?, '2026-11-16 00:00:00.000000')"
    scene.database.write(
        lambda tx: tx.exec_driver_sql(row, (village_id, size, stranger.verifier.text, foreign.line)).close()
    )
    told = text_of(client.get(LOG).text)
    assert "township/清水镇会签过" in told
    assert "外镇" not in told
    assert "外镇" not in client.get(f"{LOG}/checkpoint").text
