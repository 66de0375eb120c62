"""A village's log key, kept outside the database: one file a village, with the key, its public history and what it signed last.

The last signed checkpoint lies beside the key on purpose. A database restored from an old copy brings its own idea of what was
signed; this file does not go back with it, so the key refuses to sign two histories (``checkpoints.sign_checkpoint``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ledger.book import sealed_file
from schemas.canonical import instant_text
from schemas.notes import (
    KEY_BYTES,
    Checkpoint,
    SignedNote,
    SignerKey,
    VerifierKey,
    origin_of,
    read_checkpoint,
    read_note,
    read_vkey,
    sign,
    signers,
)
from schemas.problems import BrokenContract

FORMAT = "merit-log-key/1"
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key of the log's life. ``endorsement`` is the note by which the key before it named it; None for the first, and after a loss."""

    vkey: str
    since: str
    reason: str
    endorsement: str | None = None


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key that signs now, the records of it and of those before, and the note signed last (None: none yet)."""

    signer: SignerKey = field(repr=False)
    history: tuple[KeyRecord, ...]
    last: SignedNote | None = None

    @property
    def last_checkpoint(self) -> Checkpoint | None:
        """What was signed last."""
        return read_checkpoint(self.last.text) if self.last else None


class KeyFolder:
    """The folder of log keys. Nothing in it belongs into a backup of the database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, village: str) -> Path:
        """The village's file."""
        return self.folder / f"{village}.json"

    @contextmanager
    def held(self, village: str) -> Iterator[None]:
        """Nobody else signs or rotates for the village meanwhile."""
        with sealed_file.locked(self.path(village)):
            yield

    def load(self, village: str) -> LogKey | None:
        """The village's key; None when it has none. ValueError for a file that is no key, or not this village's."""
        path = self.path(village)
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text("utf-8"))
            signer = SignerKey(origin_of(village), bytes.fromhex(found["seed"]))
            key = LogKey(
                signer,
                tuple(KeyRecord(**record) for record in found["history"]),
                read_note(found["last"]) if found["last"] else None,
            )
            right = found["format"] == FORMAT and key.history[-1].vkey == signer.verifier.text
        except (KeyError, TypeError, IndexError, ValueError, BrokenContract) as error:
            raise ValueError(f"{path} 不是 {village} 的封账密钥，或不完整：从 U 盘副本放回来") from error
        if not right or len(signer.seed) != KEY_BYTES:
            raise ValueError(f"{path} 不是 {village} 的封账密钥")
        return key

    def save(self, village: str, key: LogKey) -> None:
        """Replace the file, on disk when this returns."""
        content = {
            "format": FORMAT,
            "village": village,
            "seed": key.signer.seed.hex(),
            "history": [asdict(record) for record in key.history],
            "last": key.last.full if key.last else None,
        }
        sealed_file.replace(self.path(village), json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def new_key(village: str, random_bytes: RandomBytes, now: datetime, *, reason: str = "first key") -> LogKey:
    """A first key, or one without a predecessor's word."""
    signer = SignerKey(origin_of(village), random_bytes(KEY_BYTES))
    return LogKey(signer, (KeyRecord(signer.verifier.text, instant_text(now), reason),))


def rotated(village: str, key: LogKey, random_bytes: RandomBytes, now: datetime) -> LogKey:
    """The next key, named by the old one; it goes on from the same last checkpoint."""
    fresh = SignerKey(origin_of(village), random_bytes(KEY_BYTES))
    note = sign(endorsement_text(fresh.verifier, instant_text(now)), key.signer, fresh)
    record = KeyRecord(fresh.verifier.text, instant_text(now), "rotated", note.full)
    return replace(key, signer=fresh, history=(*key.history, record))


def started_over(
    village: str, history: Sequence[KeyRecord], random_bytes: RandomBytes, now: datetime, reason: str
) -> LogKey:
    """A key after a loss: nobody vouches for it but paper and people, and the record says why. It has signed nothing yet."""
    fresh = new_key(village, random_bytes, now, reason=reason)
    return replace(fresh, history=(*history, *fresh.history))


def endorsement_text(fresh: VerifierKey, since: str) -> str:
    """What both keys sign: it names the next key, and cannot be taken for a checkpoint (its second line is no number)."""
    return f"{fresh.name}/next-key\n{fresh.text}\n{since}\n"


def trusted_keys(trusted: Sequence[VerifierKey], history: Sequence[KeyRecord]) -> list[VerifierKey]:
    """``trusted`` and every later key that one of them names, directly or through another. An endorsement that fails names nobody."""
    found = list(trusted)
    for record in history:
        key = _endorsed(record, found)
        if key is not None and key not in found:
            found.append(key)
    return found


def _endorsed(record: KeyRecord, trusted: Sequence[VerifierKey]) -> VerifierKey | None:
    if record.endorsement is None:
        return None
    try:
        key, note = read_vkey(record.vkey), read_note(record.endorsement)
        by_old, by_new = signers(note, [old for old in trusted if old != key]), signers(note, [key])
    except BrokenContract:
        return None
    return key if note.text == endorsement_text(key, record.since) and by_old and by_new else None
