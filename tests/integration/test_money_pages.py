"""账 in the office and ``merit-ledger money``: what stands there, who sees it, and how two people decide."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from ledger.app import create_app
from ledger.cli import LedgerGroup
from ledger.config import LedgerSettings
from ledger.shop.money import waiting
from ledger.shop.money_commands import money_group
from ledger.shop.money_rules import MoneyKind, MoneyWish
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from tests.conftest import FixedClock
from tests.fakes.award_scene import PASSWORD
from tests.fakes.form_browser import Form, FormBrowser, FormReader
from tests.fakes.money_scene import MoneyScene

MONEY = "/office/SQ/money"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> MoneyScene:
    return MoneyScene(database, village, clock).furnish()


@pytest.fixture
def services(scene: MoneyScene, tmp_path: Path) -> Services:
    settings = LedgerSettings(data_dir=tmp_path / "data", secure_cookies=False)
    return Services(scene.database, scene.clock, settings, wall=FixedClock())  # sessions do not mind the months


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def admin(app: Flask) -> FormBrowser:
    return FormBrowser(app).sign_in("li", PASSWORD)


@pytest.fixture
def supervisor(app: Flask) -> FormBrowser:
    return FormBrowser(app).sign_in("zhou", PASSWORD)


def words(page: str) -> str:
    """What a reader sees, on one line."""
    main = page[page.index('<main id="main">') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def looked_at(browser: FormBrowser, name: str) -> str:
    """Open the first request that waits and goes by that name."""
    page = browser.get(MONEY).text
    found = re.search(rf'href="([^"]+/requests/[^"]+)"><span class="row-main"><b>{name}', page)
    assert found, page
    return browser.get(found[1]).text


def decision(browser: FormBrowser) -> Form:
    """The form under a request; its buttons say what to ``do``."""
    assert browser.page is not None
    return next(form for form in FormReader(browser.page.text).forms if "/requests/" in form.action)


def test_an_empty_book_has_a_sheet_too(supervisor: FormBrowser) -> None:
    seen = words(supervisor.get(MONEY).text)
    assert "账合得拢" in seen
    assert "2026年11月 · 11月16日出表" in seen
    assert "这个月还没有公示后发出的分。" in seen
    assert "这个月的账还没封" in seen


def test_only_admin_and_supervisor_see_the_money(app: Flask, admin: FormBrowser, supervisor: FormBrowser) -> None:
    assert admin.get(MONEY).status_code == supervisor.get(MONEY).status_code == 200
    stranger = FormBrowser(app).sign_in("chen", PASSWORD)
    assert stranger.get(MONEY).status_code == 403
    assert ">账<" in admin.get("/office/SQ/").text
    assert ">账<" not in stranger.get("/office/SQ/").text
    assert "记一笔拨款" not in supervisor.get(MONEY).text
    assert supervisor.get(f"{MONEY}/ask/grant").status_code == 403


def test_the_sheet_ties_and_the_months_are_chosen(scene: MoneyScene, supervisor: FormBrowser) -> None:
    scene.two_months()
    seen = words(supervisor.get(MONEY).text)
    assert "拨到村里 3,500 分 3,500 元" in seen
    assert "已发 220 分" in seen
    assert "大家还没兑 185 分 要 185 元的货" in seen
    assert "店里收了没结 5 分 5 元，结过 30 分" in seen
    assert "2026年12月 · 12月14日出表" in seen
    assert "上月剩下 3,000.00 捐款 +500.00 和店里结账 1 次 −30.00" in seen
    assert "还没兑的 185 分要 185 元货，店里收了没结的 5 分要付 5 元；架上 3,130 元，手里 3,470 元， 够 。" in seen
    earlier = words(supervisor.get(f"{MONEY}?month=2026-11").text)
    assert "村集体分红 +3,000.00" in earlier
    assert "月底手里 3,000.00" in earlier
    for month in ("2026-10", "2027-01", "11", "x"):
        assert supervisor.get(f"{MONEY}?month={month}").status_code == 404


def test_money_that_is_not_enough_is_told(scene: MoneyScene, supervisor: FormBrowser) -> None:
    scene.award("0007", 4000)
    assert "不够，差 893 元" in words(supervisor.get(MONEY).text)


def test_a_book_that_does_not_tie_says_so_loudly_on_screen_and_on_the_sheet(
    scene: MoneyScene, supervisor: FormBrowser, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite")) as raw, raw:
        raw.execute("UPDATE accounts SET balance = balance + 1 WHERE code = 'household:0007'")
    page = supervisor.get(MONEY).text
    assert "账合不拢" in page
    assert "账合得拢" not in page
    assert page.count('role="alert"') == 2
    assert "这张表合不拢，先不要贴" in page


def test_one_records_a_grant_and_another_confirms_it(
    scene: MoneyScene, admin: FormBrowser, supervisor: FormBrowser
) -> None:
    admin.get(f"{MONEY}/ask/grant")
    form = admin.form("amount")
    page = admin.send(form, amount="３，０００", source=" 村集体 分红 ")
    assert "记下了，等另一位确认" in words(page.text)
    assert "等另一位确认 1 件" in words(page.text)
    assert "拨到村里 0 分" in words(page.text)
    assert "这是你记的，要周玉兰来确认" in words(looked_at(admin, "拨款"))
    seen = words(looked_at(supervisor, "拨款"))
    assert "拨款 3,000 分" in seen
    assert "村集体 分红" in seen
    assert "共拨 0 → 3,000 分" in seen
    sent = decision(supervisor)
    for _ in ("first", "again"):
        page = supervisor.send(sent, do="confirm")
        assert "办好了" in words(page.text)
    assert "拨到村里 3,000 分" in words(page.text)
    assert "李秀文记的，11月16日 10:00周玉兰确认，村账第 3 笔" in words(page.text)
    again = admin.send(form, amount="3000", source="村集体 分红")
    assert "拨到村里 3,000 分" in words(again.text), "the form sent once more changes nothing"


def test_whoever_recorded_it_cannot_confirm_it_by_hand(scene: MoneyScene, admin: FormBrowser) -> None:
    scene.asked(MoneyWish(MoneyKind.GRANT, 3000, "捐款"))
    looked_at(admin, "拨款")
    page = admin.send(decision(admin), do="confirm")  # the page itself offers only to take it back
    assert page.status_code == 400
    assert "这一笔是自己记的，要另一位来确认：周玉兰" in page.text
    assert scene.standing().totals.granted == 0


def test_what_is_wrong_with_a_form_is_told_and_what_was_typed_stays(admin: FormBrowser) -> None:
    admin.get(f"{MONEY}/ask/grant")
    page = admin.send(admin.form("amount"), amount="三千", source="")
    assert page.status_code == 400
    assert "还没办成：有 2 处要改" in page.text
    assert 'value="三千"' in page.text
    admin.get(f"{MONEY}/ask/settlement")
    page = admin.send(admin.form("amount"), amount="5")
    assert "店里收了没结的只有 0 分，结不了 5 分" in page.text
    assert admin.get(f"{MONEY}/ask/gift").status_code == 404
    assert admin.get(f"{MONEY}/requests/00000000-0000-7000-8000-000000000000").status_code == 404


def test_a_form_sent_again_with_another_amount_is_not_taken_for_the_first(
    scene: MoneyScene, admin: FormBrowser
) -> None:
    admin.get(f"{MONEY}/ask/grant")
    form = admin.form("amount")
    admin.send(form, amount="3000", source="捐款")
    page = admin.send(form, amount="9000", source="捐款")
    assert "这一份已经交过了" in page.text
    assert page.text.count('value="9000"') == 1


def test_the_shop_is_paid_and_a_request_turned_down(
    scene: MoneyScene, admin: FormBrowser, supervisor: FormBrowser
) -> None:
    scene.two_months()
    admin.get(f"{MONEY}/ask/settlement")
    assert admin.form("amount").value("amount") == "5"
    admin.send(admin.form("amount"))
    assert "店里没结的 5 → 0 分" in words(looked_at(supervisor, "和店里结账"))
    page = supervisor.send(decision(supervisor), do="drop")
    assert "这一笔不办了" in words(page.text)
    assert "周玉兰没同意" in words(page.text)
    assert "店里收了没结 5 分" in words(page.text)


def test_issuing_is_tied_by_one_and_untied_by_two(
    scene: MoneyScene, admin: FormBrowser, supervisor: FormBrowser
) -> None:
    assert "比拨的多 58 分" in words(admin.get(f"{MONEY}/ask/limit_on").text)
    scene.grant(70)
    admin.get(f"{MONEY}/ask/limit_on")
    page = admin.send(admin.form("id"))
    assert "快发完了 拨了 70 分，已发 58 分，还能发 12 分" in words(page.text)
    admin.get(f"{MONEY}/ask/limit_off")
    page = admin.send(admin.form("id"))
    assert "还能发 12 分" in words(page.text)
    looked_at(supervisor, "发分不再看拨款")
    assert "发分不看拨款" in words(supervisor.send(decision(supervisor), do="confirm").text)


# ---- commands ---------------------------------------------------------------------------------------------------------


def run(services: Services, *arguments: str) -> Result:
    """The command inside a group that turns trouble into exit codes, as ``merit-ledger`` does."""

    @click.group(cls=LedgerGroup)
    def ledger() -> None: ...

    ledger.add_command(money_group)
    return CliRunner().invoke(ledger, ["money", *arguments], obj=CommandContext(services))


def test_the_command_takes_the_same_way(scene: MoneyScene, services: Services) -> None:
    both = ("--village", "SQ", "--by", "li", "--second", "zhou")
    told = run(services, "grant", "3000", "--source", "捐款", *both)
    assert (told.exit_code, told.output) == (0, "拨了 3000 分，来自捐款。\n")
    scene.award("0007", 50)
    scene.spend("0007", ("2000000000053", 4))
    assert "结了 15 分，店里还有 5 分没结。" in run(services, "settle", "15", *both).output
    told = run(services, "settle", "6", *both)
    assert (told.exit_code, "店里收了没结的只有 5 分" in told.output) == (1, True)
    lines = run(services, "show", "--village", "SQ", "--plain").output.split()
    assert {"granted=3000", "issued=108", "owed=88", "shop=5", "settled=15", "stock=3145", "sum=0"} <= set(lines)


@pytest.mark.parametrize(
    ("by", "second", "exit_code", "told"),
    [
        ("li", "li", 1, "要另一位来确认：周玉兰"),
        ("zhou", "li", 2, "这件事归石桥村的村管理员办"),
        ("li", "chen", 2, "这件事归石桥村的村管理员、监督员办"),
        ("nobody", "noone", 2, "--by：没有账号 nobody\n--second：没有账号 noone"),
    ],
)
def test_the_command_wants_two_different_people_with_the_right_roles(
    scene: MoneyScene, services: Services, by: str, second: str, exit_code: int, told: str
) -> None:
    people = ("--by", by, "--second", second)
    answer = run(services, "grant", "3000", "--village", "SQ", "--source", "捐款", *people)
    assert (answer.exit_code, told in answer.output) == (exit_code, True), answer.output
    assert scene.standing().totals.granted == 0
    assert scene.database.read(lambda tx: waiting(tx, scene.village.village_id)) == [], "nothing is left half done"


def test_the_limit_is_tied_by_one_and_untied_by_two_at_the_console_too(scene: MoneyScene, services: Services) -> None:
    assert run(services, "limit", "on", "--village", "SQ", "--by", "li").exit_code == 0
    assert scene.standing().tied
    shown = run(services, "show", "--village", "SQ")
    assert "快发完了，还能发 −58 分。" in shown.output
    assert run(services, "limit", "off", "--village", "SQ", "--by", "li").exit_code != 0
    assert run(services, "limit", "off", "--village", "SQ", "--by", "li", "--second", "zhou").exit_code == 0
    assert not scene.standing().tied


def test_what_does_not_tie_is_a_no(scene: MoneyScene, services: Services, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite")) as raw, raw:
        raw.execute("UPDATE goods SET stock = stock + 1 WHERE name = '酱油'")
    told = run(services, "show", "--village", "SQ")
    assert (told.exit_code, "合不拢：酱油架上的数和进出的合计不一样" in told.output) == (1, True)


def test_who_may_confirm_is_told_on_the_page_of_the_day(
    scene: MoneyScene, admin: FormBrowser, supervisor: FormBrowser
) -> None:
    home = "/office/SQ/"
    assert "确认" not in words(supervisor.get(home).text)
    asked = scene.asked(MoneyWish(MoneyKind.GRANT, 5_000, "村集体"))
    theirs = words(supervisor.get(home).text)
    assert "账上等你确认 李秀文记的，最早的是拨款 1 件" in theirs
    assert f'href="{MONEY}"' in supervisor.get(home).text
    mine = words(admin.get(home).text)
    assert "你记的账等人确认 周玉兰能确认 1 件" in mine
    assert "等你确认" not in mine
    scene.confirm(asked)
    assert all("确认" not in words(browser.get(home).text) for browser in (admin, supervisor))
