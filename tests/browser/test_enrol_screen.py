"""The screen of a machine that is being enrolled, in a real browser at both sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect

from kiosk.devices.ports import Scan
from kiosk.enrolling.enroller import Enroller
from kiosk.enrolling.pages import enrol_pages
from kiosk.screen import ScreenSettings, create_screen
from kiosk.uplink.identity import enrolled
from schemas.kiosk_api import EnrolAnswer
from tests.browser.conftest import Pages
from tests.browser.test_counter_screen import MEASURE, SIZES, SMALLEST_TARGET
from tests.fakes.fake_ledger import CODE, TOKEN
from tests.fakes.stepping_runner import at_rest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

IDENTITY = enrolled(EnrolAnswer(village="SQ", village_name="石桥村", kiosk=1, token=TOKEN), bytes(range(32)))
Serve = Callable[[Flask], str]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_step_fits_and_the_screen_goes_on_by_itself(
    page_at: Pages, serve: Serve, width: int, height: int
) -> None:
    enroller = Enroller(lambda _: IDENTITY, lambda _: (), lambda: None)
    app = create_screen(at_rest(), ScreenSettings(demo=True, loopback_only=True))
    app.register_blueprint(enrol_pages(enroller, demo=True))
    url, page = serve(app), page_at(width, height)

    def fits() -> None:
        assert page.evaluate(MEASURE, SMALLEST_TARGET) == []
        assert Axe().run(page).response["violations"] == []

    page.goto(url)
    fits()
    page.get_by_role("button", name="扫不了，按装机码").click()
    for letter in "SQ7":
        page.get_by_role("button", name=letter, exact=True).click()
    expect(page.get_by_label("装机码")).to_have_value("SQ7")
    page.get_by_label("装机码").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("装机码没按全")).to_be_visible()
    fits()
    enroller.heard(Scan(CODE))
    expect(page.get_by_text(IDENTITY.fingerprint)).to_be_visible()
    fits()
    page.get_by_role("button", name="对上了，开张").click()
    expect(page.get_by_role("heading", name="正在开张")).to_be_visible()
    assert page_at.problems == []
