"""Databases that may be hurt: every engine we promise, each test with its own, and a PostgreSQL server that can be stopped;
and the ground of the counters whose clock, line or ledger is hurt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.book.store import open_account
from ledger.book.values import AccountKind
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from ledger.villages.store import NewVillage, add_village
from tests.conftest import MONDAY_MORNING
from tests.fakes.seam_ground import Ground, furnished_in_memory
from tests.fakes.seam_world import World
from tests.faults.load import HOUSEHOLDS
from tests.faults.servers import OwnServer
from tests.integration.book.conftest import ENGINES, database_address, fresh_postgres, postgres_url

__all__ = ["database_address", "fresh_postgres", "postgres_url"]  # fixtures

LONG = os.environ.get("LONG") == "1"


@dataclass(frozen=True)
class Place:
    """Where a book is: enough to open it again from another process."""

    url: str
    journal: JournalMode | None
    village_id: int

    def open(self) -> Database:
        return Database(self.url, journal=self.journal)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(engine: str, database_address: str) -> Place:
    """A migrated database with a village whose households have accounts, and nobody connected to it."""
    return prepared(database_address, "wal" if engine == "sqlite-wal" else "delete" if "sqlite" in engine else None)


def prepared(url: str, journal: JournalMode | None) -> Place:
    """A village 石桥村 with its accounts in a migrated database."""
    database = Database(url, journal=journal)
    new = NewVillage(code="SQ", name="石桥村", phone="555 0123", quorum=1)
    village = database.write(lambda tx: add_village(tx, new, MONDAY_MORNING))
    for code in HOUSEHOLDS:
        database.write(lambda tx, code=code: open_account(tx, village.village_id, code, AccountKind.HOUSEHOLD, floor=0))  # type: ignore[misc]
    database.close()
    return Place(url, journal, village.village_id)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    """A PostgreSQL of this test's own, with its tables; stopped afterwards."""
    if os.environ.get("MERIT_TEST_POSTGRESQL"):
        pytest.skip("a server that others use is not restarted: unset MERIT_TEST_POSTGRESQL")
    with OwnServer.started() as server:
        yield server


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """What counters at the seam stand on."""
    with furnished_in_memory() as ground:
        yield ground


@pytest.fixture
def world(ground: Ground) -> World:
    """The ledger of those counters, as it was in the beginning."""
    return World.on(ground)
