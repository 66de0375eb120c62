"""Schema changes by alembic, forward only. Imports no room: a migration says what it did then, whatever the rooms say now."""
