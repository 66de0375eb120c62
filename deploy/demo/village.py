"""Set up the demo village by commands alone, as a person would type them; a second start finds it and does nothing."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.demo.folders import DATA, PEOPLE, PHONE, VILLAGE, VILLAGE_NAME, Folders
from deploy.demo.programs import DemoFault, Ports, ledger_environment, run_command

Say = Callable[[str], None]

ROOT = Path(__file__).parents[2]
TABLES = ("ledger/migrations/versions/*.py", "kiosk/journal/tables.py")


def set_up(folders: Folders, ports: Ports, say: Say) -> None:
    """The village, its rule book, 220 households, 16 goods, staff and cards. DemoFault when a step fails."""
    folders.make()
    if folders.ready.exists():
        if folders.ready.read_text().strip() != layout():
            raise DemoFault(
                f"{folders.root} 里的村子是别的版本的程序建的，表对不上。"
                "删掉这个文件夹再来，会建一个新的；想留着旧的，跑 make demo DATA=新文件夹"
            )
        say("找到上次的村子，接着用。")
        return
    if any(folders.ledger.iterdir()):
        raise DemoFault(f"上次没装完。删掉 {folders.root} 再来。")

    def ledger(*words: str, given: str = "") -> str:
        return run_command("merit-ledger", *words, environment=ledger_environment(folders, ports), given=given)

    say("第一次要装一会儿，不到一分钟。")
    say("建账本和村子……")
    ledger("init")
    named = ("--phone", PHONE, "--shop-name", f"{VILLAGE_NAME}爱心超市", "--base", ports.ledger_url)
    ledger("village", "add", VILLAGE, VILLAGE_NAME, *named, "--quorum", "1")
    say("导入评分表、220 户、16 样货……")
    ledger("import", "rulebook", str(DATA / "rulebook.json"), "--village", VILLAGE)
    ledger("import", "households", str(DATA / "households.csv"), "--village", VILLAGE)
    ledger("import", "goods", str(DATA / "goods.csv"), "--village", VILLAGE)
    for person in PEOPLE:
        words = ["user", "add", person.login, person.name, "--village", VILLAGE, "--password-stdin"]
        words += [word for role in person.roles for word in ("--role", role)]
        words += ["--own-household", person.household] if person.household else []
        ledger(*words, given=folders.password_of(person.login) + "\n")
    say("印 220 张卡……")
    ledger("card", "print", "--village", VILLAGE, "--all", "--out", str(folders.cards))
    folders.ready.write_text(f"{layout()}\n")


def layout() -> str:
    """Which tables the programs here work with, as a hash: a demo of other tables is not carried over, it is made anew."""
    paths = sorted(path for pattern in TABLES for path in ROOT.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def print_line(text: str) -> None:
    """The demo's own words go to standard output at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
