"""Reading an exported log: each line is checked against the one before it, and the last against the signed header. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.book.export import FORMAT
from ledger.book.keys import KeyRecord, trusted_keys
from schemas.canonical import Leaf, document_hash
from schemas.leaves import read_leaf
from schemas.merkle import append, leaf_hash, root
from schemas.notes import (
    Checkpoint,
    SignedNote,
    VerifierKey,
    origin_of,
    read_base64,
    read_checkpoint,
    read_note,
    signers,
)
from schemas.problems import BrokenContract, Fault

SALT_BYTES = 16


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Key(_Line):
    vkey: str
    since: str
    reason: str
    endorsement: str | None


class _Header(_Line):
    format: str
    village: str
    decimals: int = Field(ge=0, le=1)
    size: int = Field(ge=0)
    checkpoint: str
    keys: list[_Key]


class _Entry(_Line):
    seq: int = Field(ge=1)
    leaf: str
    root: str = Field(pattern="^[0-9a-f]{64}$")
    body_hash: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    salt: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class LogHead:
    """What the file says it holds, signature checked, and which key signed it."""

    decimals: int
    checkpoint: Checkpoint
    note: SignedNote
    signed_by: VerifierKey
    history: tuple[KeyRecord, ...]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One transfer of the file. Without the sender's ``body_hash`` a stand-in: a repeat of that id is then ``id_reused``, never posted."""

    leaf: Leaf
    data: bytes
    body_hash: bytes
    salt: bytes | None = None
    document: bytes | None = None


def read_head(line: str, village: str, vkeys: Sequence[VerifierKey]) -> LogHead:
    """The header. BrokenContract when it is none, of another village, or not signed by ``vkeys`` or a key they named."""
    try:
        header = _Header.model_validate_json(line)
    except ValidationError as error:
        raise _broken(1, "不是导出的账：头一行要写明哪个村、多少笔、签过的封账") from error
    note = read_note(header.checkpoint)
    checkpoint = read_checkpoint(note.text)
    if header.format != FORMAT or checkpoint.village != header.village or checkpoint.size != header.size:
        raise _broken(1, f"头一行自己对不上：格式应是 {FORMAT}，村和笔数要和封账一样")
    if checkpoint.origin != origin_of(village):
        raise _broken(1, f"这是 {header.village} 的账，不是 {village} 的")
    history = tuple(KeyRecord(**key.model_dump()) for key in header.keys)
    found = signers(note, [key for key in trusted_keys(vkeys, history) if key.name == checkpoint.origin])
    if not found:
        raise _broken(1, "封账不是给的公钥签的：拿这个村公布的公钥来")
    return LogHead(header.decimals, checkpoint, note, found[0], history)


class LogReader:
    """Takes the transfers' lines in order and keeps the root of what it has seen."""

    def __init__(self, head: LogHead) -> None:
        self.head = head
        self.seq = 0
        self._frontier: tuple[bytes, ...] = ()

    def entry(self, line: str) -> LogEntry:
        """The next transfer. BrokenContract, naming the line, for anything that does not go on from what came before."""
        number = self.seq + 2
        if self.seq == self.head.checkpoint.size:
            raise _broken(number, f"封账只到第 {self.seq} 笔，后面多出来了")
        try:
            given = _Entry.model_validate_json(line)
        except ValidationError as error:
            raise _broken(number, "不是一笔账") from error
        if given.seq != self.seq + 1:
            raise _broken(number, f"该是第 {self.seq + 1} 笔，写的是第 {given.seq} 笔")
        data = read_base64(given.leaf) or b""
        frontier = append(self._frontier, self.seq, leaf_hash(data))
        if root(frontier).hex() != given.root:
            raise _broken(number, f"第 {given.seq} 笔的哈希对不上：这一行或前面有一行被改过")
        entry = self._entry(number, given, data)
        self.seq, self._frontier = given.seq, frontier
        return entry

    @property
    def complete(self) -> bool:
        """True when every transfer of the header was read."""
        return self.seq == self.head.checkpoint.size

    @property
    def signed(self) -> bool:
        """True when what was read is, to the last bit, what the header's checkpoint signs."""
        return self.complete and root(self._frontier) == self.head.checkpoint.root

    def _entry(self, number: int, given: _Entry, data: bytes) -> LogEntry:
        try:
            leaf = read_leaf(data)
        except ValueError as error:
            raise _broken(number, f"第 {given.seq} 笔的叶子读不出来") from error
        if (leaf.village, leaf.seq) != (self.head.checkpoint.village, given.seq):
            raise _broken(number, f"第 {given.seq} 笔的叶子里写的是 {leaf.village} 第 {leaf.seq} 笔")
        salt, document = (read_base64(text) if text is not None else None for text in (given.salt, given.document))
        if (salt is None) != (document is None) or (salt is not None and len(salt) != SALT_BYTES):
            raise _broken(number, f"第 {given.seq} 笔的凭据不全")
        if salt is not None and document is not None and document_hash(salt, document) != leaf.document_hash:
            raise _broken(number, f"第 {given.seq} 笔的凭据不是这笔账的")
        body_hash = bytes.fromhex(given.body_hash) if given.body_hash else hashlib.sha256(data).digest()
        return LogEntry(leaf, data, body_hash, salt, document)


def _broken(line: int, words: str) -> BrokenContract:
    return BrokenContract([Fault(f"line {line}", words)])
