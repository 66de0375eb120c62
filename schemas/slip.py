"""封账码: the signed checkpoint as a web address short enough for a slip's QR.

``<base>/v/<CODE>/log#<size>.<root>.<key id>.<signature>``; root and signature in base64url without padding, the key id in hex.
The part after ``#`` never reaches a server: a phone opens the log's page, a verifier without network gets the whole note back.
"""

from __future__ import annotations

import base64
import binascii
import re

from schemas.canonical import MAX_INTEGER
from schemas.merkle import HASH_BYTES
from schemas.notes import SIGNATURE_BYTES, Checkpoint, Signature, SignedNote, VerifierKey, origin_of, read_checkpoint
from schemas.problems import BrokenContract, Fault

SLIP_LIMIT = 512

_SLIP = re.compile(
    r"(?:merit:|https?://[!-\"$-~]{1,300}?)/v/([A-Z][A-Z0-9]{1,11})/log"
    r"#(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})\.([0-9a-f]{8})\.([A-Za-z0-9_-]{86})"
)


def slip_text(base: str, note: SignedNote, key: VerifierKey) -> str:
    """The slip for a note that ``key``, the village's own, has signed. ``base`` is ``merit:`` or a web address.

    ValueError when the note lacks that signature. BrokenContract when it is no checkpoint.
    """
    checkpoint = read_checkpoint(note.text)
    for signature in note.signatures:
        if (signature.name, signature.key_id) == (checkpoint.origin, key.key_id):
            parts = (checkpoint.size, _url64(checkpoint.root), key.key_id.hex(), _url64(signature.signature))
            return f"{base.rstrip('/')}/v/{checkpoint.village}/log#" + ".".join(map(str, parts))
    raise ValueError(f"the note is not signed by {key.text}")


def is_slip(text: str) -> bool:
    """True when ``text`` looks like a slip rather than a note or something else."""
    return "/log#" in text and "\n" not in text.strip()


def read_slip(text: str) -> SignedNote:
    """The note that the slip was made of (countersignatures are not on it), unchecked. BrokenContract when it is no slip."""
    found = _SLIP.fullmatch(text.strip()) if len(text) <= SLIP_LIMIT else None
    root = _bytes(found[3]) if found else None
    signature = _bytes(found[5]) if found else None
    if found is None or root is None or signature is None:
        raise BrokenContract([Fault("slip", "不是封账码：写成 …/v/村码/log#笔数.根.密钥号.签名，一个字也不能少")])
    if len(root) != HASH_BYTES or len(signature) != SIGNATURE_BYTES or int(found[2]) > MAX_INTEGER:
        raise BrokenContract([Fault("slip", "封账码里的笔数、根或签名长短不对")])
    origin = origin_of(found[1])
    text = Checkpoint(origin, int(found[2]), root).text
    return SignedNote(text, (Signature(origin, bytes.fromhex(found[4]), signature),))


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes | None:
    """The bytes of canonical base64url: one slip has one spelling."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if _url64(data) == text else None
