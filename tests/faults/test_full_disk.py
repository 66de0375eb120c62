"""A disk that is full: a clear fault, nothing half written, reading goes on, and so does everything once there is space again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

import pytest
from sqlalchemy import event

from ledger.book.reading import book_head
from ledger.book.store import post
from ledger.book.values import Kind, Outcome, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from ledger.storage.writer import StorageFault
from tests.conftest import MONDAY_MORNING
from tests.faults.conftest import Place, prepared
from tests.faults.load import HOUSEHOLDS, NAMESPACE, request_of

POSTINGS = 400  # each with a document of 20 kB: far more than any of the limits below
DISK_KB = 4_000
Posting = Callable[[int], Outcome]


def big(n: int) -> TransferRequest:
    request = request_of("disk", 2 * n if n % 3 else 0)  # some of them are the same one again
    assert isinstance(request, TransferRequest)
    assert request.kind is Kind.AWARD
    return TransferRequest(
        request.id, Kind.AWARD, "fund", HOUSEHOLDS[0], 1, request.done_on, "kiosk:1", NAMESPACE, {"text": "满" * 7_000}
    )


def poster(database: Database, place: Place) -> Posting:
    return lambda n: database.write(lambda tx: post(tx, place.village_id, [big(n)], now=MONDAY_MORNING))[0]


def fill(one: Posting, threads: int = 4) -> tuple[list[Outcome], list[BaseException]]:
    """Post until the disk is full, several at once; who was answered, and what the others met."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(one, n) for n in range(POSTINGS)]
    met = [error for future in futures if (error := future.exception()) is not None]
    return [future.result() for future in futures if future.exception() is None], met


def still_right(database: Database, place: Place, answered: list[Outcome]) -> None:
    """Exactly what was answered is there, whole; and it can be read although nothing can be written."""
    report = verify(database, place.village_id)
    assert report.ok, report.problems
    assert report.transfers == len({outcome.id for outcome in answered})
    assert database.read(lambda tx: book_head(tx, place.village_id)) == (report.transfers, report.root)


def goes_on(database: Database, place: Place, one: Posting) -> None:
    outcomes = [one(n) for n in range(POSTINGS)]
    assert all(outcome.posted for outcome in outcomes)
    still_right(database, place, outcomes)


@pytest.fixture(params=["sqlite-delete", "sqlite-wal"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_database_that_may_not_grow(place: Place) -> None:
    """SQLite's own limit stands in for the disk: the error is the same SQLITE_FULL."""
    limit = {"pages": 0}
    database = place.open()

    @event.listens_for(database.engines.write, "connect")
    def _limited(raw: SqliteConnection, _record: object) -> None:
        size = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {size + limit['pages']}")

    limit["pages"] = 300
    one = poster(database, place)
    answered, met = fill(one)
    assert answered, "the disk was full from the beginning"
    assert met, "the disk was never full"
    assert {type(error) for error in met} == {StorageFault}
    assert {str(error).splitlines()[0] for error in met if "full" not in str(error)} == set()
    still_right(database, place, answered)
    limit["pages"] = 10**6
    goes_on(database, place, one)
    database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of some megabytes with a file on it that can be removed to make space."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={DISK_KB}k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run([umount, disk], check=True)


def test_a_disk_that_is_full(small_disk: Path, migrated_file: Path, engine: str) -> None:
    path = small_disk / "ledger.sqlite"
    shutil.copy(migrated_file, path)
    journal: JournalMode = "wal" if engine == "sqlite-wal" else "delete"
    place = prepared(f"sqlite:///{path}", journal)
    taken = small_disk / "something else"
    free = shutil.disk_usage(small_disk).free
    taken.write_bytes(b"\0" * (free - 1_000_000))

    database = place.open()
    one = poster(database, place)
    answered, met = fill(one)
    assert answered, "the disk was full from the beginning"
    assert met, "the disk was never full"
    assert {type(error) for error in met} == {StorageFault}
    still_right(database, place, answered)
    database.close()

    database = place.open()  # a restart on the full disk finds everything, too
    still_right(database, place, answered)
    taken.unlink()
    assert poster(database, place)(POSTINGS + 1).posted
    database.close()
