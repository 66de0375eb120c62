"""What a page tells of a signed checkpoint: how far it goes, when it was signed, and its four words."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from ledger.book.checkpoints import latest_checkpoint
from ledger.book.log_tables import checkpoints
from schemas.four_words import four_words
from schemas.notes import SignedNote, read_checkpoint

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


def newest_seal(tx: Connection, village_id: int, *, at_least: int = 0) -> Seal | None:
    """The newest checkpoint; None when there is none that covers ``at_least`` transfers."""
    note = latest_checkpoint(tx, village_id, at_least=at_least)
    if note is None:
        return None
    signed = read_checkpoint(note.text)
    here = (checkpoints.c.village_id == village_id) & (checkpoints.c.size == signed.size)
    newest = select(checkpoints.c.signed_at).where(here).order_by(checkpoints.c.signed_at.desc()).limit(1)
    return Seal(note, signed.size, signed.root, tx.execute(newest).scalar_one())


def words_of(root: bytes) -> tuple[str, str, str, str]:
    """A root's four words, worked out once a process: anybody may ask for a page that shows them.

    The hash takes 64 MiB and up to seconds on a small machine, so two never run side by side.
    """
    with _ONE_AT_A_TIME:
        return _remembered(root)


@lru_cache(maxsize=1024)
def _remembered(root: bytes) -> tuple[str, str, str, str]:
    return four_words(root)
