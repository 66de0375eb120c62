"""Requests that tests post, with one field changed at will."""

from __future__ import annotations

from dataclasses import replace

from uuid6 import uuid7

from ledger.book.keys import KeyFolder
from ledger.book.values import Kind, TransferRequest
from schemas.notes import VerifierKey
from tests.conftest import FixedClock

SEVEN, EIGHT = "household:0007", "household:0008"
AWKWARD = [
    "酱油",
    "🌾👩‍🌾",
    "é",
    "e\u0301",
    "a\u2028b",
    '"\\/',
    "﷽",
    "  ",
    "\u0000",
]  # what people type and programs stumble over


def made(kind: Kind, debit: str, credit: str, amount: int, clock: FixedClock, **more: object) -> TransferRequest:
    """A well-formed request of today."""
    base = TransferRequest(
        uuid7(), kind, debit, credit, amount, clock.now().date(), "staff:1", uuid7(), {"item": "义务劳动"}
    )
    return replace(base, **more)  # type: ignore[arg-type]


def award(amount: int, clock: FixedClock, **more: object) -> TransferRequest:
    return replace(made(Kind.AWARD, "fund", SEVEN, amount, clock), **more)  # type: ignore[arg-type]


def spend(amount: int, clock: FixedClock, **more: object) -> TransferRequest:
    return replace(made(Kind.REDEMPTION, SEVEN, "shop:1", amount, clock, actor="kiosk:1"), **more)  # type: ignore[arg-type]


def reversal(original: TransferRequest, clock: FixedClock, **more: object) -> TransferRequest:
    mirrored = {"second": "staff:2", "reverses": original.id} | more
    return made(Kind.REVERSAL, original.credit, original.debit, original.amount, clock, **mirrored)


def awards(count: int, clock: FixedClock, reasons: list[str] | None = None) -> list[TransferRequest]:
    """A point each for household seven."""
    texts = reasons or ["义务劳动"]
    day = clock.now().date()
    return [
        TransferRequest(
            uuid7(), Kind.AWARD, "fund", "household:0007", 1, day, "staff:1", uuid7(), {"item": texts[n % len(texts)]}
        )
        for n in range(count)
    ]


def public(folder: KeyFolder) -> VerifierKey:
    """The key that signs now."""
    key = folder.load("SQ")
    assert key is not None
    return key.signer.verifier
