"""A client that costs next to nothing: requests are bytes made beforehand, connections stay open, one thread a client."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def get(path: str) -> bytes:
    """A GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON as bytes; ``Some_Header="…"``."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{more}\r\n".encode() + body


@dataclass
class Load:
    """What came of some requests: seconds each took, those that were not answered with 200, seconds in all."""

    latencies_s: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)
    elapsed_s: float = 0.0

    def add(self, other: Load) -> None:
        """Count another round in."""
        self.latencies_s += other.latencies_s
        self.wrong += other.wrong
        self.elapsed_s += other.elapsed_s


class Caller:
    """One client with its connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. ConnectionError when the server hangs up."""
        self._socket.sendall(request)
        answer = bytearray()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        length = _LENGTH.search(answer[:end])
        whole = end + 4 + (int(length[1]) if length else 0)
        while len(answer) < whole:
            answer += self._more()
        return int(answer[9:12]), bytes(answer[end + 4 :])

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the server hung up")
        return received


def run(callers: Sequence[Caller], requests: Sequence[Iterator[bytes]], count: int, *, patience_s: float) -> Load:
    """All callers at once, each sends the next ``count`` of its own requests in order, or fewer when patience ends."""
    done = Load()
    began = time.perf_counter()

    def work(caller: Caller, mine: Iterator[bytes]) -> None:
        for request in islice(mine, count):
            sent = time.perf_counter()
            status, body = caller.ask(request)
            now = time.perf_counter()
            done.latencies_s.append(now - sent)
            if status != 200:
                done.wrong.append(body)
            if now - began > patience_s:
                return

    threads = [threading.Thread(target=work, args=pair) for pair in zip(callers, requests, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.elapsed_s = time.perf_counter() - began
    return done
