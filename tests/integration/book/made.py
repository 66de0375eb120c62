"""Requests that tests post, with one field changed at will."""

from __future__ import annotations

from dataclasses import replace

from uuid6 import uuid7

from ledger.book.values import Kind, TransferRequest
from tests.conftest import FixedClock

SEVEN, EIGHT = "household:0007", "household:0008"


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
