"""A form without its token: whatever page it is for, it is turned away in words, and no row of the database is another."""

from __future__ import annotations

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
