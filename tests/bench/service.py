"""The ledger as it is served, with three addresses more: nothing, one posting, one balance. Settings come from ``MERIT_LEDGER_…``.

``python -m tests.bench.service`` runs it as ``merit-ledger serve`` does; ``tests.bench.service:create()`` is for another server.
"""

from __future__ import annotations

import os
from uuid import UUID

import waitress
from flask import Blueprint, Flask, Response, jsonify, request

from ledger.app import create_app
from ledger.book.reading import account_of
from ledger.book.store import post
from ledger.book.values import household_account
from ledger.commands import THREADS, settle
from ledger.config import ledger_settings
from ledger.web.services import open_services, services
from ledger.web.shell import BODY_LIMIT
from tests.bench.scene import VILLAGE_ID, award

blueprint = Blueprint("bench", __name__)


@blueprint.get("/bench/empty")
def empty() -> Response:
    """What the server and the shell cost by themselves."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.post("/bench/post")
def post_one() -> Response:
    """One award through the one door, and its outcome."""
    said = request.get_json()
    asked = award(UUID(said["id"]), UUID(said["document"]), said["number"])
    given = services()
    now = given.clock.now()
    [outcome] = given.database.write(lambda tx: post(tx, VILLAGE_ID, [asked], now=now))
    return jsonify(outcome=outcome.code, seq=outcome.seq, balance=outcome.credit_balance)


@blueprint.get("/bench/balance/<number>")
def balance(number: str) -> Response:
    """A household's balance, by index."""
    account = services().database.read(lambda tx: account_of(tx, VILLAGE_ID, household_account(number)))
    return jsonify(balance=account.balance, available=account.available)


def create() -> Flask:
    """The application."""
    app = create_app(open_services(ledger_settings("", os.environ)))
    app.register_blueprint(blueprint)
    app.extensions["merit_csrf"].exempt(blueprint)
    return app


def main() -> None:
    """Serve until the process is ended."""
    threads = int(os.environ.get("BENCH_THREADS", THREADS))
    port = int(os.environ["BENCH_PORT"])
    app = create()
    settle()
    waitress.serve(app, host="127.0.0.1", port=port, threads=threads, max_request_body_size=BODY_LIMIT, ident="")


if __name__ == "__main__":
    main()
