"""The shell: headers on every answer, trouble in village words, problems for programs, health."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, abort, render_template_string
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.exceptions import TooManyRequests

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.storage.writer import StorageFault
from ledger.web.services import Services
from schemas.problems import BrokenContract, Fault, IdReused
from tests.conftest import FixedClock

SECRET = "SQ-0000TOKEN0000"


@pytest.fixture
def app(database: Database, clock: FixedClock, tmp_path: Path) -> Flask:
    settings = LedgerSettings(data_dir=tmp_path, public_url="https://jifen.example")
    app = create_app(Services(database, clock, settings))

    def trouble(kind: str) -> str:
        match kind:
            case "crash":
                raise RuntimeError(f"汤勇芳 {SECRET}")
            case "storage":
                raise StorageFault(f"disk full near {SECRET}")
            case "contract":
                raise BrokenContract([Fault("house", "户号 0700 村里没有"), Fault("times", "次数写 1 到 10")])
            case "reused":
                raise IdReused
            case "often":
                raise TooManyRequests(retry_after=90)
            case "role":
                abort(403, "这件事归复核员办")
        return "fine"

    for prefix in ("/test", "/api/test"):
        app.add_url_rule(f"{prefix}/<kind>", f"trouble{prefix}", trouble, methods=["GET", "POST"])
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


ANSWERS = {
    "/healthz": 200,
    "/readyz": 200,
    "/office/sign-in": 200,
    "/nowhere": 404,
    "/test/crash": 500,
    "/test/storage": 503,
    "/test/contract": 400,
    "/test/often": 429,
    "/test/role": 403,
    "/api/test/crash": 500,
    "/api/nowhere": 404,
}


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
def test_every_answer_carries_the_headers(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/test/crash", "/test/fine", "/api/nowhere"])
def test_strangers_get_no_cookie(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize("path", ["/office/sign-in", "/nowhere", "/test/crash", "/test/contract", "/test/role"])
def test_no_page_has_a_script_or_an_inline_style(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
    assert '<html lang="zh-CN">' in page


def test_the_style_sheets_are_kept_by_browsers_because_their_address_changes_with_them(client: FlaskClient) -> None:
    for address in re.findall(r'href="(/static/[^"]+)"', client.get("/nowhere").text):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"].endswith("immutable")
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
        answer.close()


def test_a_page_that_is_not_there_names_the_likely_reasons(client: FlaskClient) -> None:
    page = client.get("/nowhere").text
    assert "找不到这一页" in page
    assert "公示期过了" in page


def test_a_crash_says_that_no_points_moved_and_nothing_of_its_inside(client: FlaskClient) -> None:
    page = client.get("/test/crash").text
    assert "这边出了点事，分没有动" in page
    assert "RuntimeError" not in page
    assert SECRET not in page


@pytest.mark.parametrize("kind", ["crash", "storage"])
def test_the_log_says_where_it_happened_without_names_or_tokens(client: FlaskClient, kind: str) -> None:
    with capture_logs() as lines:
        client.get(f"/test/{kind}?card={SECRET}")
    [line] = lines
    assert line["route"] == "/test/<kind>"
    assert any("test_shell.py" in frame for frame in line["frames"])
    assert SECRET not in repr(line)
    assert "汤勇芳" not in repr(line)


def test_a_fault_of_the_database_may_be_tried_again(client: FlaskClient) -> None:
    answer = client.get("/test/storage")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "账没有动" in answer.text


def test_bad_input_that_no_page_caught_is_told_fault_by_fault(client: FlaskClient) -> None:
    page = client.get("/test/contract").text
    assert "户号 0700 村里没有" in page
    assert "次数写 1 到 10" in page


def test_who_has_not_the_role_reads_whose_it_is(client: FlaskClient) -> None:
    assert "这件事归复核员办" in client.get("/test/role").text


def test_who_comes_too_often_reads_how_long_to_wait(client: FlaskClient) -> None:
    answer = client.get("/test/often")
    assert answer.headers["Retry-After"] == "90"
    assert "等 2 分钟再来" in answer.text


def test_a_program_gets_problems(client: FlaskClient) -> None:
    answer = client.get("/api/test/contract")
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert (answer.status_code, answer.json["status"], answer.json["code"]) == (400, 400, "bad_input")
    assert [fault["field"] for fault in answer.json["faults"]] == ["house", "times"]
    for path, status, code in (
        ("reused", 409, "id_reused"),
        ("storage", 503, "ledger_busy"),
        ("crash", 500, "fault"),
        ("often", 429, "too_many_requests"),
        ("role", 403, "not_allowed"),
    ):
        answer = client.get(f"/api/test/{path}")
        assert answer.json is not None
        assert (answer.status_code, answer.json["code"], answer.mimetype) == (status, code, "application/problem+json")
    assert client.get("/api/test/storage").headers["Retry-After"]


def test_a_form_without_its_token_is_turned_away_in_words(client: FlaskClient) -> None:
    answer = client.post("/test/fine", data={"a": "b"})
    assert answer.status_code == 400
    assert "这一页放得太久" in answer.text
    assert "The CSRF" not in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_turned_away_before_anything_else(client: FlaskClient, site: str) -> None:
    answer = client.post("/office/sign-in", data={"login": "a"}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 400
    assert "从别的网站送来" in answer.text


@pytest.mark.parametrize("path", ["/test/fine", "/api/test/fine"])
def test_more_than_two_megabytes_are_not_taken(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"a": "b" * (2 * 1024 * 1024)})
    assert answer.status_code == 413


def test_the_office_menu_shows_only_what_the_role_may_open(app: Flask) -> None:
    from ledger.web.menu import MenuEntry, visible

    entries = [MenuEntry("今天", "staff.home"), MenuEntry("复核", "awards.review", frozenset({"reviewer"}))]
    assert [entry.label for entry in visible(entries, {"recorder"})] == ["今天"]
    assert [entry.label for entry in visible(entries, {"reviewer"})] == ["今天", "复核"]
    for entry in app.extensions["merit_menu"]:
        assert entry.endpoint in app.view_functions


def test_figures_and_days_are_written_as_the_village_writes_them(app: Flask, clock: FixedClock) -> None:
    template = (
        "{{ 15 | points(1) }} {{ -100 | signed(0) }} {{ 5 | signed(0) }} "
        "{{ now | day }} {{ now | weekday }} {{ now | clock_time }} {{ now | moment('UTC') }}"
    )
    with app.test_request_context():
        text = render_template_string(template, now=clock.now())
    assert text == "1.5 −100 +5 11月16日 周一 10:00 11月16日 02:00"


def test_a_wrong_field_is_described_by_its_error_and_the_summary_leads_to_it(app: Flask) -> None:
    template = (
        '{% import "web/forms.html" as forms %}{{ forms.error_summary(faults) }}'
        '{{ forms.field("house", "哪一户", "0700", faults, "写户号", autocomplete="off") }}{{ forms.hidden("<7>") }}'
    )
    with app.test_request_context():
        page = render_template_string(template, faults={"house": "户号 <0700> 村里没有"})
    assert 'href="#house"' in page
    assert 'aria-describedby="house-hint house-error" aria-invalid="true" autocomplete="off"' in page
    assert "错误：户号 &lt;0700&gt; 村里没有" in page
    assert 'name="id" value="&lt;7&gt;"' in page


def test_not_ready_until_every_migration_has_run(tmp_path: Path, clock: FixedClock) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    try:
        client = create_app(Services(empty, clock, LedgerSettings(data_dir=tmp_path))).test_client()
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    finally:
        empty.close()
