"""The whole job without hands: every step is done as people do it, its figures are printed, and one that is not what it must be ends it."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.folders import VILLAGE
from deploy.demo.paper import printed, qr_of
from deploy.demo.programs import DemoFault, ledger_environment, run_command, run_for_code
from deploy.demo.running import Demo
from deploy.demo.village import Say
from deploy.demo.visitor import Visitor

HOUSEHOLD, OTHER = "0007", "0005"
SOY_SAUCE, SOAP = "2000000000053", "2000000000015"
OPENINGS = 4009  # the sum of 期初积分 in households.csv
WAIT_S = 20.0


@dataclass(slots=True)
class Story:
    """One telling: the demo, who tells, and how many figures were compared."""

    demo: Demo
    say: Say
    compared: int = 0
    counter: Visitor = field(default_factory=Visitor)

    def must(self, what: str, found: object, wanted: object) -> None:
        """Compare one figure and say it. DemoFault when it is not what it must be."""
        self.compared += 1
        if found != wanted:
            raise DemoFault(f"{what}：应当是 {wanted}，却是 {found}")
        self.say(f"    {what}：{found}")

    def must_say(self, text: str, words: str) -> None:
        """The page in hand must have these words."""
        self.compared += 1
        if words not in text:
            raise DemoFault(f"页上应当有“{words}”，却是：\n{text}")
        self.say(f"    看到“{words}”")

    def ledger(self, *words: str) -> str:
        """What a command of the ledger prints."""
        return run_command("merit-ledger", *words, environment=ledger_environment(self.demo.folders, self.demo.ports))

    def balance(self, household: str) -> int:
        """The household's balance by the command line."""
        return first_number(self.ledger("balance", household, "--village", VILLAGE))

    def counter_until(self, words: str) -> str:
        """Look at the counter's screen until it has these words. DemoFault after a while."""
        return until(lambda: self.counter.open(self.demo.ports.kiosk_url), words)

    def scan(self, code: str) -> None:
        """Hold a code to the scanner."""
        self.demo.devices.scanner.scan(code)

    def card(self, household: str) -> str:
        """The text of the household's card."""
        return self.demo.folders.card_codes()[household]


def play(demo: Demo, say: Say) -> int:
    """0 when every figure was what it must be. DemoFault at the first that was not."""
    story = Story(demo, say)
    scenes: list[tuple[str, Callable[[Story], None]]] = [
        ("期初：0007 户有 60 分", opening),
        ("李秀文给 0007 户记义务劳动 +5，自己不能复核", award),
        ("陈建国复核，贴出公示", review),
        ("公示三天，到第四天零点才到账", notice),
        ("0007 户在柜台换酱油和香皂", redeem),
        ("小票上的码、付款码、坏码，都不能当卡用", wrong_codes),
        ("正换着，村里的账断了：货先拿走，回来自己补上", cut_off),
        ("对账：有人改了一个字节，查得出来", audit),
    ]
    for number, (title, scene) in enumerate(scenes, start=1):
        say(f"\n{number}. {title}")
        scene(story)
    say(f"\n全对，比了 {story.compared} 处。")
    return 0


def opening(story: Story) -> None:
    """The opening balance, by command and on the villager's phone."""
    story.must("0007 户", story.balance(HOUSEHOLD), 60)
    page = Visitor().open(story.card(HOUSEHOLD))
    story.must_say(page, "汤**")
    story.must("手机上看到的", large_number(page), 60)
    story.must("全村户里一共", standing(story)["owed"], OPENINGS)


def award(story: Story) -> None:
    """One person records; the same person cannot review."""
    cadre = signed_in(story, "lixiuwen")
    cadre.open(f"{story.demo.ports.ledger_url}/office/{VILLAGE}/award")
    page = cadre.press("下一步：核对", household=HOUSEHOLD, item="other", other="VO01")
    story.must_say(page, "义务劳动")
    page = cadre.press("给 0007 户加 5 分")
    story.must_say(page, "陈建国")
    page = cadre.open(f"{story.demo.ports.ledger_url}/office/{VILLAGE}/review")
    story.must("没复核以前", story.balance(HOUSEHOLD), 60)


def review(story: Story) -> None:
    """Another person reviews; the claim goes on notice and nothing is credited yet."""
    reviewer = signed_in(story, "chenjianguo")
    reviewer.open(f"{story.demo.ports.ledger_url}/office/{VILLAGE}/review")
    page = reviewer.tick_all_and_press("准备同意")
    page = reviewer.press("同意这 1 笔")
    story.must_say(page, "公示")
    story.must("刚复核完", story.balance(HOUSEHOLD), 60)
    story.must_say(Visitor().open(story.card(HOUSEHOLD)), "正在公示")


def notice(story: Story) -> None:
    """Three whole days on the board, credit at 00:00 after the last."""
    for day in range(1, 4):
        story.demo.folders.next_day()
        story.ledger("due")
        story.must(f"公示第 {day} 天", story.balance(HOUSEHOLD), 60)
    story.demo.folders.next_day()
    story.ledger("due")
    story.must("第四天", story.balance(HOUSEHOLD), 65)
    story.ledger("due")
    story.must("再跑一遍 due", story.balance(HOUSEHOLD), 65)


