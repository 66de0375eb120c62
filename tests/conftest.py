"""What most tests stand on: a migrated database, a village with an open book, a clock that only moves when told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.migrations.runner import upgrade
from ledger.storage.database import Database
from ledger.villages.store import NewVillage, Village, add_village

MONDAY_MORNING = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai


class FixedClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def set(self, moment: datetime) -> None:
        self._now = moment


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no rows, made once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.sqlite"
    database = Database(f"sqlite:///{path}", journal="delete")
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "data" / "ledger.sqlite"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def make_village(database: Database, clock: FixedClock) -> Callable[..., Village]:
    def make(code: str = "SQ", name: str = "石桥村", **settings: object) -> Village:
        new = NewVillage(code=code, name=name, phone="555 0123", quorum=1, **settings)  # type: ignore[arg-type]
        return database.write(lambda tx: add_village(tx, new, clock.now()))

    return make


@pytest.fixture
def village(make_village: Callable[..., Village]) -> Village:
    return make_village()
