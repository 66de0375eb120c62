"""A flush that fails: whoever waits for that commit is told, and nothing that was acknowledged is lost, even by a power cut right after.

When fsync fails, Linux drops the pages it could not write and marks them clean: a later fsync succeeds without them. So the commit
is a fault, the connection goes, and the next begins with what SQLite's own journal says (``ledger.storage.writer``; its side of it is
in ``test_failed_commit``). Here our writer's statements are played on such a disk, each flush in turn fails once, and the unit of work
is sent again, as a client does that got no answer. A disk that swallows the failure must lose something: else this proves nothing.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from ledger.storage.engines import JournalMode
from tests.faults.conftest import LONG, Place
from tests.faults.forgetful_disk import NAME, Flush, ForgetfulDisk
from tests.faults.recorded import FILE, Cut, Recorded, Said, prepared_file, record, transfers_left

UNITS = 24  # postings played; each makes a handful of flushes
TRIED = 200 if LONG else 16  # flushes that fail, one a run


@pytest.fixture(params=["sqlite-delete", "sqlite-wal"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def journal(engine: str) -> JournalMode:
    return "wal" if engine == "sqlite-wal" else "delete"


@pytest.fixture
def start(migrated_file: Path, tmp_path: Path, journal: JournalMode) -> tuple[Path, Place]:
    return prepared_file(migrated_file, tmp_path / "start", journal)


def units_of(recorded: Recorded) -> Iterator[list[Said]]:
    """The statements of one commit after another."""
    unit: list[Said] = []
    for said in recorded.statements:
        unit.append(said)
        if said[0] == "COMMIT":
            yield unit
            unit = []


@dataclass
class Played:
    """What became of a run: the disk after a power cut at its end, how many flushes there were, and how many commits were faults."""

    cut: Cut
    flushes: int
    faults: int


class Playing:
    """Plays units of work on a disk of which one flush does not succeed."""

    def __init__(self, recorded: Recorded, start: Path, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._path = folder / FILE
        shutil.copy(start, self._path)
        self._pragmas = recorded.pragmas
        self._units = list(units_of(recorded))[:UNITS]
        self._flushes = self._faults = 0

    def run(self, failing: int, how: Flush) -> Played:
        """All units to the end; the flush with that number goes as ``how`` says."""

        def flush() -> Flush:
            self._flushes += 1
            return how if self._flushes == failing else Flush.DONE

        disk = ForgetfulDisk(before_each=lambda: None, flush=flush)
        try:
            connection = self._connected()
            for number, unit in enumerate(self._units, start=1):
                connection = self._played(connection, unit, number)
            played = Played(Cut(disk.cut(None), self.posted), self._flushes, self._faults)
            connection.close()
        finally:
            disk.close()
        return played

    @property
    def posted(self) -> int:
        """How many of the units posted a transfer; the others were refused."""
        return sum(sql.startswith("INSERT INTO transfers") for unit in self._units for sql, _ in unit)

    def _played(self, connection: apsw.Connection, unit: Sequence[Said], number: int) -> apsw.Connection:
        """The unit is acknowledged when this returns. After a fault: a new connection, and once more what is not there."""
        try:
            say(connection, unit)
        except apsw.IOError:
            self._faults += 1
            connection.close()
            connection = self._connected()
            if decided(connection) < number:
                say(connection, unit)
        assert decided(connection) == number
        return connection

    def _connected(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), vfs=NAME)
        for name, value in self._pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
        return connection


def say(connection: apsw.Connection, unit: Sequence[Said]) -> None:
    for sql, values in unit:
        connection.execute(sql, values).fetchall()


def decided(connection: apsw.Connection) -> int:
    """How many requests have their outcome."""
    [(many,)] = connection.execute("SELECT count(*) FROM outcomes").fetchall()
    return int(str(many))


@pytest.mark.timeout(1_200 if LONG else 120)
def test_a_flush_that_fails_is_told_and_nothing_acknowledged_is_lost(start: tuple[Path, Place], tmp_path: Path) -> None:
    path, place = start
    recorded = record(path, place, tmp_path / "recorded")
    whole = Playing(recorded, path, tmp_path / "played").run(0, Flush.DONE)
    assert whole.faults == 0
    assert whole_after(whole.cut, place, tmp_path / "after")
    told = lost = 0
    every = range(1, whole.flushes + 1)
    for failing in random.Random(20261122).sample(every, min(TRIED, len(every))):
        failed = Playing(recorded, path, tmp_path / "played").run(failing, Flush.FAILED)
        told += failed.faults
        assert transfers_left(failed.cut, place, tmp_path / "after") == failed.cut.acknowledged, failing
        swallowed = Playing(recorded, path, tmp_path / "played").run(failing, Flush.SWALLOWED)
        assert swallowed.faults == 0
        lost += not whole_after(swallowed.cut, place, tmp_path / "after")
    assert told > 0
    assert lost > 0, "this test cannot fail"


def whole_after(cut: Cut, place: Place, folder: Path) -> bool:
    try:
        return transfers_left(cut, place, folder) == cut.acknowledged
    except Exception:  # a file that cannot be read at all, or does not verify
        return False
