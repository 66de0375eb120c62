"""A receipt's proof as a file, and a leaf read back from its bytes."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from schemas.canonical import Leaf, document_bytes, document_hash, leaf_bytes
from schemas.leaves import read_leaf
from schemas.merkle import leaf_hash, node_hash
from schemas.notes import Checkpoint, SignerKey, sign
from schemas.problems import BrokenContract
from schemas.proof_text import HEAD, ProofText, read_proof

SALT = bytes(16)
BODY = document_bytes({"goods": "酱油\u2028🌾"})
LEAF = Leaf(
    "SQ", 2, UUID(int=7), "redemption", "household:0007", "shop:1", 10, date(2026, 11, 18),
    datetime(2026, 11, 18, 2, 24, 7, 5, tzinfo=UTC), None, UUID(int=8), "kiosk:1", None, document_hash(SALT, BODY),
)  # fmt: skip
FIRST = leaf_hash(b"first")
ROOT = node_hash(FIRST, leaf_hash(leaf_bytes(LEAF)))
NOTE = sign(Checkpoint("merit/SQ", 2, ROOT).text, SignerKey("merit/SQ", bytes(32)))
PROOF = ProofText(leaf_bytes(LEAF), 1, (FIRST,), NOTE)
WITH_GOODS = replace(PROOF, salt=SALT, document=BODY)


@pytest.mark.parametrize("proof", [PROOF, WITH_GOODS])
def test_a_proof_comes_back_and_holds(proof: ProofText) -> None:
    assert read_proof(proof.text) == proof
    assert proof.holds
    assert proof.text.startswith(f"{HEAD}\nextra ")


def test_a_proof_of_something_else_does_not_hold() -> None:
    assert not replace(PROOF, index=0).holds
    assert not replace(PROOF, leaf=leaf_bytes(replace(LEAF, amount=11))).holds
    assert not replace(PROOF, path=(ROOT,)).holds
    assert not replace(WITH_GOODS, document=BODY + b" ").holds
    assert not replace(WITH_GOODS, salt=b"\x01" * 16).holds
    assert not replace(WITH_GOODS, salt=None).holds
    other = sign(Checkpoint("merit/QX", 2, ROOT).text, SignerKey("merit/QX", bytes(32)))
    assert not replace(PROOF, note=other).holds


@pytest.mark.parametrize(
    "text",
    ["", HEAD, PROOF.text.replace(HEAD, HEAD + "x"), PROOF.text.replace("index 1", "index 01"), PROOF.text.replace("extra ", "extra"),
     PROOF.text.replace("\n\n", "\n", 1), PROOF.text.replace("index 1\n", "index 1\nAAAA\n"),
     PROOF.text.replace("\n1297", "\n01297").replace("merit/SQ\n2\n", "merit/SQ\n02\n")],
)  # fmt: skip
def test_a_crooked_proof_is_refused(text: str) -> None:
    with pytest.raises(BrokenContract):
        read_proof(text)


@pytest.mark.parametrize(
    "extra", [b"", b"x", leaf_bytes(LEAF) + b"zz\nbody", leaf_bytes(LEAF) + SALT.hex().upper().encode() + b"."]
)
def test_an_extra_line_that_is_no_transfer_is_refused(extra: bytes) -> None:
    lines = PROOF.text.split("\n")
    lines[1] = "extra " + base64.b64encode(extra).decode()
    with pytest.raises(BrokenContract):
        read_proof("\n".join(lines))


def test_a_leaf_reads_back_and_has_one_spelling() -> None:
    full = replace(LEAF, kind="reversal", reverses=UUID(int=9), second="staff:2")
    for leaf in (LEAF, full):
        assert read_leaf(leaf_bytes(leaf)) == leaf
    raw = leaf_bytes(LEAF)
    for crooked in (
        raw[:-1],
        raw + b"\n",
        raw.replace(b"\n10\n", b"\n010\n"),
        raw.replace(b"-0000", b"0000"),
        raw.upper(),
        b"\xff" + raw,
    ):
        with pytest.raises(ValueError):
            read_leaf(crooked)
