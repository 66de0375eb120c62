"""The log's checkpoints and the keys that sign them, on every engine."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from ledger.book.against import Finding, verify_against
from ledger.book.checkpoints import (
    KeyLost,
    RestoreFirst,
    key_history,
    latest_checkpoint,
    rotate_key,
)
from ledger.book.keys import KeyFolder, trusted_keys
from ledger.book.log_tables import checkpoints, log_tiles
from ledger.book.reading import book_head
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.notes import VerifierKey, read_checkpoint, read_vkey, signers
from schemas.slip import slip_text
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door, Signing
from tests.integration.book.made import awards, public


def test_a_checkpoint_says_what_the_book_holds_and_is_published(
    database: Database, village: Village, door: Door, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    door(*awards(5, clock))
    note = seal()
    checkpoint = read_checkpoint(note.text)
    assert (checkpoint.size, checkpoint.root) == database.read(lambda tx: book_head(tx, village.village_id))
    assert signers(note, [public(folder)])
    assert database.read(lambda tx: latest_checkpoint(tx, village.village_id)) == note
    assert seal() == note
    assert len(database.read(lambda tx: tx.execute(select(checkpoints)).all())) == 1


def test_an_empty_book_can_be_sealed(seal: Signing, door: Door, clock: FixedClock) -> None:
    assert read_checkpoint(seal().text).size == 0
    door(*awards(1, clock))
    assert read_checkpoint(seal().text).size == 1


def test_the_key_is_a_private_file_outside_the_database(seal: Signing, folder: KeyFolder, database: Database) -> None:
    seal()
    path = folder.path("SQ")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    seed = json.loads(path.read_text())["seed"]
    assert seed not in repr(folder.load("SQ"))
    for table in (checkpoints, log_tiles):
        assert seed not in str(database.read(lambda tx, table=table: tx.execute(select(table)).all()))  # type: ignore[misc]


def test_a_lost_key_is_not_replaced_silently(
    database: Database, village: Village, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    first = public_after(seal, folder)
    folder.path("SQ").unlink()
    with pytest.raises(KeyLost, match="U 盘"):
        seal()
    rotate_key(database, village.village_id, "SQ", folder, now=clock.now(), lost="电脑坏了")
    seal()
    history = database.read(lambda tx: key_history(tx, village.village_id))
    assert [record.reason for record in history] == ["first key", "电脑坏了"]
    assert trusted_keys([first], history) == [first]


def test_a_spoiled_key_file_is_named(seal: Signing, folder: KeyFolder) -> None:
    seal()
    folder.path("SQ").write_text("{}")
    with pytest.raises(ValueError, match="SQ"):
        seal()


def public_after(seal: Signing, folder: KeyFolder) -> VerifierKey:
    seal()
    return public(folder)


def test_a_crash_before_publishing_costs_nothing(
    database: Database, village: Village, door: Door, seal: Signing, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    door(*awards(2, clock))
    with monkeypatch.context() as broken:
        broken.setattr(database, "write", lambda work: (_ for _ in ()).throw(OSError("power")))
        with pytest.raises(OSError, match="power"):
            seal()
    note = seal()
    assert database.read(lambda tx: latest_checkpoint(tx, village.village_id)) == note


def test_an_old_key_names_the_new_one(
    database: Database, village: Village, door: Door, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    door(*awards(2, clock))
    old = public_after(seal, folder)
    before = slip_text(village.base, seal(), old)
    clock.advance(days=1)
    rotate_key(database, village.village_id, "SQ", folder, now=clock.now())
    new = public(folder)
    door(*awards(2, clock))
    after = slip_text(village.base, seal(), new)
    for paper in (before, after):
        assert verify_against(database, village.village_id, "SQ", paper, [old]).ok
    assert verify_against(database, village.village_id, "SQ", before, [new]).finding is Finding.UNKNOWN_KEY
    history = database.read(lambda tx: key_history(tx, village.village_id))
    assert trusted_keys([old], history) == [old, new]
    assert trusted_keys([old], [history[0], replace(history[1], since="2020-01-01T00:00:00.000000Z")]) == [old]
    assert trusted_keys([old], [history[0], replace(history[1], vkey=old.text)]) == [old]


def test_the_same_size_is_sealed_again_by_a_new_key(
    database: Database, village: Village, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    first = seal()
    rotate_key(database, village.village_id, "SQ", folder, now=clock.now())
    second = seal()
    assert (second.text, second.signatures != first.signatures) == (first.text, True)
    assert signers(second, [public(folder)])


def test_a_key_that_was_never_made_cannot_be_rotated(
    database: Database, village: Village, folder: KeyFolder, clock: FixedClock
) -> None:
    with pytest.raises(KeyLost):
        rotate_key(database, village.village_id, "SQ", folder, now=clock.now())


def test_one_key_signs_for_one_village_only(folder: KeyFolder, seal: Signing) -> None:
    seal()
    folder.path("QX").write_text(folder.path("SQ").read_text())
    with pytest.raises(ValueError, match="QX"):
        folder.load("QX")


def test_the_public_key_travels_as_text(seal: Signing, folder: KeyFolder) -> None:
    seal()
    assert read_vkey(public(folder).text) == public(folder)


def test_the_fault_names_what_to_do() -> None:
    assert RestoreFirst("放回来").code == "restore_first"
