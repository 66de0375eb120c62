"""The three kinds of code, never interchangeable, and how the counter tells any scanned text apart.

A code is ``<base>/<kind>/<token>``: ``q`` card, ``r`` receipt, ``d`` door plate. A token is the village's code, a hyphen and
26 characters of Crockford's base 32 (130 random bits), ASCII and upper case, so that it stays small as a QR and needs no
global index. ``<base>`` is ``merit:`` or a web address; a kiosk takes a card whatever its host, so cards outlive a move.
Payment codes: WeChat 18 digits from 10–15, Alipay 16–24 digits from 25–30, UnionPay 19 digits from 62.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_CHARACTERS = 26
TOKEN_BYTES = 17  # 136 bits drawn, 130 used
CODE_LIMIT = 512

_VILLAGE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_CODE = re.compile(
    rf"(merit:|https?://[!-~]{{1,200}}?)/([qrd])/([A-Z][A-Z0-9]{{1,11}})-([{ALPHABET}]{{26}})", re.IGNORECASE
)
_PAYMENT = re.compile(r"(?:1[0-5]\d{16}|(?:2[5-9]|30)\d{14,22}|62\d{17})")
_BARCODE = re.compile(r"\d{8}|\d{13}")


class CodeKind(Enum):
    """What a code opens."""

    CARD = "q"
    RECEIPT = "r"
    DOOR = "d"


@dataclass(frozen=True, slots=True)
class Code:
    """One of our codes: its kind, the village it belongs to and the token itself (village code included)."""

    kind: CodeKind
    village: str
    token: str


@dataclass(frozen=True, slots=True)
class Barcode:
    """An EAN-13 or EAN-8 whose check digit is right: goods."""

    digits: str


class NotOurs(Enum):
    """Why a scanned text is nothing the counter can use."""

    PAYMENT = "payment_code_not_card"
    UNREADABLE = "code_unreadable"


def is_village_code(text: str) -> bool:
    """True for 2 to 12 of A–Z and 0–9, a letter first."""
    return _VILLAGE.fullmatch(text) is not None


def make_token(village: str, random_bytes: bytes) -> str:
    """A token of the village from ``TOKEN_BYTES`` bytes of a CSPRNG. ValueError for fewer bytes or a bad village code."""
    if len(random_bytes) < TOKEN_BYTES or not is_village_code(village):
        raise ValueError("a token needs a village code and 17 random bytes")
    number = int.from_bytes(random_bytes[:TOKEN_BYTES])
    return f"{village}-" + "".join(ALPHABET[(number >> (5 * i)) & 31] for i in range(TOKEN_CHARACTERS))


def code_text(base: str, kind: CodeKind, token: str) -> str:
    """The text of a QR: ``merit:/q/SQ-…`` or ``https://…/q/SQ-…``."""
    return f"{base.rstrip('/')}/{kind.value}/{token}"


def token_hash(token: str) -> bytes:
    """SHA-256 of the token in upper case, 32 bytes: all that is ever stored of it."""
    return hashlib.sha256(token.upper().encode("ascii", "replace")).digest()


def read_code(text: str) -> Code | Barcode | NotOurs:
    """What a scanned text is. Never raises: anything unknown, broken or too long is ``NotOurs.UNREADABLE``."""
    stripped = text.strip()
    if len(stripped) > CODE_LIMIT or not stripped.isascii():
        return NotOurs.UNREADABLE
    if found := _CODE.fullmatch(stripped):
        village = found[3].upper()
        return Code(CodeKind(found[2].lower()), village, f"{village}-{found[4].upper()}")
    if _BARCODE.fullmatch(stripped) and _check_digit_holds(stripped):
        return Barcode(stripped)
    if _PAYMENT.fullmatch(stripped):
        return NotOurs.PAYMENT
    return NotOurs.UNREADABLE


def _check_digit_holds(digits: str) -> bool:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0
