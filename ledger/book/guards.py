"""Whether the book's append-only triggers are in force: who owns the database can take them away, and then must put them back unseen."""

from __future__ import annotations

from sqlalchemy import Connection, text

APPEND_ONLY = (
    "transfers",
    "outcomes",
    "holds",
    "hold_ends",
    "overrides",
    "log_tiles",
    "checkpoints",
    "countersignatures",
    "log_keys",
)
UNCHANGING = ("documents",)  # may be erased, never altered

_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT,%'"
_POSTGRESQL = (
    "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
    "AND t.tgrelid::regclass::text || '_' || CASE WHEN t.tgname LIKE '%_no_truncate' THEN 'no_truncate' ELSE 'append_only' END = t.tgname "
    "AND p.prosrc LIKE '%RAISE EXCEPTION%'"
)


def missing_guards(tx: Connection) -> list[str]:
    """The names of the triggers that should be there and are not, or refuse nothing."""
    if tx.dialect.name == "sqlite":
        wanted = [f"{table}_{what}" for table in APPEND_ONLY for what in ("no_update", "no_delete", "no_replace")]
        wanted += [f"{table}_no_update" for table in UNCHANGING]
        there = set(tx.execute(text(_SQLITE)).scalars())
    else:
        tables = (*APPEND_ONLY, *UNCHANGING)
        wanted = [f"{table}_{what}" for table in tables for what in ("append_only", "no_truncate")]
        there = set(tx.execute(text(_POSTGRESQL)).scalars())
    return [name for name in wanted if name not in there]
