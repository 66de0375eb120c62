"""封账码: from a slip's QR back to the signed note, without network."""

from __future__ import annotations

import hashlib

import pytest

from schemas.notes import Checkpoint, SignerKey, read_checkpoint, sign, signers
from schemas.problems import BrokenContract
from schemas.slip import is_slip, read_slip, slip_text

KEY = SignerKey("merit/SQ", bytes(range(32)))
TOWNSHIP = SignerKey("township", bytes(32))
NOTE = sign(Checkpoint("merit/SQ", 1297, hashlib.sha256(b"root").digest()).text, KEY)
SLIP = slip_text("https://jifen.example.cn", NOTE, KEY.verifier)


def test_a_slip_gives_the_whole_note_back() -> None:
    assert read_slip(SLIP) == NOTE
    assert signers(read_slip(SLIP), [KEY.verifier]) == [KEY.verifier]
    assert is_slip(SLIP)


def test_a_slip_is_short_plain_ascii_for_a_qr() -> None:
    assert SLIP.isascii()
    assert len(SLIP) <= 192  # QR version 8-L, in bytes
    assert SLIP.startswith("https://jifen.example.cn/v/SQ/log#1297.")


def test_a_village_without_a_web_address_has_slips_too() -> None:
    assert read_slip(slip_text("merit:", NOTE, KEY.verifier)) == NOTE


def test_only_the_villages_own_signature_is_on_a_slip() -> None:
    both = NOTE.with_signatures(sign(NOTE.text, TOWNSHIP).signatures)
    assert read_slip(slip_text("merit:", both, KEY.verifier)) == NOTE
    with pytest.raises(ValueError, match="not signed"):
        slip_text("merit:", both, TOWNSHIP.verifier)


def test_every_changed_character_is_seen() -> None:
    start = SLIP.index("#")
    for place in range(start - len("SQ/log"), len(SLIP)):
        for other in "0Ab_.":
            changed = SLIP[:place] + other + SLIP[place + 1 :]
            assert changed == SLIP or not holds(changed), changed


def holds(text: str) -> bool:
    try:
        note = read_slip(text)
        return bool(signers(note, [KEY.verifier])) and read_checkpoint(note.text).village == "SQ"
    except BrokenContract:
        return False


@pytest.mark.parametrize(
    "text", ["", "merit:/v/SQ/log", SLIP[:-1], SLIP + "A", SLIP.replace("#1297.", "#01297."), SLIP * 4, NOTE.full]
)
def test_what_is_no_slip_is_refused(text: str) -> None:
    with pytest.raises(BrokenContract, match="封账码"):
        read_slip(text)
