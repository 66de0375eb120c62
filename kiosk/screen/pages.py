"""The counter's own little site: one page for the state, one way to tap, one to wait for the next state."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from kiosk.counter.effects import Beep
from kiosk.counter.events import Action, Event, Tap
from kiosk.counter.values import Till
from kiosk.screen.guarding import harden, only_our_own_forms, only_this_machine
from kiosk.screen.values import ScreenSettings
from kiosk.screen.view import page_of

WAIT_S = 20.0
SETTLE_S = 0.3  # how long a tap's answer waits for the state that the tap makes
SLICE_S = 0.25  # a beep alone changes no version, so nobody wakes us for it
MOST_WAITERS = 3
LARGEST_FORM = 4_096
LONGEST_NUMBER = 18
_INSIDE = re.compile(r"(?<=[\d\u4e00-\u9fff]) (?=[\d\u4e00-\u9fff])")
_AFTER_FULL_STOP = re.compile(r"(?<=。)")
_WRONG = {
    403: ("这一屏只在柜台机上用", "换到柜台机的屏幕上再按。"),
    404: ("没有这一页", "回到柜台那一页。"),
    500: ("这一屏没画出来", "回到柜台那一页；还不行，把机器关一下再开。"),
}


class Sound(Protocol):
    """The latest beep, and how many there have been."""

    @property
    def beep(self) -> Beep | None: ...
    @property
    def count(self) -> int: ...


class Runner(Protocol):
    """What the screen needs of the runner. Its methods may be called from any thread."""

    def submit(self, event: Event) -> object:
        """Take the event; the state may follow a moment later."""

    def state(self) -> Till:
        """The state now."""

    def sound(self) -> Sound:
        """The latest beep."""

    def wait(self, after_version: int, timeout_s: float) -> object:
        """Return once the state's version is above that one, or the time is up."""


def system_time() -> datetime:
    """Aware UTC."""
    return datetime.now(UTC)


def create_screen(runner: Runner, settings: ScreenSettings, clock: Callable[[], datetime] = system_time) -> Flask:
    """The touch screen's site. ``clock`` gives the aware time for the line on top; nothing else depends on it."""
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(whole=whole, sentences=sentences)
    if settings.loopback_only:
        app.before_request(only_this_machine)
    app.before_request(only_our_own_forms)
    app.after_request(harden)
    app.register_error_handler(HTTPException, _wrong)

    counter = _Counter(runner, settings, clock, Waiters(runner))
    app.get("/")(counter.face)
    app.post("/tap")(counter.tap)
    app.get("/wait")(counter.wait)
    app.get("/healthz")(counter.healthz)
    return app


@dataclass(frozen=True, slots=True)
class _Counter:
    """What each address answers."""

    runner: Runner
    settings: ScreenSettings
    clock: Callable[[], datetime]
    waiters: Waiters

    def face(self) -> str:
        page = page_of(self.runner.state(), self.clock(), self.settings)
        sound = self.runner.sound()
        beep = sound.beep.value if sound.beep is not None and self.settings.sounds else ""
        return render_template(f"counter/{page.face.template}", page=page, face=page.face, beep=beep, beeps=sound.count)

    def tap(self) -> AnyResponse:
        event = _tap_of(request.form.get("version", ""), request.form.get("action", ""), request.form.get("arg", ""))
        self.runner.submit(event)
        self.runner.wait(event.version, SETTLE_S)
        return redirect("/", 303)

    def wait(self) -> Response:
        after, heard = request.args.get("after", ""), request.args.get("heard", "")
        if not after.isdecimal() or len(after) > LONGEST_NUMBER:
            abort(400)
        self.waiters.wait(int(after), heard, request.environ.get("waitress.client_disconnected", _never))
        return jsonify(version=self.runner.state().version)

    def healthz(self) -> Response:
        return jsonify(status="ok", version=self.runner.state().version)


def whole(text: str) -> str:
    """Figures stay on one line with their unit and what they count: lines end after a comma, not at a space."""
    return _INSIDE.sub("\u00a0", text)


def sentences(text: str) -> list[str]:
    """The sentences of a heading, each to stand on its own line."""
    return [part for part in _AFTER_FULL_STOP.split(text) if part]


class Waiters:
    """Who waits for the next state. Only the latest few: a page that was left long ago must not hold a thread of the server."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._latest: deque[object] = deque(maxlen=MOST_WAITERS)

    def wait(self, after: int, heard: str, gone: Callable[[], bool]) -> None:
        """Until there is something to see or to hear, or nobody waits any more. A version above ours is of an earlier run of this
        program: nothing to wait for."""
        me = object()
        self._latest.append(me)
        for _ in range(int(WAIT_S / SLICE_S)):
            if after != self._runner.state().version or (heard and heard != str(self._runner.sound().count)):
                return
            if gone() or me not in tuple(self._latest):
                return
            self._runner.wait(after, SLICE_S)


def _never() -> bool:
    """A server that cannot tell whether the other end is still there."""
    return False


def _tap_of(version: str, action: str, arg: str) -> Tap:
    try:
        known = Action(action)
    except ValueError:
        abort(400)
    if not version.isdecimal() or len(version) > LONGEST_NUMBER or len(arg) > 64:
        abort(400)
    return Tap(int(version), known, arg)


def _wrong(error: HTTPException) -> AnyResponse:
    """A wrong address or form in words; the till has seen nothing of it."""
    code = error.code or 500
    if error.response is not None or code < 400:
        return error.get_response()
    heading, say = _WRONG.get(code, ("这一下没有按上", "回到柜台那一页，再按一次。"))
    return Response(render_template("counter/wrong.html", heading=heading, say=say), code, mimetype="text/html")
