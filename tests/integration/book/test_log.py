"""The village's log on every engine: its tiles, and what can be proved from them."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from ledger.book.against import verify_against
from ledger.book.export import leaves
from ledger.book.keys import KeyFolder
from ledger.book.log_tables import log_tiles
from ledger.book.proofs import consistency_proof, inclusion_proof, prove, root_at
from ledger.book.reading import book_head
from ledger.book.store import post
from ledger.book.tables import documents
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.merkle import leaf_hash
from schemas.notes import signers
from schemas.proof_text import read_proof
from schemas.proofs import consistent, includes
from schemas.slip import slip_text
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door, Signing
from tests.integration.book.made import AWKWARD, awards, public


@pytest.mark.parametrize("batches", [(300,), (255, 1, 1), (256, 256), (1, 254, 300)])
def test_tiles_are_written_when_they_are_full_however_the_posts_come(
    database: Database, village: Village, door: Door, clock: FixedClock, batches: tuple[int, ...]
) -> None:
    for count in batches:
        door(*awards(count, clock))
    total = sum(batches)
    kept = database.read(lambda tx: leaves(tx, village.village_id, 1, total))
    rows = database.read(lambda tx: tx.execute(select(log_tiles).order_by(log_tiles.c.tile)).mappings().all())
    assert [row["tile"] for row in rows] == list(range(total // 256))
    for row in rows:
        part = kept[row["tile"] * 256 : (row["tile"] + 1) * 256]
        assert row["hashes"] == b"".join(leaf_hash(leaf) for leaf in part)
    assert (
        database.read(lambda tx: root_at(tx, village.village_id, total))
        == database.read(lambda tx: book_head(tx, village.village_id))[1]
    )


def test_every_transfer_can_be_proved_and_every_growth(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(*awards(270, clock))
    here = village.village_id
    kept = database.read(lambda tx: leaves(tx, here, 1, 270))
    for size in (1, 2, 255, 256, 257, 270):
        root = database.read(lambda tx, size=size: root_at(tx, here, size))  # type: ignore[misc]
        for seq in sorted({1, size // 2 or 1, size}):
            proof = database.read(lambda tx, seq=seq, size=size: inclusion_proof(tx, here, seq, size))  # type: ignore[misc]
            assert includes(leaf_hash(kept[seq - 1]), seq - 1, size, proof, root)
        for new in (size, 256, 270):
            if new >= size:
                proof = database.read(lambda tx, old=size, new=new: consistency_proof(tx, here, old, new))  # type: ignore[misc]
                newer = database.read(lambda tx, new=new: root_at(tx, here, new))  # type: ignore[misc]
                assert consistent(size, root, new, newer, proof)


def test_what_is_not_in_the_log_cannot_be_proved(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(*awards(3, clock))
    for seq, size in ((0, 3), (4, 3), (1, 4), (1, -1)):
        with pytest.raises(LookupError):
            database.read(lambda tx, seq=seq, size=size: inclusion_proof(tx, village.village_id, seq, size))  # type: ignore[misc]
    for old, new in ((3, 2), (-1, 2), (1, 4)):
        with pytest.raises(LookupError):
            database.read(lambda tx, old=old, new=new: consistency_proof(tx, village.village_id, old, new))  # type: ignore[misc]


def test_a_rolled_back_post_leaves_no_tile(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    door(*awards(250, clock))

    def undone(tx: object) -> None:
        post(tx, village.village_id, awards(10, clock), now=clock.now())  # type: ignore[arg-type]
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        database.write(undone)
    assert database.read(lambda tx: tx.execute(select(log_tiles)).all()) == []
    door(*awards(10, clock))
    assert len(database.read(lambda tx: tx.execute(select(log_tiles)).all())) == 1


@pytest.mark.parametrize("change", ["UPDATE log_tiles SET tile = 9", "DELETE FROM log_tiles", "UPDATE checkpoints SET size = 1",
                                    "DELETE FROM checkpoints", "DELETE FROM log_keys"])  # fmt: skip
def test_the_log_is_append_only(database: Database, door: Door, seal: Signing, clock: FixedClock, change: str) -> None:
    door(*awards(256, clock))
    seal()
    with pytest.raises(Exception, match="append-only"):
        database.write(lambda tx: tx.exec_driver_sql(change))


def test_a_receipts_proof_holds_with_and_without_its_goods(
    database: Database, village: Village, door: Door, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    door(*awards(40, clock, AWKWARD[:-1]))
    note = seal()
    for seq in range(1, 41):
        for with_document in (False, True):
            proof = database.read(
                lambda tx, seq=seq, more=with_document: prove(tx, village.village_id, seq, note, with_document=more)  # type: ignore[misc]
            )
            again = read_proof(proof.text)
            assert again == proof
            assert again.holds
            assert signers(again.note, [public(folder)])
            assert (again.document is not None) is with_document


def test_an_erased_document_leaves_a_provable_transfer(
    database: Database, village: Village, door: Door, seal: Signing, folder: KeyFolder, clock: FixedClock
) -> None:
    door(*awards(3, clock))
    note = seal()
    database.write(lambda tx: tx.execute(delete(documents).where(documents.c.seq == 2)))
    assert database.read(lambda tx: prove(tx, village.village_id, 2, note)).holds
    with pytest.raises(LookupError, match="erased"):
        database.read(lambda tx: prove(tx, village.village_id, 2, note, with_document=True))
    assert verify(database, village.village_id).ok
    paper = slip_text(village.base, note, public(folder))
    assert verify_against(database, village.village_id, "SQ", paper, [public(folder)]).ok
