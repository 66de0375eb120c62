"""The power goes while the counter writes: every entry that ``append`` came back with is there, in a journal that holds and opens.

The statements of the real journal's own connection are taken down and played again on a disk that forgets what was not synced
(``forgetful_disk``; what that does not prove stands in ``test_power_cut``). The plug is pulled at every change, once forgetting all that was
unsynced, once keeping a part of it by chance. The same with FULL, and with OFF, must lose some: a test that cannot fail proves nothing.
"""

from __future__ import annotations

import random
import shutil
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from kiosk.journal.file import FILE
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.values import Owner
from tests.faults.forgetful_disk import NAME, ForgetfulDisk
from tests.faults.test_kiosk_line import note

OWNER = Owner("SQ", 1, "ab" * 32)
APPENDS = 15
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")


class Cut(NamedTuple):
    """A disk after a power cut, and how many entries had been written for the counter's eyes by then."""

    files: dict[str, bytes]
    acknowledged: int


class Said(NamedTuple):
    """The journal as it lay on the disk, what its connection said, values in place, and the connection's pragmas."""

    start: Path
    statements: list[str]
    pragmas: dict[str, object]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    folder = tmp_path_factory.mktemp("counter")
    create_journal(folder, OWNER)
    start = folder / "start.sqlite"
    shutil.copy(folder / FILE, start)
    journal = Journal(folder, OWNER)
    pragmas = {name: journal._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    for _ in range(APPENDS):
        journal.append([note, note])
    journal._connection.set_trace_callback(None)
    journal.close()
    assert statements.count("COMMIT") == APPENDS
    once = [sql for sql, _ in groupby(statements)]  # a statement is told again for each of its triggers
    return Said(start, once, pragmas)


def cuts(said: Said, folder: Path, **other: object) -> list[Cut]:
    """Play it all, and at every change note what a power cut would leave."""
    folder.mkdir()
    path = folder / FILE
    shutil.copy(said.start, path)
    found: list[Cut] = []
    chance, written = random.Random(20261118), 0

    def moment() -> None:
        found.extend(Cut(disk.cut(each), written) for each in (None, chance))

    disk = ForgetfulDisk(before_each=moment)
    connection = apsw.Connection(str(path), vfs=NAME)
    try:
        for name, value in (said.pragmas | other).items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
        for sql in said.statements:
            connection.execute(sql).fetchall()
            if sql == "COMMIT":
                written += 2
                moment()
    finally:
        connection.close()
        disk.close()
    return found


def left(cut: Cut, folder: Path) -> int:
    """Switch on again: the real journal opens what is on the disk, verifies it, and says how many entries there are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in cut.files.items():
        (folder / name).write_bytes(content)
    journal = Journal(folder, OWNER)
    try:
        head = journal.head()
        return head.number if head else 0
    finally:
        journal.close()


def test_every_entry_that_was_written_survives_a_power_cut_at_any_moment(said: Said, tmp_path: Path) -> None:
    assert (said.pragmas["journal_mode"], said.pragmas["synchronous"]) == ("delete", 3)
    found = cuts(said, tmp_path / "played")
    assert len(found) > 10 * APPENDS
    for cut in found:
        entries = left(cut, tmp_path / "after")
        assert entries >= cut.acknowledged
        assert entries % 2 == 0, "two entries of one transaction are both there or neither"


@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_anything_less_would_lose_some(said: Said, tmp_path: Path, synchronous: str) -> None:
    for cut in cuts(said, tmp_path / "played", synchronous=synchronous):
        try:
            if left(cut, tmp_path / "after") < cut.acknowledged:
                return
        except Exception:  # not even readable
            return
    raise AssertionError("this test cannot fail")
