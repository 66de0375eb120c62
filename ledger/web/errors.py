"""What is said when there is no page to show: village words in a browser, RFC 9457 problems under ``/api/``."""

from __future__ import annotations

import traceback
from pathlib import Path

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, TooManyRequests

from ledger.storage.writer import StorageFault
from schemas.problems import BrokenContract, FaultModel, Problem

RETRY_AFTER_S = 5
_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "ledger_busy",
}
_PAGES = {400: "bad", 403: "not-yours", 404: "not-found", 405: "not-found", 413: "too-large", 429: "too-often"}
_log = structlog.get_logger("ledger.web")


def add_error_pages(app: Flask) -> None:
    """Register the handlers. Whatever no room catches ends here."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(BrokenContract, _broken_contract)
    app.register_error_handler(StorageFault, _storage_fault)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)


def busy(words: str) -> Response:
    """503 with ``Retry-After``: nothing was decided, the same may be sent again."""
    answer = _answer(503, "busy", words)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def is_api() -> bool:
    """True when a program asks."""
    return request.path.startswith("/api/")


def problem(status: int, code: str, title: str, faults: BrokenContract | None = None) -> Response:
    """An RFC 9457 answer."""
    told = [FaultModel(field=fault.field, words=fault.words) for fault in faults.faults] if faults else []
    body = Problem(title=title, status=status, code=code, faults=told).model_dump_json()
    return Response(body, status=status, mimetype="application/problem+json")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return Response(error.get_response().get_data(), status, headers=error.get_headers())
    own_words = error.description if error.description != type(error).description else None
    if is_api():
        answer = problem(status, _CODES.get(status, "fault"), own_words or error.name)
    else:
        answer = _page(status, _PAGES.get(status, "fault" if status >= 500 else "bad"), own_words, error)
    if isinstance(error, TooManyRequests):
        answer.headers.setdefault("Retry-After", "60")
    answer.headers.update({k: v for k, v in error.get_headers() if k in ("Retry-After", "Allow", "WWW-Authenticate")})
    return answer


def _stale_form(_error: CSRFError) -> Response:
    return _answer(400, "stale-form", "这一页放得太久，没办成。返回去再点一次")


def _broken_contract(error: BrokenContract) -> Response:
    if is_api():
        return problem(error.status, error.code, "送来的内容不合约定，没有记", error)
    g.faults = error.faults
    return _page(error.status, "bad", None, None)


def _storage_fault(error: StorageFault) -> Response:
    _log_fault("storage_fault", error)
    return busy("没存上，账没有动。过一会儿再来")


def _crash(error: Exception) -> Response:
    _log_fault("crash", error)
    return _answer(500, "fault", "这边出了点事，分没有动")


def _answer(status: int, page: str, words: str) -> Response:
    return problem(status, _CODES.get(status, "fault"), words) if is_api() else _page(status, page, words, None)


def _page(status: int, name: str, words: str | None, error: HTTPException | None) -> Response:
    retry = getattr(error, "retry_after", None)
    minutes = max(1, -(-retry // 60)) if isinstance(retry, int) else 1
    return make_response(render_template(f"web/errors/{name}.html", words=words, minutes=minutes), status)


def _log_fault(event: str, error: BaseException) -> None:
    """Where it happened and what kind it is. No message and no path: they may hold names and tokens."""
    frames = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]
    kinds = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(kinds) < 5:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    _log.error(event, kinds=kinds, route=str(request.url_rule or ""), method=request.method, frames=frames)
