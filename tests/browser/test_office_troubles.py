"""What hands and machines do wrong at the office: going back, clicking twice, staying away, a form without its token, pages that fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.storage.writer import StorageFault
from ledger.web.services import Services
from tests.browser.conftest import Pages
from tests.browser.page_faults import PC, PHONE, Faults, only_refusals
from tests.browser.test_office_pages import sign_in
from tests.conftest import FixedClock
from tests.fakes.board_scene import Shop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Serve = Callable[[Flask], str]


def _break() -> str:
    raise ZeroDivisionError


def _lose() -> str:
    raise StorageFault("the disk is away")


@pytest.fixture
def address(scene: Shop, serve: Serve, tmp_path: Path) -> str:
    settings = LedgerSettings(data_dir=tmp_path, secure_cookies=False)
    app = create_app(Services(scene.database, scene.clock, settings, wall=scene.clock))
    app.add_url_rule("/v/broken", view_func=_break)
    app.add_url_rule("/v/lost", view_func=_lose)
    return serve(app)


def fill_in(page: Page, address: str) -> None:
    """Household 0007, 义务劳动, as far as the check page."""
    page.goto(f"{address}/office/SQ/award")
    page.get_by_label("哪一户").fill("0007")
    page.get_by_role("radio", name="义务劳动").check()
    page.get_by_label("谁看见、在哪里（可不填）").fill("清水沟")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("heading", name="看一遍再交")).to_be_visible()


def claims(page: Page, address: str) -> int:
    """How many deeds wait, by the page 今天."""
    page.goto(f"{address}/office/SQ/review")
    return page.locator("tbody tr").count()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_going_back_after_sending_shows_the_check_and_sending_again_records_nothing(
    page_at: Pages, address: str, script: bool
) -> None:
    page = page_at(*PHONE, script=script)
    sign_in(page, address, "li")
    fill_in(page, address)
    page.get_by_role("button", name="给 0007 户加 5 分").click()
    expect(page.get_by_role("heading", name="记下了，等人复核")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="看一遍再交")).to_be_visible()
    page.get_by_role("button", name="给 0007 户加 5 分").click()
    expect(page.get_by_role("heading", name="这一份已经交过了，没有再记一遍")).to_be_visible()
    assert claims(page, address) == 1
    assert page_at.problems == []


def test_a_change_and_back_again_keeps_what_was_typed(page_at: Pages, address: str) -> None:
    page = page_at(*PHONE)
    sign_in(page, address, "li")
    fill_in(page, address)
    page.get_by_role("button", name=re.compile("修改.*几次")).click()
    expect(page.get_by_label("谁看见、在哪里（可不填）")).to_have_value("清水沟")
    page.go_back()
    expect(page.get_by_role("heading", name="看一遍再交")).to_be_visible()
    assert page_at.problems == []


def test_a_double_click_on_the_last_button_records_one_deed(page_at: Pages, address: str) -> None:
    page = page_at(*PHONE)
    sign_in(page, address, "li")
    fill_in(page, address)
    page.get_by_role("button", name="给 0007 户加 5 分").dblclick()
    expect(page.get_by_role("main")).to_contain_text("编号 1")
    assert claims(page, address) == 1
    assert page_at.problems == []


def test_a_double_click_on_the_review_puts_one_deed_on_notice(page_at: Pages, address: str, scene: Shop) -> None:
    claim = scene.claim("0007", "VO01")
    page = page_at(*PC)
    sign_in(page, address, "zhou")
    page.goto(f"{address}/office/SQ/review")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="核对打勾的，准备同意").click()
    page.get_by_role("button", name="同意这 1 笔，加 5 分").dblclick()
    page.wait_for_url("**/review**")
    expect(page.get_by_role("main")).to_contain_text("0007")
    notice = scene.again(claim).notice_id
    assert notice is not None
    page.goto(f"{address}/office/SQ/notices/{notice}")
    expect(page.get_by_role("main").locator(".rows a")).to_have_count(1)


def test_whoever_stayed_away_signs_in_and_comes_back_to_the_form(
    page_at: Pages, address: str, clock: FixedClock
) -> None:
    page, look = page_at(*PHONE), Faults()
    sign_in(page, address, "li")
    fill_in(page, address)
    clock.advance(hours=1)
    page.get_by_role("button", name="给 0007 户加 5 分").click()
    expect(page.get_by_role("status")).to_contain_text("先退出了")
    look(page, "signed out")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill("泥鳅针线花生豆花")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="给一户加分")).to_be_visible()
    assert claims(page, address) == 0
    assert look.found == {}
    assert page_at.problems == []


def test_after_signing_out_going_back_shows_nobodys_form(page_at: Pages, address: str) -> None:
    page = page_at(*PHONE)
    sign_in(page, address, "li")
    fill_in(page, address)
    page.goto(f"{address}/office/SQ/")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)


def test_a_form_that_lost_its_token_says_so_in_words(page_at: Pages, address: str) -> None:
    page, look = page_at(*PHONE), Faults()
    sign_in(page, address, "li")
    fill_in(page, address)
    page.evaluate("document.querySelector('[name=csrf_token]').remove()")
    page.get_by_role("button", name="给 0007 户加 5 分").click()
    expect(page.get_by_role("heading", name="这一页放得太久，没办成。返回去再点一次")).to_be_visible()
    look(page, "without its token")
    assert claims(page, address) == 0
    assert look.found == {}
    assert only_refusals(page_at.problems)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/office/SQ/cards", "这件事归村管理员办"),
        ("/office/XX/", "找不到这一页"),
        ("/office/SQ/award/99", "找不到这一页"),
        ("/v/broken", "这边出了点事，分没有动"),
        ("/v/lost", "没存上，账没有动。过一会儿再来"),
    ],
)
def test_a_page_that_fails_can_be_read_and_says_that_nothing_moved(
    page_at: Pages, address: str, path: str, heading: str
) -> None:
    page, look = page_at(*PHONE), Faults()
    sign_in(page, address, "li")
    page.goto(address + path)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    look(page, path)
    assert look.found == {}
    assert all("the server responded with a status of" in words for words in page_at.problems)
