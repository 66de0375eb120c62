"""Headers on every answer. No script, no frame, no foreign origin; nothing dynamic is kept by a browser or a proxy."""

from __future__ import annotations

from flask import Flask, Response, abort, make_response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC_AGE_S = 365 * 24 * 3600  # a file's address carries the hash of its content
_READING = ("GET", "HEAD", "OPTIONS")
_GO_BACK = "private, no-cache"


def may_be_gone_back_to(page: Response | str | tuple[str, int]) -> Response:
    """A step of a form that was sent and holds no secret: going back, the browser shows it again instead of asking whether to send
    the form twice. Signing out clears it away."""
    answer = make_response(page)
    if request.method not in _READING:
        answer.headers["Cache-Control"] = _GO_BACK
    return answer


def add_headers(app: Flask, *, https: bool) -> None:
    """Register the hooks. ``https`` adds HSTS."""

    @app.before_request
    def _no_foreign_forms() -> None:
        """A second wall beside the form token: browsers that say where a request comes from are believed."""
        if request.method not in _READING and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            abort(400, "这一份是从别的网站送来的，没有办")

    @app.after_request
    def _headers(answer: Response) -> Response:
        for name, value in ALWAYS.items():
            answer.headers.setdefault(name, value)
        if https:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint == "static" and answer.status_code in (200, 304):
            answer.headers["Cache-Control"] = f"public, max-age={STATIC_AGE_S}, immutable"
        else:
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
