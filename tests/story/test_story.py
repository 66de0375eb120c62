"""The demo as a stranger runs it: the whole story without hands, and a village that is still there the next time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240

pytestmark = [pytest.mark.story, pytest.mark.timeout(600)]


def test_the_whole_story_plays_without_hands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.demo", "--story"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "全对" in done.stdout.splitlines()[-1]


@contextmanager
def live(data: Path) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """A demo that runs, with the lines it said until it was ready; ended by Ctrl-C."""
    words = [sys.executable, "-m", "deploy.demo", "--data", str(data), "--free-ports"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    impatience = threading.Timer(PATIENCE_S, process.kill)
    impatience.start()
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.strip())
            if "Ctrl-C" in line:
                break
        yield said, process
    finally:
        process.send_signal(signal.SIGINT)
        said += [line.strip() for line in process.stdout]
        process.wait(60)
        impatience.cancel()
        process.stdout.close()


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_second_start_finds_the_village_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with live(tmp_path / "village") as (said, process):
        assert any("Ctrl-C" in line for line in said), said
        programs = children_of(process.pid)
        assert len(programs) == 2
    assert process.returncode == 0, said
    assert not any(alive(pid) for pid in programs)
    with live(tmp_path / "village") as (said, process):
        assert "找到上次的村子，接着用。" in said
    assert process.returncode == 0, said
