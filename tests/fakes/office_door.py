"""Signs a member of staff in at a test client, through the form as a browser does."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.people.memberships import grant_role
from ledger.staff.roles import Role
from ledger.staff.store import add_staff
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock

PASSWORD = "泥鳅针线花生豆花"


def hire(database: Database, village: Village, clock: FixedClock, login: str, *roles: Role) -> None:
    """A new member of staff with these roles in the village."""
    member = database.write(lambda tx: add_staff(tx, login, "周玉兰", PASSWORD, clock.now()))
    for role in roles:
        database.write(lambda tx, role=role: grant_role(tx, village.village_id, member.staff_id, role))  # type: ignore[misc]


def sign_in(client: FlaskClient, login: str) -> None:
    """From now on the client is that member."""
    answer = post_form(client, "/office/sign-in", "/office/sign-in", login=login, password=PASSWORD)
    assert answer.status_code == 303, answer.text


def post_form(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """Post to ``action`` with the form token that stands on ``page``."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, f"no form on {page}"
    return client.post(action, data={"csrf_token": found[1], **fields})
