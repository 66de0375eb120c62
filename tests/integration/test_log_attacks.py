"""Somebody with a shell on the database, and everything but the log's key: what each attack is found by, and what is left to paper."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger.book.against import Finding, verify_against
from ledger.book.checkpoints import RestoreFirst, add_countersignature, latest_checkpoint, sign_checkpoint
from ledger.book.export import export_log
from ledger.book.keys import KeyRecord, endorsement_text, trusted_keys
from ledger.book.log import append_tiles
from ledger.book.proofs import consistency_proof, root_at
from ledger.book.retracing import Way
from ledger.book.store import open_account
from ledger.book.values import AccountKind
from ledger.book.verify import Report, verify
from ledger.book.witness import NotConsistent, WitnessFile
from ledger.storage.database import Database
from ledger.villages.store import NewVillage, add_village
from schemas.canonical import leaf_bytes
from schemas.leaves import read_leaf
from schemas.merkle import extend, leaf_hash, pack, root
from schemas.notes import Checkpoint, SignedNote, SignerKey, sign
from schemas.problems import BrokenContract
from schemas.slip import slip_text
from tests.conftest import FixedClock
from tests.fakes.log_bench import LogBench, cut, drop_triggers

VERIFIER = Path(__file__).parents[2] / "deploy" / "verify_log.py"
OWN = SignerKey("merit/SQ", bytes(31) + b"\7")  # a key of the attacker's own, under the village's name


@pytest.fixture
def papers(bench: LogBench) -> list[str]:
    """Sealed at 150 and at 300, the slips of both in a drawer."""
    made = []
    for _ in range(2):
        bench.post(150)
        made.append(bench.seal())
    return made


def checked(bench: LogBench) -> Report:
    return verify(bench.database, bench.village.village_id, village="SQ")


def give_household_more(bench: LogBench, seq: int, amount: int) -> None:
    """Rewrite one award and everything the book keeps about it: leaf, columns, running balances, accounts, tiles, frontier."""

    def work(tx: Connection) -> None:
        row = tx.execute(text("SELECT leaf, amount FROM transfers WHERE seq = :seq"), {"seq": seq}).one()
        leaf, more = leaf_bytes(replace(read_leaf(row.leaf), amount=amount)), amount - row.amount
        values = {"leaf": leaf, "amount": amount, "more": more, "seq": seq}
        tx.execute(text("UPDATE transfers SET leaf = :leaf, amount = :amount WHERE seq = :seq"), values)
        balances = "credit_balance = credit_balance + :more, debit_balance = debit_balance - :more"
        tx.execute(text(f"UPDATE transfers SET {balances} WHERE seq >= :seq"), values)
        for code, sign_ in (("household:0007", "+"), ("fund", "-")):
            tx.execute(text(f"UPDATE accounts SET balance = balance {sign_} :more WHERE code = '{code}'"), values)
        leaves = list(tx.execute(text("SELECT leaf FROM transfers ORDER BY seq")).scalars())
        tx.exec_driver_sql("DELETE FROM log_tiles")
        append_tiles(tx, bench.village.village_id, 1, leaves)
        tree = pack(extend((), 0, map(leaf_hash, leaves)))
        tx.execute(text("UPDATE books SET frontier = :tree"), {"tree": tree})

    bench.unguarded(work)


def forged(bench: LogBench, key: SignerKey = OWN) -> SignedNote:
    """A checkpoint of the book as it is, signed by a key of one's own and put in the place of the village's."""
    village_id = bench.village.village_id
    size, now = 300, bench.clock.now()
    root_ = bench.database.read(lambda tx: root_at(tx, village_id, size))
    note = sign(Checkpoint("merit/SQ", size, root_).text, key)

    def work(tx: Connection) -> None:
        tx.exec_driver_sql("DELETE FROM checkpoints")
        tx.exec_driver_sql("DELETE FROM log_keys")
        row = {"v": village_id, "size": size, "key": key.verifier.key_id, "root": root_, "note": note.full, "now": now}
        at = now.strftime("%Y-%m-%d %H:%M:%S.%f")
        tx.execute(
            text("INSERT INTO checkpoints (village_id, size, key_id, root, note, signed_at) VALUES (:v, :size, :key, :root, :note, :now)"),
            row | {"now": at},
        )  # fmt: skip
        tx.execute(
            text("INSERT INTO log_keys (village_id, number, vkey, reason, since) VALUES (:v, 1, :vkey, 'first key', :now)"),
            {"v": village_id, "vkey": key.verifier.text, "now": at},
        )  # fmt: skip

    bench.unguarded(work)
    return note


def stand_alone(*arguments: str | Path) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, VERIFIER, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def exported(bench: LogBench, target: Path) -> Path:
    target.write_text("\n".join(export_log(bench.database, bench.village.village_id)) + "\n", encoding="ascii")
    return target


def test_a_rewritten_award_meets_the_seals_that_lie_in_the_same_database(bench: LogBench, papers: list[str]) -> None:
    give_household_more(bench, 200, 5_000)
    found = checked(bench)
    assert found.problems == ["头 300 笔和封账时不一样"]
    assert bench.against(papers[1]).finding is Finding.REWRITTEN
    assert bench.against(papers[0]).ok


def test_without_those_seals_only_paper_finds_it(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    give_household_more(bench, 200, 5_000)
    bench.sql("DELETE FROM checkpoints")
    assert checked(bench).ok
    assert bench.against(papers[1]).finding is Finding.REWRITTEN
    with pytest.raises(RestoreFirst, match="不是原来那本"):
        bench.seal()
    with pytest.raises(LookupError):
        exported(bench, tmp_path / "log")


def test_a_seal_of_ones_own_key_stands_up_to_nobody_who_has_the_villages(
    bench: LogBench, papers: list[str], tmp_path: Path
) -> None:
    give_household_more(bench, 200, 5_000)
    mine = slip_text("merit:", forged(bench), OWN.verifier)
    assert checked(bench).ok, "inside the database everything fits: that is the attack"
    assert bench.against(papers[1]).finding is Finding.REWRITTEN
    assert bench.against(mine).finding is Finding.UNKNOWN_KEY
    log = exported(bench, tmp_path / "log")
    code, told = stand_alone(log, "--vkey", bench.key.text)
    assert (code, "没有一把公钥是这份封账的" in told) == (2, True)
    code, told = stand_alone(log, "--vkey", OWN.verifier.text, "--vkey", bench.key.text, "--against", papers[1])
    assert (code, "和纸上封的不一样" in told) == (1, True)


def test_a_key_put_beside_the_villages_vouches_for_nothing(bench: LogBench, papers: list[str]) -> None:
    """The village's key stays in the table, the attacker's comes after it as if it had been rotated, endorsed by itself."""
    note = sign(f"merit/SQ/next-key\n{OWN.verifier.text}\n2026-11-16T00:00:00.000000Z\n", OWN)
    values = {"v": bench.village.village_id, "vkey": OWN.verifier.text, "note": note.full}
    insert = "INSERT INTO log_keys (village_id, number, vkey, endorsement, reason, since) VALUES (:v, 2, :vkey, :note, 'rotated', '2026-11-16 00:00:00.000000')"
    bench.database.write(lambda tx: tx.execute(text(insert), values).close())
    forged_ = sign(Checkpoint("merit/SQ", 150, bytes(32)).text, OWN)
    assert bench.against(slip_text("merit:", forged_, OWN.verifier)).finding is Finding.UNKNOWN_KEY


def test_a_stored_seal_that_was_tampered_with_is_told(bench: LogBench, papers: list[str]) -> None:
    for change, words in {
        "note = replace(note, char(10) || '150' || char(10), char(10) || '151' || char(10)) WHERE size = 150": "不成立",
        "root = zeroblob(32) WHERE size = 150": "说的和所在那一行不一样",
        "note = 'x' WHERE size = 150": "不成立",
        "size = 7 WHERE size = 150": "说的和所在那一行不一样",
    }.items():
        kept = bench.database.read(lambda tx: tx.execute(text("SELECT * FROM checkpoints WHERE size = 150")).one())
        bench.sql(f"UPDATE checkpoints SET {change}")
        assert [words in problem for problem in checked(bench).problems] == [True], change
        values = ", ".join(f":{name}" for name in kept._mapping)
        bench.sql("DELETE FROM checkpoints WHERE size IN (7, 150)")
        bench.database.write(
            lambda tx, row=dict(kept._mapping), values=values: tx.execute(  # type: ignore[misc]
                text(f"INSERT INTO checkpoints VALUES ({values})"), row
            ).close()
        )
        assert checked(bench).ok


def test_a_seal_by_a_key_that_is_none_of_the_logs_is_told(bench: LogBench, papers: list[str]) -> None:
    bench.sql("DELETE FROM log_keys")
    assert all("没有本村的密钥签过" in problem for problem in checked(bench).problems)
    assert len(checked(bench).problems) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE log_tiles SET hashes = zeroblob(8192)", "日志第 0 层第 0 块和各笔账对不上"),
        ("UPDATE log_tiles SET root = zeroblob(32)", "日志第 0 层第 0 块和各笔账对不上"),
        (
            "UPDATE log_tiles SET hashes = CAST(root || hashes AS TEXT)",
            "日志第 0 层第 0 块和各笔账对不上",
        ),
        ("DELETE FROM log_tiles", "日志第 0 层第 0 块不见了"),
        (
            "INSERT INTO log_tiles SELECT village_id, level, 1, hashes, root FROM log_tiles",
            "日志有 2 个整块，应是 1 个",
        ),
        (
            "INSERT INTO log_tiles SELECT village_id, 1, 0, hashes, root FROM log_tiles",
            "日志有 2 个整块，应是 1 个",
        ),
    ],
)
def test_a_tile_that_is_not_that_of_its_transfers_is_told(
    bench: LogBench, papers: list[str], change: str, words: str
) -> None:
    """A wrong tile makes proofs fail and hides nothing; but whoever asks ``verify`` wants to know."""
    bench.sql("PRAGMA ignore_check_constraints = ON", change, "PRAGMA ignore_check_constraints = OFF")
    found = checked(bench)
    assert any(words in problem for problem in found.problems), found.problems
    assert found.first_bad is None
    assert bench.against(papers[1]).ok


def test_guards_that_were_taken_away_are_missed(bench: LogBench, papers: list[str]) -> None:
    drop_triggers(bench.database)
    (problem,) = checked(bench).problems
    assert "transfers_no_delete" in problem
    assert "documents_no_update" in problem


def test_a_guard_that_refuses_nothing_is_none(bench: LogBench, papers: list[str]) -> None:
    bench.database.write(lambda tx: tx.exec_driver_sql("DROP TRIGGER transfers_no_update").close())
    sham = "CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT 1; END"
    bench.database.write(lambda tx: tx.exec_driver_sql(sham).close())
    assert checked(bench).problems == ["数据库少了护账的规矩：transfers_no_update"]


def test_two_villages_whose_books_were_exchanged(
    bench: LogBench, papers: list[str], database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    new = NewVillage(code="QX", name="清溪村", phone="555 0124", quorum=1)
    other = database.write(lambda tx: add_village(tx, new, clock.now()))
    database.write(lambda tx: open_account(tx, other.village_id, "household:0001", AccountKind.HOUSEHOLD, floor=0))
    tables = ["books", "accounts", "transfers", "documents", "outcomes", "log_tiles", "checkpoints", "log_keys"]

    def swap(tx: Connection) -> None:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in tables:
            for before, after in ((1, -1), (other.village_id, 1), (-1, other.village_id)):
                tx.exec_driver_sql(f"UPDATE {table} SET village_id = {after} WHERE village_id = {before}")

    assert bench.village.village_id == 1
    bench.unguarded(swap)
    assert verify(database, 1).ok, "each book is right in itself"
    assert checked(bench).problems == ["这是 QX 的账，不是 SQ 的"]
    assert verify(database, other.village_id, village="QX").problems == ["这是 SQ 的账，不是 QX 的"]
    assert bench.against(papers[0]).finding in (Finding.OLD_COPY, Finding.CUT_SHORT)
    assert verify_against(database, other.village_id, "QX", papers[0], [bench.key]).finding is Finding.OTHER_VILLAGE
    with pytest.raises(RestoreFirst):
        sign_checkpoint(database, 1, "SQ", bench.folder, now=clock.now())


def test_a_cut_tail_with_its_seals_gone_meets_paper_and_key(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    cut(bench, 200)
    bench.sql("DELETE FROM checkpoints WHERE size > 200")
    assert checked(bench).ok
    assert bench.against(papers[1]).finding is Finding.OLD_COPY
    code, told = stand_alone(
        exported(bench, tmp_path / "log"), "--vkey", bench.key.text, "--against", papers[0], "--against", papers[1]
    )
    assert (code, "旧的一份，或被删了" in told) == (1, True)
    with pytest.raises(RestoreFirst, match="签到过第 300 笔"):
        bench.seal()


# ---- countersignatures ------------------------------------------------------------------------------------------------


def test_a_countersignature_cannot_be_moved_to_another_seal(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    """The township signed at 150. Its line under the seal of 300, or under a rewritten book of 150, holds nowhere."""
    township, village_id, now = (
        SignerKey("township/清水镇", bytes(31) + b"\3"),
        bench.village.village_id,
        bench.clock.now(),
    )
    newest = bench.database.read(lambda tx: latest_checkpoint(tx, village_id))
    first = bench.database.read(lambda tx: latest_checkpoint(tx, village_id, at_most=150))
    assert newest is not None
    assert first is not None
    line = sign(first.text, township).signatures
    replayed = newest.with_signatures(line)
    with pytest.raises(BrokenContract):
        bench.database.write(lambda tx: add_countersignature(tx, village_id, replayed, township.verifier, now))
    keys = ["--vkey", bench.key.text, "--vkey", township.verifier.text]
    code, told = stand_alone(replayed.full, *keys)
    assert (code, "township/清水镇 的签名不对" in told) == (1, True)
    assert stand_alone(first.with_signatures(line).full, *keys)[0] == 0

    bench.database.write(
        lambda tx: add_countersignature(tx, village_id, first.with_signatures(line), township.verifier, now)
    )
    bench.sql("UPDATE countersignatures SET size = 300")
    shown = bench.database.read(lambda tx: latest_checkpoint(tx, village_id))
    assert shown == newest, "a line that does not hold is not handed on"


def test_a_township_is_shown_the_same_seal_twice_or_another_history(
    bench: LogBench, papers: list[str], tmp_path: Path
) -> None:
    """Replay to the witness: the old seal after the new one, and a rewritten book under a proof of its own."""
    witness, village_id = WitnessFile(tmp_path / "township.json"), bench.village.village_id
    witness.create("township/清水镇", bytes(31) + b"\4")
    first = bench.database.read(lambda tx: latest_checkpoint(tx, village_id, at_most=150))
    newest = bench.database.read(lambda tx: latest_checkpoint(tx, village_id))
    assert first is not None
    assert newest is not None
    witness.countersign(first, [bench.key], [])
    proof = bench.database.read(lambda tx: consistency_proof(tx, village_id, 150, 300))
    signed = witness.countersign(newest, [bench.key], proof)
    assert witness.countersign(newest, [bench.key], []) == signed
    with pytest.raises(BrokenContract, match="会签过第 300 笔"):
        witness.countersign(first, [bench.key], [])

    give_household_more(bench, 100, 77)
    bench.post(10)
    key = bench.folder.load("SQ")
    assert key is not None
    size, root_ = 310, bench.database.read(lambda tx: root_at(tx, village_id, 310))
    stolen = sign(Checkpoint("merit/SQ", size, root_).text, key.signer)  # even with the village's own key
    proof = bench.database.read(lambda tx: consistency_proof(tx, village_id, 300, size))
    with pytest.raises(NotConsistent):
        witness.countersign(stolen, [bench.key], proof)


def test_the_empty_log_has_the_root_of_nothing(bench: LogBench) -> None:
    bench.seal()
    assert checked(bench).ok
    assert checked(bench).root == root(())


def test_a_forged_seal_beside_the_true_ones_accuses_nobody(bench: LogBench, papers: list[str]) -> None:
    """Somebody wants the village to look like cheats: a seal by no key of the log is no reason to doubt the book's transfers."""
    note = sign(Checkpoint("merit/SQ", 100, bytes(32)).text, OWN)
    values = {"v": bench.village.village_id, "key": OWN.verifier.key_id, "root": bytes(32), "note": note.full}
    insert = "INSERT INTO checkpoints VALUES (:v, 100, :key, :root, :note, '2026-11-16 00:00:00.000000')"
    bench.database.write(lambda tx: tx.execute(text(insert), values).close())
    assert bench.against(papers[1]).ok
    assert checked(bench).problems == ["封到第 100 笔的封账，没有本村的密钥签过"]


