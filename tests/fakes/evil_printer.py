"""A printer that does wrong: takes no connection, never reads, reads a trickle, cuts the line, lies, answers late, chatters."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from typing import Literal, Self

Evil = Literal["well", "deaf", "never_reads", "slow", "reset", "late", "chatters", "lies_paper", "noise"]
_ASKED = re.compile(rb"\x10\x04([\x01-\x04])")
_UNASKED = b"\x10\x00\x00\x0f"
_SECRET = 100  # bytes a second of a slow one


class EvilPrinter:
    """Set ``evil`` at any time; it holds from the next connection on. ``jobs`` are the bytes of each connection that was read."""

    def __init__(self, evil: Evil = "well", *, reset_after: int = 300) -> None:
        self.evil: Evil = evil
        self.reset_after = reset_after
        self.jobs: list[bytes] = []
        self._ending = threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(1)
        self._listener.settimeout(0.05)
        self._thread = threading.Thread(target=self._serve, name="evil printer", daemon=True)

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            if self.evil == "deaf":  # the system's queue takes the connection, and nobody ever does
                time.sleep(0.02)
                continue
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(OSError):
                self._talk(connection, self.evil)

    def _talk(self, connection: socket.socket, evil: Evil) -> None:
        connection.settimeout(0.05)
        job = bytearray()
        chattered = 0.0
        while not self._ending.is_set() and evil == self.evil:
            if evil == "never_reads":
                time.sleep(0.02)
                continue
            if evil == "chatters" and time.monotonic() - chattered > 0.02:
                chattered = time.monotonic()
                connection.sendall(_UNASKED)
            try:
                received = connection.recv(5 if evil == "slow" else 4096)
            except TimeoutError:
                continue
            if not received:
                break
            job += received
            if evil == "slow":
                time.sleep(len(received) / _SECRET)
            if evil == "reset" and len(job) > self.reset_after:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            self._answer(connection, received, evil)
        self.jobs.append(bytes(job))

    def _answer(self, connection: socket.socket, received: bytes, evil: Evil) -> None:
        for asked in _ASKED.finditer(received):
            if evil == "late":
                time.sleep(0.7)
            connection.sendall(self._said(asked[1][0], evil))
        if b"\x1dr\x01" in received:
            connection.sendall(b"\x00")

    @staticmethod
    def _said(n: int, evil: Evil) -> bytes:
        if evil == "lies_paper" and n == 4:
            return b"\x7e"
        if evil == "noise":
            return b"\xff\x00\xfe"
        return b"\x12"
