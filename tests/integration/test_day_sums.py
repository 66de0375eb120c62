"""What a snapshot adds up of a day is found by the day, however many years of sales the village has."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.fakes.whole_snapshot import whole_snapshot


@pytest.mark.parametrize("said", ["sum(redemptions.total)", "max(redemptions.redeemed_at)"])
def test_the_days_sums_and_last_visits_seek_in_an_index(
    database: Database, village: Village, clock: FixedClock, said: str
) -> None:
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database.engines.read, "before_cursor_execute")
    def _noted(_connection: object, _cursor: object, sql: str, values: Any, _context: object, _many: bool) -> None:
        asked.append((sql, values))

    database.read(lambda tx: whole_snapshot(tx, village, clock.now()))
    sql, values = next((sql, values) for sql, values in asked if said in sql)
    with database.engines.read.connect() as connection:
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    [sought] = [step for step in plan if "redemptions" in step]
    assert "redeemed_at>" in sought or "household_id=?" in sought
