"""systemd's watchdog: a datagram to the socket that it named. Five lines need no library."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


class Notifier:
    """Tells systemd how the service is; without ``NOTIFY_SOCKET`` it tells nobody. Never raises and never waits."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, *words: str) -> bool:
        """Send them. True when they were taken."""
        if not self._address:
            return False
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto("\n".join(words).encode(), self._address)
            return True
        return False


def every_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """How often to feed it: a third of what systemd allows, None when it does not watch."""
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) / 3_000_000 if text.isdigit() and int(text) else None
