"""Signed notes and checkpoints: the format that other programs read, and everything that must not pass."""

from __future__ import annotations

import base64
import hashlib

import pytest

from schemas.notes import (
    Checkpoint,
    Signature,
    SignerKey,
    VerifierKey,
    read_checkpoint,
    read_note,
    read_vkey,
    sign,
    signers,
)
from schemas.problems import BrokenContract

VILLAGE = SignerKey("merit/SQ", bytes(range(32)))
TOWNSHIP = SignerKey("township/清水镇", bytes(range(1, 33)))
CHECKPOINT = Checkpoint("merit/SQ", 1297, hashlib.sha256(b"root").digest())
FULL = sign(CHECKPOINT.text, VILLAGE).full


def test_a_published_note_of_another_program_is_read_and_checked() -> None:
    """The example and the key of golang.org/x/mod/sumdb/note, which the specification was written from."""
    key = read_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    note = read_note(text)
    assert signers(note, [key]) == [key]
    assert note.full == text


def test_a_checkpoint_is_three_lines_and_comes_back() -> None:
    root = base64.b64encode(CHECKPOINT.root).decode()
    assert CHECKPOINT.text == f"merit/SQ\n1297\n{root}\n"
    assert read_checkpoint(read_note(FULL).text) == CHECKPOINT
    assert CHECKPOINT.village == "SQ"


def test_the_key_id_is_the_specifications() -> None:
    key = VILLAGE.verifier
    expected = hashlib.sha256(b"merit/SQ\n\x01" + key.public_key).digest()[:4]
    assert key.key_id == expected
    assert read_vkey(key.text) == key


def test_the_same_text_is_signed_the_same_each_time() -> None:
    assert sign(CHECKPOINT.text, VILLAGE) == sign(CHECKPOINT.text, VILLAGE)


def test_a_township_signs_under_the_same_text() -> None:
    note = read_note(FULL).with_signatures(sign(CHECKPOINT.text, TOWNSHIP).signatures)
    again = read_note(note.full)
    assert signers(again, [VILLAGE.verifier, TOWNSHIP.verifier]) == [VILLAGE.verifier, TOWNSHIP.verifier]
    assert again.with_signatures(note.signatures) == again


def test_signatures_of_strangers_are_ignored_whatever_their_type() -> None:
    note = read_note(FULL).with_signatures([Signature("witness.example", b"\x01\x02\x03\x04", b"cosignature" * 20)])
    assert signers(read_note(note.full), [VILLAGE.verifier]) == [VILLAGE.verifier]
    assert signers(note, [TOWNSHIP.verifier]) == []


def test_every_flipped_bit_is_seen() -> None:
    raw = FULL.encode()
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            assert not holds(bytes(changed)), (place, bit)


def holds(raw: bytes) -> bool:
    try:
        note = read_note(raw.decode())
        return bool(signers(note, [VILLAGE.verifier])) and read_checkpoint(note.text) is not None
    except (BrokenContract, UnicodeDecodeError):
        return False


def test_a_known_key_with_a_false_signature_spoils_the_note() -> None:
    other = sign("merit/SQ\n1\n" + CHECKPOINT.text.split("\n")[2] + "\n", VILLAGE)
    note = read_note(FULL)
    spoiled = type(note)(note.text, other.signatures)
    with pytest.raises(BrokenContract, match="对不上"):
        signers(spoiled, [VILLAGE.verifier])


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("merit/SQ\n007\n{root}\n", "note.size"),
        ("merit/SQ\n-1\n{root}\n", "note.size"),
        ("merit/SQ\n99999999999999999\n{root}\n", "note.size"),
        ("other/SQ\n7\n{root}\n", "note.origin"),
        ("merit/\n7\n{root}\n", "note.origin"),
        ("merit/SQ\n7\nAAAA\n", "note.root"),
        ("merit/SQ\n7\n{root}=\n", "note.root"),
        ("merit/SQ\n7\n{root}\nextension\n", "note.text"),
        ("merit/SQ\n7\n", "note.text"),
    ],
)
def test_a_crooked_checkpoint_is_told_where_it_is_crooked(text: str, field: str) -> None:
    with pytest.raises(BrokenContract) as caught:
        read_checkpoint(text.format(root=CHECKPOINT.text.split("\n")[2]))
    assert [fault.field for fault in caught.value.faults] == [field]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BrokenContract) as caught:
        read_checkpoint("x\ny\nz\n")
    assert [fault.field for fault in caught.value.faults] == ["note.origin", "note.size", "note.root"]


@pytest.mark.parametrize(
    "full",
    ["", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n- merit/SQ AAAAAAAA\n", FULL.rstrip("\n"), FULL.replace("\n", "\r\n"),
     FULL + "x", "text\n\n— a+b AAAAAAAA\n", "text\n\n— a AAAA\n", "t\n\n" + "— a AAAAAAAA\n" * 17],
)  # fmt: skip
def test_a_crooked_note_is_refused(full: str) -> None:
    with pytest.raises(BrokenContract):
        read_note(full)


def test_a_key_text_must_be_its_own() -> None:
    name, id_, key = VILLAGE.verifier.text.split("+", 2)
    for text in (
        "",
        "x",
        f"{name}+00000000+{key}",
        f"{name}+{id_}+AAAA",
        f"other+{id_}+{key}",
        f"{name}+{id_}+{'B' + key[1:]}",
    ):
        with pytest.raises(BrokenContract):
            read_vkey(text)


def test_a_secret_is_not_in_what_gets_printed() -> None:
    assert VILLAGE.seed.hex() not in repr(VILLAGE)
    assert str(VILLAGE.seed) not in repr(VILLAGE)


def test_a_text_that_no_note_can_carry_is_not_signed() -> None:
    for text in ("no line feed", "tab\t\n"):
        with pytest.raises(ValueError, match="line feed"):
            sign(text, VILLAGE)


def test_a_key_of_the_wrong_bytes_verifies_nothing() -> None:
    note = read_note(FULL)
    stranger = VerifierKey("merit/SQ", bytes(32))
    assert signers(note, [stranger]) == []


def test_sixteen_signatures_are_read_and_seventeen_are_too_many() -> None:
    text = "merit/SQ\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    keys = [SignerKey(f"township/{n}", bytes([n]) * 32) for n in range(17)]
    assert len(read_note(sign(text, *keys[:16]).full).signatures) == 16
    with pytest.raises(BrokenContract):
        read_note(sign(text, *keys).full)
