"""Who may open the screen, and what its answers say to the browser."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, abort, request

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_OUR_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def only_this_machine() -> None:
    """The visitor and the name it called: a foreign name that points here is another site."""
    address = request.remote_addr or ""
    if not address or not ip_address(address).is_loopback:
        abort(403)
    if urlsplit(f"//{request.host}").hostname not in _OUR_NAMES:
        abort(403)


def only_our_own_forms() -> None:
    """A page of another site cannot tap. Browsers send Sec-Fetch-Site to this address, older ones at least Origin."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def harden(response: Response) -> Response:
    """A page that needs more (the microphone) has said so itself."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Cache-Control"] = _HEADERS["Cache-Control"]  # static files come with another
    return response
