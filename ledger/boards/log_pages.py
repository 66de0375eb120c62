"""村账封账: the page that a 封账码 opens. The newest seal as QR and four words, how to compare it with paper, and those before it.

What stands behind the ``#`` of a 封账码 never reaches the server, and there is no script. But each seal on the page has exactly that as its
id, so the browser itself jumps to the seal that somebody has on paper and marks it, and marks nothing when it is not here. A page can lie;
what proves something is ``merit-ledger verify --against`` and ``deploy/verify_log.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Connection

from ledger.boards.pages import blueprint
from ledger.boards.village_pages import village_of
from ledger.book.checkpoints import key_history
from ledger.book.seals import Seal, newest_seal, newest_seals, slip_of
from ledger.people.card_pages import qr_svg
from ledger.villages.store import Village
from ledger.web.services import services
from schemas.canonical import MAX_INTEGER
from schemas.notes import VerifierKey, read_vkey

SHOWN = 100  # a seal a day: a little over three months; older ones are found by their number


@dataclass(frozen=True, slots=True)
class SealLine:
    """A seal as the page has it. ``mark`` is what its 封账码 carries behind the ``#``; empty when no key we know has signed it."""

    seal: Seal
    slip: str
    countersigned: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The id to jump to."""
        return self.slip.partition("#")[2]

    @property
    def qr(self) -> Markup | None:
        """The 封账码 to scan."""
        return qr_svg(self.slip) if self.slip else None


@blueprint.get("/v/<village_code>/log")
def log(village_code: str) -> ResponseReturnValue:
    """The newest seal, or the one up to transfer ``?size=``; 404 in words when there is none of that size."""
    village, wanted = village_of(village_code), request.args.get("size", "").strip()
    lines, shown = services().database.read(lambda tx: _load(tx, village, wanted))
    page = render_template("boards/log.html", lines=lines, shown=shown, wanted=wanted, more=len(lines) == SHOWN)
    return make_response(page, 200 if shown or not wanted else 404)


def _load(tx: Connection, village: Village, wanted: str) -> tuple[list[SealLine], SealLine | None]:
    keys = [read_vkey(record.vkey) for record in key_history(tx, village.village_id)]
    lines = [_line(village, seal, keys) for seal in newest_seals(tx, village.village_id, limit=SHOWN)]
    size = int(wanted) if wanted.isdecimal() and len(wanted) <= 16 else None if wanted else 0
    if size is None or size > MAX_INTEGER:
        return lines, None
    found = (
        newest_seal(tx, village.village_id, at_least=size, at_most=size)
        if wanted
        else newest_seal(tx, village.village_id)
    )
    return lines, _line(village, found, keys) if found else None


def _line(village: Village, seal: Seal, keys: Sequence[VerifierKey]) -> SealLine:
    others = (one.name for one in seal.note.signatures if one.name != f"merit/{village.code}")
    return SealLine(seal, slip_of(village.base, seal, keys) or "", tuple(dict.fromkeys(others)))
