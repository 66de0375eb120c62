"""The office on a phone and a PC: from a deed to its public notice, by two people, with and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ledger.people.memberships import grant_role
from ledger.staff.roles import Role
from tests.browser.conftest import Pages
from tests.browser.page_faults import PC, PHONE, Faults, only_refusals
from tests.fakes.award_scene import CHEN, PASSWORD
from tests.fakes.board_scene import Shop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Look = Callable[[Page, str], None]


def unseen(_page: Page, _name: str) -> None:
    """No look: the way alone counts."""


def sign_in(page: Page, address: str, login: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/office/sign-in")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def record(page: Page, address: str, look: Look) -> None:
    """李秀文 records a deed of household 0007, with one thing forgotten at first."""
    sign_in(page, address, "li")
    expect(page.get_by_role("heading", name="今天的事")).to_be_visible()
    look(page, "today, nothing waits")
    page.get_by_role("main").get_by_role("link", name="给一户加分").click()
    expect(page.get_by_role("heading", name="给一户加分")).to_be_visible()
    look(page, "award form")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("alert")).to_contain_text("还没办成")
    look(page, "award form with faults")
    page.get_by_label("哪一户").fill("汤")
    page.get_by_label("别的事，从评分表里选").select_option("HY03")
    page.get_by_label("别的事", exact=False).first.check()
    page.get_by_label("几次、几人、几小时").fill("2")
    page.get_by_label("谁看见、在哪里（可不填）").fill("村口小广场，组长在")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("group", name="是哪一户")).to_be_visible()
    look(page, "award form, two households fit")
    page.get_by_role("radio", name="0007").check()
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("heading", name="看一遍再交")).to_be_visible()
    look(page, "check")
    page.get_by_role("button", name="给 0007 户加 10 分").click()
    expect(page.get_by_role("heading", name="记下了，等人复核")).to_be_visible()
    look(page, "recorded")


def review(page: Page, address: str, look: Look) -> None:
    """周玉兰 agrees; it hangs from tomorrow on."""
    sign_in(page, address, "zhou")
    expect(page.get_by_role("heading", name="今天的事")).to_be_visible()
    look(page, "today, one waits")
    page.get_by_role("main").get_by_role("link", name="等你复核").click()
    expect(page.get_by_role("heading", name="复核")).to_be_visible()
    look(page, "what waits for review")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="核对打勾的，准备同意").click()
    expect(page.get_by_role("heading", name="同意加这 10 分？")).to_be_visible()
    look(page, "check of the review")
    page.get_by_role("button", name="同意这 1 笔，加 10 分").click()
    expect(page.get_by_role("heading", name="评好了")).to_be_visible()
    look(page, "reviewed")


def balance(page: Page, address: str, scene: Shop, look: Look) -> None:
    """The household scans its card: the points are on notice and not yet to spend."""
    page.goto(f"{address}/q/{scene.card('0007').token}")
    expect(page.get_by_text("还有 10 分正在公示（参加集体清扫）")).to_be_visible()
    expect(page.get_by_text("11月20日就到账")).to_be_visible()
    expect(page.get_by_text("汤勇芳")).to_have_count(0)
    look(page, "balance")


@pytest.mark.parametrize(("width", "height"), [PHONE, PC], ids=["phone", "pc"])
def test_a_deed_comes_from_the_form_to_the_balance_page_without_script(
    page_at: Pages, address: str, scene: Shop, width: int, height: int
) -> None:
    record(page_at(width, height, script=False), address, unseen)
    review(page_at(width, height, script=False), address, unseen)
    balance(page_at(width, height, script=False), address, scene, unseen)
    assert only_refusals(page_at.problems)


def test_every_page_on_that_way_can_be_read_and_touched(page_at: Pages, address: str, scene: Shop) -> None:
    look = Faults()
    record(page_at(*PHONE), address, look)
    review(page_at(*PHONE), address, look)
    balance(page_at(*PHONE), address, scene, look)
    assert look.found == {}
    assert only_refusals(page_at.problems)


def test_a_wrong_password_is_told_beside_its_field(page_at: Pages, address: str) -> None:
    page, look = page_at(*PHONE), Faults()
    page.goto(f"{address}/office/sign-in")
    look(page, "sign-in")
    sign_in(page, address, "li", "猜一个试试看")
    expect(page.get_by_role("alert")).to_contain_text("还没办成")
    expect(page.get_by_label("账号")).to_have_value("li")
    expect(page.get_by_label("密码")).to_have_value("")
    look(page, "sign-in refused")
    assert look.found == {}
    assert only_refusals(page_at.problems)


def test_a_page_that_is_not_there_says_so_in_words(page_at: Pages, address: str) -> None:
    page, look = page_at(*PHONE), Faults()
    page.goto(f"{address}/office/nowhere/at/all")
    expect(page.get_by_role("heading", name="找不到这一页")).to_be_visible()
    look(page, "not found")
    assert look.found == {}
    assert only_refusals(page_at.problems)


def test_every_page_of_the_menu_fits_a_phone_and_a_pc(page_at: Pages, address: str, scene: Shop) -> None:
    """陈建国 is given every role, so that the menu is whole."""
    village_id = scene.village.village_id
    for role in Role:
        scene.database.write(lambda tx, role=role: grant_role(tx, village_id, CHEN, role))  # type: ignore[misc]
    scene.hang("0007", "HY03")
    page, look = page_at(*PC), Faults()
    sign_in(page, address, "chen")
    menu = page.get_by_role("navigation", name="主菜单").get_by_role("link")
    for label in menu.all_inner_texts():
        with page.expect_navigation():
            menu.get_by_text(label, exact=True).click()
        expect(page.locator("h1").first).to_be_visible()
        look(page, label)
        if not menu.count():
            page.goto(f"{address}/office/")
    assert look.found == {}
    assert page_at.problems == []
