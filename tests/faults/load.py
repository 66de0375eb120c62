"""What a village does all day, as work that can be done again in the same order: request ``n`` of a ``worker`` is always the same."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from ledger.book.values import HoldRequest, Kind, Request, TransferRequest
from tests.conftest import MONDAY_MORNING

NAMESPACE = UUID(int=66)
HOUSEHOLDS = tuple(f"household:{n:04}" for n in range(1, 6))


def request_of(worker: str, n: int) -> Request:
    """Three awards, two sales and a hold, over five households: some of the sales are refused."""
    id_ = uuid5(NAMESPACE, f"{worker}/{n}")
    who = HOUSEHOLDS[id_.int % len(HOUSEHOLDS)]
    amount = 1 + id_.int // 7 % 30
    if n % 6 == 5:
        return HoldRequest(id_, who, amount, MONDAY_MORNING + timedelta(hours=1), "kiosk:1", id_)
    sides = (Kind.AWARD, "fund", who) if n % 2 == 0 else (Kind.REDEMPTION, who, "shop:1")
    return TransferRequest(id_, *sides, amount, MONDAY_MORNING.date(), "kiosk:1", id_, {"worker": worker, "n": n})
