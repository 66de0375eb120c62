"""``merit-ledger award``, ``review`` and ``due``: what they print, and what they exit with."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ledger.awards.commands import award, due, review
from ledger.book.store import set_account
from ledger.book.values import household_account
from ledger.cli import LedgerGroup
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from tests.conftest import FixedClock
from tests.fakes.award_scene import Scene


class Console(Scene):
    """The scene, from a shell on the machine of the ledger."""

    data_dir: Path

    def run(self, *arguments: str) -> Result:
        services = Services(self.database, self.clock, LedgerSettings(data_dir=self.data_dir))
        group = LedgerGroup(commands={"award": award, "review": review, "due": due})
        return CliRunner().invoke(group, [*arguments, "--village", "sq"], obj=CommandContext(services))

    def award(self, household: str, item: str, *more: str, by: str = "li") -> Result:
        return self.run("award", "--household", household, "--item", item, "--by", by, *more)


@pytest.fixture
def console(database: Database, village: Village, clock: FixedClock, tmp_path: Path) -> Console:
    console = Console(database, village, clock)
    console.data_dir = tmp_path
    console.furnish()
    return console


def test_a_deed_goes_all_the_way_from_the_command_line(console: Console, clock: FixedClock) -> None:
    recorded = console.award("0007", "vo01", "--quantity", "2", "--day", "2026-11-15", "--note", "村口 清沟")
    assert (recorded.exit_code, recorded.stdout) == (0, "1\t0007\t义务劳动，2 次\t+10\t等复核\n")
    reviewed = console.run("review", "1", "--by", "zhou")
    assert reviewed.exit_code == 0
    assert reviewed.stdout == "1\t+10\t公示 2026-11-17 到 2026-11-19，2026-11-20 零点到账\n"
    assert console.run("due").stdout == "SQ 到账 0 笔\n"
    clock.advance(days=4)
    credited = console.run("due")
    assert credited.exit_code == 0
    assert credited.stdout == "1\t0007\t义务劳动，2 次\t+10\t第 3 笔，余 30 分\nSQ 到账 1 笔\n"
    assert console.run("due").stdout == "SQ 到账 0 笔\n"


def test_a_refusal_is_told_in_words_and_exits_with_1(console: Console) -> None:
    assert console.award("0007", "VO01").exit_code == 0
    again = console.award("0007", "VO01")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "同一户、同一天、同一件事，李秀文已报，编号 1。看那一份；真是两回事，写一句说明再交" in again.stderr
    assert console.award("0011", "VO01").exit_code == 0
    own = console.run("review", "2", "--by", "chen")
    assert own.exit_code == 1
    assert "这是自己家的，由别人评。周玉兰能复核" in own.stderr


def test_bad_input_is_told_all_at_once_and_exits_with_2(console: Console) -> None:
    done = console.award("0700", "XX99")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[0] == "户号 0700 村里没有，再看一眼"
    assert "没有这件事" in done.stderr
    assert "没有账号 nobody" in console.award("0007", "VO01", by="nobody").stderr
    assert "陈建国不是石桥村的记录员" in console.award("0007", "VO01", by="chen").stderr
    assert "没有编号 9 这一笔" in console.run("review", "9", "--by", "zhou").stderr
    unnamed = console.run("award", "--household", "0007", "--item", "VO01")
    assert unnamed.exit_code == 2
    assert "村里有 2 位记录员" in unnamed.stderr


def test_a_no_carries_its_reason(console: Console) -> None:
    console.award("0007", "VO01")
    done = console.run("review", "1", "--by", "zhou", "--reject", "那天没有清沟")
    assert (done.exit_code, done.stdout) == (0, "1\t不同意，不加分\n")
    assert console.run("review", "1", "--by", "chen").exit_code == 1


def test_what_cannot_be_credited_is_told_and_exits_with_1(console: Console, clock: FixedClock) -> None:
    console.hang("0007", "VO01")
    console.hang("0008", "VO01")
    village_id = console.village.village_id
    console.database.write(lambda tx: set_account(tx, village_id, household_account("0007"), closed=True))
    clock.advance(days=4)
    done = console.run("due")
    assert done.exit_code == 1
    assert "0007\t义务劳动\t没到账：这一户已经销户" in done.stderr
    assert "SQ 到账 1 笔" in done.stdout


def test_the_commands_explain_themselves() -> None:
    for command in (award, review, due):
        help_text = command.get_help(click.Context(command))
        assert "退出码是 1" in help_text
