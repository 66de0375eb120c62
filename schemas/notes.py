"""Signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint): how a village says what its log holds.

A checkpoint's text is three lines: origin (``merit/<village code>``), size, root in base64; we write no extension lines. Each
signature stands on its own line below a blank one. We make and check Ed25519 note signatures (type 0x01), also for a
township's countersignature: it signs the same text under its own name. ``cosignature/v1`` (type 0x04, with a time) is another
type; like every signature of a key we do not know, it is carried and ignored. Keys come in as bytes; nothing here draws one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from schemas.canonical import MAX_INTEGER
from schemas.merkle import HASH_BYTES
from schemas.problems import BrokenContract, Fault

ED25519 = b"\x01"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
NOTE_LIMIT = 64 * 1024
SIGNATURES_LIMIT = 16  # a reader must take at least sixteen (signed-note, Format)
ORIGIN = "merit/"

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and an Ed25519 public key (32 bytes): what somebody must have been given to check a note."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    @property
    def text(self) -> str:
        """The vkey, ``name+id+key``, to hand on or print."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. Ours have 64 bytes; those of unknown types may have any length."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line without its line feed."""
        return f"— {self.name} {_base64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A name and an Ed25519 seed (32 secret bytes)."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, bytes(SigningKey(self.seed).verify_key))

    def sign(self, text: str) -> Signature:
        """The signature over a note's text; the same bytes each time (RFC 8032)."""
        return Signature(self.name, self.verifier.key_id, SigningKey(self.seed).sign(text.encode()).signature)

    def __repr__(self) -> str:
        """Without the seed: keys end up in tracebacks."""
        return f"SignerKey({self.name})"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a line feed, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def full(self) -> str:
        """The note as it travels."""
        return self.text + "\n" + "".join(f"{signature.line}\n" for signature in self.signatures)

    def with_signatures(self, more: Iterable[Signature]) -> SignedNote:
        """The same text with further signatures; one that is there already is not repeated."""
        return SignedNote(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log held: how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @property
    def village(self) -> str:
        """The village's code, from the origin."""
        return self.origin.removeprefix(ORIGIN)


def origin_of(village: str) -> str:
    """The origin of a village's log, which is also the name of its key: ``merit/SQ``."""
    return ORIGIN + village


def sign(text: str, *keys: SignerKey) -> SignedNote:
    """The note over ``text`` with a signature of each key. ValueError for a text that no note can carry."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ValueError("a note's text ends in a line feed and holds no other control characters")
    return SignedNote(text, tuple(key.sign(text) for key in keys))


def read_note(full: str) -> SignedNote:
    """The note in ``full``, nothing checked yet but its form. BrokenContract says what is wrong."""
    if len(full) > NOTE_LIMIT or _CONTROL.search(full):
        raise _broken("note", f"不是签过名的封账：长过 {NOTE_LIMIT} 字，或有不该有的控制字符")
    text, blank, lines = full.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise _broken("note", "不是签过名的封账：正文和签名之间要空一行，末了要换行")
    signatures = [_read_signature(line) for line in lines.removesuffix("\n").split("\n")]
    if len(signatures) > SIGNATURES_LIMIT:
        raise _broken("note.signatures", f"签名多过 {SIGNATURES_LIMIT} 个")
    return SignedNote(text + "\n", tuple(signatures))


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text. BrokenContract names every line that is wrong, extension lines among them."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise _broken("note.text", f"封账正文是三行：账名、笔数、根；现在是 {len(lines) - 1} 行")
    root = read_base64(lines[2])
    faults = []
    if not lines[0].startswith(ORIGIN) or not lines[0].removeprefix(ORIGIN):
        faults.append(Fault("note.origin", f"第一行写 {ORIGIN}村码，现在是 {lines[0]!r}"))
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_INTEGER:
        faults.append(Fault("note.size", f"第二行写笔数，前面不加 0，现在是 {lines[1]!r}"))
    if root is None or len(root) != HASH_BYTES:
        faults.append(Fault("note.root", f"第三行写 32 字节的根（base64），现在是 {lines[2]!r}"))
    if faults or root is None:
        raise BrokenContract(faults)
    return Checkpoint(lines[0], int(lines[1]), root)


def signers(note: SignedNote, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Those of ``keys`` that signed the note; signatures of other keys are ignored, so the answer may be empty.

    BrokenContract when a signature says it is of one of ``keys`` and does not hold: then the whole note is worth nothing.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[VerifierKey] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not _holds(key, note.text, signature.signature):
            raise _broken("note.signature", f"{key.name} 的签名对不上：正文或签名被改过")
        found.append(key)
    return found


def read_vkey(text: str) -> VerifierKey:
    """The key in ``name+id+key``. BrokenContract when it is malformed, of another type, or its id is not its own."""
    found = _VKEY.fullmatch(text.strip())
    data = read_base64(found[3]) if found else None
    if found is None or data is None:
        raise _broken("vkey", "公钥写成 名字+8 位十六进制编号+base64")
    if data[:1] != ED25519 or len(data) != 1 + KEY_BYTES:
        raise _broken("vkey", "公钥不是 Ed25519 的（类型 01，32 字节）")
    key = VerifierKey(found[1], data[1:])
    if key.key_id.hex() != found[2]:
        raise _broken("vkey", f"公钥编号应是 {key.key_id.hex()}，写的是 {found[2]}")
    return key


def read_base64(text: str) -> bytes | None:
    """The bytes of strict, canonical base64 (RFC 4648, 4); None for anything else, so that one text has one meaning."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None


def _read_signature(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    data = read_base64(found[2]) if found else None
    if found is None or data is None or len(data) < 5:
        raise _broken("note.signatures", f"签名行写成“— 名字 base64”，现在是 {line!r}")
    return Signature(found[1], data[:4], data[4:])


def _holds(key: VerifierKey, text: str, signature: bytes) -> bool:
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        VerifyKey(key.public_key).verify(text.encode(), signature)
    except BadSignatureError:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _broken(field: str, words: str) -> BrokenContract:
    return BrokenContract([Fault(field, words)])
