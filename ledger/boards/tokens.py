"""From the text in an address to a hash and a village, by the same steps for right, wrong and foreign tokens."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.villages.store import Village, village_by_code
from schemas.tokens import Code, CodeKind, read_code, token_hash

_NOBODY = "-"  # no village has this code, so a malformed token costs the same look-ups as an unknown one


def hash_and_village(tx: Connection, token: str, kind: CodeKind) -> tuple[bytes, Village | None]:
    """SHA-256 of the token as it is stored, and the village it names; None for a malformed token and an unknown village."""
    found = read_code(f"merit:/{kind.value}/{token}")
    code, text = (found.village, found.token) if isinstance(found, Code) else (_NOBODY, token[:64])
    return token_hash(text), village_by_code(tx, code)
