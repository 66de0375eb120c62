"""账 in a real browser: nothing runs off a phone's side, nothing stands in a reader's way, and the sheet is one page of A4."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page

from ledger.app import create_app
from ledger.book.checkpoints import sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.config import LedgerSettings
from ledger.shop.money_rules import MoneyKind, MoneyWish
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from tests.browser.conftest import Pages
from tests.conftest import FixedClock
from tests.fakes.award_scene import PASSWORD
from tests.fakes.money_scene import MoneyScene

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Serve = Callable[[Flask], str]


@pytest.fixture
def app(database: Database, village: Village, clock: FixedClock, tmp_path: Path) -> Flask:
    """Two months of money, sealed; a grant and a settlement wait, and an award went beyond the limit."""
    scene = MoneyScene(database, village, clock)
    scene.furnish()
    scene.two_months()
    scene.asked(MoneyWish(MoneyKind.LIMIT_ON))
    scene.award("0008", 4000, over_limit=True)
    scene.asked(MoneyWish(MoneyKind.GRANT, 1200, "村集体分红"))
    scene.asked(MoneyWish(MoneyKind.SETTLEMENT, 5))
    sign_checkpoint(database, village.village_id, "SQ", KeyFolder(tmp_path / "keys"), now=clock.now())
    settings = LedgerSettings(data_dir=tmp_path / "data", secure_cookies=False)
    return create_app(Services(database, clock, settings, wall=FixedClock()))


def signed_in(page_at: Pages, address: str, width: int, height: int, login: str = "li") -> Page:
    page = page_at(width, height)
    page.goto(f"{address}/office/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.btn-main")
    return page


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_every_page_of_the_money_fits_and_can_be_read_by_anybody(
    page_at: Pages, serve: Serve, app: Flask, width: int, height: int
) -> None:
    address = serve(app)
    page = signed_in(page_at, address, width, height)
    page.goto(f"{address}/office/SQ/money")
    waiting = page.locator(".rows a.row").first.get_attribute("href")
    paths = ["", "?month=2026-11", "/ask/grant", "/ask/settlement", "/ask/limit_off", "/ask/limit_on"]
    for target in (*(f"/office/SQ/money{path}" for path in paths), waiting):
        page.goto(f"{address}{target}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, target
        violations = Axe().run(page).response["violations"]
        grave = [(one["id"], one["nodes"][0]["html"]) for one in violations if one["impact"] in ("serious", "critical")]
        assert grave == [], target
    assert page_at.problems == []


def test_the_sheet_is_one_page_of_paper_without_the_office_around_it(
    page_at: Pages, serve: Serve, app: Flask, tmp_path: Path
) -> None:
    address = serve(app)
    page = signed_in(page_at, address, 1280, 900, login="zhou")
    for month in ("2026-12", "2026-11"):
        page.goto(f"{address}/office/SQ/money?month={month}")
        sheet = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1, month
    page.emulate_media(media="print")
    assert page.locator(".accounts-title").is_visible()
    for gone in (".side", ".months", ".figures", "text=等另一位确认"):
        assert not page.locator(gone).first.is_visible(), gone
