"""What a villager opens by scanning: large, plain, readable with the text twice as large, and whole without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.book.keys import KeyFolder
from ledger.people.cards import report_lost
from schemas.tokens import make_token
from tests.browser.conftest import Pages
from tests.browser.page_faults import PC, PHONE, Faults, only_refusals
from tests.fakes.board_scene import Shop
from tests.fakes.shop_scene import SOAP, SOY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STRANGER = make_token("SQ", bytes(range(17)))


def test_the_card_shows_balance_notice_and_the_last_lines(page_at: Pages, address: str, scene: Shop) -> None:
    scene.hang("0007", "HY03", 2)
    scene.sell("0007", (SOAP, 1, 5))
    page = visit(page_at, f"{address}/q/{scene.card('0007').token}")
    expect(page.locator(".balance")).to_contain_text("15")
    expect(page.get_by_text("正在公示")).to_be_visible()
    expect(page.get_by_role("listitem").first).to_contain_text("香皂")
    expect(page.get_by_role("link", name="打电话")).to_have_attribute("href", "tel:5550123")
    finish(page, page_at)


def test_a_lost_card_shows_nobodys_points(page_at: Pages, address: str, scene: Shop) -> None:
    card, now = scene.card("0007"), scene.clock.now()
    scene.database.write(lambda tx: report_lost(tx, scene.village.village_id, card.number, now))
    page = visit(page_at, f"{address}/q/{card.token}")
    expect(page.get_by_role("heading", name="这张卡停用了")).to_be_visible()
    expect(page.locator(".balance")).to_have_count(0)
    finish(page, page_at)


@pytest.mark.parametrize(
    ("path", "heading"),
    [("q", "这个码这里没有"), ("r", "这张小票还没入账，或不是这里的"), ("d", "这块牌给走访的工作人员用")],
)
def test_a_code_that_is_unknown_says_what_to_do(page_at: Pages, address: str, path: str, heading: str) -> None:
    page = visit(page_at, f"{address}/{path}/{STRANGER}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    finish(page, page_at)


def test_a_receipt_is_in_the_book_and_sealed(page_at: Pages, address: str, scene: Shop, tmp_path: Path) -> None:
    _, token = scene.sell("0007", (SOY, 2, 5), (SOAP, 1, 5))
    page = visit(page_at, f"{address}/r/{token}")
    expect(page.get_by_role("heading", name="还没封账")).to_be_visible()
    scene.seal(KeyFolder(tmp_path / "log-keys"))
    page.reload()
    expect(page.get_by_role("heading", name="这一笔封在村账里")).to_be_visible()
    expect(page.locator(".four span")).to_have_count(4)
    finish(page, page_at)


def test_the_notice_hangs_where_anybody_can_read_it(page_at: Pages, address: str, scene: Shop) -> None:
    scene.hang("0007", "HY03", 2)
    scene.hang("0012", "CR01")
    scene.clock.advance(days=1)
    page, look = visit(page_at, f"{address}/v/SQ/notices"), Faults()
    look(page, "list of notices")
    page.get_by_role("link", name="第 1 期").click()
    expect(page.get_by_role("heading", name="石桥村积分公示")).to_be_visible()
    expect(page.get_by_role("row", name="0007")).to_contain_text("参加集体清扫")
    expect(page.get_by_text("红白事简办")).to_have_count(0)
    look(page, "notice")
    assert look.found == {}
    assert page_at.problems == []


def test_the_price_list_names_what_is_sold_out(page_at: Pages, address: str, scene: Shop) -> None:
    page = visit(page_at, f"{address}/v/{scene.village.code}/goods")
    expect(page.get_by_role("listitem").filter(has_text="玉米油")).to_contain_text("卖完了")
    finish(page, page_at)


@pytest.mark.parametrize(("width", "height"), [PHONE, PC], ids=["phone", "pc"])
def test_from_the_card_to_the_price_list_without_script(
    page_at: Pages,
    address: str,
    scene: Shop,
    width: int,
    height: int,
) -> None:
    page = page_at(width, height, script=False)
    page.goto(f"{address}/q/{scene.card('0007').token}")
    page.get_by_role("link", name="看看能换什么").click()
    expect(page.get_by_role("heading", name="积分价目")).to_be_visible()
    assert page_at.problems == []


def visit(page_at: Pages, where: str) -> Page:
    page = page_at(*PHONE)
    page.goto(where)
    return page


def finish(page: Page, page_at: Pages) -> None:
    """The page as it is has no fault at any size."""
    look = Faults()
    look(page, page.title())
    assert look.found == {}
    assert only_refusals(page_at.problems)
