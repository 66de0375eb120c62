"""Somebody with the database file and SQL, against paper that left the machine: what is found, and where it is said to be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, text

from ledger.book.against import AgainstReport, Finding, verify_against
from ledger.book.checkpoints import RestoreFirst, rotate_key, sign_checkpoint
from ledger.book.log import append_tiles
from ledger.book.proofs import consistency_proof, inclusion_proof, root_at
from ledger.book.tables import transfers
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.canonical import leaf_bytes
from schemas.leaves import read_leaf
from schemas.merkle import append, leaf_hash, pack, root
from schemas.notes import SignerKey, sign
from schemas.problems import BrokenContract
from schemas.proofs import consistent, includes
from tests.conftest import FixedClock
from tests.fakes.log_bench import LogBench, cut, drop_triggers


@pytest.fixture
def papers(bench: LogBench) -> list[str]:
    """Sealed at 100, 200 and 300 transfers; the slip of each seal lies in a drawer."""
    made = []
    for _ in range(3):
        bench.post(100)
        made.append(bench.seal())
    return made


def rewrite(bench: LogBench, change: Callable[[int, bytes], bytes]) -> None:
    """The whole book again with all it keeps about itself: leaves, columns, tiles, frontier. Only the key is not at hand."""

    def work(tx: Connection) -> None:
        rows = tx.execute(text("SELECT seq, leaf FROM transfers ORDER BY seq")).all()
        frontier: tuple[bytes, ...] = ()
        made = []
        for index, row in enumerate(rows):
            leaf = change(row.seq, row.leaf)
            made.append(leaf)
            fields = read_leaf(leaf)
            values = {"leaf": leaf, "amount": fields.amount, "seq": row.seq}
            tx.execute(text("UPDATE transfers SET leaf = :leaf, amount = :amount WHERE seq = :seq"), values)
            frontier = append(frontier, index, leaf_hash(leaf))
        tx.exec_driver_sql("DELETE FROM log_tiles")
        append_tiles(tx, bench.village.village_id, 1, made)
        tx.execute(text("UPDATE books SET frontier = :frontier"), {"frontier": pack(frontier)})

    bench.unguarded(work)


# ---- X1 ---------------------------------------------------------------------------------------------------------------


def test_an_honest_book_matches_every_paper(bench: LogBench, papers: list[str]) -> None:
    for size, paper in zip((100, 200, 300), papers, strict=True):
        report = bench.against(paper)
        assert report.ok, report.words
        assert (report.size, report.held) == (size, 300)


@pytest.mark.parametrize(
    "column", ["amount = 9", "done_on = '2020-01-01'", "actor = 'staff:9'", "posted_at = '2020-01-01 00:00:00.000000'"]
)
def test_an_edited_row_is_named_by_verify(bench: LogBench, papers: list[str], column: str) -> None:
    bench.sql(f"UPDATE transfers SET {column} WHERE seq = 137")
    assert verify(bench.database, bench.village.village_id).first_bad == 137


def test_an_edited_document_is_named_by_verify(bench: LogBench, papers: list[str]) -> None:
    bench.sql("UPDATE documents SET body = x'7b7d' WHERE seq = 137")
    assert verify(bench.database, bench.village.village_id).first_bad == 137


def test_an_edited_leaf_is_named(bench: LogBench, papers: list[str]) -> None:
    bench.sql("UPDATE transfers SET leaf = leaf || x'0a' WHERE seq = 137")
    report = bench.against(papers[2])
    assert (report.finding, report.first_bad) == (Finding.REWRITTEN, 137)
    assert "第 137 笔" in report.words
    assert bench.against(papers[0]).ok


@pytest.mark.parametrize("text_", ["'what leaf'", "CAST(x'ff00' AS TEXT)"])
def test_a_leaf_overwritten_with_text_is_named(bench: LogBench, papers: list[str], text_: str) -> None:
    """The second cannot even be read as text."""
    bench.sql(f"UPDATE transfers SET leaf = {text_} WHERE seq = 137")
    assert bench.against(papers[2]).first_bad == 137
    assert verify(bench.database, bench.village.village_id).first_bad == 137


def test_a_deleted_row_is_named(bench: LogBench, papers: list[str]) -> None:
    bench.sql("PRAGMA defer_foreign_keys = ON", "DELETE FROM outcomes WHERE seq = 42", "DELETE FROM documents WHERE seq = 42",
              "DELETE FROM transfers WHERE seq = 42")  # fmt: skip
    assert bench.against(papers[0]).first_bad == 42
    assert verify(bench.database, bench.village.village_id).first_bad == 42


def test_two_swapped_rows_are_named(bench: LogBench, papers: list[str]) -> None:
    swap = "UPDATE transfers SET leaf = (SELECT leaf FROM transfers t WHERE t.seq = {b}) WHERE seq = {a}"
    bench.sql("CREATE TEMP TABLE kept AS SELECT leaf FROM transfers WHERE seq = 20", swap.format(a=20, b=30),
              "UPDATE transfers SET leaf = (SELECT leaf FROM kept) WHERE seq = 30", "DROP TABLE kept")  # fmt: skip
    assert bench.against(papers[0]).first_bad == 20


def test_an_inserted_row_is_found(bench: LogBench, papers: list[str]) -> None:
    columns = "village_id, id, kind, debit_id, credit_id, amount, done_on, posted_at, document_id, actor, debit_balance, credit_balance, leaf"
    bench.sql(
        "UPDATE outcomes SET seq = NULL, code = 'x'",
        "DELETE FROM documents",
        "UPDATE transfers SET seq = seq + 1000 WHERE seq > 50",
        "UPDATE transfers SET seq = seq - 999 WHERE seq > 1000",
        f"INSERT INTO transfers (seq, {columns}) SELECT 51, village_id, x'00000000000000000000000000000001', "
        + "kind, debit_id, credit_id, amount, done_on, posted_at, document_id, actor, debit_balance, credit_balance, leaf "
        + "FROM transfers WHERE seq = 50",
    )
    assert bench.against(papers[0]).first_bad == 51


def test_a_book_rewritten_with_everything_it_keeps_is_found_by_paper_alone(bench: LogBench, papers: list[str]) -> None:
    def more(seq: int, leaf: bytes) -> bytes:
        return leaf_bytes(replace(read_leaf(leaf), amount=9)) if seq == 137 else leaf

    rewrite(bench, more)
    bench.sql("DELETE FROM checkpoints")
    report = bench.against(papers[2])
    assert (report.finding, report.first_bad, report.sound_to, report.wrong_by) == (Finding.REWRITTEN, None, 0, 300)
    assert bench.against(papers[0]).ok


def test_stored_checkpoints_narrow_down_where_a_book_was_rewritten(bench: LogBench, papers: list[str]) -> None:
    rewrite(bench, lambda seq, leaf: leaf_bytes(replace(read_leaf(leaf), amount=9)) if seq == 137 else leaf)
    report = bench.against(papers[2])
    assert (report.finding, report.first_bad, report.sound_to, report.wrong_by) == (Finding.REWRITTEN, None, 100, 200)
    assert "第 101 到 200 笔" in report.words


def test_a_changed_tile_alone_is_no_rewritten_book(bench: LogBench, papers: list[str]) -> None:
    bench.sql("UPDATE log_tiles SET hashes = zeroblob(8192)")
    assert bench.against(papers[2]).ok


def test_a_book_cut_short_looks_right_until_it_meets_paper(bench: LogBench, papers: list[str]) -> None:
    cut(bench, 210)
    found = verify(bench.database, bench.village.village_id)
    assert found.problems == ["封账封到了第 300 笔，账上只有 210 笔"]
    report = bench.against(papers[2])
    assert (report.finding, report.held) == (Finding.CUT_SHORT, 210)
    assert "只剩 210 笔" in report.words
    bench.sql("DELETE FROM checkpoints WHERE size > 210")
    assert verify(bench.database, bench.village.village_id).ok
    report = bench.against(papers[2])
    assert (report.finding, report.held) == (Finding.OLD_COPY, 210), "nothing is left that says it was cut"
    assert bench.against(papers[1]).ok


def test_an_old_copy_looks_right_until_it_meets_paper(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    backup(bench, copy)
    bench.post(50)
    newest = bench.seal()
    restored = Database(f"sqlite:///{copy}")
    assert verify(restored, bench.village.village_id).ok
    report = verify_against(restored, bench.village.village_id, "SQ", newest, [bench.key])
    assert (report.finding, report.held) == (Finding.OLD_COPY, 300)
    assert "旧的一份" in report.words
    with pytest.raises(RestoreFirst, match="签到过第 350 笔，账里只有 300 笔"):
        sign_checkpoint(restored, bench.village.village_id, "SQ", bench.folder, now=bench.clock.now())
    restored.close()


def test_an_old_copy_that_was_posted_on_cannot_be_signed(bench: LogBench, papers: list[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    backup(bench, copy)
    bench.post(5)
    bench.seal()
    restored = Database(f"sqlite:///{copy}")
    later = LogBench.__new__(LogBench)
    later.database, later.village, later.clock, later.folder = restored, bench.village, bench.clock, bench.folder
    later.post(20)
    with pytest.raises(RestoreFirst, match="和签过的不一样"):
        later.seal()
    rotate_key(
        restored, bench.village.village_id, "SQ", bench.folder, now=bench.clock.now(), lost="硬盘坏了，从备份接着记"
    )
    later.seal()
    restored.close()


def test_a_book_changed_behind_the_keys_back_is_not_signed(bench: LogBench, papers: list[str]) -> None:
    rewrite(bench, lambda seq, leaf: leaf_bytes(replace(read_leaf(leaf), amount=9)) if seq == 137 else leaf)
    bench.post(1)
    with pytest.raises(RestoreFirst):
        bench.seal()


def test_a_book_whose_last_transfers_were_overwritten_is_not_signed(bench: LogBench, papers: list[str]) -> None:
    bench.post(1)
    bench.sql("UPDATE transfers SET leaf = 'x' WHERE seq = 301")
    with pytest.raises(RestoreFirst, match="verify"):
        bench.seal()


# ---- papers that prove nothing ----------------------------------------------------------------------------------------


def test_paper_of_another_village_of_a_stranger_or_forged(bench: LogBench, papers: list[str], village: Village) -> None:
    def found(paper: str) -> Finding:
        return bench.against(paper).finding

    assert found(papers[0].replace("/v/SQ/", "/v/QX/")) is Finding.OTHER_VILLAGE
    forged = papers[0].replace("#100.", "#101.")
    assert found(forged) is Finding.BAD_SIGNATURE
    stranger = SignerKey("merit/SQ", bytes(32))
    note = sign("merit/SQ\n5\n" + "A" * 43 + "=\n", stranger)
    assert found(note.full) is Finding.UNKNOWN_KEY
    with pytest.raises(BrokenContract):
        bench.against("merit:/v/SQ/log#what")


def test_every_finding_has_its_words() -> None:
    for finding in Finding:
        assert AgainstReport(finding, 5, 3, None, 1, 4).words


# ---- a large log ------------------------------------------------------------------------------------------------------


def test_proofs_hold_across_tiles_of_tiles(database: Database, village: Village) -> None:
    """65,536 leaves make 256 tiles and the first tile of tiles."""
    here, sizes = village.village_id, (65_535, 65_536, 65_537, 65_900)
    frontier: tuple[bytes, ...] = ()
    roots: dict[int, bytes] = {}
    row = {
        "village_id": here,
        "kind": "award",
        "debit_id": 2,
        "credit_id": 3,
        "amount": 1,
        "done_on": date(2026, 11, 16),
    }
    row |= {
        "posted_at": FixedClock().now(),
        "document_id": UUID(int=1),
        "actor": "x",
        "debit_balance": 0,
        "credit_balance": 0,
    }

    def fill(tx: Connection, first: int, last: int) -> None:
        made = [b"leaf %d" % seq for seq in range(first, last + 1)]
        rows = [{**row, "seq": seq, "id": UUID(int=seq), "leaf": leaf} for seq, leaf in enumerate(made, start=first)]
        tx.execute(insert(transfers), rows)
        tx.execute(text("UPDATE books SET last_seq = :last"), {"last": last})
        append_tiles(tx, here, first, made)

    drop_triggers(database)
    first = 1
    for last in (40_000, *sizes):
        database.write(lambda tx, first=first, last=last: fill(tx, first, last))  # type: ignore[misc]
        for seq in range(first, last + 1):
            frontier = append(frontier, seq - 1, leaf_hash(b"leaf %d" % seq))
        roots[last] = root(frontier)
        first = last + 1

    def check(tx: Connection) -> None:
        assert tx.execute(text("SELECT count(*) FROM log_tiles WHERE level = 1")).scalar_one() == 1
        for size in sizes:
            assert root_at(tx, here, size) == roots[size]
            for seq in (1, 256, 257, 32_768, 65_535, size):
                proof = inclusion_proof(tx, here, seq, size)
                assert includes(leaf_hash(b"leaf %d" % seq), seq - 1, size, proof, roots[size])
            for new in sizes:
                if new >= size:
                    assert consistent(size, roots[size], new, roots[new], consistency_proof(tx, here, size, new))
        for old in (1, 255, 256, 257, 40_000):
            proof = consistency_proof(tx, here, old, sizes[-1])
            assert consistent(old, root_at(tx, here, old), sizes[-1], roots[sizes[-1]], proof)

    database.read(check)


def backup(bench: LogBench, target: Path) -> None:
    """A copy of the database file as it is now."""
    bench.database.write(lambda tx: tx.execute(text("SELECT 1")))
    with bench.database.engines.read.connect() as connection:
        name = connection.exec_driver_sql("PRAGMA database_list").one()[2]
        connection.exec_driver_sql("SELECT count(*) FROM books").one()
    shutil.copy(name, target)
    for suffix in ("-wal", "-shm"):
        if Path(name + suffix).exists():
            shutil.copy(name + suffix, str(target) + suffix)
