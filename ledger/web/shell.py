"""The Flask application without rooms: settings, headers, error pages, form tokens, filters, health."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import IntegerConverter

from ledger.migrations.runner import is_current
from ledger.storage.writer import StorageFault
from ledger.web.errors import add_error_pages, busy
from ledger.web.filters import add_filters
from ledger.web.headers import add_headers
from ledger.web.menu import office_menu
from ledger.web.secret import ensure_secret, read_secret
from ledger.web.services import Services

BODY_LIMIT = 2 * 1024 * 1024  # the longest upload is an import of some thousand rows
FORM_PARTS_LIMIT = 5_000  # a whole village on one form
MOST_DIGITS = 15  # of a number in an address or a form: whatever is longer fits no column
FORM_AGE = timedelta(hours=12)  # as long as the longest session: a form that lay open over lunch still goes through


class ColumnNumber(IntegerConverter):
    """``<int:…>`` in an address. A number that fits no column leads to no page, as one that nobody has."""

    regex = f"[0-9]{{1,{MOST_DIGITS}}}"


def create_shell(given: Services) -> Flask:
    """An application that answers health checks and errors; ``ledger.app`` hangs the rooms into it."""
    app = Flask("ledger.web", static_folder="static", template_folder="templates")
    app.url_map.converters["int"] = ColumnNumber
    app.extensions["merit"] = given
    _configure(app, given)
    add_headers(app, https=given.settings.public_url.startswith("https://"))
    csrf = CSRFProtect(app)
    app.extensions["merit_csrf"] = csrf
    add_error_pages(app)
    add_filters(app)
    _add_addresses(app)
    _add_health(app, given)
    return app


def _configure(app: Flask, given: Services) -> None:
    secure = given.settings.secure_cookies
    ensure_secret(given.settings.secret_file)
    app.config.update(
        SECRET_KEY=read_secret(given.settings.secret_file),
        SESSION_COOKIE_NAME="__Host-merit-form" if secure else "merit-form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=FORM_PARTS_LIMIT,
        WTF_CSRF_TIME_LIMIT=int(FORM_AGE.total_seconds()),
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, and our pages send none
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _add_addresses(app: Flask) -> None:
    """``asset('base.css')``, the village in every office address, and the menu, for templates."""
    hashes: dict[str, str] = {}
    for path in sorted(Path(app.static_folder or "").glob("*.*")):
        hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()[:12]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=hashes[name])

    app.add_template_global(asset)
    app.add_template_global(office_menu)

    @app.url_defaults
    def _this_village(endpoint: str, values: dict[str, Any]) -> None:
        village = g.get("village")
        if village and "village_code" not in values and app.url_map.is_endpoint_expecting(endpoint, "village_code"):
            values["village_code"] = village.code


def _add_health(app: Flask, given: Services) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """The database answers and no migration is missing."""
        try:
            ready = is_current(given.database)
        except StorageFault:
            ready = False
        return Response("ready\n", mimetype="text/plain") if ready else busy("账本还没准备好")
