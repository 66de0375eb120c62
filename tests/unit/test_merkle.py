"""RFC 6962: the published tree of eight inputs, and the frontier against the textbook recursion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.merkle import EMPTY_ROOT, append, leaf_hash, node_hash, pack, root, unpack

# The test inputs and roots that certificate-transparency implementations share.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grow(leaves: list[bytes]) -> tuple[bytes, ...]:
    frontier: tuple[bytes, ...] = ()
    for size, leaf in enumerate(leaves):
        frontier = append(frontier, size, leaf_hash(leaf))
    return frontier


def textbook(leaves: list[bytes]) -> bytes:
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(textbook(leaves[:half]), textbook(leaves[half:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    assert root(grow([bytes.fromhex(text) for text in INPUTS[:size]])).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_is_the_tree(leaves: list[bytes]) -> None:
    frontier = grow(leaves)
    assert root(frontier) == textbook(leaves)
    assert unpack(pack(frontier)) == frontier
    assert len(frontier) == len(leaves).bit_count()


def test_a_torn_frontier_is_refused() -> None:
    with pytest.raises(ValueError, match="whole"):
        unpack(b"\x00" * 33)
