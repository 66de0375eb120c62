"""Ledger and kiosk as the demo runs them: real programs, started and stopped by their process ids."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.demo.folders import Folders

READY_S = 30.0
STOP_S = 10.0


class DemoFault(Exception):
    """Something the demo needs did not happen; the message says what."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of the three processes."""

    ledger: int
    kiosk: int
    stage: int

    @property
    def ledger_url(self) -> str:
        return f"http://127.0.0.1:{self.ledger}"

    @property
    def kiosk_url(self) -> str:
        return f"http://127.0.0.1:{self.kiosk}"

    @property
    def stage_url(self) -> str:
        return f"http://127.0.0.1:{self.stage}"


def free_ports() -> Ports:
    """Three ports that nobody uses at this moment."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = Ports(*(listener.getsockname()[1] for listener in held))
    for listener in held:
        listener.close()
    return ports


def remembered_ports(folders: Folders) -> Ports:
    """The ports this village had the last time, because its cards name them; free ones the first time."""
    kept = folders.root / "ports.json"
    if kept.exists():
        return Ports(**json.loads(kept.read_text()))
    ports = free_ports()
    folders.root.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(asdict(ports)))
    return ports


def must_be_free(ports: Ports) -> None:
    """DemoFault that names the ports which another program holds."""
    taken = []
    for port in (ports.ledger, ports.kiosk, ports.stage):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(str(port))
    if taken:
        raise DemoFault(f"{'、'.join(taken)} 有别的程序在用。先关掉它，或跑 make demo FREE=1，另找三个空着的。")


def ledger_environment(folders: Folders, ports: Ports) -> dict[str, str]:
    """Settings of the ledger in the demo."""
    return _clean_environment() | {
        "MERIT_LEDGER_DATA_DIR": str(folders.ledger),
        "MERIT_LEDGER_PORT": str(ports.ledger),
        "MERIT_LEDGER_DEMO": "true",
        "MERIT_LEDGER_CLOCK_FILE": str(folders.clock),
    }


def kiosk_environment(folders: Folders, ports: Ports, *, printer: str, scanner: str) -> dict[str, str]:
    """Settings of the kiosk in the demo."""
    return _clean_environment() | {
        "MERIT_KIOSK_DATA_DIR": str(folders.kiosk),
        "MERIT_KIOSK_LEDGER_URL": ports.ledger_url,
        "MERIT_KIOSK_PORT": str(ports.kiosk),
        "MERIT_KIOSK_PRINTER": printer,
        "MERIT_KIOSK_SCANNER": scanner,
        "MERIT_KIOSK_DEMO": "true",
        "MERIT_KIOSK_CLOCK_FILE": str(folders.clock),
        "MERIT_KIOSK_SNAPSHOT_EVERY_S": "3",
    }


def run_command(program: str, *words: str, environment: Mapping[str, str], given: str = "") -> str:
    """What ``merit-ledger`` or ``merit-kiosk`` prints. DemoFault with its words when it fails or says no."""
    done = subprocess.run(
        [_executable(program), *words], env=environment, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DemoFault(f"{program} {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def run_for_code(program: str, *words: str, environment: Mapping[str, str]) -> int:
    """The exit code: 0 done, 1 the answer is no."""
    return subprocess.run([_executable(program), *words], env=environment, capture_output=True, check=False).returncode


@dataclass(slots=True)
class Program:
    """One program that keeps running. Its output goes to a log file beside its data."""

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it and wait until it answers. DemoFault with the end of its log when it does not."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [_executable(self.name), *self.words],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_S
        while not _answers(self.ready_url):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise DemoFault(f"{self.name} did not start:\n{_tail(self.log)}")
            time.sleep(0.05)

    def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; nothing happens when it has ended already."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def crashed(self) -> bool:
        """True when it ended by itself, and not because somebody stopped it."""
        return self._process is not None and self._process.poll() is not None


def _executable(program: str) -> str:
    return str(Path(sys.executable).with_name(program))


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MERIT_")}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