def test_a_head_that_was_changed_is_not_signed(bench: LogBench, papers: list[str]) -> None:
    bench.sql("UPDATE books SET frontier = zeroblob(length(frontier))")
    with pytest.raises(RestoreFirst, match="存着的根对不上"):
        bench.seal()
    assert "日志的根和各笔账对不上" in checked(bench).problems


def test_a_township_signs_only_under_the_villages_own_signature(
    bench: LogBench, papers: list[str], tmp_path: Path
) -> None:
    witness, village_id = WitnessFile(tmp_path / "township.json"), bench.village.village_id
    witness.create("township/清水镇", bytes(31) + b"\4")
    newest = bench.database.read(lambda tx: latest_checkpoint(tx, village_id))
    assert newest is not None
    neighbour = SignerKey("merit/QX", bytes(31) + b"\5")
    with pytest.raises(BrokenContract, match="没有 merit/SQ 的签名"):
        witness.countersign(sign(newest.text, neighbour), [bench.key, neighbour.verifier], [])
    key = bench.folder.load("SQ")
    assert key is not None
    witness.countersign(newest, [bench.key], [])
    other = sign(Checkpoint("merit/SQ", 300, bytes(32)).text, key.signer)
    with pytest.raises(NotConsistent, match="同是 300 笔"):
        witness.countersign(other, [bench.key], [])
    with pytest.raises(BrokenContract, match="不是本村"):
        bench.database.write(lambda tx: add_countersignature(tx, village_id, other, bench.key, bench.clock.now()))


