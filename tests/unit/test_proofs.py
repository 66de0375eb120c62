"""Proofs against the textbook recursion of RFC 6962, every size and every pair up to 130, and every bit that could be flipped."""

from __future__ import annotations

from functools import cache

import pytest

from schemas.merkle import EMPTY_ROOT, leaf_hash, node_hash
from schemas.proofs import consistency_proof, consistent, includes, inclusion_proof, root_at

MOST = 130
LEAVES = [leaf_hash(b"leaf %d" % n) for n in range(MOST)]


@cache
def mth(low: int, high: int) -> bytes:
    """MTH(D[low:high])."""
    if high == low:
        return EMPTY_ROOT
    if high - low == 1:
        return LEAVES[low]
    middle = low + split(high - low)
    return node_hash(mth(low, middle), mth(middle, high))


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def path(index: int, low: int, high: int) -> list[bytes]:
    """PATH(m, D[n]) as section 2.1.1 writes it."""
    if high - low == 1:
        return []
    middle = low + split(high - low)
    if index < middle:
        return [*path(index, low, middle), mth(middle, high)]
    return [*path(index, middle, high), mth(low, middle)]


def subproof(old: int, low: int, high: int, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) as section 2.1.2 writes it."""
    if old == high - low:
        return [] if whole else [mth(low, high)]
    k = split(high - low)
    if old <= k:
        return [*subproof(old, low, low + k, whole), mth(low + k, high)]
    return [*subproof(old - k, low + k, high, False), mth(low, low + k)]


def node(level: int, index: int) -> bytes:
    """Complete subtrees only, as a log keeps them."""
    assert (index + 1) << level <= MOST
    return mth(index << level, (index + 1) << level)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_root_and_inclusion_proof_is_the_textbooks(size: int) -> None:
    assert root_at(size, node) == mth(0, size)
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        assert proof == path(index, 0, size)
        assert includes(LEAVES[index], index, size, proof, mth(0, size))


@pytest.mark.parametrize("new", range(MOST + 1))
def test_every_consistency_proof_is_the_textbooks(new: int) -> None:
    assert consistency_proof(0, new, node) == []
    assert consistent(0, EMPTY_ROOT, new, mth(0, new), [])
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, node)
        assert proof == subproof(old, 0, new, True)
        assert consistent(old, mth(0, old), new, mth(0, new), proof)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 65, 130])
def test_an_inclusion_proof_fails_for_anything_else(size: int) -> None:
    for index in range(size):
        proof, root = inclusion_proof(index, size, node), mth(0, size)
        assert not includes(leaf_hash(b"another"), index, size, proof, root)
        assert not includes(LEAVES[index], index, size, [*proof, root], root)
        assert not includes(LEAVES[index], size, size, proof, root)
        assert not includes(LEAVES[index], -1, size, proof, root)
        for place in range(len(proof)):
            assert not includes(LEAVES[index], index, size, proof[:place] + proof[place + 1 :], root)
            assert not includes(LEAVES[index], index, size, flipped(proof, place), root)
        for other in range(size):
            assert other == index or not includes(LEAVES[index], other, size, proof, root)


def test_a_consistency_proof_fails_for_anything_else() -> None:
    for new in (2, 3, 7, 8, 33, 64, 130):
        for old in range(1, new):
            proof, roots = consistency_proof(old, new, node), (mth(0, old), mth(0, new))
            assert not consistent(old, leaf_hash(b"x"), new, roots[1], proof)
            assert not consistent(old, roots[0], new, leaf_hash(b"x"), proof)
            assert not consistent(old, roots[0], new, roots[1], [*proof, roots[0]])
            assert not consistent(new, roots[1], old, roots[0], proof)
            for place in range(len(proof)):
                assert not consistent(old, roots[0], new, roots[1], flipped(proof, place))
                assert not consistent(old, roots[0], new, roots[1], proof[:place] + proof[place + 1 :])


def test_equal_logs_need_no_proof_and_take_none() -> None:
    assert consistent(5, mth(0, 5), 5, mth(0, 5), [])
    assert not consistent(5, mth(0, 5), 5, mth(0, 5), [mth(0, 5)])
    assert not consistent(5, mth(0, 5), 5, leaf_hash(b"x"), [])
    assert not consistent(0, mth(0, 1), 5, mth(0, 5), [])
    assert not consistent(4, mth(0, 4), 5, mth(0, 5), [])


def test_what_is_not_there_has_no_proof() -> None:
    with pytest.raises(ValueError, match="not among"):
        inclusion_proof(5, 5, node)
    with pytest.raises(ValueError, match="did not grow"):
        consistency_proof(6, 5, node)


def flipped(proof: list[bytes], place: int) -> list[bytes]:
    one = bytearray(proof[place])
    one[0] ^= 1
    return [*proof[:place], bytes(one), *proof[place + 1 :]]
