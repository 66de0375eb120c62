"""A disk that is full, or takes no writing any more: a clear fault, nothing half written, reading goes on, and so does everything once there is space again."""

from __future__ import annotations

import shutil
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
from tests.fakes.small_disk import small_disk
from tests.faults.conftest import Place, prepared
from tests.faults.load import HOUSEHOLDS, NAMESPACE, request_of

POSTINGS = 400  # each with a document of 20 kB: far more than any of the limits below
DISK_BYTES = 4_000 * 1024
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


def test_a_file_that_may_only_be_read(place: Place) -> None:
    """A worn card shows itself like this. SQLite's own switch stands in for it: the error is the same SQLITE_READONLY."""
    database = place.open()
    before = [poster(database, place)(n) for n in range(5)]
    database.close()

    worn = place.open()

    @event.listens_for(worn.engines.write, "connect")
    def _locked(raw: SqliteConnection, _record: object) -> None:
        raw.execute("PRAGMA query_only = ON")

    answered, met = fill(poster(worn, place))
    assert {outcome.id for outcome in answered} <= {
        outcome.id for outcome in before
    }  # who asks again still gets an answer
    assert {type(error) for error in met} == {StorageFault}
    still_right(worn, place, before)
    worn.close()

    database = place.open()
    goes_on(database, place, poster(database, place))
    database.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of some megabytes with a file on it that can be removed to make space."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


def test_a_disk_that_is_full(disk: Path, migrated_file: Path, engine: str) -> None:
    path = disk / "ledger.sqlite"
    shutil.copy(migrated_file, path)
    journal: JournalMode = "wal" if engine == "sqlite-wal" else "delete"
    place = prepared(f"sqlite:///{path}", journal)
    taken = disk / "something else"
    free = shutil.disk_usage(disk).free
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
