"""A village's counter on both engines: what a journal does must be the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

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
def pen(scene: Scene) -> KioskPen:
    return scene.enrolled()
