"""Which signature a slip carries when a village has had more than one key."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from ledger.book.seals import Seal, slip_of
from schemas.notes import Checkpoint, SignerKey, read_checkpoint, sign, signers
from schemas.slip import read_slip

ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint("merit/SQ", 1297, ROOT)
FIRST, SECOND, THIRD = (SignerKey("merit/SQ", bytes([number]) * 32) for number in (1, 2, 3))
TOWNSHIP = SignerKey("township/清水镇", bytes(range(32)))
OWN = [key.verifier for key in (FIRST, SECOND, THIRD)]  # the oldest first


def sealed(*keys: SignerKey) -> Seal:
    return Seal(sign(CHECKPOINT.text, *keys), CHECKPOINT.size, ROOT, datetime(2026, 11, 18, tzinfo=UTC))


def test_a_slip_carries_the_newest_of_the_villages_keys_that_signed() -> None:
    for keys in ((FIRST, SECOND), (SECOND, FIRST), (SECOND, TOWNSHIP, FIRST)):
        slip = slip_of("merit:", sealed(*keys), OWN)
        assert slip is not None
        note = read_slip(slip)
        assert signers(note, OWN) == [SECOND.verifier]
        assert read_checkpoint(note.text) == CHECKPOINT


def test_a_seal_that_no_key_of_the_village_signed_has_no_slip() -> None:
    assert slip_of("merit:", sealed(TOWNSHIP), OWN) is None
    assert slip_of("merit:", sealed(FIRST), []) is None
