"""A log leaves its machine and comes in at another: export and import, on every engine."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.book.export import export_log
from ledger.book.importing import ImportReport, import_log
from ledger.book.keys import KeyFolder
from ledger.book.reading import account_of, book_head
from ledger.book.store import post
from ledger.book.values import Kind, Outcome, TransferRequest
from ledger.book.verify import Report, verify
from ledger.storage.database import Database
from ledger.villages.store import NewVillage, Village, add_village
from schemas.merkle import append, leaf_hash, root
from schemas.notes import VerifierKey
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door, Signing
from tests.integration.book.made import AWKWARD, awards, made, public, reversal

Sealed = Callable[..., list[str]]


@dataclass(frozen=True)
class Machine:
    """A second machine, where the same village is known and its book is empty."""

    database: Database
    village: Village
    clock: FixedClock
    keys: KeyFolder

    def take(self, lines: list[str], code: str = "SQ", trusted: VerifierKey | None = None) -> ImportReport:
        """Import that file, with the village's own key unless another is trusted."""
        key = trusted or public(self.keys)
        return import_log(self.database, self.village.village_id, code, lines, [key], now=self.clock.now())

    def head(self) -> tuple[int, bytes]:
        """How many transfers, and their root."""
        return self.database.read(lambda tx: book_head(tx, self.village.village_id))

    def post(self, *requests: TransferRequest) -> list[Outcome]:
        return self.database.write(lambda tx: post(tx, self.village.village_id, requests, now=self.clock.now()))

    def verified(self) -> Report:
        return verify(self.database, self.village.village_id)


@pytest.fixture
def second(tmp_path: Path, migrated_file: Path, clock: FixedClock, folder: KeyFolder) -> Iterator[Machine]:
    path = tmp_path / "second.sqlite"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    new = NewVillage(code="SQ", name="石桥村", phone="555 0123", quorum=1)
    yield Machine(database, database.write(lambda tx: add_village(tx, new, clock.now())), clock, folder)
    database.close()


@pytest.fixture
def sealed(database: Database, village: Village, door: Door, seal: Signing) -> Sealed:
    """Post these, seal the book and export it: the file's lines."""

    def lines(*requests: TransferRequest, with_documents: bool = False) -> list[str]:
        door(*requests)
        seal()
        return list(export_log(database, village.village_id, with_documents=with_documents))

    return lines


def test_a_log_moves_to_another_machine_and_verifies_there(
    database: Database, village: Village, door: Door, sealed: Sealed, second: Machine, clock: FixedClock
) -> None:
    door(*awards(600, clock, AWKWARD[:-1]))
    reversed_one = awards(1, clock)[0]
    door(reversed_one)
    lines = sealed(reversal(reversed_one, clock), with_documents=True)
    report = second.take(lines)
    assert (report.written, report.already) == (602, 0)
    checked = second.verified()
    assert checked.ok, checked.problems
    assert checked.erased_documents == 0
    assert second.head() == database.read(lambda tx: book_head(tx, village.village_id))
    there = second.village.village_id
    assert second.database.read(lambda tx: account_of(tx, there, "household:0007")).balance == 600
    assert second.post(reversed_one)[0].repeated
    assert list(export_log(second.database, there, with_documents=True)) == lines
    report = second.take(lines)
    assert (report.written, report.already) == (0, 602)


def test_a_log_without_documents_moves_too(sealed: Sealed, second: Machine, clock: FixedClock) -> None:
    lines = sealed(*awards(3, clock))
    assert "document" not in lines[1]
    second.take(lines)
    report = second.verified()
    assert report.ok, report.problems
    assert report.erased_documents == 3


def test_a_wrong_line_is_named_the_earlier_ones_stay_and_a_second_try_goes_on(
    sealed: Sealed, second: Machine, clock: FixedClock
) -> None:
    lines = sealed(*awards(700, clock), with_documents=True)
    bad = [*lines]
    bad[650] = bad[650].replace('"leaf":"bW', '"leaf":"bX')
    with pytest.raises(BrokenContract, match=r"line 651.*第 650 笔的哈希对不上"):
        second.take(bad)
    assert second.head()[0] == 649
    with pytest.raises(BrokenContract, match="文件不全"):
        second.take(lines[:660])
    report = second.take(lines)
    assert (report.written, report.already) == (41, 659)
    assert second.verified().ok


def test_an_import_takes_no_forged_no_foreign_and_no_used_book(
    sealed: Sealed, second: Machine, clock: FixedClock
) -> None:
    lines = sealed(*awards(3, clock))

    def refused(given: list[str], words: str, code: str = "SQ", trusted: VerifierKey | None = None) -> None:
        with pytest.raises(BrokenContract, match=words):
            second.take(given, code, trusted)
        assert second.head()[0] == 0

    refused([], "不是导出的账")
    refused(["{}"], "不是导出的账")
    refused(lines, "不是 QX 的", code="QX")
    refused(lines, "公钥", trusted=VerifierKey("merit/SQ", bytes(32)))
    refused([lines[0].replace('"size":3', '"size":2'), *lines[1:]], "自己对不上")
    refused(forged(lines), "和签过的封账不一样")
    refused([lines[0], *lines[2:]], "该是第 1 笔")
    refused([lines[0].replace('"decimals":0', '"decimals":1'), *lines[1:]], "一个带小数、一个不带")
    with pytest.raises(BrokenContract, match="多出来了"):
        second.take([*lines, lines[-1]])
    assert second.take(lines).already == 3
    second.post(*awards(1, clock))
    with pytest.raises(BrokenContract, match="比文件多"):
        second.take(lines)


def test_a_book_that_is_posted_to_meanwhile_refuses_the_import(
    sealed: Sealed, second: Machine, clock: FixedClock
) -> None:
    lines = sealed(*awards(3, clock))
    second.post(made(Kind.GRANT, "grant", "fund", 1, clock))
    with pytest.raises(BrokenContract, match="已经有别的账"):
        second.take(lines)
    assert second.head()[0] == 1


def test_nothing_is_exported_before_it_is_sealed(database: Database, village: Village) -> None:
    with pytest.raises(LookupError, match="signed"):
        list(export_log(database, village.village_id))


def forged(lines: list[str]) -> list[str]:
    """Another amount, with every root computed anew: only the signature tells."""
    frontier: tuple[bytes, ...] = ()
    again = [lines[0]]
    for number, line in enumerate(lines[1:]):
        entry = json.loads(line)
        leaf = base64.b64decode(entry["leaf"])
        if number == 1:
            leaf = leaf.replace(b"household:0007\n1\n", b"household:0007\n9\n")
        frontier = append(frontier, number, leaf_hash(leaf))
        again.append(json.dumps({**entry, "leaf": base64.b64encode(leaf).decode(), "root": root(frontier).hex()}))
    return again
