"""The power goes: what was committed is there, whatever of the rest the disk forgot.

The statements of our own writer, with the pragmas of its own connection, are taken down while it posts, and played again on a disk that
forgets whatever was not synced (``forgetful_disk``). At many moments, in the middle of commits among them, the plug is pulled: once
forgetting everything unsynced, once keeping a random part of it with the last write torn at a sector. What is left is opened by our own
``Database`` and verified: it must hold at least every commit that had returned. With ``synchronous=OFF`` the same must lose some, and
so must the rollback journal with FULL instead of EXTRA: a test that cannot fail proves nothing.

**What this does not prove.** It trusts that fsync means it: a disk or card that lies about it loses data here as anywhere. Files are
cut, not hardware: no firmware, no card that destroys neighbouring blocks, no file system's own recovery. It assumes that a write
touches no byte outside itself (SQLite's "powersafe overwrite") and that sectors of 512 bytes are written whole. It runs apsw's SQLite, not
the one of Python's standard library, and one connection: the reset bug of old WAL versions needs two. kill -9 is in ``test_kill.py``.
LONG=1 pulls it at 300 moments instead of 60.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from ledger.storage.engines import JournalMode
from tests.faults.conftest import LONG, Place
from tests.faults.forgetful_disk import NAME, ForgetfulDisk
from tests.faults.recorded import FILE, Cut, Recorded, prepared_file, record, transfers_left

CUTS = 300 if LONG else 60  # moments; two cuts at each, all kept in memory


@pytest.fixture(params=["sqlite-delete", "sqlite-wal"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def journal(engine: str) -> JournalMode:
    return "wal" if engine == "sqlite-wal" else "delete"


@pytest.fixture
def start(migrated_file: Path, tmp_path: Path, journal: JournalMode) -> tuple[Path, Place]:
    return prepared_file(migrated_file, tmp_path / "start", journal)


class Playing:
    """Plays the statements on a forgetful disk and pulls the plug at chosen moments (in mind: the play goes on)."""

    def __init__(self, recorded: Recorded, start: Path, folder: Path, **other: object) -> None:
        folder.mkdir()
        self._path = folder / FILE
        shutil.copy(start, self._path)
        self._size = self._path.stat().st_size
        self._recorded = recorded
        self._pragmas = recorded.pragmas | other
        self._acknowledged = 0
        self._changes = 0
        self._moments: set[int] = set()
        self._cuts: list[Cut] = []
        self._chance = random.Random(20261116)

    def cuts(self) -> Iterator[Cut]:
        """Play once to count the changes, and again to cut at some of them."""
        self._play()
        changes = self._changes
        shutil.copy(self._path.parent.parent / "start" / FILE, self._path)
        self._moments = set(range(changes)) if changes <= CUTS else set(self._chance.sample(range(changes), CUTS))
        self._acknowledged = self._changes = 0
        self._play()
        assert self._changes == changes
        yield from self._cuts

    def _play(self) -> None:
        disk = ForgetfulDisk(before_each=lambda: self._moment(disk))
        connection = apsw.Connection(str(self._path), vfs=NAME)
        try:
            for name, value in self._pragmas.items():
                connection.execute(f"PRAGMA {name} = {value}").fetchall()
            assert connection.pragma("journal_mode") == self._pragmas["journal_mode"]
            posted = 0
            for sql, values in self._recorded.statements:
                posted += sql.startswith("INSERT INTO transfers")
                connection.execute(sql, values).fetchall()
                if sql == "COMMIT":
                    self._acknowledged = posted
                    self._moment(disk)
            assert self._path.stat().st_size > self._size, "the write-ahead log was never checkpointed"
        finally:
            connection.close()
            disk.close()

    def _moment(self, disk: ForgetfulDisk) -> None:
        if self._changes in self._moments:
            self._cuts += [Cut(disk.cut(chance), self._acknowledged) for chance in (None, self._chance)]
        self._changes += 1


def lost(recorded: Recorded, start: tuple[Path, Place], tmp_path: Path, **other: object) -> tuple[int, int]:
    """At how many cuts something acknowledged was missing or the file could not be read at all, of how many."""
    path, place = start
    missing = made = 0
    for cut in Playing(recorded, path, tmp_path / f"played-{len(other)}", **other).cuts():
        made += 1
        try:
            missing += transfers_left(cut, place, tmp_path / "after") < cut.acknowledged
        except Exception:
            if not other:
                raise
            missing += 1
    return missing, made


@pytest.mark.timeout(3_000 if LONG else 300)
def test_every_acknowledged_commit_survives_a_power_cut_at_any_moment(
    start: tuple[Path, Place], tmp_path: Path, journal: JournalMode
) -> None:
    recorded = record(*start, tmp_path / "recorded")
    assert (recorded.pragmas["journal_mode"], recorded.pragmas["synchronous"]) == (
        journal,
        2 if journal == "wal" else 3,
    )
    missing, made = lost(recorded, start, tmp_path)
    assert made >= 100
    assert missing == 0
    careless, _ = lost(recorded, start, tmp_path, synchronous="OFF")
    assert careless > 0, "this test cannot fail"


@pytest.mark.parametrize("engine", ["sqlite-delete"], indirect=True)
def test_full_is_not_enough_for_the_rollback_journal(start: tuple[Path, Place], tmp_path: Path) -> None:
    """Why it is EXTRA: a journal whose deletion the disk forgot undoes a commit that was acknowledged."""
    recorded = record(*start, tmp_path / "recorded")
    missing, _ = lost(recorded, start, tmp_path, synchronous="FULL")
    assert missing > 0
