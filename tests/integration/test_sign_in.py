"""Signing in: who gets in, who is kept waiting, and when it is over."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.people.memberships import grant_role
from ledger.staff import passwords
from ledger.staff.guards import office
from ledger.staff.roles import Role
from ledger.staff.sessions import Missed, SignedIn, sign_in
from ledger.staff.store import StaffMember, add_staff, disable_staff, set_password
from ledger.staff.tables import staff, staff_audit, staff_sessions, throttles
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.problems import BrokenContract
from tests.conftest import FixedClock

PASSWORD = "泥鳅针线花生豆花"


@pytest.fixture
def services(database: Database, clock: FixedClock, tmp_path: Path) -> Services:
    settings = LedgerSettings(data_dir=tmp_path, secure_cookies=True)
    return Services(database, clock, settings, wall=clock)


@pytest.fixture
def app(services: Services) -> Flask:
    app = create_app(services)

    @app.get("/office/<village_code>/test-review", endpoint="test_review")
    @office(Role.REVIEWER, Role.VILLAGE_ADMIN)
    def review() -> str:
        return f"{g.staff.login} {g.village.name} {sorted(g.roles)}"

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def zhou(database: Database, clock: FixedClock, village: Village) -> StaffMember:
    member = database.write(lambda tx: add_staff(tx, "zhou", "周玉兰", PASSWORD, clock.now()))
    database.write(lambda tx: grant_role(tx, village.village_id, member.staff_id, Role.REVIEWER))
    return member


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def try_to_sign_in(
    client: FlaskClient, login: str = "zhou", password: str = PASSWORD, **more: str
) -> tuple[int, str, str]:
    form = {"csrf_token": token_in(client.get("/office/sign-in").text), "login": login, "password": password, **more}
    answer = client.post("/office/sign-in", data=form)
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("__Host-merit")
    assert cookie is not None
    return cookie.value


def test_the_right_password_leads_to_the_one_village(client: FlaskClient, zhou: StaffMember) -> None:
    status, _, place = try_to_sign_in(client)
    assert (status, place) == (303, "/office/")
    assert client.get(place).headers["Location"] == "/office/SQ/"
    page = client.get("/office/SQ/").text
    assert "今天的事" in page
    assert "周玉兰 · 复核员" in page


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(client: FlaskClient, zhou: StaffMember) -> None:
    form = {"csrf_token": token_in(client.get("/office/sign-in").text), "login": "zhou", "password": PASSWORD}
    cookies = client.post("/office/sign-in", data=form).headers.getlist("Set-Cookie")
    [cookie] = [text for text in cookies if text.startswith("__Host-merit=")]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not any(part.startswith("Domain") for part in attributes)


def test_the_database_never_holds_what_the_browser_holds(
    client: FlaskClient, zhou: StaffMember, database: Database
) -> None:
    try_to_sign_in(client)
    token = session_cookie(client)
    assert len(token) >= 43  # 32 bytes
    path = Path(str(database.read(lambda tx: tx.exec_driver_sql("PRAGMA database_list").one()[2])))
    kept = path.read_bytes()
    assert token.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


def test_capitals_and_blanks_in_the_login_are_forgiven(client: FlaskClient, zhou: StaffMember) -> None:
    assert try_to_sign_in(client, login=" Zhou ")[0] == 303


def test_misses_are_counted_aloud_then_locked(client: FlaskClient, zhou: StaffMember, clock: FixedClock) -> None:
    for left in (4, 3, 2, 1):
        status, page, _ = try_to_sign_in(client, password="wrong-password")
        assert status == 400
        assert f"账号和密码对不上。还能试 {left} 次。" in page
    status, page, _ = try_to_sign_in(client, password="wrong-password")
    assert status == 429
    assert "错了 5 次，1 分钟后再来" in page
    assert try_to_sign_in(client)[0] == 429, "the right password does not open a locked account"
    clock.advance(minutes=1)
    assert try_to_sign_in(client)[0] == 303
    assert try_to_sign_in(client.application.test_client(), password="wrong-password")[0] == 400, "counted afresh"


def test_what_was_not_typed_is_told_and_costs_no_try(client: FlaskClient, zhou: StaffMember) -> None:
    for _ in range(6):
        status, page, _ = try_to_sign_in(client, password="")
        assert status == 400
        assert "还没写密码" in page
        assert "还没写账号" not in page
    assert "还没写账号" in try_to_sign_in(client, login=" ")[1]
    assert try_to_sign_in(client)[0] == 303


def test_the_bare_address_leads_to_the_office(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/office/"


def test_what_was_typed_stays_but_never_the_password(client: FlaskClient, zhou: StaffMember) -> None:
    _, page, _ = try_to_sign_in(client, password="wrong-password")
    assert 'value="zhou"' in page
    assert "wrong-password" not in page
    assert "<title>还没办成：登录" in page


def test_an_unknown_login_is_answered_like_a_known_one(client: FlaskClient, zhou: StaffMember) -> None:
    def told(login: str) -> list[tuple[int, str]]:
        answers = [try_to_sign_in(client, login=login, password="wrong-password") for _ in range(6)]
        return [(status, re.sub(r'value="[^"]*"', "", page)) for status, page, _ in answers]

    assert told("zhou") == told("nobody")


def test_an_unknown_login_costs_a_hash_too(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    real = passwords._HASHER

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            compared.append(stored)
            return bool(real.verify(stored, password))

    monkeypatch.setattr(passwords, "_HASHER", Watched())
    assert isinstance(sign_in(services, "nobody", "wrong-password"), Missed)
    [stored] = compared
    assert not real.check_needs_rehash(stored), "as costly as a hash made today"


def test_guesses_sent_side_by_side_are_all_counted(services: Services, zhou: StaffMember) -> None:
    results: list[SignedIn | Missed] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(sign_in(services, "zhou", f"wrong-password-{n}")))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missed = [result for result in results if isinstance(result, Missed)]
    assert len(missed) == 12
    assert sum(result.misses <= 5 and result.minutes in (0, 1) for result in missed) == 12
    count = services.database.read(lambda tx: tx.execute(select(throttles.c.misses)).scalar_one())
    assert count == 5, "the sixth and later found the account locked and were not looked at"


def test_no_more_than_two_passwords_are_hashed_at_once(
    client: FlaskClient, zhou: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_S", 0.01)
    held = [passwords._SLOTS.acquire(blocking=False) for _ in range(passwords.AT_ONCE)]
    try:
        assert all(held)
        status, page, _ = try_to_sign_in(client)
        assert status == 503
        assert "等一等" in page
        count = client.application.extensions["merit"].database.read(lambda tx: tx.execute(select(throttles)).all())
        assert count == [], "nobody looked at the password, so it was no miss"
    finally:
        for _ in held:
            passwords._SLOTS.release()


def test_a_token_planted_before_signing_in_is_worth_nothing_after(client: FlaskClient, zhou: StaffMember) -> None:
    planted = "A" * 43
    client.set_cookie("__Host-merit", planted)
    form_before = token_in(client.get("/office/sign-in").text)
    try_to_sign_in(client)
    assert session_cookie(client) != planted
    first = session_cookie(client)
    stale = client.post("/office/sign-out", data={"csrf_token": form_before})
    assert stale.status_code == 400, "a form token from before signing in does not count after it"
    other = client.application.test_client()
    other.set_cookie("__Host-merit", planted)
    assert other.get("/office/SQ/").status_code == 303
    assert session_cookie(client) == first


def test_signing_in_again_ends_the_session_before(client: FlaskClient, zhou: StaffMember) -> None:
    form = {"csrf_token": token_in(client.get("/office/sign-in").text), "login": "zhou", "password": PASSWORD}
    try_to_sign_in(client)
    first = session_cookie(client)
    form["csrf_token"] = token_in(client.get("/office/SQ/").text)
    client.post("/office/sign-in", data=form)
    assert session_cookie(client) != first
    assert signed_in_with(client.application, first) is False


def signed_in_with(app: Flask, token: str) -> bool:
    copied = app.test_client()
    copied.set_cookie("__Host-merit", token)
    return copied.get("/office/SQ/").status_code == 200


def test_a_copied_cookie_opens_nothing_after_signing_out(client: FlaskClient, zhou: StaffMember) -> None:
    try_to_sign_in(client)
    token = session_cookie(client)
    assert signed_in_with(client.application, token)
    answer = client.post("/office/sign-out", data={"csrf_token": token_in(client.get("/office/SQ/").text)})
    assert answer.headers["Location"] == "/office/sign-in"
    assert client.get_cookie("__Host-merit") is None
    assert not signed_in_with(client.application, token)


def test_signing_out_by_a_link_does_nothing(client: FlaskClient, zhou: StaffMember) -> None:
    try_to_sign_in(client)
    assert client.get("/office/sign-out", follow_redirects=True).status_code == 404
    assert client.get("/office/SQ/").status_code == 200


def test_half_an_hour_idle_ends_the_session_and_use_prolongs_it(
    client: FlaskClient, zhou: StaffMember, clock: FixedClock
) -> None:
    try_to_sign_in(client)
    for _ in range(4):
        clock.advance(minutes=29)
        assert client.get("/office/SQ/").status_code == 200
    clock.advance(minutes=30)
    assert client.get("/office/SQ/").status_code == 303


def test_twelve_hours_end_the_session_however_busy(client: FlaskClient, zhou: StaffMember, clock: FixedClock) -> None:
    try_to_sign_in(client)
    for _ in range(24):
        clock.advance(minutes=29)
        assert client.get("/office/SQ/").status_code == 200
    clock.advance(minutes=24)
    assert client.get("/office/SQ/").status_code == 303


def test_moving_the_village_ahead_signs_nobody_out(
    services: Services, database: Database, zhou: StaffMember, tmp_path: Path
) -> None:
    ahead = FixedClock()
    demo = Services(database, ahead, services.settings, wall=services.wall)
    client = create_app(demo).test_client()
    try_to_sign_in(client)
    ahead.advance(days=40)
    assert client.get("/office/SQ/").status_code == 200


@pytest.mark.parametrize("event", [disable_staff, lambda tx, who, now: set_password(tx, who, "换一个密码试试看", now)])
def test_disabling_and_a_new_password_end_every_session(
    client: FlaskClient,
    zhou: StaffMember,
    database: Database,
    clock: FixedClock,
    event: Callable[..., None],
) -> None:
    try_to_sign_in(client)
    token = session_cookie(client)
    database.write(lambda tx: event(tx, zhou, clock.now()))
    assert not signed_in_with(client.application, token)
    assert try_to_sign_in(client.application.test_client())[0] == 400


def test_who_came_for_a_page_gets_it_after_signing_in(client: FlaskClient, zhou: StaffMember) -> None:
    sent = client.get("/office/SQ/test-review?day=1").headers["Location"]
    assert sent == "/office/sign-in?next=/office/SQ/test-review?day%3D1"
    page = client.get(sent).text
    form = {"csrf_token": token_in(page), "login": "zhou", "password": PASSWORD}
    form["next"] = re.findall(r'name="next" value="([^"]*)"', page)[0]
    answer = client.post("/office/sign-in", data=form)
    assert answer.headers["Location"] == "/office/SQ/test-review?day=1"
    assert client.get(answer.headers["Location"]).text == "zhou 石桥村 [<Role.REVIEWER: 'reviewer'>]"


@pytest.mark.parametrize("place", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_nobody_is_sent_to_another_site(client: FlaskClient, zhou: StaffMember, place: str) -> None:
    assert try_to_sign_in(client, next=place)[2] == "/office/"


def test_without_the_role_one_reads_whose_it_is(
    client: FlaskClient, zhou: StaffMember, database: Database, clock: FixedClock, village: Village
) -> None:
    li = database.write(lambda tx: add_staff(tx, "li", "李秀文", PASSWORD, clock.now()))
    database.write(lambda tx: grant_role(tx, village.village_id, li.staff_id, Role.RECORDER))
    try_to_sign_in(client, login="li")
    answer = client.get("/office/SQ/test-review")
    assert answer.status_code == 403
    assert "这件事归村管理员、复核员办" in answer.text


def test_a_village_where_one_has_no_role_is_as_if_it_were_not_there(
    client: FlaskClient, zhou: StaffMember, make_village: Callable[..., Village]
) -> None:
    make_village("LT", "柳塘村")
    try_to_sign_in(client)
    there, nowhere = client.get("/office/LT/"), client.get("/office/XX/")
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text


def test_who_works_in_two_villages_chooses_and_who_in_none_is_told(
    client: FlaskClient,
    zhou: StaffMember,
    database: Database,
    clock: FixedClock,
    make_village: Callable[..., Village],
) -> None:
    other = make_village("LT", "柳塘村")
    database.write(lambda tx: grant_role(tx, other.village_id, zhou.staff_id, Role.SUPERVISOR))
    try_to_sign_in(client)
    page = client.get("/office/").text
    assert "石桥村" in page
    assert "柳塘村" in page
    database.write(lambda tx: add_staff(tx, "new", "新来的", PASSWORD, clock.now()))
    newcomer = client.application.test_client()
    try_to_sign_in(newcomer, login="new")
    assert "还没有给你派事" in newcomer.get("/office/").text


def test_a_hash_of_weaker_days_is_renewed_at_sign_in(
    client: FlaskClient, zhou: StaffMember, database: Database
) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    database.write(lambda tx: tx.execute(update(staff).values(password_hash=weak)))
    assert try_to_sign_in(client)[0] == 303
    stored = database.read(lambda tx: tx.execute(select(staff.c.password_hash)).scalar_one())
    assert "m=19456,t=2,p=1" in stored


def test_a_new_member_is_checked_for_everything_at_once(database: Database, clock: FixedClock) -> None:
    with pytest.raises(BrokenContract) as caught:
        database.write(lambda tx: add_staff(tx, "周", "", "SQSQSQSQ", clock.now(), unwanted=["SQ"]))
    assert {fault.field for fault in caught.value.faults} == {"login", "name", "password"}


def test_a_login_is_given_once_even_after_somebody_left(
    database: Database, clock: FixedClock, zhou: StaffMember
) -> None:
    database.write(lambda tx: disable_staff(tx, zhou, clock.now()))
    with pytest.raises(BrokenContract, match="已经有人用了"):
        database.write(lambda tx: add_staff(tx, "zhou", "周小兰", PASSWORD, clock.now()))


def test_the_audit_trail_says_who_came_and_no_secret(
    client: FlaskClient, zhou: StaffMember, database: Database
) -> None:
    try_to_sign_in(client)
    for _ in range(5):
        try_to_sign_in(client.application.test_client(), password="wrong-password")
    lines = database.read(lambda tx: tx.execute(select(staff_audit).order_by(staff_audit.c.audit_id)).all())
    assert [line.action for line in lines] == ["staff_added", "signed_in", "sign_in_locked"]
    assert "zhou" not in repr(lines[-1].detail)
    sessions = database.read(lambda tx: tx.execute(select(func.count()).select_from(staff_sessions)).scalar_one())
    assert sessions == 1
