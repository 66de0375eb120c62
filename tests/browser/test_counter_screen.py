"""The touch screen in a real browser, at both sizes: nothing overflows, everything can be hit, nothing complains."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from kiosk.counter.effects import Beep
from kiosk.counter.events import Action, Event, LineChanged, NoAnswer, Scanned
from kiosk.counter.values import Cart, Confirm, Idle, Till, Waiting
from kiosk.screen import ScreenSettings, create_screen
from schemas.tokens import NotOurs
from tests.browser.conftest import Pages
from tests.fakes.counter_faces import FACES
from tests.fakes.counter_village import GOODS, NOW, OFFLINE, ONLINE, SOY
from tests.fakes.stepping_runner import Heard, SteppingRunner, at_rest, choosing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(800, 480), (1280, 800)]
SMALLEST_TARGET = 60
STRICT = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=document-user-activation-required"]
STALE_MS = 600  # a little more than counter.js lets a sound wait
QUIET_MS = 450  # a little more than counter.js keeps still after a new face
Serve = Callable[[Flask], str]

MEASURE = """(smallest) => {
  const bad = [];
  const box = (e) => e.getBoundingClientRect();
  const named = (e) => `${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 16)}"`;
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) bad.push(`the page is ${root.scrollWidth}x${root.scrollHeight}`);
  for (const e of document.querySelectorAll("body, header, main, footer, .k-bars, .cart, .tile, .btn"))
    if (e.clientWidth && (e.scrollWidth > e.clientWidth + 3 || e.scrollHeight > e.clientHeight + 3)) bad.push(`${named(e)} overflows`);
  for (const e of document.querySelectorAll("body *")) {
    const r = box(e);
    if (!r.width || e.closest(".sr, svg") || e.parentElement.closest("[data-scroll]")) continue;
    if (r.left < -0.5 || r.top < -0.5 || r.right > innerWidth + 0.5 || r.bottom > innerHeight + 0.5) bad.push(`${named(e)} is outside`);
  }
  for (const e of document.querySelectorAll("button, a")) {
    const r = box(e);
    if (r.width && (r.width < smallest - 0.5 || r.height < smallest - 0.5)) bad.push(`${named(e)} is ${r.width}x${r.height}`);
  }
  const main = box(document.querySelector("main"));
  for (const e of document.querySelectorAll("main > *:not(.sr)"))
    if (box(e).top < main.top - 0.5 || box(e).bottom > main.bottom + 0.5) bad.push(`${named(e)} leaves its place`);
  for (const e of document.querySelectorAll("main *, footer *"))
    if (e.childElementCount === 0 && e.textContent.trim() && !e.closest(".sr") && parseFloat(getComputedStyle(e).fontSize) < 18) bad.push(`${named(e)} is small print`);
  return bad;
}"""


class AnyFace:
    """A runner whose face is changed from outside between two page loads."""

    def __init__(self) -> None:
        self.now: SteppingRunner = at_rest()

    def submit(self, event: Event) -> None:
        self.now.submit(event)

    def state(self) -> Till:
        return self.now.state()

    def sound(self) -> Heard:
        return self.now.sound()

    def wait(self, after_version: int, timeout_s: float) -> Till:
        return self.now.wait(after_version, timeout_s)


def clock() -> datetime:
    return NOW


def opened(
    page_at: Pages, serve: Serve, runner: SteppingRunner, width: int = 800, height: int = 480, *, script: bool = True
) -> Page:
    page = page_at(width, height, script=script)
    page.goto(serve(create_screen(runner, ScreenSettings(), clock)) + "/")
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_face_overflows_and_every_target_can_be_hit(page_at: Pages, serve: Serve, width: int, height: int) -> None:
    """With the demo's banner, which leaves less room than a real counter has."""
    any_face = AnyFace()
    page = page_at(width, height)
    address = serve(create_screen(any_face, ScreenSettings(demo=True), clock))
    found = {}
    for name, make in FACES.items():
        any_face.now = make()
        page.goto(address + "/")
        if bad := page.evaluate(MEASURE, SMALLEST_TARGET):
            found[name] = bad
    assert found == {}
    assert page_at.problems == []


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_no_face_has_a_serious_barrier(page_at: Pages, serve: Serve, night: bool) -> None:
    """At night only the colours are others, and a larger screen shows the same page: what fits is measured above."""
    any_face = AnyFace()
    page = page_at(800, 480)
    settings = ScreenSettings(demo=True, night_from=8 if night else 0, night_until=20 if night else 0)
    address = serve(create_screen(any_face, settings, clock))
    options = {"runOnly": ["color-contrast"]} if night else None
    found = {}
    for name, make in FACES.items():
        any_face.now = make()
        page.goto(address + "/")
        assert ("night" in (page.locator("html").get_attribute("class") or "")) is night
        violations = Axe().run(page, options=options).response["violations"]
        if grave := [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")]:
            found[name] = grave
    assert found == {}
    assert page_at.problems == []


@pytest.mark.parametrize(("width", "height", "tiles", "size"), [(800, 480, 8, "8"), (1280, 800, 12, "12")])
def test_the_pager_turns_as_many_tiles_as_are_seen(
    page_at: Pages, serve: Serve, width: int, height: int, tiles: int, size: str
) -> None:
    runner = choosing()
    page = opened(page_at, serve, runner, width, height)
    assert page.locator(".tile:visible").count() == tiles
    page.get_by_role("button", name="下一页").click()
    expect(page.locator(".tile:visible").first).to_contain_text(GOODS[tiles][1])
    face = runner.state().face
    assert isinstance(face, Cart)
    assert face.first == int(size)
    assert page_at.problems == []


def test_a_scan_appears_by_itself_without_loading_the_page_anew(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = opened(page_at, serve, runner)
    page.evaluate("window.sameDocument = true")
    runner.scan_card(7)
    expect(page.get_by_role("heading", name="朱**户")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    assert page.title() == "朱**户 · 石桥村爱心超市"
    assert page_at.problems == []


def test_a_sale_goes_from_card_to_question_by_touch(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    runner.scan_card(7)
    page = opened(page_at, serve, runner)
    page.get_by_role("button", name="选东西").click()
    expect(page.get_by_role("heading", name="选东西")).to_be_attached()
    page.wait_for_timeout(QUIET_MS)
    page.get_by_role("button", name="酱油").first.click()
    expect(page.get_by_role("button", name="去掉酱油")).to_be_visible()
    page.wait_for_timeout(QUIET_MS)
    page.get_by_role("button", name="酱油多一瓶").click()
    expect(page.get_by_role("button", name="酱油少一瓶")).to_be_visible()
    page.get_by_role("button", name="选好了，1 样").click()
    expect(page.get_by_role("heading", name="换这 1 样，对吗？")).to_be_visible()
    page.wait_for_timeout(QUIET_MS)
    page.get_by_role("button", name="兑这 1 样，用 10 分").click()
    expect(page.get_by_role("heading", name="还要一会儿，东西先不要拿走")).to_be_visible()
    assert isinstance(runner.state().face, Waiting)
    runner.submit(NoAnswer(runner.sale.id))
    expect(page.get_by_role("button", name="拿走，先记机上，用 10 分")).to_be_visible()
    assert page_at.problems == []


def test_the_second_half_of_a_double_tap_buys_nothing(page_at: Pages, serve: Serve) -> None:
    """选好了 and the confirm button stand in the same place."""
    runner = choosing()
    page = opened(page_at, serve, runner)
    spot = page.get_by_role("button", name="选好了").bounding_box()
    assert spot is not None
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    page.mouse.click(x, y)
    expect(page.get_by_role("heading", name="换这 2 样，对吗？")).to_be_visible()
    page.mouse.click(x, y)
    page.wait_for_timeout(200)
    assert isinstance(runner.state().face, Confirm)


def test_the_same_button_twice_at_once_is_one_tap(page_at: Pages, serve: Serve) -> None:
    runner = choosing()
    page = opened(page_at, serve, runner)
    page.get_by_role("button", name="酱油多一瓶").dblclick()
    expect(page.get_by_role("button", name="酱油少一瓶")).to_be_visible()
    page.get_by_role("button", name="香皂多一块").click()
    expect(page.get_by_role("button", name="香皂少一块")).to_be_visible()
    face = runner.state().face
    assert isinstance(face, Cart)
    assert [line.quantity for line in face.lines] == [2, 2]


def test_quick_taps_on_different_goods_all_count(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    runner.scan_card(7)
    runner.tap(Action.CHOOSE)
    page = opened(page_at, serve, runner)
    page.evaluate("for (const tile of [...document.querySelectorAll('.tile')].slice(0, 5)) tile.click()")
    expect(page.get_by_role("button", name="选好了，5 样")).to_be_visible()
    assert page_at.problems == []


def test_the_cart_stays_where_it_was_scrolled_and_shows_what_came_new(page_at: Pages, serve: Serve) -> None:
    runner = choosing(OFFLINE, *(good[0] for good in GOODS[:5]), *(good[0] for good in GOODS[10:13]))
    page = opened(page_at, serve, runner)
    where = "document.querySelector('[data-scroll=cart]').scrollTop"
    page.evaluate("document.querySelector('[data-scroll=cart]').scrollTop = 90")
    runner.tap(Action.ADD, SOY)
    expect(page.get_by_role("button", name="酱油少一瓶")).to_have_count(1)
    assert page.evaluate(where) == 90
    runner.tap(Action.ADD, GOODS[13][0])
    expect(page.get_by_role("button", name=f"去掉{GOODS[13][1]}")).to_be_in_viewport()


def test_a_change_of_the_line_rewords_the_confirm_button(page_at: Pages, serve: Serve) -> None:
    runner = choosing()
    runner.tap(Action.REVIEW)
    page = opened(page_at, serve, runner)
    expect(page.get_by_role("button", name="兑这 2 样，用 10 分")).to_be_visible()
    runner.submit(LineChanged(OFFLINE))
    expect(page.get_by_role("button", name="断网，先记机上，换 2 样，用 10 分")).to_be_visible()


def test_a_known_basket_takes_four_touches_of_the_screen(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = opened(page_at, serve, runner)
    runner.scan_card(7)
    for touch in ("选东西", GOODS[0][1], "选好了，1 样", "兑这 1 样，用 5 分"):
        button = page.get_by_role("button", name=touch)
        expect(button).to_be_visible()
        page.wait_for_timeout(QUIET_MS)
        button.click()
    expect(page.get_by_role("heading", name="还要一会儿，东西先不要拿走")).to_be_visible()
    assert isinstance(runner.state().face, Waiting)
    assert page_at.problems == []


TONES = """window.tones = []; const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones.push(this.frequency.value); return start.apply(this, when); };"""


def listening(page: Page, serve: Serve, runner: SteppingRunner, settings: ScreenSettings) -> Page:
    """The counter's page, with every tone that starts kept by its pitch."""
    page.add_init_script(TONES)
    page.goto(serve(create_screen(runner, settings, clock)) + "/")
    return page


def test_each_beep_sounds_once_and_a_repeated_one_again(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = listening(page_at(800, 480), serve, runner, ScreenSettings())
    assert page.evaluate("window.tones") == []
    for beeps in (1, 2):
        runner.submit(Scanned(NotOurs.PAYMENT))
        expect(page.locator("body")).to_have_attribute("data-beeps", str(beeps))
        page.wait_for_function("count => window.tones.length === count", arg=2 * beeps)  # refused is two tones
    assert runner.sound() == Heard(Beep.REFUSED, 2)
    assert page_at.problems == []


def test_yes_no_and_offline_sound_differently(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = listening(page_at(800, 480), serve, runner, ScreenSettings())
    found = []
    for line, code in ((ONLINE, None), (OFFLINE, None), (OFFLINE, NotOurs.PAYMENT)):
        runner.submit(LineChanged(line))
        page.evaluate("window.tones = []")
        if code is None:
            runner.scan_card(7)
        else:
            runner.submit(Scanned(code))
        beep, tones = runner.sound().beep, 1 if runner.sound().beep is Beep.OK else 2
        page.wait_for_function("count => window.tones.length === count", arg=tones)
        found.append((beep, tuple(page.evaluate("window.tones"))))
        runner.tap(Action.LEAVE)
    assert [beep for beep, _ in found] == [Beep.OK, Beep.OFFLINE, Beep.REFUSED]
    assert len({tones for _, tones in found}) == 3
    assert page_at.problems == []


def test_a_village_that_wants_quiet_has_it(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = listening(page_at(800, 480), serve, runner, ScreenSettings(sounds=False))
    runner.submit(Scanned(NotOurs.PAYMENT))
    expect(page.get_by_text("这里扫积分卡").or_(page.get_by_text("扫到的是付款码"))).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-beep", "")
    assert page.evaluate("window.tones") == []


def test_a_browser_that_may_not_sound_saves_nothing_up(browser: Browser, serve: Serve) -> None:
    """Started without its flag, Chromium keeps sounds back until the first touch: what is over by then stays unheard."""
    program = shutil.which("chromium")
    strict = browser.browser_type.launch(executable_path=program, args=STRICT)
    try:
        runner = at_rest()
        page = listening(strict.new_page(viewport={"width": 800, "height": 480}), serve, runner, ScreenSettings())
        for beeps in (1, 2):  # looking into the page would count as a touch, so its requests are looked at
            with page.expect_request(re.compile(f"heard={beeps}$")):
                runner.submit(Scanned(NotOurs.PAYMENT))
        page.wait_for_timeout(STALE_MS)  # a time that must pass, not one that is hoped to be enough
        page.mouse.click(5, 5)
        runner.scan_card(7)
        page.wait_for_function("() => window.tones.includes(880)")
        assert page.evaluate("window.tones") == [880]
    finally:
        strict.close()


def test_a_counter_that_stopped_says_so_and_comes_back(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = opened(page_at, serve, runner)
    page.route("**/wait**", lambda route: route.abort())
    runner.scan_card(7)
    expect(page.get_by_text("机器停了一下，等它回来再按。")).to_be_visible()
    page.unroute("**/wait**")
    expect(page.get_by_text("机器停了一下，等它回来再按。")).to_be_hidden()


def test_everything_works_without_script(page_at: Pages, serve: Serve) -> None:
    runner = at_rest()
    page = opened(page_at, serve, runner, script=False)
    runner.scan_card(7)
    page.get_by_role("button", name="再看一眼").click()
    page.get_by_role("button", name="选东西").click()
    page.get_by_role("button", name="酱油").first.click()
    page.get_by_role("button", name="选好了，1 样").click()
    page.get_by_role("button", name="都不要了").click()
    expect(page.get_by_role("heading", name="扫一下积分卡")).to_be_visible()
    assert isinstance(runner.state().face, Idle)
    assert page_at.problems == []


def test_without_script_the_waiting_faces_hold_their_one_button_too(page_at: Pages, serve: Serve) -> None:
    any_face = AnyFace()
    page = page_at(800, 480, script=False)
    address = serve(create_screen(any_face, ScreenSettings(), clock))
    for name in ("idle", "waiting", "printing", "saving", "not-enrolled", "no-snapshot"):
        any_face.now = FACES[name]()
        page.goto(address + "/")
        box = page.get_by_role("button", name="再看一眼").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 480
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_wrong_address_leads_back_to_the_counter(page_at: Pages, serve: Serve, width: int, height: int) -> None:
    page = page_at(width, height)
    address = serve(create_screen(at_rest(), ScreenSettings(), clock))
    page.goto(address + "/nowhere")
    assert page.evaluate(MEASURE, SMALLEST_TARGET) == []
    page.get_by_role("link", name="回到柜台").click()
    expect(page.get_by_role("heading", name="扫一下积分卡")).to_be_visible()
