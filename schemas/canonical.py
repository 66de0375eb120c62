"""Canonical bytes: what is hashed, signed and kept exactly as it was written.

Two layouts, both frozen by test vectors (``tests/unit/test_canonical.py``):

* a **transfer's leaf**: fifteen ASCII lines, because a line layout can be rebuilt in any language without a JSON
  canonicaliser, and because no field of a leaf can hold a line feed (each is an identifier, a number, a day or a hash);
* a **document** (claim, journal entry, import row): RFC 8785 JSON, of strings, integers, booleans, nulls, lists and
  objects with ASCII keys. In that subset ``json.dumps`` with sorted keys is RFC 8785 byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

LEAF_VERSION = "merit-transfer/1"
MAX_INTEGER = 2**53 - 1  # the largest integer that JSON carries unharmed through any parser (RFC 7493, 2.2)

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

_LEAF = re.compile(r"(?:[\x21-\x7e]{1,80}\n){15}")  # a line feed inside a field makes one more
_ABSENT = "-"
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One transfer as the log holds it. ``document_hash`` commits to the document, so names can be erased beside it."""

    village: str
    seq: int
    id: UUID
    kind: str
    debit: str
    credit: str
    amount: int
    done_on: date
    posted_at: datetime
    reverses: UUID | None
    document_id: UUID
    actor: str
    second: str | None
    document_hash: bytes


def leaf_bytes(leaf: Leaf) -> bytes:
    """The leaf's bytes: ``merit-transfer/1`` and its fields, one a line, in the order of ``Leaf``; LF after each.

    UUIDs in the 8-4-4-4-12 form, lower case; days ``YYYY-MM-DD``; times UTC ``YYYY-MM-DDTHH:MM:SS.ffffffZ``;
    hashes in lower-case hex; an absent field is ``-``. Raises ValueError for a field that does not fit a line.
    """
    asked = asked_lines(
        leaf.id,
        leaf.kind,
        leaf.debit,
        leaf.credit,
        leaf.amount,
        leaf.done_on,
        leaf.reverses,
        leaf.document_id,
        leaf.actor,
        leaf.second,
    )
    return whole_leaf(leaf.village, leaf.seq, asked, leaf.posted_at, leaf.document_hash)


AskedLines = tuple[str, str]


def asked_lines(
    id_: UUID,
    kind: str,
    debit: str,
    credit: str,
    amount: int,
    done_on: date,
    reverses: UUID | None,
    document_id: UUID,
    actor: str,
    second: str | None,
) -> AskedLines:
    """What of a leaf was fixed by whoever asked for the transfer: its lines 4 to 9, and 11 to 14."""
    before = f"{id_}\n{kind}\n{debit}\n{credit}\n{amount}\n{done_on.isoformat()}\n"
    after = f"{reverses or _ABSENT}\n{document_id}\n{actor}\n{second if second is not None else _ABSENT}\n"
    return before, after


def whole_leaf(village: str, seq: int, asked: AskedLines, posted_at: datetime, document_hash: bytes) -> bytes:
    """The bytes of ``leaf_bytes`` from lines made earlier and what the book adds. ValueError for a field that does not fit a line."""
    before, after = asked
    text = f"{LEAF_VERSION}\n{village}\n{seq}\n{before}{instant_text(posted_at)}\n{after}{document_hash.hex()}\n"
    if not _LEAF.fullmatch(text):
        raise ValueError(f"a leaf is 15 lines of 1 to 80 printable ASCII characters without spaces, not {text!r}")
    return text.encode("ascii")


def fits_leaf(text: str) -> bool:
    """True when a leaf's line can hold ``text``: 1 to 80 printable ASCII characters without spaces, and not ``-``, which says absent."""
    return 0 < len(text) <= 80 and text.isascii() and text.isprintable() and " " not in text and text != _ABSENT


@lru_cache(maxsize=256)  # a batch has one instant
def instant_text(instant: datetime) -> str:
    """An aware instant in UTC with microseconds, ``2026-11-18T02:24:07.000000Z``. ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def document_bytes(document: Mapping[str, Json]) -> bytes:
    """RFC 8785 bytes of a document. ValueError for a float, an integer beyond ±(2**53 − 1) or a lone surrogate."""
    _check(document)
    text = _ENCODER.encode(document)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("a document's text must be Unicode without lone surrogates") from error


def document_hash(salt: bytes, body: bytes) -> bytes:
    """SHA-256(salt ‖ body), 32 bytes: what a leaf holds of its document. The salt keeps short names from being guessed."""
    return hashlib.sha256(salt + body).digest()


def _check(value: Json) -> None:
    match value:
        case None | bool() | str():
            return
        case int():
            if abs(value) > MAX_INTEGER:
                raise ValueError(f"{value} does not fit a JSON integer")
        case dict() | Mapping():
            for key, inner in value.items():
                if not key.isascii():
                    raise ValueError(f"a document's keys are ASCII, not {key!r}")
                if type(inner) is not str:  # most are: spares a call each
                    _check(inner)
        case bytes() | bytearray() | memoryview():
            raise ValueError("a document holds text, not bytes")
        case list() | Sequence():
            for inner in value:
                _check(inner)
        case _:
            raise ValueError(f"a document holds no {type(value).__name__}")
