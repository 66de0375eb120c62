"""A line between kiosk and ledger that does what lines do: cuts after so many bytes, delays, drips, goes deaf, shows a sign-in page."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from typing import Literal, Self
from urllib.parse import urlsplit

Mood = Literal["well", "delay", "drip", "half_open", "portal"]
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 21\r\nConnection: close\r\n\r\n<h1>Wi-Fi login</h1>\n"


class Proxy:
    """``mood`` and the two cuts hold for every connection from now on. ``cut_request`` and ``cut_answer`` count bytes of one connection."""

    def __init__(self, ledger_url: str) -> None:
        parts = urlsplit(ledger_url)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self.mood: Mood = "well"
        self.cut_request: int | None = None
        self.cut_answer: int | None = None
        self.passed = [0, 0]  # bytes of the last connection, there and back
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._listener.settimeout(0.05)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._accepting.join(timeout=5)
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, near: socket.socket) -> None:
        passed = self.passed = [0, 0]
        with near, contextlib.suppress(OSError):
            if self.mood == "half_open":
                while not self._ending.is_set() and self.mood == "half_open":
                    time.sleep(0.02)
                return
            if self.mood == "portal":
                near.settimeout(5)
                near.recv(65_536)
                near.sendall(PORTAL)
                return
            with socket.create_connection(self._target, timeout=5) as far:
                self._both_ways(near, far, passed)

    def _both_ways(self, near: socket.socket, far: socket.socket, passed: list[int]) -> None:
        while not self._ending.is_set():
            for source in select.select([near, far], [], [], 0.05)[0]:
                there = source is near
                data = source.recv(4096)
                if not data:
                    return
                way, cut = (0, self.cut_request) if there else (1, self.cut_answer)
                allowed = len(data) if cut is None else max(0, cut - passed[way])
                self._send(far if there else near, data[:allowed], drip=not there)
                passed[way] += min(allowed, len(data))
                if allowed < len(data):
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return

    def _send(self, to: socket.socket, data: bytes, *, drip: bool) -> None:
        if self.mood == "delay":
            time.sleep(0.3)
        if self.mood == "drip" and drip:
            for at in range(len(data)):
                if self._ending.is_set() or self.mood != "drip":
                    return
                to.sendall(data[at : at + 1])
                time.sleep(0.05)
            return
        to.sendall(data)
