"""``merit-ledger`` at the console: making a ledger ready, asking for balances, checking the book, and its exit codes."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection
from waitress.adjustments import Adjustments
from waitress.proxy_headers import proxy_headers_middleware
from werkzeug.test import EnvironBuilder

from ledger.book.store import open_account, post
from ledger.book.values import FUND, AccountKind, Kind, TransferRequest, household_account
from ledger.cli import cli
from ledger.commands import proxy
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import village_by_code

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
PASSWORD = "泥鳅针线花生豆花"


class Console:
    """A shell whose environment points at a data directory of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environ = {"MERIT_LEDGER_DATA_DIR": str(data_dir)}

    def run(self, *arguments: str, typed: str = "", **environ: str) -> Result:
        return CliRunner().invoke(cli, arguments, input=typed, env={**self.environ, **environ})

    @property
    def file(self) -> Path:
        return self.data_dir / "ledger.sqlite"


@pytest.fixture
def bare(tmp_path: Path) -> Console:
    return Console(tmp_path / "new" / "ledger")


@pytest.fixture
def console(bare: Console) -> Console:
    assert bare.run("init").exit_code == 0
    assert bare.run("village", "add", "SQ", "石桥村", "--phone", "555 0123", "--decimals", "1").exit_code == 0
    return bare


@pytest.fixture
def posted(console: Console) -> Console:
    """Three households with 10.5, 21 and 31.5 points."""
    database = Database(f"sqlite:///{console.file}")
    village = database.read(lambda tx: village_by_code(tx, "SQ"))
    assert village is not None

    def earn(tx: Connection) -> None:
        for n in (1, 2, 3):
            code = household_account(f"000{n}")
            open_account(tx, village.village_id, code, AccountKind.HOUSEHOLD, floor=0)
            request = TransferRequest(uuid4(), Kind.AWARD, FUND, code, 105 * n, date(2026, 11, 15), "import", uuid4())
            post(tx, village.village_id, [request], now=NOW)

    database.write(earn)
    database.close()
    return console


