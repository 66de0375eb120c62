"""A village by commands alone, each as a cadre types it: from an empty folder to points on a card and a book that verifies."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.cli import cli

DATA = Path(__file__).parents[2] / "deploy" / "demo" / "data"
PASSWORD = "泥鳅针线花生豆花"


class Console:
    """A shell in an empty folder. The village's clock moves when told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._days = folder, folder / "days-ahead"
        self.pass_days(0)

    def pass_days(self, ahead: int) -> None:
        self._days.write_text(f"{ahead}\n")

    def told(self, words: str, *more: str, code: int = 0, typed: str = "") -> str:
        """What a command prints, on both channels; it must exit with ``code``."""
        environ = {
            "MERIT_LEDGER_DATA_DIR": str(self.folder / "ledger"),
            "MERIT_LEDGER_DEMO": "true",
            "MERIT_LEDGER_CLOCK_FILE": str(self._days),
        }
        done = CliRunner().invoke(cli, [*words.split(), *more], env=environ, input=typed)
        assert done.exit_code == code, done.output
        return done.output


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@pytest.fixture
def village(console: Console) -> Console:
    """石桥村 with its lists and two cadres."""
    console.told("init")
    console.told("village add SQ 石桥村 --quorum 1 --phone", "555 0123")
    console.told("user add li 李秀文 --village SQ --role recorder --role reviewer", typed=f"{PASSWORD}\n")
    console.told("user add chen 陈建国 --village SQ --role village_admin --role reviewer", typed=f"{PASSWORD}\n")
    assert "6 类 16 项" in console.told("import rulebook --village SQ", str(DATA / "rulebook.json"))
    assert "期初共 4009 分" in console.told("import households --village SQ", str(DATA / "households.csv"))
    assert "新的 16 样" in console.told("import goods --village SQ", str(DATA / "goods.csv"))
    return console


def test_a_point_goes_its_whole_way_by_commands_alone(village: Console) -> None:
    told = village.told
    assert told("balance 0007 --village SQ") == "0007\t60\n"
    assert told("award --village SQ --household 0007 --item VO01") == "1\t0007\t义务劳动\t+5\t等复核\n"
    assert "陈建国能复核" in told("review 1 --village SQ --by li", code=1)
    assert "零点到账" in told("review 1 --village SQ --by chen")
    for day in range(3):  # the hour it runs at may turn into the next day meanwhile
        village.pass_days(day)
        assert told("due") == "SQ 到账 0 笔\n"
        assert told("balance 0007 --village SQ") == "0007\t60\n"
    village.pass_days(5)
    assert "余 65 分\nSQ 到账 1 笔\n" in told("due")
    assert told("due") == "SQ 到账 0 笔\n"
    assert told("balance 0007 --village SQ") == "0007\t65\n"
    assert re.search(r"SQ 对过了：\d+ 笔全对", told("verify"))


def test_a_card_is_printed_once_and_stopped_by_its_number(village: Console) -> None:
    out = village.folder / "cards.json"
    assert "印了 1 张" in village.told("card print --village SQ --household 0007 --out", str(out))
    (card,) = json.loads(out.read_text("utf-8"))
    assert card["code"].startswith("merit:/q/SQ-")
    assert "这张卡停用了" in village.told(f"card revoke {card['number']} --village SQ")


def test_one_byte_changed_behind_the_books_back_is_found_by_verify(village: Console) -> None:
    with closing(sqlite3.connect(village.folder / "ledger" / "ledger.sqlite")) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        leaf = bytearray(raw.execute("SELECT leaf FROM transfers WHERE seq = 7").fetchone()[0])
        leaf[-2] ^= 1
        raw.execute("UPDATE transfers SET leaf = ? WHERE seq = 7", (bytes(leaf),))
    assert "SQ 第 7 笔对不上" in village.told("verify", code=1)