def test_a_next_key_needs_the_old_keys_word_and_its_own(bench: LogBench, papers: list[str]) -> None:
    key = bench.folder.load("SQ")
    assert key is not None
    since = "2026-11-16T00:00:00.000000Z"
    said = endorsement_text(OWN.verifier, since)

    def trusted(*signed_by: SignerKey, words: str = said) -> bool:
        record = KeyRecord(OWN.verifier.text, since, "rotated", sign(words, *signed_by).full)
        return OWN.verifier in trusted_keys([bench.key], [record])

    assert trusted(key.signer, OWN)
    assert not trusted(OWN)
    assert not trusted(key.signer)
    assert not trusted(key.signer, OWN, words=Checkpoint("merit/SQ", 5, bytes(32)).text)


def test_an_export_stops_at_the_first_gap(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    bench.sql("DELETE FROM outcomes WHERE seq = 42", "DELETE FROM documents WHERE seq = 42", "DELETE FROM transfers WHERE seq = 42")  # fmt: skip
    with pytest.raises(LookupError, match="transfer 42 is missing"):
        exported(bench, tmp_path / "log")


def test_who_waits_is_told_how_far_it_is(bench: LogBench) -> None:
    """After each page: so many of so many, never back, and all of them at the end."""
    bench.post(4_100)
    paper, told = bench.seal(), list[tuple[int, int]]()
    assert verify(bench.database, bench.village.village_id, progress=lambda *here: told.append(here)).ok
    assert told == [(2_560, 4_100), (4_100, 4_100)]
    told.clear()
    here = bench.village.village_id
    assert verify_against(bench.database, here, "SQ", paper, [bench.key], progress=lambda *now: told.append(now)).ok
    assert told == [(2_048, 4_100), (4_096, 4_100), (4_100, 4_100)]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("UPDATE documents SET body = x'7b7d' WHERE seq = 42", "凭据不是账行里说的那一份"),
        ("UPDATE transfers SET second = 'staff:9' WHERE seq = 42", "各栏和账行说的不一样"),
        (
            "UPDATE transfers SET document_id = char(10) || substr(document_id, 2) WHERE seq = 42",
            "各栏和账行说的不一样",
        ),
        ("UPDATE transfers SET document_id = 'none' WHERE seq = 42", "各栏和账行说的不一样"),
        ("UPDATE transfers SET debit_balance = 1 WHERE seq = 42", "这一笔写着 1"),
        (
            "UPDATE transfers SET leaf = substr(leaf, 1, length(leaf) - 1) || x'21' WHERE seq = 42",
            "凭据不是账行里说的那一份",
        ),
    ],
)
def test_what_is_wrong_with_a_transfer_is_told_in_its_own_words(
    bench: LogBench, papers: list[str], changed: str, told: str
) -> None:
    bench.sql(changed)
    first = checked(bench).problems[0]
    assert first.startswith("第 42 笔：")
    assert told in first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE transfers SET amount = 'one' WHERE seq = 42", "第 42 笔：各栏和账行说的不一样"),
        ("UPDATE transfers SET debit_balance = x'07' WHERE seq = 42", "第 42 笔：金额或余额不是整数"),
        ("UPDATE transfers SET credit_balance = 0.5 WHERE seq = 42", "第 42 笔：金额或余额不是整数"),
        ("UPDATE transfers SET seq = 'none' WHERE seq = 42", "第 42 笔：从这里起少了 1 笔"),
        ("UPDATE transfers SET id = '村' WHERE seq = 42", "第 42 笔：各栏和账行说的不一样"),
        ("UPDATE books SET frontier = 5", "日志的根和各笔账对不上"),
        (
            "INSERT INTO transfers SELECT village_id, -42, 'f' || substr(id, 2), kind, debit_id, credit_id, amount, done_on, posted_at, "
            "reverses, document_id, actor, second, debit_balance, credit_balance, leaf FROM transfers WHERE seq = 42",
            "有 1 笔的序号不是从 1 起的数",
        ),
    ],
)
def test_values_that_no_check_would_let_in_are_told_and_stop_nothing(
    bench: LogBench, papers: list[str], change: str, told: str
) -> None:
    """SQLite keeps text in a column of numbers when its owner switches the checks off."""
    bench.sql("PRAGMA ignore_check_constraints = ON", "DELETE FROM outcomes WHERE seq = 42", "DELETE FROM documents WHERE seq = 42", change,
              "PRAGMA ignore_check_constraints = OFF")  # fmt: skip
    assert told in checked(bench).problems


def test_an_id_that_was_taken_away_is_told() -> None:
    """PostgreSQL lets the owner of a table drop its NOT NULL."""
    told: list[tuple[int, str]] = []
    row = (
        None, None, 1, "award", 1, 2, 5, "2026-11-16", "2026-11-16T02:00:00.000000Z", None, "staff:1", None, -5, 5, b"leaf", b"", b"",
    )  # fmt: skip
    Way(lambda seq, problem: told.append((seq, problem))).follow([row], "SQ", {1: "fund", 2: "household:0007"})
    assert (1, "各栏和账行说的不一样") in told


def test_a_leaf_must_end_with_a_hash_when_its_document_is_gone(bench: LogBench, papers: list[str]) -> None:
    bench.sql(
        "DELETE FROM documents WHERE seq = 42",
        "UPDATE transfers SET leaf = CAST(substr(leaf, 1, 99) AS BLOB) WHERE seq = 42",
    )
    assert "第 42 笔：账行末尾没有凭据的校验" in checked(bench).problems
