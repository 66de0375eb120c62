"""The counter's site over the real till: taps by version, waiting, and who is kept out."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from kiosk.counter.events import Action, Scanned, Tap
from kiosk.counter.values import Cart, Confirm, HouseholdShown, Idle
from kiosk.screen import ScreenSettings, create_screen
from kiosk.screen.pictures import DRAWINGS
from schemas.tokens import NotOurs
from tests.fakes.counter_faces import FACES
from tests.fakes.counter_village import NOW, SOY, token_of
from tests.fakes.stepping_runner import SteppingRunner, at_rest, choosing

OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


def client_of(runner: SteppingRunner, settings: ScreenSettings | None = None) -> FlaskClient:
    return create_screen(runner, settings or ScreenSettings(), lambda: NOW).test_client()


def tap(client: FlaskClient, version: int | str, action: str, arg: str = "", **headers: str) -> int:
    data = {"version": str(version), "action": action, "arg": arg}
    return client.post("/tap", data=data, headers=headers or OURS).status_code


@pytest.fixture
def runner() -> SteppingRunner:
    runner = at_rest()
    runner.scan_card(7)
    return runner


# ── faces and taps ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(FACES))
def test_every_face_is_a_page_whose_forms_the_till_understands(name: str) -> None:
    make: Callable[[], SteppingRunner] = FACES[name]
    runner = make()
    answer = client_of(runner).get("/")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert page.startswith("<!doctype html>")
    assert f'data-version="{runner.state().version}"' in page
    versions = set(re.findall(r'name="version" value="(\d+)"', page))
    assert versions <= {str(runner.state().version)}
    assert {Action(action) for action in re.findall(r'name="action" value="(\w+)"', page)} <= set(Action)
    assert not re.search(r"<script>|\sstyle=|\son\w+=|javascript:", page)


def test_no_page_holds_a_token_or_a_receipts_secret() -> None:
    for make in FACES.values():
        page = client_of(make()).get("/").get_data(as_text=True)
        assert token_of(7) not in page
        assert not re.search(r"[0-9a-f]{32}|SQ-[0-9A-Z]{26}", page)


def test_a_tap_goes_to_the_till_with_its_version(runner: SteppingRunner) -> None:
    version = runner.state().version
    answer = client_of(runner).post("/tap", data={"version": version, "action": "choose"}, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert runner.taken[-1] == Tap(version, Action.CHOOSE, "")
    assert isinstance(runner.state().face, Cart)


def test_goods_go_into_the_cart_and_the_next_page_shows_them(runner: SteppingRunner) -> None:
    client = client_of(runner)
    tap(client, runner.state().version, "choose")
    tap(client, runner.state().version, "add", SOY)
    page = client.get("/").get_data(as_text=True)
    assert "选好了，1 样" in page
    assert "5 分" in page


def test_a_tap_on_an_older_face_changes_nothing() -> None:
    runner = choosing()
    client, old = client_of(runner), runner.state().version
    assert tap(client, old, "review") == 303
    assert isinstance(runner.state().face, Confirm)
    before = runner.state()
    assert tap(client, old, "confirm") == 303
    assert runner.state() == before


def test_a_double_tap_on_the_confirm_button_sells_once() -> None:
    runner = choosing()
    client = client_of(runner)
    tap(client, runner.state().version, "review")
    version = runner.state().version
    assert [tap(client, version, "confirm") for _ in range(2)] == [303, 303]
    assert runner.state().book is not None
    assert len(runner.state().book.sold) == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("version", "action", "arg"),
    [("", "choose", ""), ("x", "choose", ""), ("-1", "choose", ""), ("1", "fly", ""), ("1", "", ""), ("1", "add", "x" * 65), ("9" * 19, "add", "")],
)  # fmt: skip
def test_a_form_that_is_none_of_ours_is_refused_in_words(
    runner: SteppingRunner, version: str, action: str, arg: str
) -> None:
    taken = list(runner.taken)
    answer = client_of(runner).post("/tap", data={"version": version, "action": action, "arg": arg}, headers=OURS)
    assert answer.status_code == 400
    assert "回到柜台" in answer.get_data(as_text=True)
    assert runner.taken == taken


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_ends_as_soon_as_something_changes(runner: SteppingRunner) -> None:
    client, version = client_of(runner), runner.state().version
    timer = threading.Timer(0.1, runner.tap, [Action.CHOOSE])
    timer.start()
    answer = client.get(f"/wait?after={version}")
    timer.join()
    assert answer.get_json() == {"version": runner.state().version}
    assert runner.state().version > version


def test_waiting_on_an_old_version_ends_at_once(runner: SteppingRunner) -> None:
    assert client_of(runner).get("/wait?after=0").get_json() == {"version": runner.state().version}


def test_a_page_from_before_a_restart_is_not_kept_waiting(runner: SteppingRunner) -> None:
    answer = client_of(runner).get(f"/wait?after={runner.state().version + 1_000}")
    assert answer.get_json() == {"version": runner.state().version}


def test_a_second_wrong_scan_is_heard_though_nothing_new_is_seen() -> None:
    runner = at_rest()
    runner.submit(Scanned(NotOurs.PAYMENT))
    version, heard = runner.state().version, runner.sound().count
    client = client_of(runner)
    timer = threading.Timer(0.1, runner.submit, [Scanned(NotOurs.PAYMENT)])
    began = time.monotonic()
    timer.start()
    client.get(f"/wait?after={version}&heard={heard}")
    timer.join()
    assert runner.state().version == version
    assert time.monotonic() - began < 10
    assert f'data-beep="refused" data-beeps="{heard + 1}"' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 19])
def test_waiting_for_nothing_sensible_is_refused(runner: SteppingRunner, after: str) -> None:
    assert client_of(runner).get(f"/wait?after={after}").status_code == 400


def test_healthz_says_that_the_screen_answers(runner: SteppingRunner) -> None:
    assert client_of(runner).get("/healthz").get_json() == {"status": "ok", "version": runner.state().version}


# ── who is kept out ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "null"},
    ],
)
def test_a_post_from_another_site_never_reaches_the_till(runner: SteppingRunner, headers: dict[str, str]) -> None:
    version = runner.state().version
    assert tap(client_of(runner), version, "leave", **headers) == 403
    assert isinstance(runner.state().face, HouseholdShown)


@pytest.mark.parametrize("headers", [OURS, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "none"}])
def test_our_own_forms_go_through(runner: SteppingRunner, headers: dict[str, str]) -> None:
    assert tap(client_of(runner), runner.state().version, "leave", **headers) == 303
    assert isinstance(runner.state().face, Idle)


def test_another_machine_is_turned_away_unless_the_settings_let_it(runner: SteppingRunner) -> None:
    elsewhere = {"REMOTE_ADDR": "192.168.1.20"}
    assert client_of(runner).get("/", environ_overrides=elsewhere).status_code == 403
    opened = client_of(runner, ScreenSettings(loopback_only=False))
    assert opened.get("/", environ_overrides=elsewhere, base_url="http://192.168.1.5:8090").status_code == 200


@pytest.mark.parametrize("host", ["localhost:8090", "127.0.0.1:8090", "[::1]:8090"])
def test_this_machine_is_let_in_under_each_of_its_names(runner: SteppingRunner, host: str) -> None:
    assert client_of(runner).get("/", base_url=f"http://{host}").status_code == 200


def test_a_foreign_name_that_points_here_is_not_us(runner: SteppingRunner) -> None:
    assert client_of(runner).get("/", base_url="http://rebound.example").status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/wait?after=0", "/static/counter.js", "/static/base.css", "/nowhere"]
)
def test_every_answer_is_hardened_and_kept_by_nobody(runner: SteppingRunner, path: str) -> None:
    with client_of(runner).get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_page_that_is_not_there_leads_back() -> None:
    answer = client_of(at_rest()).get("/nowhere")
    assert answer.status_code == 404
    assert 'href="/"' in answer.get_data(as_text=True)


def test_every_picture_that_may_be_asked_for_is_drawn() -> None:
    app = create_screen(at_rest(), ScreenSettings())
    with app.app_context():
        drawing = app.jinja_env.get_template("counter/goods.html").module.drawing  # type: ignore[attr-defined]
        assert all("<path" in drawing(name) or "<rect" in drawing(name) for name in DRAWINGS)
