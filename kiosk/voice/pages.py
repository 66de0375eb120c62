"""A page on this machine to record the clips, hear them and replace them. Mounted by the screen's site at ``/voice``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.voice.player import Clips
from kiosk.voice.recording import LARGEST_BYTES, NotAClip, keep, put_aside
from kiosk.voice.saying import CLIPS, NEEDED, clips_of

_ROOM_FOR_FORM = 8_192
_UNHEARD = "念不出来：这一句里有没录的，或这台机不会放音（看“这台机”里“乡音”那一行）"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self' blob:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TRIALS = ("您家有 55 分", "这次用 10 分，还剩 45 分", "这样东西一次最多 2 件")


class Speaker(Protocol):
    """What plays clips (``player.Player``)."""

    def say(self, clips: tuple[int, ...]) -> bool:
        """Begin to say it; False when nothing is heard."""


def voice_pages(clips: Clips, speaker: Speaker) -> Blueprint:
    """The pages over that folder. Whoever mounts them sees to it that only this machine reaches them."""
    pages = Blueprint("voice", __name__, url_prefix="/voice", template_folder="templates", static_folder="static")
    pages.before_request(_room_for_a_recording)
    pages.after_request(_may_listen)
    shelf = _Shelf(clips, speaker)
    pages.get("")(shelf.page)
    pages.get("/<int:clip>.wav")(shelf.hear)
    pages.post("/<int:clip>")(shelf.record)
    pages.post("/<int:clip>/forget")(shelf.forget)
    pages.post("/<int:clip>/say")(shelf.say)
    pages.post("/try/<int:trial>")(shelf.try_out)
    return pages


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The clips, and what can be done with one of them."""

    clips: Clips
    speaker: Speaker

    def page(self, told: str = "", about: int = 0) -> str:
        there = self.clips.recorded()
        rows = [(n, words, n in there) for n, words in enumerate(CLIPS, start=1)]
        missing = [(n, words) for n, words, recorded in rows if n <= NEEDED and not recorded]
        return render_template(
            "voice/shelf.html", rows=rows, needed=NEEDED, left=len(missing), next=next(iter(missing), None),
            trials=_TRIALS, told=told, about=about,
        )  # fmt: skip

    def hear(self, clip: int) -> AnyResponse:
        path = self.clips.path(_known(clip))
        if not path.is_file():
            abort(404)
        return Response(path.read_bytes(), mimetype="audio/wav")

    def record(self, clip: int) -> AnyResponse | tuple[str, int] | tuple[Response, int]:
        sent = request.files.get("wav")
        data = sent.read() if sent is not None else request.get_data()
        try:
            keep(self.clips, _known(clip), data)
        except NotAClip as no:
            if request.accept_mimetypes.best == "application/json":
                return jsonify(words=str(no)), 422
            return self.page(str(no), clip), 422
        return _back(clip)

    def forget(self, clip: int) -> AnyResponse:
        put_aside(self.clips, _known(clip))
        return _back(clip)

    def say(self, clip: int) -> AnyResponse | str:
        return _back(clip) if self.speaker.say((_known(clip),)) else self.page(_UNHEARD, clip)

    def try_out(self, trial: int) -> AnyResponse | str:
        if trial >= len(_TRIALS):
            abort(404)
        return redirect("/voice", 303) if self.speaker.say(clips_of(_TRIALS[trial])) else self.page(_UNHEARD)


def _room_for_a_recording() -> None:
    request.max_content_length = LARGEST_BYTES + _ROOM_FOR_FORM


def _may_listen(response: Response) -> Response:
    """This page alone may use the microphone and play sound."""
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self), payment=()"
    response.headers["Content-Security-Policy"] = _CSP
    return response


def _back(clip: int) -> AnyResponse:
    return redirect(f"/voice#c{clip}", 303)


def _known(clip: int) -> int:
    if not 1 <= clip <= len(CLIPS):
        abort(404)
    return clip
