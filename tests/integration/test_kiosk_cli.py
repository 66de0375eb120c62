"""``merit-kiosk`` as a person meets it: words, exit codes, settings that are wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from kiosk.cli import cli
from kiosk.config import KioskSettings, load_settings
from kiosk.journal.lock import DataLock
from schemas.problems import BrokenContract
from tests.fakes.fake_ledger import CODE, FakeLedger


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Machine(NamedTuple):
    ledger: FakeLedger
    data_dir: Path

    def environ(self, **more: str) -> dict[str, str]:
        named = {
            "data_dir": str(self.data_dir), "ledger_url": self.ledger.url, "printer": "tcp://127.0.0.1:9",
            "scanner": f"serial:{self.data_dir}/no-scanner", "port": "0",
        } | more  # fmt: skip
        return dict(os.environ) | {f"MERIT_KIOSK_{name.upper()}": value for name, value in named.items()}

    def run(self, *words: str, **more: str) -> Done:
        """The command in a process of its own where it is ``run``, which takes over signals and the log; else here, which is quicker."""
        if words[0] != "run":
            done = CliRunner().invoke(cli, words, env=self.environ(**more))
            return Done(done.exit_code, done.stdout, done.stderr)
        program = [sys.executable, "-m", "kiosk.cli", *words]
        ran = subprocess.run(program, env=self.environ(**more), capture_output=True, text=True, check=False)
        return Done(ran.returncode, ran.stdout, ran.stderr)


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
    assert machine.run("--version").stdout.startswith("merit-kiosk, version ")
    assert machine.run("journal").stdout == ""


def test_a_wrong_code_is_a_no_and_leaves_nothing_behind(machine: Machine) -> None:
    assert machine.run("enrol", "SQ-WRONG234").returncode == 1
    assert machine.run("enrol", "1234").returncode == 2
    assert machine.run("enrol", "SQ-" + "A" * 10_240).returncode == 2
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


def test_trouble_with_the_machine_is_words_and_not_a_traceback(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    for word in ("run", "selftest"):
        done = machine.run(word, data_dir=str(tmp_path / "a file" / "data"))
        assert (done.returncode, "机器出了事，没办成" in done.stderr) == (3, True)
        assert "Traceback" not in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = machine.run("run", port=str(taken.getsockname()[1]))
    assert (done.returncode, "Address already in use" in done.stderr) == (3, True)


def test_every_wrong_setting_is_told_at_once(machine: Machine) -> None:
    wrong = {
        "printer_colour": "red", "paper_columns": "40", "printer": "lpt1", "scanner": "nothing", "ledger_url": "ftp://x",
        "idle_s": "soon", "kill_at": "mid_print",
    }  # fmt: skip
    done = machine.run("run", **wrong)
    assert done.returncode == 2
    assert {line.partition("：")[0] for line in done.stderr.splitlines()} == {
        f"MERIT_KIOSK_{name.upper()}" for name in wrong
    }
    for words in ("写其中一个：32 or 48；现在是 40", "写成数字，现在是 soon", "没有这项设置", "demo=true"):
        assert words in done.stderr
    assert not machine.data_dir.exists()


def test_an_unknown_setting_in_the_file_stops_every_command(machine: Machine, tmp_path: Path) -> None:
    toml = tmp_path / "kiosk.toml"
    toml.write_text('prniter = "tcp://x:1"\n')
    for word in ("run", "status"):
        done = machine.run(word, config=str(toml))
        assert (done.returncode, "prniter：没有这项设置" in done.stderr) == (2, True)


def test_nothing_that_a_kiosk_must_be_told_has_a_default() -> None:
    with pytest.raises(BrokenContract) as caught:
        load_settings(None, {})
    assert {fault.field for fault in caught.value.faults} == {"data_dir", "ledger_url", "printer", "scanner"}


def test_an_address_that_only_its_driver_can_read_is_told_too(machine: Machine) -> None:
    done = machine.run("run", printer="tcp:x", scanner="serial:/dev/x?colour=red")
    assert (done.returncode, done.stderr.count("not a")) == (2, 2)


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


def test_the_help_names_every_setting() -> None:
    told = CliRunner().invoke(cli, ["--help"]).output
    hooks = {"clock_file", "kill_at", "stall_s"}
    assert [name for name in KioskSettings.model_fields if name not in hooks and name not in told] == []


def test_help_reads_like_a_manual() -> None:
    commands = ((), ("run",), ("enrol",), ("status",), ("journal",), ("journal", "restore"), ("selftest",), ("spare",))
    for words in commands:
        done = CliRunner().invoke(cli, [*words, "--help"])
        assert done.exit_code == 0
        assert not re.search(r"\w\.\.\.\n", done.output), "a short sentence is whole"
        assert "Exit codes" in " ".join(done.output.split()) or words in (("run",), ("journal",))
