"""A public key on paper, for the notice board, the township and a drawer: QR, text, fingerprint, and what to do when the key is lost.

One HTML file that holds everything it needs: it is opened and printed on a machine that may have no network and no ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import jinja2

from ledger.book.keys import KeyRecord
from ledger.people.card_pages import qr_svg
from schemas.notes import ED25519, VerifierKey

GROUPS = 8  # of four hex digits: 128 bits, short enough to read aloud over the telephone

_PAGES = jinja2.Environment(
    loader=jinja2.PackageLoader("ledger.boards"), autoescape=True, undefined=jinja2.StrictUndefined
)


@dataclass(frozen=True, slots=True)
class KeySheet:
    """A public key and whose it is. ``since`` is None for a township, which keeps no history; ``reason`` says why no older key named it."""

    key: VerifierKey
    owner: str
    printed: date
    secret: str
    since: date | None = None
    endorsed: bool = False
    reason: str = ""
    earlier: Sequence[KeyRecord] = ()

    @property
    def fingerprint(self) -> list[str]:
        """SHA-256(name ‖ LF ‖ 01 ‖ key) in groups of four hex digits; the first two are the key's id."""
        text = hashlib.sha256(self.key.name.encode() + b"\n" + ED25519 + self.key.public_key).hexdigest()
        return [text[start : start + 4] for start in range(0, 4 * GROUPS, 4)]


def key_sheet(sheet: KeySheet) -> str:
    """The page: A4, one sheet."""
    page = _PAGES.get_template("boards/key_sheet.html")
    return page.render(sheet=sheet, qr=qr_svg(sheet.key.text), township=sheet.since is None)
