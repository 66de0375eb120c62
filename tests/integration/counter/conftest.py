"""A village's counter on both engines: what a journal does must be the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import Scene
from tests.integration.book.conftest import (  # noqa: F401 - fixtures
    database,
    database_address,
    fresh_postgres,
    postgres_url,
)


@pytest.fixture(params=("sqlite-wal", "postgresql"))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:  # noqa: F811
    scene = Scene(database, village, clock)
    scene.furnish()
    return scene


@pytest.fixture
def pen(scene: Scene) -> KioskPen:
    return scene.enrolled()
