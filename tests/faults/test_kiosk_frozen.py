"""A thread of a real kiosk really stands still: systemd hears nothing more, and hears it again when the thread goes on."""

from __future__ import annotations

import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self
from uuid import uuid4

import pytest

from kiosk.devices.virtual import VirtualDevices
from tests.fakes.fake_ledger import CODE, FakeLedger
from tests.fakes.frozen_thread import NotAllowed, frozen

KIOSK = """
import json, os, sys, threading
from kiosk.app import running
from kiosk.config import load_settings

with running(load_settings(None, os.environ)):
    print(json.dumps({thread.name: thread.native_id for thread in threading.enumerate()}), flush=True)
    for line in sys.stdin:
        print(line, end="", flush=True)
"""
STILL = "a thread stands still: {}"
CANNOT_WRITE = "the journal cannot be written"
_QUESTIONS = count(1)


class Watched(NamedTuple):
    """A kiosk process, its threads by name, and the socket that it takes for systemd's."""

    process: subprocess.Popen[str]
    threads: dict[str, int]
    systemd: socket.socket
    data_dir: Path

    @classmethod
    def start(cls, environ: dict[str, str], folder: Path) -> Self:
        systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"merit-test-{uuid4()}"  # abstract: a folder's path may be longer than a socket's name may be
        systemd.bind(f"\0{name}")
        process = subprocess.Popen(
            [sys.executable, "-c", KIOSK],
            env=environ | {"NOTIFY_SOCKET": f"@{name}"},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        return cls(process, json.loads(process.stdout.readline()), systemd, folder / "data")

    def fed(self) -> None:
        """Comes back when the watchdog is fed from now on."""
        self.forget()
        while self.systemd.recv(200) != b"WATCHDOG=1":
            pass

    def forget(self) -> None:
        """What was heard until now."""
        while self.heard():
            self.systemd.recv(200)

    def heard(self) -> bool:
        return bool(select.select([self.systemd], [], [], 0)[0])

    def says(self, words: str) -> None:
        """Comes back when the kiosk has logged that once more."""
        assert self.process.stderr is not None
        for line in iter(self.process.stderr.readline, ""):
            if words in line:
                return
        raise AssertionError(f"it never said: {words}")

    def answers(self) -> bool:
        """Whether the rest of the process goes on."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = f"{next(_QUESTIONS)}\n"
        self.process.stdin.write(asked)
        self.process.stdin.flush()
        while select.select([self.process.stdout], [], [], 1)[0]:
            if self.process.stdout.readline() == asked:  # not the answer to an earlier question
                return True
        return False

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.systemd.close()


@pytest.fixture
def ledger() -> Iterator[FakeLedger]:
    with FakeLedger() as ledger:
        yield ledger


def kiosk_in(folder: Path, ledger: FakeLedger, held: ExitStack) -> Watched:
    folder.mkdir()
    devices = held.enter_context(VirtualDevices())
    named = {
        "data_dir": str(folder / "data"), "ledger_url": ledger.url, "printer": devices.urls.printer, "scanner": devices.urls.scanner,
        "demo": "true", "stall_s": "2.5", "snapshot_every_s": "3600",
    }  # fmt: skip
    environ = {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}
    enrolled = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "enrol", CODE], env=dict(os.environ) | environ, check=False
    )
    assert enrolled.returncode == 0
    watched = Watched.start(dict(os.environ) | environ, folder)
    held.callback(watched.end)
    return watched


def starves_and_is_fed_again(watched: Watched, thread: str) -> None:
    """Freeze it; a round later nothing has been heard; let it go, and it is heard again."""
    watched.fed()
    for _ in range(50):
        with frozen(watched.threads[thread]):
            if not watched.answers():  # it holds the interpreter's lock: that proves nothing about one thread
                continue
            watched.says(STILL.format(thread))
            watched.forget()
            watched.says(STILL.format(thread))
            assert not watched.heard(), f"the watchdog was fed while {thread} stood still"
            assert watched.answers()
        watched.fed()
        return
    raise AssertionError(f"{thread} could not be frozen alone")


def starves_while_another_has_the_file(watched: Watched) -> None:
    """The database stands still: somebody else has the journal's file and does not let go."""
    watched.fed()
    with closing(sqlite3.connect(watched.data_dir / "journal.sqlite", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        watched.forget()
        watched.says(CANNOT_WRITE)
        assert not watched.heard(), "the watchdog was fed while the journal could not be written"
        other.execute("ROLLBACK")
    watched.fed()


def tried(thread: str, folder: Path, ledger: FakeLedger) -> None:
    with ExitStack() as held:
        watched = kiosk_in(folder, ledger, held)
        if thread == "database":
            starves_while_another_has_the_file(watched)
        else:
            starves_and_is_fed_again(watched, thread)


@pytest.mark.timeout(180)
def test_the_watchdog_starves_while_one_thread_stands_still_and_is_fed_again(
    ledger: FakeLedger, tmp_path: Path
) -> None:
    threads = ("database", "scanner", "printer", "till")
    with ThreadPoolExecutor(len(threads)) as pool:  # at the same time: each only waits
        running = [pool.submit(tried, thread, tmp_path / thread, ledger) for thread in threads]
    try:
        for each in running:
            each.result()
    except NotAllowed as why:
        pytest.skip(f"one process may not stop another's thread here: {why}")
