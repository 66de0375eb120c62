"""HTTPS before a ledger, as a county would have it: takes TLS off and passes the bytes on."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent / "tls"
AUTHORITY = FOLDER / "authority.pem"


class TlsFront:
    """Shows the certificate of that name (``tests/fakes/tls``); ``shows`` another from the next connection on."""

    def __init__(self, ledger_url: str, certificate: str) -> None:
        parts = urlsplit(ledger_url)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._lines: list[socket.socket] = []
        self.shows(certificate)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def shows(self, certificate: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(FOLDER / f"{certificate}.pem")

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _begin(self, work: Callable[..., None], *given: socket.socket) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._begin(self._carry, near)

    def _carry(self, bare: socket.socket) -> None:
        bare.settimeout(10)
        with (
            contextlib.suppress(OSError),
            self._context.wrap_socket(bare, server_side=True) as near,
            socket.create_connection(self._target, timeout=10) as far,
        ):
            self._lines.append(far)
            back = threading.Thread(target=_pass, args=(far, near), daemon=True)
            back.start()
            _pass(near, far)
            back.join(timeout=10)
        bare.close()


def _pass(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            to.sendall(data)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_RDWR)
