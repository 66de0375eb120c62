"""A snapshot's cursor: which households and cards somebody holds, in 64 short hashes, so that only the parts that differ travel.

Households by number and cards by hash fall into 64 parts; the cursor is the parts' hashes, 5 bytes each. A part that differs is sent
whole, so what is missing from it is gone. The ledger keeps nothing of it, and a kiosk finds out that it holds something else than its
cursor says. Two contents under one hash happen once in 10**12; the part then comes with its next change.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from schemas.kiosk_api import SnapshotCard, SnapshotHousehold

PARTS, HASH_BYTES = 64, 5
VERSION = "1."


def part_of(key: str) -> int:
    """Which part a household's number or a card's hash falls into."""
    return hashlib.sha256(key.encode()).digest()[0] % PARTS


@dataclass(frozen=True, slots=True)
class Parts:
    """The hashes of all parts."""

    hashes: tuple[bytes, ...]

    @classmethod
    def of(cls, households: Iterable[SnapshotHousehold], cards: Iterable[SnapshotCard]) -> Self:
        """The parts of these households and cards, in whatever order they come."""
        texts: list[list[str]] = [[] for _ in range(PARTS)]
        for household in households:
            texts[part_of(household.number)].append(household.model_dump_json())
        for card in cards:
            texts[part_of(card.hash)].append(card.model_dump_json())
        return cls(tuple(hashlib.sha256("\n".join(sorted(part)).encode()).digest()[:HASH_BYTES] for part in texts))

    @classmethod
    def read(cls, cursor: str) -> Self | None:
        """What a cursor says; None for a text that is none, or a later release's."""
        if not cursor.startswith(VERSION) or not cursor.isascii():
            return None
        text = cursor.removeprefix(VERSION)
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        if len(data) != PARTS * HASH_BYTES:
            return None
        return cls(tuple(data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)))

    @property
    def cursor(self) -> str:
        """The text that a kiosk gives back."""
        return VERSION + base64.urlsafe_b64encode(b"".join(self.hashes)).decode().rstrip("=")

    def changed_since(self, cursor: str) -> frozenset[int] | None:
        """The parts that are others than when that cursor was given; None when it is no cursor of ours."""
        before = Parts.read(cursor)
        if before is None:
            return None
        pairs = enumerate(zip(before.hashes, self.hashes, strict=True))
        return frozenset(place for place, (then, now) in pairs if then != now)
