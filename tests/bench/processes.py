"""Programs under measure: started, waited for, asked by the system how much they use, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

READY_S = 60.0
PAUSE_S = 0.005


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Running:
    """A process of this Python, from its first answer to the end of the ``with``. ``started_s`` is how long that answer took."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], ready_url: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MERIT_")}
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*words], env=clean | dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not answers(ready_url):
            if self._process.poll() is not None or time.perf_counter() - began > READY_S:
                self.stop()
                raise RuntimeError(f"{words} did not start")
            time.sleep(PAUSE_S)
        self.started_s = time.perf_counter() - began

    def memory_mib(self) -> float:
        """Resident memory, MiB."""
        for line in self._proc("status").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the process is gone")

    def cpu_s(self) -> float:
        """Seconds of a core used so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it and wait."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._process.pid}/{name}").read_text(encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def seconds_of(words: Sequence[str]) -> float:
    """How long a command takes."""
    began = time.perf_counter()
    subprocess.run([*words], check=True, capture_output=True)
    return time.perf_counter() - began


def program(name: str) -> str:
    """An installed command of this environment."""
    return str(Path(sys.executable).with_name(name))


def answers(url: str) -> bool:
    """True when it answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
