"""What the shop takes and gives: goods, sales, redemptions. Immutable; points in the village's minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.people.store import Household
from schemas.refusals import Refusal

LOW_STOCK = 5  # from here on the list says 快没了


@dataclass(frozen=True, slots=True)
class Good:
    """Goods on the price list. ``stock`` is what the moves add up to, below 0 after hand-overs; ``place`` is the list's order."""

    barcode: str
    name: str
    unit: str
    price: int
    stock: int
    category: str
    limit_visit: int | None
    place: int
    on_sale: bool


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """What one line of a goods list says, read and found right. ``line`` is its line in the file."""

    line: int
    barcode: str
    name: str
    unit: str
    price: int
    stock: int
    category: str


@dataclass(frozen=True, slots=True)
class SaleLine:
    """Goods on a sale: how many, and the price that the counter showed."""

    barcode: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Sale:
    """Goods for points, as a kiosk's entry tells it. ``id`` is the entry's own and becomes the transfer's.

    ``number`` is the 单号 on paper (1-000482), ``at`` when it happened as far as anybody knows. ``agreed_prices``: the sale is
    judged by the prices it was made at (its snapshot's), whatever the list says by now. ``barred`` is what is wrong with the
    card, found before the shop was asked.
    """

    id: UUID
    number: str
    household: Household
    lines: tuple[SaleLine, ...]
    receipt_hash: bytes
    actor: str
    clerk: str
    at: datetime
    offline: bool = False
    agreed_prices: bool = False
    barred: Refusal | None = None

    @property
    def total(self) -> int:
        """What it costs."""
        return sum(line.quantity * line.price for line in self.lines)


@dataclass(frozen=True, slots=True)
class RedeemedLine:
    """A line of a redemption with the words it had then."""

    barcode: str
    name: str
    unit: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Redemption:
    """A redemption as the receipt shows it: ``household`` is a number, ``state`` posted or reversed, ``seq`` its place in the book."""

    redemption_id: UUID
    number: str
    household_id: int
    household: str
    total: int
    seq: int
    state: str
    offline: bool
    redeemed_at: datetime
    lines: tuple[RedeemedLine, ...]
