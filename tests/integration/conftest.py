"""What several rooms' tests stand on: a village with a shop, the whole service behind its door, a bench for
the log, an enrolled counter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk.devices.virtual import VirtualDevices
from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from tests.conftest import FixedClock
from tests.fakes.enrolled_kiosk import VirtualCounter
from tests.fakes.fake_ledger import FakeLedger
from tests.fakes.log_bench import LogBench
from tests.fakes.shop_scene import Scene


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    """The village with goods on the shelf, and households with points and cards."""
    return Scene(database, village, clock).furnish()


@pytest.fixture
def client(database: Database, clock: FixedClock, tmp_path: Path) -> FlaskClient:
    """Somebody at the door of the whole service, not signed in."""
    return create_app(Services(database, clock, LedgerSettings(data_dir=tmp_path), wall=clock)).test_client()


@pytest.fixture
def bench(database: Database, village: Village, clock: FixedClock, tmp_path: Path) -> LogBench:
    """The village's log, with nothing in it yet."""
    return LogBench(database, village, clock, tmp_path / "keys")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[VirtualCounter]:
    """A kiosk on virtual devices and a ledger of its own, enrolled, not running."""
    with FakeLedger() as ledger, VirtualDevices(scanner_link=tmp_path / "scanner") as devices:
        yield VirtualCounter(tmp_path / "data", ledger, devices)
