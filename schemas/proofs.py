"""Proofs about a Merkle log, RFC 6962 section 2.1: a leaf is in it, and a later log only added to an earlier one.

Building asks for the hashes of complete subtrees (``Node``) and nothing else, so a log keeps them wherever it likes. Verifying
needs no log at all: it is RFC 9162, 2.1.3.2 and 2.1.4.2, step by step. Hashes are 32 bytes, indices count from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.merkle import EMPTY_ROOT, node_hash, root

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the hash of the complete subtree over leaves ``index * 2**level`` to ``(index + 1) * 2**level - 1``."""


def root_at(size: int, node: Node) -> bytes:
    """The root of the first ``size`` leaves. The empty log has RFC 6962's root of an empty list."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]), the leaf's sibling first. ValueError when the leaf is not among the first ``size``."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among {size}")
    low, high = 0, size
    found: list[tuple[int, int]] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    return [_range_hash(start, end, node) for start, end in reversed(found)]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """PROOF(old, D[new]); empty from an empty log and between equal sizes. ValueError when ``old`` is more than ``new``."""
    if not 0 <= old <= new:
        raise ValueError(f"a log of {new} did not grow from {old}")
    if old in (0, new):
        return []
    low, high = 0, new
    found: list[tuple[int, int]] = []
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    if low:  # otherwise the old root itself is the subtree, and the verifier has it
        found.append((low, high))
    return [_range_hash(start, end, node) for start, end in reversed(found)]


def includes(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root_: bytes) -> bool:
    """True when the proof shows ``leaf_hash`` at ``index`` of the log with that size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, hash_ = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            hash_ = node_hash(sibling, hash_)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and hash_ == root_


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """True when the proof shows that the new log is the old one with leaves added (RFC 9162, 2.1.4.2)."""
    if old == 0 or old == new:
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_hash = new_hash = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_hash, new_hash = node_hash(sibling, old_hash), node_hash(sibling, new_hash)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new_hash = node_hash(new_hash, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and old_hash == old_root and new_hash == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than ``count`` (RFC 6962's k)."""
    return int(1 << (count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, node: Node) -> bytes:
    """The hash of a subtree that may lack its right end: its complete parts, largest first, folded like a frontier."""
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    return root(tuple(parts))
