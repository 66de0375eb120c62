"""``merit-kiosk`` as a person meets it: words, exit codes, settings that are wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kiosk.config import load_settings
from kiosk.journal.lock import DataLock
from schemas.problems import BrokenContract
from tests.fakes.fake_ledger import CODE, FakeLedger


class Machine(NamedTuple):
    ledger: FakeLedger
    data_dir: Path

    def environ(self, **more: str) -> dict[str, str]:
        named = {
            "data_dir": str(self.data_dir), "ledger_url": self.ledger.url, "printer": "tcp://127.0.0.1:9",
            "scanner": f"serial:{self.data_dir}/no-scanner", "port": "0",
        } | more  # fmt: skip
        return dict(os.environ) | {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kiosk.cli", *words],
            env=self.environ(**more),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with FakeLedger() as ledger:
        yield Machine(ledger, tmp_path / "data")


def test_enrol_once_then_status_and_journal(machine: Machine) -> None:
    assert machine.run("status").returncode == 1
    done = machine.run("enrol", CODE.lower())
    assert done.returncode == 0, done.stderr
    assert "石桥村 1 号机" in done.stdout
    assert "两边的 8 位对得上吗？" in done.stdout
    again = machine.run("enrol", CODE)
    assert (again.returncode, "已经是" in again.stderr) == (1, True)
    status = machine.run("status")
    assert (status.returncode, "记录 0 笔" in status.stdout) == (0, True)
    assert machine.run("journal").stdout == ""


def test_a_wrong_code_is_a_no_and_leaves_nothing_behind(machine: Machine) -> None:
    assert machine.run("enrol", "SQ-WRONG234").returncode == 1
    assert machine.run("enrol", "1234").returncode == 2
    assert not list(machine.data_dir.glob("*.sqlite"))


def test_no_answer_is_a_fault(machine: Machine) -> None:
    machine.ledger.mode = "html"
    assert machine.run("enrol", CODE).returncode == 3


def test_an_identity_without_its_journal_does_not_start(machine: Machine) -> None:
    machine.run("enrol", CODE)
    (machine.data_dir / "journal.sqlite").unlink()
    for word in ("run", "status"):
        done = machine.run(word)
        assert (done.returncode, "记录不见了" in done.stderr) == (3, True)
    assert not (machine.data_dir / "journal.sqlite").exists()


def test_a_second_copy_does_not_start(machine: Machine) -> None:
    machine.data_dir.mkdir()
    with DataLock(machine.data_dir):
        done = machine.run("run")
    assert (done.returncode, "已经开着一个" in done.stderr) == (3, True)


def test_every_wrong_setting_is_told_at_once(machine: Machine) -> None:
    done = machine.run("run", printer_colour="red", paper_columns="40", kill_at="mid_print")
    assert done.returncode == 2
    assert "MERIT_KIOSK_PRINTER_COLOUR" in done.stderr
    assert "MERIT_KIOSK_PAPER_COLUMNS" in done.stderr
    addresses = machine.run("run", printer="lpt1", scanner="nothing")
    assert (addresses.returncode, addresses.stderr.count("not a")) == (2, 2)


def test_test_hooks_belong_to_the_demo(tmp_path: Path) -> None:
    toml = tmp_path / "kiosk.toml"
    toml.write_text(
        f'data_dir = "{tmp_path}"\nledger_url = "http://x"\nprinter = "tcp://x:1"\nscanner = "serial:/dev/x"\nclock_file = "c"\n'
    )
    with pytest.raises(BrokenContract, match="demo=true"):
        load_settings(toml, {})
    loaded = load_settings(
        None, {"MERIT_KIOSK_CONFIG": str(toml), "MERIT_KIOSK_DEMO": "true", "MERIT_KIOSK_PAPER_COLUMNS": "48"}
    )
    assert (loaded.demo, loaded.paper_columns, loaded.port) == (True, 48, 8090)


@pytest.mark.parametrize("enrolled", [True, False])
def test_it_serves_its_screen_and_stops_when_told(machine: Machine, enrolled: bool) -> None:
    if enrolled:
        machine.run("enrol", CODE)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "run"], env=machine.environ(), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any("the screen is at http://127.0.0.1:" in line for line in lines)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_help_reads_like_a_manual(machine: Machine) -> None:
    for words in ((), ("run",), ("enrol",), ("status",), ("journal",)):
        done = machine.run(*words, "--help")
        assert (done.returncode, done.stderr) == (0, "")
    assert "Exit codes" in machine.run("--help").stdout
