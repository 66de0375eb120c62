"""村账封账 on a phone: what a scanned 封账码 opens, without any script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.book.keys import KeyFolder
from tests.browser.conftest import Pages
from tests.browser.page_faults import PHONE, Faults
from tests.fakes.board_scene import Shop
from tests.integration.test_log_pages import sealed, slip

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_slip_that_was_scanned_is_the_one_that_is_marked(
    page_at: Pages, address: str, scene: Shop, tmp_path: Path
) -> None:
    look, folder = Faults(), KeyFolder(tmp_path / "log-keys")
    page = page_at(*PHONE)
    page.goto(f"{address}/v/SQ/log")
    expect(page.get_by_role("heading", name="还没封过账")).to_be_visible()
    look(page, "before the first seal")

    first, second, third = (slip(scene, folder, note).partition("#")[2] for note in sealed(scene, folder, 5, 6, 7))
    page.reload()
    expect(page.get_by_role("heading", name="村账封到第 5 笔")).to_be_visible()
    expect(page.get_by_text("对上了", exact=True).first).to_be_hidden()
    look(page, "nothing scanned")

    plain = page_at(*PHONE, script=False)
    for mark, place in ((third, "村账封到第 5 笔"), (first, "第 3 笔")):
        plain.goto("about:blank")
        plain.goto(f"{address}/v/SQ/log#{mark}")
        expect(plain.locator(":target").get_by_text("对上了")).to_be_visible()
        assert plain.get_by_text("对上了", exact=True).locator("visible=true").count() == 1
        expect(plain.get_by_text(place).first).to_be_visible()
    plain.goto("about:blank")
    plain.goto(f"{address}/v/SQ/log#{second[:-1]}{'A' if second[-1] != 'A' else 'B'}")
    expect(plain.get_by_role("heading", name="村账封到第 5 笔")).to_be_visible()
    assert plain.get_by_text("对上了", exact=True).locator("visible=true").count() == 0

    page.goto("about:blank")
    page.goto(f"{address}/v/SQ/log#{second}")
    look(page, "an older one scanned")
    page.get_by_label("纸上写着到第几笔").fill("99")
    page.get_by_role("button", name="找这一份").click()
    expect(page.get_by_role("heading", name="没有封到第 99 笔的")).to_be_visible()
    look(page, "no such seal")
    assert look.found == {}
    assert all("404" in problem for problem in page_at.problems), page_at.problems
