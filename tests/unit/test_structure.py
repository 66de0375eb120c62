"""The house: rooms import downwards, ledger and kiosk never meet, and the forbidden names stay away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNWANTED = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py", "util.py", "helper.py"}
TOP = {"ledger", "kiosk", "schemas", "tests", "deploy"}


def test_rooms_import_downwards() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_a_drawer_for_anything() -> None:
    found = [path for top in TOP for path in (ROOT / top).rglob("*.py") if path.name in UNWANTED]
    assert found == []


def test_the_top_level_is_what_was_agreed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    folders = {line.split("/")[0] for line in tracked if "/" in line and not line.startswith(".")}
    assert folders <= TOP
