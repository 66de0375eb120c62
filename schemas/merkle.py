"""The village's log as an RFC 6962 Merkle tree: leaf and node hashes, and a frontier that grows by one leaf at a time.

A *frontier* is the roots of the complete subtrees of a tree, largest first, 32 bytes each: one for every 1-bit of the size.
It is all that appending needs, O(log n) bytes, so a book keeps it in its own row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962, 2.1: the hash of an empty list


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(frontier: tuple[bytes, ...], size: int, hash_: bytes) -> tuple[bytes, ...]:
    """The frontier of a tree of ``size + 1`` leaves: the new leaf merged with every complete subtree of its own height."""
    return extend(frontier, size, [hash_])


def extend(frontier: tuple[bytes, ...], size: int, hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """The frontier after ``append`` of every hash in turn to a tree of ``size`` leaves."""
    stack = list(frontier)
    for place, hash_ in enumerate(hashes, start=size):
        while place & 1:
            hash_ = node_hash(stack.pop(), hash_)
            place >>= 1
        stack.append(hash_)
    return tuple(stack)


def root(frontier: tuple[bytes, ...]) -> bytes:
    """The tree's root hash, 32 bytes: subtrees folded from the smallest up (RFC 6962's split at the largest power of two)."""
    if not frontier:
        return EMPTY_ROOT
    *larger, hash_ = frontier
    for subtree in reversed(larger):
        hash_ = node_hash(subtree, hash_)
    return hash_


def pack(frontier: tuple[bytes, ...]) -> bytes:
    """The frontier as bytes for a column."""
    return b"".join(frontier)


def unpack(data: bytes) -> tuple[bytes, ...]:
    """The frontier from its column. ValueError when the length is no multiple of 32."""
    if len(data) % HASH_BYTES:
        raise ValueError("a frontier is whole hashes")
    return tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))
