"""The township's side: countersign a village's checkpoint only when it goes on from the last one countersigned here.

Runs on the township's own machine, with its own key and its own memory in one file; it needs no database. What it says by signing:
"I have seen this log before, and nothing that I saw has changed since." It does not say that the transfers are right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.book import sealed_file
from schemas.notes import (
    KEY_BYTES,
    SignedNote,
    SignerKey,
    VerifierKey,
    read_checkpoint,
    read_note,
    sign,
    signers,
)
from schemas.problems import BrokenContract, Fault
from schemas.proofs import consistent

FORMAT = "merit-witness/1"


class NotConsistent(Exception):
    """Two checkpoints of one log do not go together. Both are kept: they are the evidence."""

    code = "not_consistent"

    def __init__(self, words: str, earlier: SignedNote, later: SignedNote) -> None:
        super().__init__(words)
        self.words = words
        self.earlier = earlier
        self.later = later


@dataclass(frozen=True, slots=True)
class Witness:
    """A township's key and the last note it saw of each log, by origin."""

    signer: SignerKey = field(repr=False)
    seen: Mapping[str, str]


class WitnessFile:
    """The township's one file, mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, name: str, seed: bytes) -> VerifierKey:
        """A new witness, with a key name such as ``township/清水镇``. FileExistsError when there is one; ValueError for a bad name."""
        if not name or "+" in name or any(character.isspace() for character in name) or len(seed) != KEY_BYTES:
            raise ValueError("a key's name has no blanks and no +, its seed 32 bytes")
        with sealed_file.locked(self.path):
            if self.path.exists():
                raise FileExistsError(self.path)
            witness = Witness(SignerKey(name, seed), {})
            self._save(witness)
        return witness.signer.verifier

    def load(self) -> Witness:
        """The witness. FileNotFoundError, or ValueError for a file that is none."""
        found = json.loads(self.path.read_text("utf-8"))
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"{self.path} 不是镇里的会签密钥")
        return Witness(SignerKey(found["name"], bytes.fromhex(found["seed"])), found["seen"])

    def countersign(self, note: SignedNote, vkeys: Sequence[VerifierKey], proof: Sequence[bytes]) -> SignedNote:
        """The note with our signature under it, and remembered. ``proof`` leads from the last note seen here to this one.

        BrokenContract when no key of ``vkeys`` signed it, or it is older than what was seen; NotConsistent when the proof fails.
        """
        checkpoint = read_checkpoint(note.text)
        ours = [key for key in vkeys if key.name == checkpoint.origin]
        if not signers(note, ours):
            raise BrokenContract([Fault("note", f"上面没有 {checkpoint.origin} 的签名（或不是给的公钥签的），不会签")])
        with sealed_file.locked(self.path):
            witness = self.load()
            self._goes_on(witness, note, proof)
            signed = note.with_signatures(sign(note.text, witness.signer).signatures)
            self._save(Witness(witness.signer, {**witness.seen, checkpoint.origin: note.full}))
        return signed

    def _goes_on(self, witness: Witness, note: SignedNote, proof: Sequence[bytes]) -> None:
        new = read_checkpoint(note.text)
        if new.origin not in witness.seen:
            return
        earlier = read_note(witness.seen[new.origin])
        old = read_checkpoint(earlier.text)
        if new.size < old.size:
            raise BrokenContract([Fault("note", f"会签过第 {old.size} 笔，这份只到第 {new.size} 笔，不会签")])
        if new.size == old.size and new.root != old.root:
            words = f"同是 {new.size} 笔，两份封账不一样：账被改过。两份都留好，打电话问村里"
            raise NotConsistent(words, earlier, note)
        if not consistent(old.size, old.root, new.size, new.root, proof):
            words = (
                f"证明不了第 {old.size} 笔到第 {new.size} 笔是接着记的。重新取一次证明；还不行，账被改过，两份都留好"
            )
            raise NotConsistent(words, earlier, note)

    def _save(self, witness: Witness) -> None:
        content = {"format": FORMAT, "name": witness.signer.name, "seed": witness.signer.seed.hex()}
        text = json.dumps({**content, "seen": dict(witness.seen)}, ensure_ascii=False, indent=1)
        sealed_file.replace(self.path, text + "\n")
