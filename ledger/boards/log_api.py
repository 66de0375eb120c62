"""The log for anyone who wants to check it: plain text and JSON, no sign-in, nothing that changes anything.

Leaves themselves are not public: they name households by number, and whoever had them all could add up every balance. Public are
their hashes, which show that nothing was changed. A leaf comes with the proof of one's own receipt, and whole logs by
``merit-ledger export``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from ledger.book.checkpoints import key_history, latest_checkpoint
from ledger.book.export import leaves
from ledger.book.proofs import consistency_proof, inclusion_proof
from ledger.book.reading import book_head
from ledger.villages.store import Village, village_by_code
from ledger.web.errors import problem
from ledger.web.services import services
from schemas.canonical import MAX_INTEGER
from schemas.merkle import leaf_hash
from schemas.problems import BrokenContract, Fault

PAGE_LIMIT = 1_000

blueprint = Blueprint("log_api", __name__, url_prefix="/v/<village_code>/log")


@blueprint.get("/checkpoint")
def checkpoint(village_code: str) -> Response:
    """The newest signed note (c2sp.org/tlog-checkpoint), countersignatures included. 404 before the first."""

    def newest(tx: Connection, village: Village) -> Response:
        note = latest_checkpoint(tx, village.village_id)
        return _text(note.full) if note else _absent("还没封过账")

    return _for(village_code, newest)


@blueprint.get("/vkey")
def vkey(village_code: str) -> Response:
    """The public key that signs now, one line. Trust it only if paper says the same."""

    def current(tx: Connection, village: Village) -> Response:
        history = key_history(tx, village.village_id)
        return _text(f"{history[-1].vkey}\n") if history else _absent("还没有密钥")

    return _for(village_code, current)


@blueprint.get("/keys")
def keys(village_code: str) -> Response:
    """Every public key, oldest first, each with the note by which the one before it named it."""
    return _for(village_code, lambda tx, village: _json([asdict(key) for key in key_history(tx, village.village_id)]))


@blueprint.get("/hashes")
def hash_page(village_code: str) -> Response:
    """Leaf hashes (RFC 6962) of transfers ``from`` to ``to`` in base64, at most 1,000: ``{"size": …, "from": …, "hashes": […]}``."""
    first, last = _numbers("from", "to")

    def page(tx: Connection, village: Village) -> Response:
        if not 1 <= first <= last or last - first >= PAGE_LIMIT:
            raise BrokenContract([Fault("from", f"从 1 起，一次最多 {PAGE_LIMIT} 笔")])
        found = [
            base64.b64encode(leaf_hash(leaf)).decode("ascii") for leaf in leaves(tx, village.village_id, first, last)
        ]
        return _json({"size": book_head(tx, village.village_id)[0], "from": first, "hashes": found})

    return _for(village_code, page)


@blueprint.get("/proof/inclusion")
def inclusion(village_code: str) -> Response:
    """The path from transfer ``seq`` to the root of the first ``size``, one base64 hash a line."""
    seq, size = _numbers("seq", "size")
    return _for(village_code, lambda tx, village: _hashes(inclusion_proof(tx, village.village_id, seq, size)))


@blueprint.get("/proof/consistency")
def consistency(village_code: str) -> Response:
    """That the first ``new`` transfers begin with the first ``old``, one base64 hash a line."""
    old, new = _numbers("old", "new")
    return _for(village_code, lambda tx, village: _hashes(consistency_proof(tx, village.village_id, old, new)))


def _for(code: str, answer: Callable[[Connection, Village], Response]) -> Response:
    """The answer for that village, in one snapshot; 404 for an unknown village or what the log does not have."""

    def read(tx: Connection) -> Response:
        village = village_by_code(tx, code)
        return answer(tx, village) if village else _absent("没有这个村")

    try:
        return services().database.read(read)
    except LookupError:
        return _absent("账里没有这些笔")


def _numbers(first: str, second: str) -> tuple[int, int]:
    """Two whole numbers from the query. BrokenContract names those that are none."""
    found: dict[str, int] = {}
    faults: list[Fault] = []
    for name in (first, second):
        text = request.args.get(name, "")
        if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_INTEGER:
            found[name] = int(text)
        else:
            faults.append(Fault(name, "写一个整数"))
    if faults:
        raise BrokenContract(faults)
    return found[first], found[second]


@blueprint.errorhandler(BrokenContract)
def _bad(error: BrokenContract) -> Response:
    return problem(error.status, error.code, "问的写法不对", error)


def _absent(words: str) -> Response:
    return problem(404, "not_found", words)


def _hashes(path: list[bytes]) -> Response:
    return _text("".join(base64.b64encode(hash_).decode("ascii") + "\n" for hash_ in path))


def _text(content: str) -> Response:
    return Response(content, mimetype="text/plain")


def _json(content: object) -> Response:
    return Response(json.dumps(content, ensure_ascii=False) + "\n", mimetype="application/json")
