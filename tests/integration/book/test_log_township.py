"""The township countersigns what goes on from what it saw, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.book.checkpoints import (
    add_countersignature,
    latest_checkpoint,
)
from ledger.book.keys import KeyFolder
from ledger.book.proofs import consistency_proof
from ledger.book.witness import NotConsistent, WitnessFile
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.notes import SignedNote, read_note, signers
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door, Signing
from tests.integration.book.made import awards, public


@pytest.fixture
def township(tmp_path: Path) -> WitnessFile:
    witness = WitnessFile(tmp_path / "town" / "witness.json")
    witness.create("township/清水镇", bytes(range(32)))
    return witness


def test_the_township_signs_what_goes_on_from_what_it_saw(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    township: WitnessFile,
    clock: FixedClock,
) -> None:
    door(*awards(3, clock))
    first = seal()
    keys = [public(folder)]
    signed = township.countersign(first, keys, [])
    town = township.load().signer.verifier
    assert signers(signed, [*keys, town]) == [*keys, town]
    door(*awards(4, clock))
    second = seal()
    proof = database.read(lambda tx: consistency_proof(tx, village.village_id, 3, 7))
    both = township.countersign(second, keys, proof)
    for _ in range(2):
        database.write(lambda tx: add_countersignature(tx, village.village_id, both, town, clock.now()))
    newest = database.read(lambda tx: latest_checkpoint(tx, village.village_id))
    assert newest is not None
    assert signers(read_note(newest.full), [town]) == [town]


def test_the_township_refuses_two_histories(
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    township: WitnessFile,
    database: Database,
    village: Village,
    clock: FixedClock,
) -> None:
    door(*awards(3, clock))
    first = seal()
    keys = [public(folder)]
    township.countersign(first, keys, [])
    door(*awards(4, clock))
    second = seal()
    with pytest.raises(NotConsistent) as caught:
        township.countersign(second, keys, [])
    assert (caught.value.earlier, caught.value.later) == (first, second)
    proof = database.read(lambda tx: consistency_proof(tx, village.village_id, 3, 7))
    assert township.countersign(second, keys, proof).text == second.text
    with pytest.raises(BrokenContract, match="会签过第 7 笔"):
        township.countersign(first, keys, proof)
    with pytest.raises(BrokenContract, match="没有 merit/SQ 的签名"):
        township.countersign(second, [township.load().signer.verifier], [])


def test_a_countersignature_of_nobody_or_of_another_book_is_not_kept(
    database: Database, village: Village, seal: Signing, township: WitnessFile, folder: KeyFolder, clock: FixedClock
) -> None:
    note, town = seal(), township.load().signer.verifier
    with pytest.raises(BrokenContract, match="没有 township"):
        database.write(lambda tx: add_countersignature(tx, village.village_id, note, town, clock.now()))
    signed = township.countersign(note, [public(folder)], [])
    other = SignedNote(signed.text.replace("\n0\n", "\n9\n"), signed.signatures)
    with pytest.raises(BrokenContract, match="不是本村"):
        database.write(lambda tx: add_countersignature(tx, village.village_id, other, town, clock.now()))


def test_a_townships_name_has_no_blanks(tmp_path: Path, township: WitnessFile) -> None:
    for name in ("", "a b", "a+b", "清水　镇"):
        with pytest.raises(ValueError, match="name"):
            WitnessFile(tmp_path / "x.json").create(name, bytes(32))
    with pytest.raises(FileExistsError):
        township.create("again", bytes(32))
