"""How a kiosk's journal is chained and signed: entry bytes → link → head.

    link(0)  = 32 zero bytes
    link(n)  = SHA-256(link(n − 1) ‖ entry bytes n)

The head (number and link) is signed with the kiosk's Ed25519 key at each upload, over the exact bytes of ``head_message``.
"""

from __future__ import annotations

import hashlib

FIRST_LINK = bytes(32)


def link(previous: bytes, entry: bytes) -> bytes:
    """The hash that chains ``entry`` (its exact bytes) to everything before it, 32 bytes."""
    return hashlib.sha256(previous + entry).digest()


def check_text(link_: bytes) -> str:
    """The 校验 on paper: the link's first 8 hex digits in two groups, "9f3c 21ab"."""
    return f"{link_.hex()[:4]} {link_.hex()[4:8]}"


def head_message(village: str, kiosk: int, number: int, link_: bytes) -> bytes:
    """The bytes a kiosk signs: ``merit-journal/1``, village, kiosk number, entry number and link in hex, LF after each."""
    return f"merit-journal/1\n{village}\n{kiosk}\n{number}\n{link_.hex()}\n".encode("ascii")


def fingerprint(public_key: bytes) -> str:
    """Eight digits of a kiosk's public key, "1234 5678": read aloud from both screens at enrolment."""
    digits = int.from_bytes(hashlib.sha256(public_key).digest()[:8]) % 10**8
    return f"{digits // 10**4:04} {digits % 10**4:04}"
