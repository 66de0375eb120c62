"""A form without its token and a number without an end: turned away in words, whatever page it is for, and no row is another."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.people.memberships import grant_role
from ledger.staff.roles import Role
from ledger.storage.columns import METADATA
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from tests.conftest import FixedClock
from tests.fakes.award_scene import CHEN, PASSWORD, Scene
from tests.fakes.form_browser import FormBrowser

STANDS_FOR = {"village_code": "SQ", "kind": "households", "case_id": str(UUID(int=1)), "request_id": str(UUID(int=1))}


@pytest.fixture
def app(database: Database, village: Village, clock: FixedClock, tmp_path: Path) -> Flask:
    scene = Scene(database, village, clock)
    scene.furnish()
    for role in Role:
        database.write(lambda tx, role=role: grant_role(tx, village.village_id, CHEN, role))  # type: ignore[misc]
    return create_app(Services(database, clock, LedgerSettings(data_dir=tmp_path, secure_cookies=False), wall=clock))


@pytest.fixture
def chen(app: Flask) -> FlaskClient:
    """陈建国, who may do everything."""
    return FormBrowser(app).sign_in("chen", PASSWORD).client


def forms_of(app: Flask) -> list[str]:
    """The address of every form; programs with a bearer token have none."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    return [address(app, rule) for rule in rules if not rule.rule.startswith(("/api/", "/test/"))]


def address(app: Flask, rule: Rule) -> str:
    values = {name: STANDS_FOR.get(name, "1") for name in rule.arguments}
    return str(app.url_map.bind("localhost").build(rule.endpoint, values, method="POST"))


def rows(database: Database) -> dict[str, int]:
    def count(table: str) -> int:
        query = select(func.count()).select_from(METADATA.tables[table])
        return database.read(lambda tx: int(tx.execute(query).scalar_one()))

    return {name: count(name) for name in METADATA.tables}


def test_no_form_is_taken_without_its_token(app: Flask, chen: FlaskClient, database: Database) -> None:
    forms, before = forms_of(app), rows(database)
    assert len(forms) > 10
    for form in forms:
        answer = chen.post(
            form, data={"household": "0007", "item": "VO01", "step": "send", "claim": "1", "do": "agree"}
        )
        assert (form, answer.status_code) == (form, 400)
        assert "这一页放得太久，没办成" in answer.text
    assert rows(database) == before


def test_no_form_is_taken_from_a_stranger(app: Flask, database: Database) -> None:
    """Not even with a token of their own."""
    stranger, before = FormBrowser(app), rows(database)
    stranger.get("/office/sign-in")
    token = stranger.form("login").value("csrf_token")
    for form in [form for form in forms_of(app) if form.startswith("/office/SQ/")]:
        answer = stranger.client.post(form, data={"csrf_token": token})
        assert (form, answer.status_code) == (form, 303)
        assert "/office/sign-in" in answer.headers["Location"]
    assert rows(database) == before


ENDLESS = ("99999999999999999999", "9" * 10_240)


def test_no_address_falls_over_a_number_without_an_end(app: Flask, chen: FlaskClient, database: Database) -> None:
    numbered = [
        rule.rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule and "GET" in (rule.methods or ())
    ]
    assert len(numbered) >= 4
    for rule in numbered:
        for number in ENDLESS:
            path = re.sub(r"<int:\w+>", number, rule.replace("<village_code>", "SQ"))
            assert (rule, chen.get(path).status_code) == (rule, 404)
    assert chen.get("/office/SQ/review/done", query_string={"n": ENDLESS}).status_code == 200


MADE_WITHOUT_TYPING = {"enrolments", "staff_audit"}  # the button for an enrolment code has no field
FIELDS = (
    "household", "item", "other", "quantity", "day", "written", "note", "id", "claim", "number", "amount", "name", "sha256", "data",
    "cards", "choice", "code", "text", "good", "donor", "limit", "override", "reason",
)  # fmt: skip


@pytest.mark.parametrize(
    "junk", [*ENDLESS, "村" * 3_400, "\x00"], ids=["20 figures", "10 kB of figures", "10 kB of Hanzi", "NUL"]
)
def test_no_form_falls_over_junk_in_its_fields(app: Flask, database: Database, junk: str) -> None:
    browser = FormBrowser(app).sign_in("chen", PASSWORD)
    browser.get("/office/SQ/award")
    token, before = browser.form().value("csrf_token"), rows(database)
    for form in [form for form in forms_of(app) if form.startswith("/office/SQ/")]:
        for action in ({"step": "send"}, {"step": "check"}, {"do": "agree"}):
            data = {"csrf_token": token, **dict.fromkeys(FIELDS, junk), **action}
            answer = browser.client.post(form, data=data)
            assert (form, answer.status_code) < (form, 500)
    after = rows(database)
    assert {name for name in before if after[name] != before[name]} <= MADE_WITHOUT_TYPING
