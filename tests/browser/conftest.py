"""A real Chromium for pages that people touch: one for the session, a fresh context a page, and everything it complains of kept."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from waitress.server import create_server

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from tests.conftest import FixedClock
from tests.fakes.board_scene import Shop

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",  # as the kiosk's own browser is started
]


class Pages:
    """``page_at(width, height)`` opens a page of that size. ``problems`` holds errors of scripts and console (reports of the content
    security policy among them) and requests that failed, of all pages of the test."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def __call__(self, width: int, height: int, *, script: bool = True, locale: str = "zh-CN") -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            locale=locale,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        return page

    def close(self) -> None:
        """Close every page of the test."""
        for context in self._contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page that was left while it still asked
            self.problems.append(f"request: {request.url} {request.failure}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless. The test is skipped where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page_at(browser: Browser, serve: Callable[[Flask], str]) -> Iterator[Pages]:
    """A maker of pages; they close with the test, before whatever was served to them."""
    pages = Pages(browser)
    yield pages
    pages.close()


@contextmanager
def served(app: Flask, threads: int = 8) -> Iterator[str]:
    """The app on a real socket of this machine; gives its address without a slash at the end."""
    server = create_server(app, host="127.0.0.1", port=0, threads=threads, ident=None, channel_request_lookahead=1)
    closing = threading.Event()

    def run() -> None:
        try:
            server.run()
        except OSError:  # its loop was asleep on the socket that was closed below
            if not closing.is_set():
                raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        closing.set()
        server.close()
        thread.join(timeout=5)


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an app until the test ends: ``address = serve(app)``."""
    running = []

    def start(app: Flask) -> str:
        context = served(app)
        running.append(context)
        return context.__enter__()

    yield start
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Shop:
    """The village whose pages are looked at: staff, households, rule book, goods."""
    return Shop(database, village, clock).open()


@pytest.fixture
def address(scene: Shop, serve: Callable[[Flask], str], tmp_path: Path) -> str:
    """Where the village's whole service answers."""
    settings = LedgerSettings(data_dir=tmp_path, secure_cookies=False)
    return serve(create_app(Services(scene.database, scene.clock, settings, wall=scene.clock)))
