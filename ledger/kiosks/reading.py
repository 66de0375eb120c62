"""An entry's exact text → an entry, or why it could not be read. Nothing is dropped: what cannot be read is kept as it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from schemas.entries import ENTRY, AnyEntry, CalledOff, HandedOver, Voided
from schemas.kiosk_api import UploadedEntry

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """A sent entry and what could be read of it: ``entry`` None when it fits no kind, ``entry_id`` when even that is missing."""

    sent: UploadedEntry
    entry: AnyEntry | None
    entry_id: UUID | None
    kind: str

    @property
    def sale(self) -> UUID | None:
        """The sale it is about: its own id, or the ``asked`` it follows."""
        return self.follows or self.entry_id

    @property
    def follows(self) -> UUID | None:
        """The sale's first entry that it names, if it names one."""
        match self.entry:
            case HandedOver(asked=named) | CalledOff(asked=named) | Voided(sale=named):
                return named
            case _:
                return None


def read_entry(sent: UploadedEntry) -> ReadEntry:
    """What the text says. Never raises."""
    try:
        entry = ENTRY.validate_json(sent.text)
    except (ValidationError, ValueError):
        return _in_part(sent)
    return ReadEntry(sent, entry, entry.id, entry.kind)


def _in_part(sent: UploadedEntry) -> ReadEntry:
    """Id and kind of an entry from a newer or broken program, as far as they can be made out."""
    try:
        found = json.loads(sent.text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return ReadEntry(sent, None, None, UNREADABLE)
    kind = found.get("kind")
    readable = isinstance(kind, str) and kind.isidentifier() and len(kind) <= 40
    return ReadEntry(sent, None, _uuid(found.get("id")), str(kind) if readable else UNREADABLE)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