def test_init_makes_everything_and_says_so(bare: Console) -> None:
    first = bare.run("init")
    assert first.exit_code == 0, first.output
    assert "新建  密钥" in first.output
    assert stat.S_IMODE((bare.data_dir / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(bare.data_dir.stat().st_mode) == 0o700


def test_init_again_changes_nothing(posted: Console) -> None:
    before = (posted.data_dir / "secret.key").read_bytes(), posted.run("balance", "--village", "SQ").output
    again = posted.run("init")
    assert again.exit_code == 0
    assert "新建" not in again.output
    assert ((posted.data_dir / "secret.key").read_bytes(), posted.run("balance", "--village", "SQ").output) == before


def test_unknown_settings_refuse_to_start_and_all_faults_are_told(bare: Console, tmp_path: Path) -> None:
    config = tmp_path / "ledger.toml"
    config.write_text('prot = 80\nhost = "0.0.0.0"\n')
    told = bare.run("--config", str(config), "init", MERIT_LEDGER_PORT="eighty", MERIT_LEDGER_DATBASE="x")
    assert told.exit_code == 2
    for name in ("prot：", "MERIT_LEDGER_PORT：", "MERIT_LEDGER_DATBASE：", "共 3 处要改"):
        assert name in told.output
    assert not bare.data_dir.exists()


def test_help_needs_no_settings_and_touches_nothing(bare: Console) -> None:
    for command in ("", *cli.commands):
        told = bare.run(*[command] if command else [], "--help", MERIT_LEDGER_WRONG="x")
        assert told.exit_code == 0, command
    assert not bare.data_dir.exists()


def test_the_help_names_every_setting(bare: Console) -> None:
    told = bare.run("--help").output
    assert [name for name in LedgerSettings.model_fields if name not in told] == []


WRITTEN_WRONG = {
    ("blance",): "没有 blance 这个命令",
    ("balance",): "还没写 --village",
    ("balance", "--vilage", "SQ"): "没有 --vilage 这一项，是不是 --village",
    ("balance", "0007", "0008", "--village", "SQ"): "多写了 0008",
    ("award", "--village"): "--village 后面还没写内容",
    ("award", "--day", "20261116"): "--day 这一处：日子写成 2026-11-16 这样",
    ("award", "--quantity", "0"): "--quantity 这一处：写 1 到 99 之间的整数",
    ("review", "first"): "NUMBER 这一处：写 1 以上的整数",
    ("user", "add", "li", "李", "--role", "king"): "--role 这一处：从这些里选：village_admin、recorder",
    ("import", "goods", "no-such-file.csv"): "这一处：没有这个文件",
    ("card", "print", "--village", "SQ", "--out", "x.json"): "写 --household 户号，或写 --all，选一样",
    ("--config", "no-such-file.toml", "verify"): "--config 这一处：没有这个文件",
}


@pytest.mark.parametrize(("words", "told"), WRITTEN_WRONG.items(), ids=[" ".join(words) for words in WRITTEN_WRONG])
def test_a_command_that_is_written_wrong_is_told_in_words(bare: Console, words: tuple[str, ...], told: str) -> None:
    done = bare.run(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert re.search(r"怎么写，看 (cli|merit-ledger)[ a-z]* --help\n$", done.stderr)
    assert not re.search(r"Error|Usage|Invalid", done.stderr)
    assert not bare.data_dir.exists()


def test_two_ledgers_never_share_a_secret(tmp_path: Path) -> None:
    """Nothing secret has a default: each installation draws its own."""
    secrets = set()
    for name in ("a", "b"):
        assert Console(tmp_path / name).run("init").exit_code == 0
        secrets.add((tmp_path / name / "secret.key").read_bytes())
    assert len(secrets) == 2
    assert not [name for name in LedgerSettings.model_fields if re.search("secret|password|token|key", name)]


def test_a_ledger_that_was_just_made_has_no_account(console: Console) -> None:
    with closing(sqlite3.connect(console.file)) as raw:
        assert raw.execute("SELECT count(*) FROM staff").fetchone() == (0,)


def test_balances_are_told_in_the_villages_unit(posted: Console) -> None:
    assert posted.run("balance", "--village", "sq", "0001").output == "0001\t10.5\n"
    assert posted.run("balance", "--village", "SQ").output == "0001\t10.5\n0002\t21\n0003\t31.5\n"


def test_a_household_that_is_not_there_is_a_no_and_a_village_that_is_not_is_bad_input(posted: Console) -> None:
    assert posted.run("balance", "--village", "SQ", "0700").exit_code == 1
    assert posted.run("balance", "--village", "XX").exit_code == 2


def test_a_right_book_is_a_yes(posted: Console) -> None:
    told = posted.run("verify")
    assert told.exit_code == 0, told.output
    assert re.search(r"SQ 对过了：3 笔全对，根 [0-9a-f]{64}", told.output)


TAMPERING = {
    "an amount in its column": "UPDATE transfers SET amount = amount + 1 WHERE seq = 2",
    "a byte of the leaf": "UPDATE transfers SET leaf = CAST(replace(CAST(leaf AS TEXT), '210', '910') AS BLOB) WHERE seq = 2",
    "a transfer gone": "DELETE FROM transfers WHERE seq = 2",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
def test_a_book_changed_behind_our_back_is_a_no_with_the_first_bad_transfer(posted: Console, statement: str) -> None:
    with closing(sqlite3.connect(posted.file)) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        assert raw.execute(statement).rowcount == 1
    told = posted.run("verify", "--village", "SQ")
    assert told.exit_code == 1
    assert "SQ 第 2 笔对不上" in told.output


def test_a_right_book_is_also_held_against_the_paper_that_left_the_machine(posted: Console) -> None:
    slip = next(word for word in posted.run("checkpoint", "--village", "SQ").output.split("：") if "/log#" in word)
    slip = slip.split()[0]
    told = posted.run("verify", "--village", "SQ", "--against", slip)
    assert told.exit_code == 0, told.output
    assert "SQ 对过了：3 笔全对" in told.output
    assert "SQ 对上了：头 3 笔和纸上封的一样" in told.output
    forged = posted.run("verify", "--village", "SQ", "--against", slip, "--against", slip.replace("#3.", "#2."))
    assert forged.exit_code == 1
    assert "签名不对" in forged.output
    assert posted.run("verify", "--against", slip).exit_code == 2, "whose paper is it?"


def test_a_terminal_shows_how_far_the_checking_is_and_a_file_gets_the_answer_only(posted: Console) -> None:
    seen, quiet = (posted.run("verify", "--village", "SQ", FORCE_COLOR=value) for value in ("1", ""))
    assert "正在对 石桥村（SQ）的账：3 / 3 笔" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.stderr)
    assert quiet.stderr == ""
    assert "SQ 对过了：3 笔全对" in seen.stdout


def test_the_logs_commands_are_where_the_help_says(posted: Console) -> None:
    assert {"checkpoint", "prove", "export", "countersign", "key"} <= set(cli.commands)
    assert "log" in posted.run("import", "--help").output
    assert "还没封到这里" in posted.run("prove", "2", "--village", "SQ").output


def test_a_database_that_is_no_database_is_a_fault(posted: Console) -> None:
    posted.file.write_bytes(b"not a database at all" * 1000)
    told = posted.run("verify")
    assert told.exit_code == 3
    assert "Traceback" not in told.output


def test_a_password_comes_from_stdin_and_never_from_the_command_line(console: Console) -> None:
    added = console.run("user", "add", "zhou", "周玉兰", "--village", "SQ", "--role", "reviewer", typed=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert console.run("user", "password", "zhou", "secret-in-history").exit_code == 2
    weak = console.run("user", "password", "zhou", typed="12345678\n")
    assert weak.exit_code == 2
    assert "一猜就中" in weak.output
    assert console.run("user", "password", "zhou", typed="换一个密码试试看\n").exit_code == 0
    assert console.run("user", "disable", "zhou").exit_code == 0
    assert console.run("user", "disable", "zhou").exit_code == 2, "nobody left to disable"


@pytest.mark.parametrize("made", [True, False], ids=["an empty folder", "no folder"])
def test_before_init_every_command_says_what_to_do_first(bare: Console, made: bool) -> None:
    if made:
        bare.data_dir.mkdir(parents=True)
    village = ("--village", "SQ")
    for words in (
        ("village", "add", "SQ", "石桥村", "--phone", "1"), ("balance", *village), ("verify",), ("due",), ("kiosk", "code", *village),
        ("award", *village, "--household", "0007", "--item", "VO01"),
    ):  # fmt: skip
        told = bare.run(*words)
        assert (words, told.exit_code, "先跑 merit-ledger init" in told.stderr) == (words, 2, True), told.output
    assert bare.run("init").exit_code == 0


def test_serve_refuses_until_the_ledger_is_ready(bare: Console) -> None:
    bare.data_dir.mkdir(parents=True)
    told = bare.run("serve")
    assert told.exit_code == 2
    assert "先跑 merit-ledger init" in told.output


@pytest.fixture
def served(console: Console) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from ledger.cli import main; main()", "serve", "--port", str(port)]
    environ = {**os.environ, **console.environ}
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    yield f"http://127.0.0.1:{port}", process
    process.kill()
    process.communicate()


def test_serve_answers_and_logs_which_journal_it_keeps_and_why(served: tuple[str, subprocess.Popen[str]]) -> None:
    address, process = served
    assert process.stderr is not None
    line = process.stderr.readline()
    assert re.search(r'"journal": "(wal|delete)", "because": "SQLite 3[^"]+fix"', line)
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                assert answer.status == 200
                assert "waitress" not in str(answer.headers)
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the service did not answer")


@pytest.mark.parametrize(
    ("public_url", "seen"),
    [("", "127.0.0.1"), ("https://jifen.example", "203.0.113.9")],
    ids=["alone", "behind a proxy"],
)
def test_nobody_writes_their_own_address(public_url: str, seen: str) -> None:
    """What waitress makes of a forged first hop and a true last one, by the options that ``serve`` gives it."""

    def application(environ: dict[str, str], start: object) -> list[bytes]:
        return [environ["REMOTE_ADDR"].encode()]

    options = Adjustments(**proxy(LedgerSettings(public_url=public_url)))
    believing = proxy_headers_middleware(
        application,
        trusted_proxy=options.trusted_proxy,
        trusted_proxy_count=options.trusted_proxy_count,
        trusted_proxy_headers=options.trusted_proxy_headers,
        clear_untrusted=options.clear_untrusted_proxy_headers,
    )
    environ = EnvironBuilder(headers=[("X-Forwarded-For", "198.51.100.1, 203.0.113.9")]).get_environ()
    environ["REMOTE_ADDR"] = "127.0.0.1"
    assert believing(environ, None) == [seen.encode()]
