"""What a kiosk's upload makes the ledger read does not grow with the book: every table that grows is sought in by an index."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from tests.fakes.shop_scene import RICE, SOAP, Scene

# Tables that get rows with every sale; of the others a village has a few hundred rows and no more.
GROWING = {
    "transfers", "documents", "outcomes", "holds", "hold_ends", "entries", "redemptions", "redemption_lines", "stock_moves",
    "orders", "order_lines", "stock_papers", "stock_lines",
}  # fmt: skip
STEP = re.compile(r"^(SCAN|SEARCH) (\w+)(.*)")
EVERY = {"village_id=?", "kiosk_id=?"}  # what all rows of a village, or of its kiosk, have in common


def reads_all(step: str) -> bool:
    """True for a step of SQLite's plan that goes through a whole village's rows of a table that grows."""
    found = STEP.match(step)
    if found is None or found[2] not in GROWING:
        return False
    _, _, terms = found[3].partition("(")
    return found[1] == "SCAN" or set(terms.rstrip(")").split(" AND ")) <= EVERY


@pytest.mark.parametrize(
    "step",
    [
        "SCAN entries",
        "SEARCH entries USING INDEX sqlite_autoindex_entries_1 (village_id=? AND kiosk_id=?)",
        "SEARCH redemptions USING INDEX sqlite_autoindex_redemptions_1 (village_id=?)",
    ],
)
def test_a_plan_that_goes_through_a_whole_village_is_seen(step: str) -> None:
    assert reads_all(step)


def test_no_entry_makes_the_ledger_read_a_whole_village(scene: Scene) -> None:
    pen = scene.enrolled()
    asked: list[tuple[str, Any]] = []

    @event.listens_for(scene.database.engines.write, "before_cursor_execute")
    def _noted(_connection: object, _cursor: object, sql: str, values: Any, _context: object, many: bool) -> None:
        asked.append((sql, values[0] if many else values))

    sale = pen.asked("0007", scene.cards["0007"], [(RICE, 1, 39)])
    pen.handed_over(sale, "0007", scene.cards["0007"], [(RICE, 1, 39)])
    pen.printed(sale)
    pen.voided(sale)
    order = pen.ordered("0012", scene.cards["0012"], [(SOAP, 1, 5)], scene.village.today(scene.clock.now()))
    pen.collected(order, "0012", scene.cards["0012"], [(SOAP, 1, 5)])
    pen.slip_entered(3, "0011", [(SOAP, 1, 5)], date(2026, 11, 17))
    pen.written_off(SOAP, 1)
    assert "quarantined" not in {outcome.outcome for outcome in scene.outcomes(pen)}
    # an INSERT's plan also shows the foreign keys that point at its table, which are walked only for a row that breaks one
    statements = {sql: values for sql, values in asked if sql.split()[0] in ("SELECT", "UPDATE")}
    assert len(statements) > 20
    with scene.database.engines.read.connect() as connection:
        for sql, values in statements.items():
            plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if reads_all(step)], sql
