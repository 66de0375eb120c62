"""The unit files that a village's machines run by: systemd accepts them, and they say what the programs rely on."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))


def parsed(path: Path) -> configparser.ConfigParser:
    """A unit file, its continued lines joined."""
    unit = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(re.sub(r"\\\n\s*", "", path.read_text(encoding="utf-8")))
    return unit


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_every_service_starts_again_for_ever(path: Path) -> None:
    unit = parsed(path)
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["User"].startswith("merit-")


def test_the_counter_is_watched_and_waits_for_no_network() -> None:
    unit = parsed(UNITS / "merit-kiosk.service")
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["WatchdogSec"] == "30"
    assert "network" not in unit["Unit"]["After"]
    assert {"dialout", "lp", "input", "audio"} == set(unit["Service"]["SupplementaryGroups"].split())


def test_the_units_call_commands_that_there_are() -> None:
    from kiosk.cli import cli as kiosk
    from ledger.cli import cli as ledger

    for name, group in (("merit-kiosk", kiosk), ("merit-ledger", ledger)):
        service = parsed(UNITS / f"{name}.service")["Service"]
        for key in ("ExecStartPre", "ExecStart"):
            command = service.get(key, f"/opt/merit/bin/{name} {next(iter(group.commands))}").split()
            assert command[0] == f"/opt/merit/bin/{name}"
            assert command[-1] in group.commands


def test_the_screens_browser_leaves_nothing_behind_and_asks_nothing() -> None:
    command = parsed(UNITS / "merit-screen.service")["Service"]["ExecStart"]
    for flag in ("--kiosk", "--user-data-dir=/run/", "--no-first-run", "--noerrdialogs", "http://127.0.0.1:8090/"):
        assert flag in command


def test_the_rules_give_scanner_and_printer_fixed_names() -> None:
    rules = (UNITS / "70-merit-kiosk.rules").read_text(encoding="utf-8")
    for name in ('SYMLINK+="scanner"', 'SYMLINK+="input/scanner"', 'SYMLINK+="receipt-printer"', "ID_MM_DEVICE_IGNORE"):
        assert name in rules
    for line in rules.splitlines():
        assert line.startswith("#") or re.fullmatch(r'([A-Z_]+(\{\w+\})?(==|\+=|=)"[^"]*"(, )?)+', line)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_systemd_understands_every_line(path: Path, tmp_path: Path) -> None:
    """Programs that this machine lacks are replaced by one that it has; everything else is read as it stands."""
    text = re.sub(r"(?m)^(Exec\w+)=/\S+", r"\1=/bin/true", path.read_text(encoding="utf-8"))
    (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / path.name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about = [line for line in done.stderr.splitlines() if path.name in line]
    assert about == [], done.stderr
