"""Somebody at the office: signed in through the real door, with a browser that sends what the forms on the page hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.people.memberships import grant_role
from ledger.staff.roles import Role
from ledger.staff.store import add_staff
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Clock, Services

PASSWORD = "泥鳅针线花生豆花"


class Office:
    """A browser of a staff member with the given roles. Paths are those behind ``/office/<village>/``."""

    def __init__(
        self, database: Database, clock: Clock, data_dir: Path, village: Village, *roles: Role, login: str = "zhou"
    ) -> None:
        self.village = village
        settings = LedgerSettings(data_dir=data_dir, secure_cookies=False)
        app = create_app(Services(database, clock, settings, wall=clock))
        self.client: FlaskClient = app.test_client()
        database.write(lambda tx: _employ(tx, village, login, roles, clock))
        page = self.client.get("/office/sign-in")
        form = {"csrf_token": token_in(page.text), "login": login, "password": PASSWORD}
        assert self.client.post("/office/sign-in", data=form).status_code == 303

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(f"/office/{self.village.code}/{path}", query_string=query)

    def post(self, path: str, page: TestResponse, **form: Any) -> TestResponse:
        """Send a form with the token of the page it was on."""
        data = {"csrf_token": token_in(page.text), **form}
        return self.client.post(f"/office/{self.village.code}/{path}", data=data)


def _employ(tx: Connection, village: Village, login: str, roles: Sequence[Role], clock: Clock) -> None:
    member = add_staff(tx, login, "周玉兰", PASSWORD, clock.now())
    for role in roles:
        grant_role(tx, village.village_id, member.staff_id, role)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def hidden(page: str, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]
