"""Reading a leaf back: the inverse of ``schemas.canonical.leaf_bytes``, for whoever has only the log."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from schemas.canonical import LEAF_VERSION, Leaf, leaf_bytes

LINES = 15
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def read_leaf(data: bytes) -> Leaf:
    """The fields of a leaf. ValueError unless writing them again gives the same bytes."""
    lines = data.decode("ascii").split("\n")
    if len(lines) != LINES + 1 or lines[0] != LEAF_VERSION or lines[LINES]:
        raise ValueError(f"a leaf is {LINES} lines and begins with {LEAF_VERSION}")
    leaf = Leaf(
        village=lines[1],
        seq=int(lines[2]),
        id=UUID(lines[3]),
        kind=lines[4],
        debit=lines[5],
        credit=lines[6],
        amount=int(lines[7]),
        done_on=date.fromisoformat(lines[8]),
        posted_at=datetime.strptime(lines[9], _INSTANT).replace(tzinfo=UTC),
        reverses=UUID(lines[10]) if lines[10] != "-" else None,
        document_id=UUID(lines[11]),
        actor=lines[12],
        second=lines[13] if lines[13] != "-" else None,
        document_hash=bytes.fromhex(lines[14]),
    )
    if leaf_bytes(leaf) != data:
        raise ValueError("a leaf has one spelling, this is another")
    return leaf
