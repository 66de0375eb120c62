"""``make demo`` and ``make demo STORY=1``."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from deploy.demo.folders import PEOPLE, VILLAGE, Folders
from deploy.demo.programs import DemoFault, Ports, free_ports, must_be_free, remembered_ports
from deploy.demo.running import Demo, running
from deploy.demo.story import play
from deploy.demo.village import print_line

PORTS = Ports(ledger=8080, kiosk=8090, stage=8070)


def main() -> int:
    """0 when all went well; 1 when a step of the story is not what it must be, or the demo could not start."""
    words = argparse.ArgumentParser(
        prog="python -m deploy.demo", description="演示：一个村、一台柜台机，都在这台电脑上。"
    )
    words.add_argument(
        "--data", type=Path, default=Path("demo-village"), help="村子的数据放在哪里（默认 demo-village）"
    )
    words.add_argument("--free-ports", action="store_true", help="不用 8080、8090、8070，随便找三个空着的")
    words.add_argument("--story", action="store_true", help="不用手，把整件事演一遍，一步一步对数")
    given = words.parse_args()
    for ending in (signal.SIGTERM, signal.SIGINT):  # a shell's background job starts with Ctrl-C switched off
        signal.signal(ending, _interrupt)
    try:
        return _story() if given.story else _live(Folders(given.data.resolve()), free=given.free_ports)
    except DemoFault as trouble:
        print_line(f"没办成：{trouble}")
        return 1
    except KeyboardInterrupt:
        print_line("")
        return 0


def _live(folders: Folders, *, free: bool) -> int:
    ports = remembered_ports(folders) if free else PORTS
    must_be_free(ports)
    with running(folders, ports, print_line) as demo:
        _say_where(demo)
        while not (demo.ledger.crashed or demo.kiosk.crashed):
            threading.Event().wait(1)
        raise DemoFault(f"有一个程序停了，看 {demo.folders.root} 里的 ledger.log 和 kiosk.log")


def _story() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="merit-story-") as folder,
        running(Folders(Path(folder)), free_ports(), print_line) as demo,
    ):
        return play(demo, print_line)


def _say_where(demo: Demo) -> None:
    ports = demo.ports
    print_line("")
    print_line(f"  演示台      {ports.stage_url}/        从这里开始：放卡、过一天、看小票")
    print_line(f"  村干部      {ports.ledger_url}/office/{VILLAGE}/")
    print_line(f"  柜台机      {ports.kiosk_url}/")
    for person in PEOPLE:
        print_line(
            f"  {person.name}      账号 {person.login:<14}密码 {demo.folders.password_of(person.login)}    {person.does}"
        )
    print_line("")
    print_line("按 Ctrl-C 全部关掉；再 make demo，村子还在。")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
