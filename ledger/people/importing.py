"""What can be imported, in one shape for households, goods and the rule book: look first, then all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ledger.villages.store import Village
from schemas.problems import Fault


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing would do; nothing was written. With ``faults`` nothing can be; ``moves`` False: nothing would change."""

    summary: str
    moves: bool
    changes: tuple[str, ...] = field(default=())
    faults: tuple[Fault, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Applied:
    """What importing did, in words."""

    summary: str


class Importer(Protocol):
    """A kind of file that a village can import. Registered at composition (``import_pages.register_importers``).

    ``kind`` is the word in addresses and commands, ``title`` what the village calls it, ``accept`` the file's ending,
    ``columns`` what the file holds, in words.
    """

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def accept(self) -> str: ...
    @property
    def columns(self) -> str: ...

    def preview(self, tx: Connection, village: Village, data: bytes) -> Preview:
        """What ``apply`` would do. Never raises for what is in the file: its faults are in the preview."""

    def apply(self, tx: Connection, village: Village, data: bytes, now: datetime, actor: str) -> Applied:
        """Import all of it. BrokenContract with every fault and nothing written; importing again changes nothing."""
