"""Signing in and out, and the door of the office: which village, and what there is to do in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request, session, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from ledger.staff import sessions
from ledger.staff.guards import Answer, office, signed_in, to_sign_in
from ledger.staff.passwords import TooBusy
from ledger.staff.roles import RoleGrant, role_words
from ledger.staff.rules import local_path
from ledger.web.errors import busy
from ledger.web.services import services

blueprint = Blueprint("staff", __name__, template_folder="templates")

GrantsLookUp: TypeAlias = Callable[[Connection, int], list[RoleGrant]]


@blueprint.get("/office/sign-in")
def sign_in() -> Answer:
    """The form; whoever is signed in goes straight on."""
    if signed_in() is not None:
        return redirect(_onward(), 303)
    return _form({})


@blueprint.post("/office/sign-in")
def try_sign_in() -> Answer:
    """Right: a new session and on. Wrong: the form again, with how often one may still try, or how long one has to wait.
    Nothing typed is told and not counted."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    if not (login.strip() and password):
        return make_response(_form(_left_out(login, password)), 400)
    try:
        result = sessions.sign_in(services(), login, password)
    except TooBusy:
        return busy("正在登录的人多，等一等")
    if isinstance(result, sessions.Missed):
        return _missed(result)
    _end_old_session()
    session.clear()
    answer = redirect(_onward(), 303)
    secure = services().settings.secure_cookies
    name = sessions.cookie_name(secure)
    answer.set_cookie(name, result.token, secure=secure, httponly=True, samesite="Lax")
    return answer


@blueprint.post("/office/sign-out")
def sign_out() -> Answer:
    """The session ends in the database, not only in the browser."""
    _end_old_session()
    session.clear()
    answer = redirect(url_for("staff.sign_in"), 303)
    secure = services().settings.secure_cookies
    answer.delete_cookie(sessions.cookie_name(secure), secure=secure, httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache"'  # the steps of forms that one may go back to
    return answer


@blueprint.get("/")
def bare() -> Answer:
    """Whoever types the bare address works here: villagers come by the code on their card, and the page they get says so."""
    return redirect(url_for("staff.door"), 303)


@blueprint.get("/office/")
def door() -> Answer:
    """The one village of whoever is signed in, or the choice of theirs."""
    member = signed_in()
    if member is None:
        return to_sign_in()
    look_up = cast(GrantsLookUp, current_app.extensions["merit_grants"])
    grants = services().database.read(lambda tx: look_up(tx, member.staff_id))
    if len(grants) == 1:
        return redirect(url_for("staff.home", village_code=grants[0].village.code), 303)
    return render_template("staff/villages.html", grants=grants, role_words=role_words)


@blueprint.get("/office/<village_code>/")
@office()
def home() -> Answer:
    """今天的事: what waits for this person here. A higher room knows; ``ledger.app`` injects its page."""
    page = cast(Callable[[], Answer], current_app.extensions["merit_home"])
    return page()


def _left_out(login: str, password: str) -> dict[str, str]:
    """What was not typed. It does not count as a try."""
    said = {"login": "" if login.strip() else "还没写账号", "password": "" if password else "还没写密码"}
    return {name: words for name, words in said.items() if words}


def _missed(missed: sessions.Missed) -> WerkzeugResponse:
    if missed.minutes:
        words = f"错了 {missed.misses} 次，{missed.minutes} 分钟后再来；或找村管理员当面重设"
        answer = make_response(_form({"password": words}), 429)
        answer.headers["Retry-After"] = str(60 * missed.minutes)
        return answer
    return make_response(_form({"password": f"账号和密码对不上。还能试 {missed.tries} 次。"}), 400)


def _form(faults: dict[str, str]) -> str:
    typed = request.form.get("login", "")
    # Whoever signs out takes the cookie along; whoever comes with one was signed out.
    ended = request.method == "GET" and sessions.token_of_request() is not None
    return render_template("staff/sign_in.html", faults=faults, login=typed[:40], back=_wanted() or "", ended=ended)


def _wanted() -> str | None:
    return local_path(request.form.get("next") or request.args.get("next") or "")


def _onward() -> str:
    return _wanted() or url_for("staff.door")


def _end_old_session() -> None:
    token, given = sessions.token_of_request(), services()
    if token:
        now = given.wall.now()
        given.database.write(lambda tx: sessions.sign_out(tx, token, now))
    g.pop("staff", None)
