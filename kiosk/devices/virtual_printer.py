"""A receipt printer made of a TCP server: takes jobs, answers for its health, and draws what it printed. For tests and the
demo only: whoever wants one starts one, and nothing in the kiosk knows a default."""

import contextlib
import re
import select
import socket
import threading
import time
from pathlib import Path
from typing import Literal, Self

from kiosk.devices.decode import STATUS, Kind, split
from kiosk.devices.picture import png

NAME = "MERIT-VIRTUAL"  # what it answers to GS I: a kiosk outside the demo sells nothing on it
_ASKED = re.compile(rb"\x10\x04([\x01-\x04])")


class VirtualPrinter:
    """Listens on 127.0.0.1 from `start` to `stop`; a context manager does both.

    Set at any time: `paper`, `cover_open`, `cutter_failed`, `silent` (prints and says nothing), `never_reads` (takes the
    connection and lets it lie), `paper_ends_in_job` (the roll ends inside the next job), `confirms` (knows `GS ( H`). Off line, it
    keeps what comes and prints it when it is well again. `jobs` are the bytes of what came out; `folder` gets each as a PNG too,
    numbered on from what lies there. `arrived_s` is when the last byte of each had come (`time.perf_counter`), before it was drawn.
    """

    def __init__(
        self, port: int = 0, *, width_dots: Literal[384, 576] = 384, folder: Path | None = None, silent: bool = False
    ) -> None:
        self.paper: Literal["ok", "near_end", "out"] = "ok"
        self.cover_open = False
        self.cutter_failed = False
        self.silent = silent
        self.never_reads = False
        self.paper_ends_in_job = False
        self.confirms = False
        self.jobs: list[bytes] = []
        self.arrived_s: list[float] = []
        self._width_dots = width_dots
        self._folder = folder
        self._before = len(list(folder.glob("*.png"))) if folder is not None else 0
        self._pending = b""
        self._job = bytearray()
        self._received_s = self._job_s = 0.0
        self._printed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="virtual printer", daemon=True)

    @property
    def url(self) -> str:
        """What `open_printer` takes."""
        return f"tcp://127.0.0.1:{self._port}"

    @property
    def _port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._wake.send(b"x")
        self._thread.join(timeout=5)
        for each in (self._listener, self._wake, self._woken):
            each.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for_jobs(self, count: int, timeout_s: float = 30) -> list[bytes]:
        """All jobs, once there are `count`. Raises TimeoutError."""
        with self._printed:
            if not self._printed.wait_for(lambda: len(self.jobs) >= count, timeout_s):
                raise TimeoutError(f"{len(self.jobs)} jobs came out, not {count}")
            return list(self.jobs)

    def _serve(self) -> None:
        while self._comes(self._listener):
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                self._talk(connection)
            self._finish_job()

    def _talk(self, connection: socket.socket) -> None:
        """One connection. `DLE EOT` is answered wherever it stands, even inside a picture: so do the real ones."""
        tail = b""
        while self._comes(connection):
            received = connection.recv(4096)
            self._received_s = time.perf_counter()
            if not received:
                return
            for asked in _ASKED.finditer(tail + received):
                self._say(connection, self._status(asked[1][0]))
            tail = (tail + received)[-2:]
            self._pending += received
            self._work_off(connection)

    def _comes(self, source: socket.socket) -> bool:
        """Wait until `source` has something; False when it is time to stop."""
        while True:
            deaf = self.never_reads and source is not self._listener
            ready = select.select([self._woken] if deaf else [self._woken, source], [], [], 0.05 if deaf else None)[0]
            if ready:
                return self._woken not in ready

    def _say(self, connection: socket.socket, answer: bytes) -> None:
        if not self.silent:
            connection.sendall(answer)

    def _status(self, n: int) -> bytes:
        out, near = self.paper == "out", self.paper == "near_end"
        bits = {
            1: 0x08 * (out or self.cover_open or self.cutter_failed),
            2: 0x04 * self.cover_open | 0x20 * out | 0x40 * self.cutter_failed,
            3: 0x08 * self.cutter_failed,
            4: 0x0C * (near or out) | 0x60 * out,
        }
        return bytes([0x12 | bits[n]])

    def _work_off(self, connection: socket.socket) -> None:
        """Print what is complete, as long as the printer is on line."""
        if self.paper == "out" or self.cover_open or self.cutter_failed:
            return
        commands, self._pending = split(self._pending)
        for command in commands:
            if command.kind is Kind.FENCE:
                self._finish_job()
                if self.paper != "out":
                    self._say(connection, b"\x03" if self.paper == "near_end" else b"\x00")
            elif command.kind is Kind.CONFIRM:
                self._confirm(connection, command.body[4:])
            elif command.kind is Kind.WHO:
                self._say(connection, b"_" + NAME.encode() + b"\x00")
            elif command.kind not in STATUS:
                self._job += command.raw
                self._job_s = self._received_s
                if self.paper_ends_in_job:
                    self.paper, self.paper_ends_in_job = "out", False

    def _confirm(self, connection: socket.socket, job: bytes) -> None:
        """A printer that does not know `GS ( H` skips it."""
        if self.confirms:
            self._finish_job()
            if self.paper != "out":
                self._say(connection, b"\x37\x22" + job + b"\x00")

    def _finish_job(self) -> None:
        if bytes(self._job) in (b"", b"\x1b@"):  # nothing, or only reset: no paper moves
            self._job.clear()
            return
        job = bytes(self._job)
        self._job.clear()
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{self._before + len(self.jobs) + 1:04}.png").write_bytes(png(job, self._width_dots))
        with self._printed:
            self.jobs.append(job)
            self.arrived_s.append(self._job_s)
            self._printed.notify_all()
