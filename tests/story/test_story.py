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

from deploy.demo.folders import Folders
from deploy.demo.programs import DemoFault, Ports
from deploy.demo.stage import credited
from deploy.demo.village import layout, set_up

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


def test_a_village_of_other_tables_is_told_in_words_and_left_alone(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.make()
    folders.ready.write_text("ready\n")  # what the first demos wrote
    with pytest.raises(DemoFault, match=r"别的版本.*删掉这个文件夹"):
        set_up(folders, Ports(1, 2, 3), lambda _words: None)
    assert folders.ready.read_text() == "ready\n"
    folders.ready.write_text(f"{layout()}\n")
    said: list[str] = []
    set_up(folders, Ports(1, 2, 3), said.append)
    assert said == ["找到上次的村子，接着用。"]


def test_codes_and_passwords_of_the_demo_are_for_its_owner_alone(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "village")
    folders.make()
    assert folders.private.stat().st_mode & 0o077 == 0
    assert folders.passwords.stat().st_mode & 0o077 == 0
    assert {folders.cards.parent, folders.passwords.parent, folders.clock.parent} == {folders.private}


def test_the_stage_says_what_a_day_brought() -> None:
    assert credited("0007 户 义务劳动 到账 5 分\nSQ 到账 1 笔\n") == "公示期满，1 笔到账了"
    assert credited("SQ 到账 0 笔\n").startswith("没有新到账的")
