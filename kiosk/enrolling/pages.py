"""``/enrol`` on this machine's screen, as long as it belongs to no village. Mounted by the screen's site instead of the counter."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.enrolling.enroller import Enroller
from kiosk.screen.bars import DEMO

KEYS = "1234567890QWERTYUIOPASDFGHJKLZXCVBNM"


def enrol_pages(enroller: Enroller, *, demo: bool) -> Blueprint:
    """The pages. Whoever mounts them sees to it that only this machine reaches them."""
    pages = Blueprint("enrolling", __name__, url_prefix="/enrol", template_folder="templates", static_folder="static")

    @pages.before_app_request
    def _nothing_else_yet() -> AnyResponse | None:
        return redirect("/enrol", 303) if request.path == "/" else None

    @pages.get("")
    def show() -> str:
        return render_template("enrolling/enrol.html", now=enroller.now, demo=DEMO if demo else "")

    @pages.get("/keys")
    def keys() -> AnyResponse | str:
        if enroller.now.step != "asking":
            return redirect("/enrol", 303)
        return render_template("enrolling/keys.html", now=enroller.now, keys=KEYS, demo=DEMO if demo else "")

    @pages.post("/keys")
    def press() -> AnyResponse:
        text, key = request.form.get("code", ""), request.form.get("key", "")
        if key == "ok":
            enroller.submit(text)
        elif key == "back":
            enroller.type(text[:-1])
        elif len(key) == 1 and key in KEYS:
            enroller.type(text + key)
        return redirect("/enrol/keys", 303)

    @pages.post("/begin")
    def begin() -> AnyResponse:
        enroller.begin()
        return redirect("/enrol", 303)

    @pages.get("/turn")
    def turn() -> Response:
        return Response(str(enroller.now.turn), mimetype="text/plain")

    return pages
