"""A receipt's proof as a file: c2sp.org/tlog-proof@v1, checked offline with nothing but the log's public key.

Its ``extra`` line carries the leaf's bytes, and, only when asked for, what the leaf commits to: the leaf is fifteen lines, and
``<salt in hex> LF <document>`` may follow. Both are checked, the leaf by the proof and the document by the leaf's last line.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from schemas.canonical import document_hash
from schemas.leaves import LINES, read_leaf
from schemas.merkle import HASH_BYTES, leaf_hash
from schemas.notes import Checkpoint, SignedNote, read_base64, read_checkpoint, read_note
from schemas.problems import BrokenContract, Fault
from schemas.proofs import includes

HEAD = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
SALT_HEX = 32


@dataclass(frozen=True, slots=True)
class ProofText:
    """A leaf, where it stands (from 0), its path to the root, the note that signs the root; the document if it was handed over."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    note: SignedNote
    salt: bytes | None = None
    document: bytes | None = None

    @property
    def text(self) -> str:
        """The file."""
        extra = self.leaf
        if self.salt is not None and self.document is not None:
            extra += self.salt.hex().encode() + b"\n" + self.document
        hashes = "".join(f"{_base64(hash_)}\n" for hash_ in self.path)
        return f"{HEAD}\nextra {_base64(extra)}\nindex {self.index}\n{hashes}\n{self.note.full}"

    @property
    def holds(self) -> bool:
        """True when the leaf is in the log that the note speaks of, says so itself, and the document, if any, is the leaf's.

        The note's signatures are another question: ``schemas.notes.signers``.
        """
        checkpoint, leaf = read_checkpoint(self.note.text), read_leaf(self.leaf)
        if (leaf.village, leaf.seq) != (checkpoint.village, self.index + 1):
            return False
        if (self.salt is None) != (self.document is None):
            return False
        if self.salt is not None and self.document is not None:
            committed = document_hash(self.salt, self.document) == leaf.document_hash
            return committed and self._included(checkpoint)
        return self._included(checkpoint)

    def _included(self, checkpoint: Checkpoint) -> bool:
        return includes(leaf_hash(self.leaf), self.index, checkpoint.size, self.path, checkpoint.root)


def read_proof(text: str) -> ProofText:
    """The proof in a file. BrokenContract says what about its form is wrong."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines[0] != HEAD or len(lines) < 3:
        raise _broken("proof", f"不是证明：第一行写 {HEAD}，后面是 extra、index、哈希、空行、封账")
    extra = read_base64(lines[1].removeprefix("extra ")) if lines[1].startswith("extra ") else None
    index = _INDEX.fullmatch(lines[2])
    path = [read_base64(line) for line in lines[3:]]
    hashes = tuple(hash_ for hash_ in path if hash_ is not None and len(hash_) == HASH_BYTES)
    if extra is None or index is None or len(hashes) != len(path):
        raise _broken("proof", "证明里 extra、index 或哈希的行写法不对")
    leaf, salt, document = _parts(extra)
    proof = ProofText(leaf, int(index[1]), hashes, read_note(note), salt, document)
    try:
        read_leaf(leaf)
    except ValueError as error:
        raise _broken("proof.extra", f"extra 里不是一笔账：{error}") from error
    read_checkpoint(proof.note.text)
    return proof


def _parts(extra: bytes) -> tuple[bytes, bytes | None, bytes | None]:
    lines = extra.split(b"\n", LINES)
    leaf, rest = b"\n".join(lines[:LINES]) + b"\n", lines[LINES] if len(lines) > LINES else b""
    if not rest:
        return leaf, None, None
    salt, blank, document = rest.partition(b"\n")
    if not blank or len(salt) != SALT_HEX or not re.fullmatch(rb"[0-9a-f]+", salt):
        raise _broken("proof.extra", "extra 里的盐写法不对")
    return leaf, bytes.fromhex(salt.decode()), document


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _broken(field: str, words: str) -> BrokenContract:
    return BrokenContract([Fault(field, words)])
