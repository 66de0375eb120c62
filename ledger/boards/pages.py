"""What anybody may open with a code in hand: a card's balance, a receipt, a door plate. No sign-in, no script, nothing written."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from ledger.boards.reading import EndedCard, ReceiptBoard, board_of_card, board_of_receipt, proof_of
from ledger.boards.throttle import MissThrottle
from ledger.web.services import services

blueprint = Blueprint("boards", __name__, template_folder="templates")


@blueprint.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions["merit_misses"] = MissThrottle()


@blueprint.get("/q/<token>")
def card(token: str) -> Response:
    """The household of a card: masked name, balance, what is on notice, the last lines. An ended card shows none of it."""
    if (too_often := _too_often()) is not None:
        return too_often
    found = services().database.read(lambda tx: board_of_card(tx, token))
    if found is None:
        return _miss("boards/unknown_card.html")
    g.village = found.village
    if isinstance(found, EndedCard):
        return make_response(render_template("boards/ended_card.html", card=found.card))
    return make_response(render_template("boards/card.html", board=found, now=services().clock.now()))


@blueprint.get("/r/<token>")
def receipt(token: str) -> Response:
    """A receipt: whether it is in the book, what was on it, whether it was voided, what seals it. No name and no balance."""
    if (too_often := _too_often()) is not None:
        return too_often
    found = services().database.read(lambda tx: board_of_receipt(tx, token))
    return _receipt_page(found) if found else _miss("boards/unknown_receipt.html")


@blueprint.get("/r/<token>/proof")
def receipt_proof(token: str) -> Response:
    """The proof that the receipt's transfer is in the sealed book, to check offline. Its page again, as 404, until there is a seal."""
    if (too_often := _too_often()) is not None:
        return too_often

    def load(tx: Connection) -> tuple[ReceiptBoard, str | None] | None:
        board = board_of_receipt(tx, token)
        return (board, proof_of(tx, board)) if board else None

    found = services().database.read(load)
    if found is None:
        return _miss("boards/unknown_receipt.html")
    board, proof = found
    if proof is None:
        return _receipt_page(board, 404)
    answer = Response(proof, mimetype="text/plain")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{board.redemption.number}.tlog-proof")
    return answer


@blueprint.get("/d/<token>")
def door(token: str) -> Response:  # noqa: ARG001 - a door plate opens nothing here, whichever it is
    """A door plate: the same words for every token; nothing is looked up."""
    return make_response(render_template("boards/door.html"))


def _receipt_page(board: ReceiptBoard, status: int = 200) -> Response:
    g.village = board.village
    return make_response(render_template("boards/receipt.html", redemption=board.redemption, seal=board.seal), status)


def _too_often() -> Response | None:
    """429 for an address that missed too often of late, whether this code is right or not."""
    wait_s = _misses().wait_s(_address(), services().wall.now())
    if not wait_s:
        return None
    answer = make_response(render_template("web/errors/too-often.html", minutes=-(-wait_s // 60), words=""), 429)
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def _miss(template: str) -> Response:
    _misses().miss(_address(), services().wall.now())
    return make_response(render_template(template), 404)


def _misses() -> MissThrottle:
    return cast(MissThrottle, current_app.extensions["merit_misses"])


def _address() -> str:
    return request.remote_addr or ""
