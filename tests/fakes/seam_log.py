"""What happened to the book in a seam history, in the order in which it did, as it was seen from outside. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

from pydantic import ValidationError

from schemas.entries import ENTRY, AnyEntry
from schemas.kiosk_api import EntryOutcome


@dataclass(frozen=True)
class Entered:
    """An entry that the ledger took, and the outcome that it told."""

    kiosk: int
    number: int
    text: str
    outcome: EntryOutcome
    at: datetime

    @cached_property
    def entry(self) -> AnyEntry | None:
        """What it says, None when nobody can read it."""
        try:
            return ENTRY.validate_json(self.text)
        except ValidationError:
            return None


@dataclass(frozen=True)
class Award:
    """Points that the office gave."""

    id: UUID
    household: str
    amount: int


@dataclass(frozen=True)
class AwardTakenBack:
    """Points that the office took back again."""

    award: UUID


@dataclass(frozen=True)
class Blocked:
    """The office stopped a household's exchanging, or let it go on."""

    household: str
    blocked: bool


LogItem: TypeAlias = Entered | Award | AwardTakenBack | Blocked
