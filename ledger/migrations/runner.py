"""Bring a database's tables up to date, from our own command: no alembic.ini, no offline mode."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ledger.storage.database import Database


def upgrade(database: Database) -> None:
    """Run every migration that is missing, all of them in one transaction: killed half-way, nothing has happened."""
    database.write(_upgrade)


def is_current(database: Database) -> bool:
    """True when no migration is missing."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return database.read(lambda tx: MigrationContext.configure(tx).get_current_revision()) == head


def _upgrade(tx: Connection) -> None:
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
