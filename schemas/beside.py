"""Names beside entries: the journal commits to a name, the name itself can be erased and the journal still verifies.

A commitment is SHA-256(salt ‖ UTF-8 text) in hex, with a salt of 16 random bytes that is erased with the text.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.canonical import document_hash
from schemas.entries import AnyEntry, Contract, Received, Sale

SALT_BYTES = 16


class Beside(Contract):
    """A name that an entry commits to: one line of at most 20 characters, people's already masked (阎*)."""

    text: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]+$")]
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


def commitment(text: str, salt: bytes) -> str:
    """What an entry holds instead of ``text``, in hex. ValueError when the salt is not ``SALT_BYTES``."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes")
    return document_hash(salt, text.encode()).hex()


def commitments(entry: AnyEntry) -> dict[str, str]:
    """What the entry commits to, by the key under which it travels beside: ``proxy``, ``donor``."""
    found: dict[str, str] = {}
    if isinstance(entry, Sale) and entry.proxy is not None:
        found["proxy"] = entry.proxy.name
    if isinstance(entry, Received) and entry.donor is not None:
        found["donor"] = entry.donor
    return found


def belongs(beside: Beside, committed: str) -> bool:
    """True when this is the name that was committed to."""
    return commitment(beside.text, bytes.fromhex(beside.salt)) == committed
