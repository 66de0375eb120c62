"""What a page tells of a signed checkpoint: how far it goes, when it was signed, and its four words."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from ledger.book.checkpoints import latest_checkpoint
from ledger.book.log_tables import checkpoints
from schemas.canonical import MAX_INTEGER
from schemas.four_words import four_words
from schemas.notes import SignedNote, VerifierKey, read_checkpoint, read_note
from schemas.slip import slip_text

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Seal:
    """A published checkpoint: the first ``size`` transfers have this root. ``note`` carries the countersignatures too."""

    note: SignedNote
    size: int
    root: bytes
    signed_at: datetime

    @property
    def four_words(self) -> tuple[str, str, str, str]:
        """The words to read aloud. Slow the first time: ask after the snapshot is closed."""
        return words_of(self.root)


def newest_seal(tx: Connection, village_id: int, *, at_least: int = 0, at_most: int = MAX_INTEGER) -> Seal | None:
    """The newest checkpoint; None when there is none that covers ``at_least`` transfers and no more than ``at_most``."""
    note = latest_checkpoint(tx, village_id, at_least=at_least, at_most=at_most)
    if note is None:
        return None
    signed = read_checkpoint(note.text)
    here = (checkpoints.c.village_id == village_id) & (checkpoints.c.size == signed.size)
    newest = select(checkpoints.c.signed_at).where(here).order_by(checkpoints.c.signed_at.desc()).limit(1)
    return Seal(note, signed.size, signed.root, tx.execute(newest).scalar_one())


def newest_seals(tx: Connection, village_id: int, *, limit: int) -> list[Seal]:
    """The newest checkpoints first, without countersignatures. A size that two keys have signed is there twice."""
    here, newest = checkpoints.c.village_id == village_id, (checkpoints.c.size.desc(), checkpoints.c.signed_at.desc())
    query = select(checkpoints.c.note, checkpoints.c.signed_at).where(here).order_by(*newest).limit(limit)
    read = [(read_note(row.note), row.signed_at) for row in tx.execute(query)]
    return [Seal(note, (signed := read_checkpoint(note.text)).size, signed.root, at) for note, at in read]


def slip_of(base: str, seal: Seal, keys: Sequence[VerifierKey]) -> str | None:
    """The seal's 封账码, of the newest of these keys (oldest first) that signed it; None when none of them did."""
    signed = {signature.key_id for signature in seal.note.signatures}
    key = next((key for key in reversed(keys) if key.key_id in signed), None)
    return slip_text(base, seal.note, key) if key else None


def words_of(root: bytes) -> tuple[str, str, str, str]:
    """A root's four words, worked out once a process: anybody may ask for a page that shows them.

    The hash takes 64 MiB and up to seconds on a small machine, so two never run side by side.
    """
    with _ONE_AT_A_TIME:
        return _remembered(root)


@lru_cache(maxsize=4096)  # eleven years of a seal a day: nobody makes the same words be worked out again and again
def _remembered(root: bytes) -> tuple[str, str, str, str]:
    return four_words(root)
