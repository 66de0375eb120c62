"""``/enrol`` on this machine's screen, as long as it belongs to no village. Mounted by the screen's site instead of the counter."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.enrolling.enroller import Enroller
from kiosk.screen.bars import DEMO

KEYS = "1234567890QWERTYUIOPASDFGHJKLZXCVBNM"


def enrol_pages(enroller: Enroller, *, demo: bool) -> Blueprint:
    """The pages. Whoever mounts them sees to it that only this machine reaches them."""
    pages = Blueprint("enrolling", __name__, url_prefix="/enrol", template_folder="templates", static_folder="static")
    pages.before_app_request(_nothing_else_yet)
    enrolling = _Enrolling(enroller, DEMO if demo else "")
    pages.get("")(enrolling.show)
    pages.get("/keys")(enrolling.keys)
    pages.post("/keys")(enrolling.press)
    pages.post("/begin")(enrolling.begin)
    pages.get("/turn")(enrolling.turn)
    return pages


@dataclass(frozen=True, slots=True)
class _Enrolling:
    """What each address answers."""

    enroller: Enroller
    demo: str

    def show(self) -> str:
        return render_template("enrolling/enrol.html", now=self.enroller.now, demo=self.demo)

    def keys(self) -> AnyResponse | str:
        if self.enroller.now.step != "asking":
            return redirect("/enrol", 303)
        return render_template("enrolling/keys.html", now=self.enroller.now, keys=KEYS, demo=self.demo)

    def press(self) -> AnyResponse:
        text, key = request.form.get("code", ""), request.form.get("key", "")
        if key == "ok":
            self.enroller.submit(text)
        elif key == "back":
            self.enroller.type(text[:-1])
        elif len(key) == 1 and key in KEYS:
            self.enroller.type(text + key)
        return redirect("/enrol/keys", 303)

    def begin(self) -> AnyResponse:
        self.enroller.begin()
        return redirect("/enrol", 303)

    def turn(self) -> Response:
        return Response(str(self.enroller.now.turn), mimetype="text/plain")


def _nothing_else_yet() -> AnyResponse | None:
    return redirect("/enrol", 303) if request.path == "/" else None
