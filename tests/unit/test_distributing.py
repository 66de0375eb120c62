"""What ``merit-ledger distribute`` would do, and when it does nothing: decided without a database."""

from __future__ import annotations

import ledger.app  # noqa: F401 - every room describes its tables
from ledger.storage.columns import METADATA
from ledger.storage.distributing import REFERENCE_TABLES, Obstacle, Surroundings, obstacle, plan


def test_every_table_is_taken_once() -> None:
    assert sorted(step.table for step in plan(METADATA)) == sorted(METADATA.tables)


def test_the_shared_tables_come_first() -> None:
    kinds = [step.reference for step in plan(METADATA)]
    assert kinds == sorted(kinds, reverse=True)
    assert {step.table for step in plan(METADATA) if step.reference} == REFERENCE_TABLES & METADATA.tables.keys()


def test_a_table_comes_after_those_its_foreign_keys_name() -> None:
    place = {step.table: index for index, step in enumerate(plan(METADATA))}
    for table in METADATA.tables.values():
        for constraint in table.foreign_key_constraints:
            named = constraint.referred_table.name
            assert place[named] < place[table.name] or named == table.name, constraint.name


def test_the_villages_rows_lie_together() -> None:
    spread = [step for step in plan(METADATA) if not step.reference]
    assert spread[0].sql == f"SELECT create_distributed_table('{spread[0].table}', 'village_id')"
    together = f", 'village_id', colocate_with => '{spread[0].table}')"
    assert all(step.sql.endswith(together) for step in spread[1:])
    assert (
        next(step for step in plan(METADATA) if step.table == "staff").sql == "SELECT create_reference_table('staff')"
    )


def test_what_stands_in_the_way_is_told_in_the_order_in_which_one_meets_it() -> None:
    assert obstacle(Surroundings("sqlite")) is Obstacle.NOT_POSTGRESQL
    assert obstacle(Surroundings("postgresql")) is Obstacle.NO_CITUS
    assert obstacle(Surroundings("postgresql", "13.2-1")) is Obstacle.NO_TRIGGERS
    assert obstacle(Surroundings("postgresql", "13.2-1", unsafe_triggers=True)) is None
