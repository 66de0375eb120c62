"""One village, one shard: every village table distributed by ``village_id`` on a Citus coordinator, the few others copied to each node.

What Citus asks of the tables (every key begins with the village, no reference table points at a village's) is held by a test over
their description; here are only the order of the work and the reasons not to begin. Each table is its own transaction, so a run that
was broken off is simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from ledger.storage.database import Database
from ledger.storage.writer import StorageFault

KEY = "village_id"
REFERENCE_TABLES = frozenset({"townships", "villages", "staff", "staff_sessions", "staff_audit", "throttles"})

# While it is on, making a reference table turns every table that points at it into a "Citus local" one, and those then refuse that the
# tables they point at are distributed.
_KEEP_LOCAL_TABLES = "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off"
_UNSAFE_TRIGGERS = "SELECT current_setting('citus.enable_unsafe_triggers', true)"
_EXTENSION = "SELECT extversion FROM pg_extension WHERE extname = 'citus'"
_TABLES = "SELECT table_name::text AS name, citus_table_type AS kind, distribution_column AS key FROM citus_tables"


class Obstacle(Enum):
    """Why nothing was done."""

    NOT_POSTGRESQL = "not_postgresql"
    NO_CITUS = "no_citus"
    NO_TRIGGERS = "no_triggers"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the database is: its dialect, Citus' version (None without it), and whether triggers may stand on distributed tables."""

    dialect: str
    citus: str | None = None
    unsafe_triggers: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One table and what becomes of it; ``beside`` is the village table whose shards its own lie with, None for the first."""

    table: str
    reference: bool
    beside: str | None = None

    @property
    def kind(self) -> str:
        """As ``citus_tables`` calls it."""
        return "reference" if self.reference else "distributed"

    @property
    def key(self) -> str:
        """The distribution column, as ``citus_tables`` writes it."""
        return "<none>" if self.reference else KEY

    @property
    def sql(self) -> str:
        """The statement; the names are our own."""
        if self.reference:
            return f"SELECT create_reference_table('{self.table}')"
        beside = f", colocate_with => '{self.beside}'" if self.beside else ""
        return f"SELECT create_distributed_table('{self.table}', '{KEY}'{beside})"


def obstacle(found: Surroundings) -> Obstacle | None:
    """The first reason not to begin, or None."""
    if found.dialect != "postgresql":
        return Obstacle.NOT_POSTGRESQL
    if found.citus is None:
        return Obstacle.NO_CITUS
    return None if found.unsafe_triggers else Obstacle.NO_TRIGGERS


def plan(metadata: MetaData) -> list[Step]:
    """Every table once: reference tables first, then the village tables, each after those that its foreign keys name."""
    names = [table.name for table in metadata.sorted_tables]
    shared = [Step(name, reference=True) for name in names if name in REFERENCE_TABLES]
    first, *others = [name for name in names if name not in REFERENCE_TABLES]
    return [*shared, Step(first, reference=False), *(Step(name, reference=False, beside=first) for name in others)]


def surroundings(database: Database) -> Surroundings:
    """What the database is."""
    dialect = database.engines.write.dialect.name
    if dialect != "postgresql":
        return Surroundings(dialect)
    citus, triggers = database.read(
        lambda tx: (tx.execute(text(_EXTENSION)).scalar(), tx.execute(text(_UNSAFE_TRIGGERS)).scalar())
    )
    return Surroundings(dialect, citus, triggers == "on")


def distribute(database: Database, steps: list[Step]) -> Iterator[tuple[Step, bool]]:
    """Take the steps one after another; True with those that did something, False where it was done before.

    StorageFault when a table is distributed otherwise, or Citus refuses; what was done until then stays.
    """
    for step in steps:
        try:
            yield step, database.write(lambda tx, step=step: _take(tx, step))  # type: ignore[misc]
        except DBAPIError as error:
            raise StorageFault(f"{step.table}: {error.orig}") from error


def _take(tx: Connection, step: Step) -> bool:
    before = _as_it_is(tx).get(step.table)
    if before == (step.kind, step.key):
        return False
    if before is not None and before[0] in ("reference", "distributed"):
        raise StorageFault(f"{step.table} is {before[0]} by {before[1]}, not {step.kind} by {step.key}")
    tx.execute(text(_KEEP_LOCAL_TABLES))
    tx.execute(text(step.sql))
    return True


def _as_it_is(tx: Connection) -> Mapping[str, tuple[str, str]]:
    return {row.name: (row.kind, row.key) for row in tx.execute(text(_TABLES))}
