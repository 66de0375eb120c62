"""A village's snapshot in one go, as the API gives it without a cursor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ledger.kiosks.snapshot import composed, read_village
from ledger.villages.store import Village
from schemas.kiosk_api import Snapshot


def whole_snapshot(tx: Connection, village: Village, now: datetime) -> Snapshot:
    """Everything a counter is told, read and composed."""
    return composed(village, read_village(tx, village, now))
