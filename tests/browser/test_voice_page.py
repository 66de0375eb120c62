"""The recording page in a real browser with a microphone that hums: record, hear, replace, at both sizes of the counter."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from kiosk.screen import ScreenSettings, create_screen
from kiosk.voice.pages import voice_pages
from kiosk.voice.player import Clips, Player
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_counter_screen import clock
from tests.fakes.stepping_runner import at_rest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GIVES_MICROPHONE = "--auto-accept-camera-and-microphone-capture"
A_MICROPHONE = ["--use-fake-device-for-media-stream", GIVES_MICROPHONE]
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary")].map((e) => [e.getBoundingClientRect(), e.textContent])
  .filter(([r]) => r.width && (r.width < 59.5 || r.height < 59.5)).map(([, words]) => words)"""


@pytest.fixture(scope="module")
def humming(browser: Browser) -> Iterator[Callable[[int, int], Page]]:
    """Pages of a browser whose microphone beeps once a second."""
    with browser.browser_type.launch(executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *A_MICROPHONE]) as own:
        yield lambda width, height: own.new_page(viewport={"width": width, "height": height})


@pytest.fixture
def clips(tmp_path: Path) -> Clips:
    return Clips(tmp_path / "clips")


@pytest.fixture
def address(clips: Clips, serve: Callable[[Flask], str], tmp_path: Path) -> str:
    player = tmp_path / "player"
    player.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/played\n')
    player.chmod(0o755)
    app = create_screen(at_rest(), ScreenSettings(), clock)
    app.register_blueprint(voice_pages(clips, Player(clips, command=(str(player),))))
    return serve(app)


def test_the_counters_own_browser_gives_the_microphone_as_this_one_does() -> None:
    unit = Path(__file__).parents[2] / "deploy" / "systemd" / "merit-screen.service"
    assert GIVES_MICROPHONE in unit.read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "height"), [(800, 480), (1280, 800)])
def test_the_page_fits_and_everything_on_it_can_be_hit(
    humming: Callable[[int, int], Page], address: str, clips: Clips, width: int, height: int
) -> None:
    clips.folder.mkdir()
    clips.path(1).write_bytes(b"there")
    page = humming(width, height)
    page.goto(f"{address}/voice")
    expect(page.locator(".record").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_SMALL) == []
    expect(page.locator(".no-mic")).to_be_hidden()
    grave = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert grave == []
    page.get_by_role("link", name="接着录 02“一”").click()
    expect(page.locator("#c2")).to_be_in_viewport()
    page.close()


def test_a_clip_is_recorded_with_the_microphone_heard_and_put_aside(
    humming: Callable[[int, int], Page], address: str, clips: Clips
) -> None:
    page = humming(800, 480)
    page.goto(f"{address}/voice")
    row = page.locator("#c26")
    row.get_by_role("button", name="录您家有").click()
    expect(row.locator(".state")).to_have_text("正在录 1 秒")
    row.locator(".record").click()
    expect(row.locator(".state")).to_have_text("录好了")
    with wave.open(str(clips.path(26))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16_000)
        assert sound.getnframes() >= 16_000
    row.get_by_role("button", name="听您家有").click()
    expect(row).to_be_in_viewport()
    expect(page.locator("[role=alert]")).to_have_count(0)
    row.get_by_role("button", name="您家有不用这条").click()
    expect(row.locator(".state")).to_have_text("没录")
    assert not clips.path(26).exists()
    page.close()
