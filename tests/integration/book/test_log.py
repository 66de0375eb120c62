"""The village's log on every engine: tiles, proofs, checkpoints, keys, countersignatures, export and import."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from uuid6 import uuid7

from ledger.book.against import Finding, verify_against
from ledger.book.checkpoints import (
    KeyLost,
    RestoreFirst,
    add_countersignature,
    key_history,
    latest_checkpoint,
    rotate_key,
    sign_checkpoint,
)
from ledger.book.export import export_log, leaves
from ledger.book.importing import import_log
from ledger.book.keys import KeyFolder, trusted_keys
from ledger.book.log_tables import checkpoints, log_tiles
from ledger.book.proofs import consistency_proof, inclusion_proof, prove, root_at
from ledger.book.reading import account_of, book_head
from ledger.book.store import post
from ledger.book.tables import documents
from ledger.book.values import Kind, Outcome, TransferRequest
from ledger.book.verify import verify
from ledger.book.witness import NotConsistent, WitnessFile
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.merkle import leaf_hash
from schemas.notes import SignedNote, VerifierKey, read_checkpoint, read_note, read_vkey, signers
from schemas.problems import BrokenContract
from schemas.proof_text import read_proof
from schemas.proofs import consistent, includes
from schemas.slip import slip_text
from tests.conftest import FixedClock

Door = Callable[..., list[Outcome]]
Signing = Callable[[], SignedNote]
AWKWARD = ["酱油", "🌾👩‍🌾", "é", "e\u0301", "a\u2028b", '"\\/', "﷽", "  ", "\u0000"]


def awards(count: int, clock: FixedClock, reasons: list[str] | None = None) -> list[TransferRequest]:
    texts = reasons or ["义务劳动"]
    day = clock.now().date()
    return [
        TransferRequest(
            uuid7(), Kind.AWARD, "fund", "household:0007", 1, day, "staff:1", uuid7(), {"item": texts[n % len(texts)]}
        )
        for n in range(count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "log-keys")


@pytest.fixture
def seal(database: Database, village: Village, folder: KeyFolder, clock: FixedClock) -> Signing:
    return lambda: sign_checkpoint(database, village.village_id, village.code, folder, now=clock.now())


def public(folder: KeyFolder) -> VerifierKey:
    key = folder.load("SQ")
    assert key is not None
    return key.signer.verifier


# ---- tiles and proofs -------------------------------------------------------------------------------------------------


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


# ---- checkpoints ------------------------------------------------------------------------------------------------------


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


# ---- receipts' proofs -------------------------------------------------------------------------------------------------


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


# ---- the township -----------------------------------------------------------------------------------------------------


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


# ---- export and import ------------------------------------------------------------------------------------------------


@pytest.fixture
def moved(
    make_village: Callable[..., Village], tmp_path: Path, migrated_file: Path, clock: FixedClock
) -> Callable[[], tuple[Database, Village]]:
    """A second machine where the same village is known and its book is empty."""
    import shutil

    from ledger.villages.store import NewVillage, add_village

    def make() -> tuple[Database, Village]:
        path = tmp_path / "second.sqlite"
        shutil.copy(migrated_file, path)
        second = Database(f"sqlite:///{path}")
        new = NewVillage(code="SQ", name="石桥村", phone="555 0123", quorum=1)
        return second, second.write(lambda tx: add_village(tx, new, clock.now()))

    return make


Machine = Callable[[], tuple[Database, Village]]


def test_a_log_moves_to_another_machine_and_verifies_there(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    moved: Machine,
    clock: FixedClock,
) -> None:
    door(*awards(600, clock, AWKWARD[:-1]))
    reversed_one = awards(1, clock)[0]
    door(reversed_one)
    door(
        replace(
            reversed_one,
            id=uuid7(),
            kind=Kind.REVERSAL,
            debit="household:0007",
            credit="fund",
            reverses=reversed_one.id,
            second="staff:2",
        )
    )
    seal()
    lines = list(export_log(database, village.village_id, with_documents=True))
    second, there = moved()
    report = import_log(second, there.village_id, "SQ", lines, [public(folder)], now=clock.now())
    assert (report.written, report.already) == (602, 0)
    checked = verify(second, there.village_id)
    assert checked.ok, checked.problems
    assert checked.erased_documents == 0
    assert second.read(lambda tx: book_head(tx, there.village_id)) == database.read(
        lambda tx: book_head(tx, village.village_id)
    )
    assert second.read(lambda tx: account_of(tx, there.village_id, "household:0007")).balance == 600
    again = second.write(lambda tx: post(tx, there.village_id, [reversed_one], now=clock.now()))
    assert again[0].repeated
    assert list(export_log(second, there.village_id, with_documents=True)) == lines
    report = import_log(second, there.village_id, "SQ", lines, [public(folder)], now=clock.now())
    assert (report.written, report.already) == (0, 602)
    second.close()


def test_a_log_without_documents_moves_too(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    moved: Machine,
    clock: FixedClock,
) -> None:
    door(*awards(3, clock))
    seal()
    lines = list(export_log(database, village.village_id))
    assert "document" not in lines[1]
    second, there = moved()
    import_log(second, there.village_id, "SQ", lines, [public(folder)], now=clock.now())
    report = verify(second, there.village_id)
    assert report.ok, report.problems
    assert report.erased_documents == 3
    second.close()


def test_a_wrong_line_is_named_the_earlier_ones_stay_and_a_second_try_goes_on(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    moved: Machine,
    clock: FixedClock,
) -> None:
    door(*awards(700, clock))
    seal()
    lines = list(export_log(database, village.village_id, with_documents=True))
    bad = [*lines]
    bad[650] = bad[650].replace('"leaf":"bW', '"leaf":"bX')
    second, there = moved()
    with pytest.raises(BrokenContract, match=r"line 651.*第 650 笔的哈希对不上"):
        import_log(second, there.village_id, "SQ", bad, [public(folder)], now=clock.now())
    assert second.read(lambda tx: book_head(tx, there.village_id))[0] == 649
    with pytest.raises(BrokenContract, match="文件不全"):
        import_log(second, there.village_id, "SQ", lines[:660], [public(folder)], now=clock.now())
    report = import_log(second, there.village_id, "SQ", lines, [public(folder)], now=clock.now())
    assert (report.written, report.already) == (41, 659)
    assert verify(second, there.village_id).ok
    second.close()


def test_an_import_takes_no_forged_no_foreign_and_no_used_book(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    moved: Machine,
    clock: FixedClock,
) -> None:
    door(*awards(3, clock))
    seal()
    key = public(folder)
    lines = list(export_log(database, village.village_id))
    second, there = moved()

    def refused(given: list[str], words: str, village_code: str = "SQ", trusted: VerifierKey = key) -> None:
        with pytest.raises(BrokenContract, match=words):
            import_log(second, there.village_id, village_code, given, [trusted], now=clock.now())
        assert second.read(lambda tx: book_head(tx, there.village_id))[0] == 0

    refused([], "不是导出的账")
    refused(["{}"], "不是导出的账")
    refused(lines, "不是 QX 的", village_code="QX")
    refused(lines, "公钥", trusted=VerifierKey("merit/SQ", bytes(32)))
    refused([lines[0].replace('"size":3', '"size":2'), *lines[1:]], "自己对不上")
    refused(forged(lines), "和签过的封账不一样")
    refused([lines[0], *lines[2:]], "该是第 1 笔")
    refused([lines[0].replace('"decimals":0', '"decimals":1'), *lines[1:]], "一个带小数、一个不带")
    with pytest.raises(BrokenContract, match="多出来了"):
        import_log(second, there.village_id, "SQ", [*lines, lines[-1]], [key], now=clock.now())
    assert import_log(second, there.village_id, "SQ", lines, [key], now=clock.now()).already == 3
    second.write(lambda tx: post(tx, there.village_id, awards(1, clock), now=clock.now()))
    with pytest.raises(BrokenContract, match="比文件多"):
        import_log(second, there.village_id, "SQ", lines, [key], now=clock.now())
    second.close()


def test_a_book_that_is_posted_to_meanwhile_refuses_the_import(
    database: Database,
    village: Village,
    door: Door,
    seal: Signing,
    folder: KeyFolder,
    moved: Machine,
    clock: FixedClock,
) -> None:
    door(*awards(3, clock))
    seal()
    lines = list(export_log(database, village.village_id))
    second, there = moved()
    second.write(
        lambda tx: post(
            tx,
            there.village_id,
            [replace(awards(1, clock)[0], kind=Kind.GRANT, debit="grant", credit="fund")],
            now=clock.now(),
        )
    )
    with pytest.raises(BrokenContract, match="已经有别的账"):
        import_log(second, there.village_id, "SQ", lines, [public(folder)], now=clock.now())
    assert second.read(lambda tx: book_head(tx, there.village_id))[0] == 1
    second.close()


def test_nothing_is_exported_before_it_is_sealed(database: Database, village: Village) -> None:
    with pytest.raises(LookupError, match="signed"):
        list(export_log(database, village.village_id))


def forged(lines: list[str]) -> list[str]:
    """Another amount, with every root computed anew: only the signature tells."""
    import base64

    from schemas.merkle import append, root

    frontier: tuple[bytes, ...] = ()
    made = [lines[0]]
    for number, line in enumerate(lines[1:]):
        entry = json.loads(line)
        leaf = base64.b64decode(entry["leaf"])
        if number == 1:
            leaf = leaf.replace(b"household:0007\n1\n", b"household:0007\n9\n")
        frontier = append(frontier, number, leaf_hash(leaf))
        made.append(json.dumps({**entry, "leaf": base64.b64encode(leaf).decode(), "root": root(frontier).hex()}))
    return made


def test_the_public_key_travels_as_text(seal: Signing, folder: KeyFolder) -> None:
    seal()
    assert read_vkey(public(folder).text) == public(folder)


def test_the_fault_names_what_to_do() -> None:
    assert RestoreFirst("放回来").code == "restore_first"