def redeem(story: Story) -> None:
    """Scan, choose, confirm, paper: balance, stock, fund, shop and receipt agree."""
    before = len(story.demo.devices.printer.jobs)
    until(lambda: rescan(story, HOUSEHOLD), "65")
    story.counter.press("选东西")
    story.scan(SOY_SAUCE)
    story.counter_until("选好了，1 样")
    story.scan(SOAP)
    story.counter_until("选好了，2 样")
    story.counter.press("选好了")
    story.counter.press("用 10 分")
    page = story.counter_until("拿好东西和小票")
    story.must_say(page, "55")
    (job,) = story.demo.devices.printer.wait_for_jobs(before + 1)[before:]
    receipt = printed(job)
    for words in ("酱油", "香皂", "10 分", "65 分", "55 分", "汤**户 0007"):
        story.must_say(receipt, words)
    story.must("余额", story.balance(HOUSEHOLD), 55)
    story.must("酱油还有", stock(story, "酱油"), 39)
    story.must("香皂还有", stock(story, "香皂"), 39)
    found = standing(story)
    story.must("已发", found["issued"], OPENINGS + 5)
    story.must("店里收了", found["shop"], 10)
    story.must("各账户合计", found["sum"], 0)
    story.must("小票上有码", bool(qr_of(job)), True)
    story.must_say(Visitor().open(qr_of(job)), "和村账对得上")
    story.must_say(Visitor().open(story.card(HOUSEHOLD)), "余 55 分")
    story.counter.press("下一位")


def wrong_codes(story: Story) -> None:
    """What is no card is told apart by name, and nothing moves."""
    job = story.demo.devices.printer.jobs[-1]
    for code, words in ((qr_of(job), "小票"), ("134567890123456789", "付款码"), ("not a card", "读")):
        story.scan(code)
        story.must_say(story.counter_until(words), words)
    story.must("余额没有动", story.balance(HOUSEHOLD), 55)


def cut_off(story: Story) -> None:
    """The ledger is killed; the goods are handed over on the kiosk's word; the entry arrives by itself afterwards."""
    started = story.balance(OTHER)
    before = len(story.demo.devices.printer.jobs)
    until(lambda: rescan(story, OTHER), str(started))
    story.counter.press("选东西")
    story.scan(SOY_SAUCE)
    story.counter_until("选好了，1 样")
    story.counter.press("选好了")
    story.demo.ledger.stop(how=signal.SIGKILL)
    story.counter.press("用 5 分")
    story.counter_until("要东西现在拿走吗")
    story.counter.press("拿走，先记机上")
    (job,) = story.demo.devices.printer.wait_for_jobs(before + 1)[before:]
    story.must_say(printed(job), "以入账为准")
    story.demo.ledger.start()
    story.must("联网后自己入账", settled(lambda: story.balance(OTHER), started - 5), started - 5)
    story.must("酱油还有", stock(story, "酱油"), 38)
    story.must("店里收了", standing(story)["shop"], 15)
    story.must("各账户合计", standing(story)["sum"], 0)


def audit(story: Story) -> None:
    """verify says 0; on a copy where one byte of a transfer was changed with the guards taken away, it says 1."""
    environment = ledger_environment(story.demo.folders, story.demo.ports)
    story.must("verify", run_for_code("merit-ledger", "verify", "--village", VILLAGE, environment=environment), 0)
    copy = story.demo.folders.root / "tampered"
    shutil.copytree(story.demo.folders.ledger, copy)
    change_one_byte(copy / "ledger.sqlite")
    tampered = environment | {"MERIT_LEDGER_DATA_DIR": str(copy)}
    story.must(
        "改了一个字节以后", run_for_code("merit-ledger", "verify", "--village", VILLAGE, environment=tampered), 1
    )


def change_one_byte(database: Path) -> None:
    """What somebody with the file can do: drop the guards, turn one bit in the first transfer's bytes."""
    with sqlite3.connect(database) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        leaf = bytearray(connection.execute("SELECT leaf FROM transfers WHERE seq = 1").fetchone()[0])
        leaf[-2] ^= 1
        connection.execute("UPDATE transfers SET leaf = ? WHERE seq = 1", (bytes(leaf),))
    connection.close()


def signed_in(story: Story, login: str) -> Visitor:
    """A member of staff at a browser of their own."""
    visitor = Visitor()
    visitor.open(f"{story.demo.ports.ledger_url}/office/{VILLAGE}/")
    visitor.press("登录", login=login, password=story.demo.folders.password_of(login))
    return visitor


def rescan(story: Story, household: str) -> str:
    """Hold the card up, look at the screen; put it away again when the counter's figures are not the newest yet."""
    story.scan(story.card(household))
    return until(lambda: story.counter.open(story.demo.ports.kiosk_url), household)


def until(look: Callable[[], str], words: str) -> str:
    """What ``look`` shows once it has these words. DemoFault after a while."""
    deadline = time.monotonic() + WAIT_S
    while words not in (page := look()):
        if time.monotonic() > deadline:
            raise DemoFault(f"等了 {WAIT_S:.0f} 秒，没有等到“{words}”：\n{page}")
        time.sleep(0.1)
    return page


def settled(read: Callable[[], int], wanted: int) -> int:
    """The figure once it is the wanted one, else what it still is after a while."""
    deadline = time.monotonic() + WAIT_S
    while (found := read()) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def standing(story: Story) -> dict[str, int]:
    """The book's totals by the command line."""
    lines = story.ledger("money", "show", "--village", VILLAGE, "--plain").split()
    return {name: int(value) for name, _, value in (line.partition("=") for line in lines)}


def stock(story: Story, good: str) -> int:
    """What the office's page says is on the shelf."""
    page = signed_in(story, "chenjianguo").open(f"{story.demo.ports.ledger_url}/office/{VILLAGE}/goods")
    return int(re.findall(r"(\d+)", page[page.index(good) :])[2])


def first_number(text: str) -> int:
    """The first figure after the household's number."""
    return int(text.split()[1])


def large_number(page: str) -> int:
    """The balance on a villager's page: the figure after its heading."""
    return int(re.findall(r"现在[^\d]*(\d+)", page)[0])
