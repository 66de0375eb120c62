"""What goes into the journal and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose journal it is: the village, the kiosk's number and its public key in hex."""

    village: str
    kiosk: int
    public_key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as the journal holds it."""

    id: UUID
    number: int
    link: bytes


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What a sale's paper says, kept with its ``asked`` so that it can be printed again after any restart."""

    sale: UUID
    token: str
    text: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One sale as the journal knows it; ``answer`` and ``hand_answer`` are the latest outcomes as JSON text, ``paper`` the last state."""

    number: int
    link: bytes
    receipt: str
    handed_over: UUID | None
    answer: str | None
    hand_answer: str | None
    copy: int
    kind: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """One entry as it stands, and its latest outcome as JSON text."""

    number: int
    kind: str
    text: str
    answer: str | None
