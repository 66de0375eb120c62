"""What the shop takes and gives: goods, sales, redemptions. Immutable; points in the village's minor unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger.people.store import Household
from schemas.refusals import Refusal


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
    card, found before the shop was asked. ``cash_points`` of it were paid with ``cash_fen``; ``second`` is another person of the
    village who stands by it; ``proxy`` the reason why somebody else came; ``order`` the hold it takes; ``slip`` its paper's number.
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
    card_shown: bool = True
    second: str | None = None
    proxy: str | None = None
    pin_checked: bool = False
    cash_fen: int = 0
    cash_points: int = 0
    order: UUID | None = None
    slip: int | None = None

    @property
    def total(self) -> int:
        """What the account pays."""
        return sum(line.quantity * line.price for line in self.lines) - self.cash_points


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
    clerk: str
    cash_fen: int
    lines: tuple[RedeemedLine, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Goods that somebody wants ordered ahead. ``id`` becomes the hold's; its points are held until the end of day ``until``."""

    id: UUID
    number: str
    household: Household
    lines: tuple[SaleLine, ...]
    until: date
    actor: str
    clerk: str
    at: datetime
    agreed_prices: bool = False
    barred: Refusal | None = None
    card_shown: bool = True
    second: str | None = None

    @property
    def total(self) -> int:
        """What is held."""
        return sum(line.quantity * line.price for line in self.lines)


@dataclass(frozen=True, slots=True)
class Order:
    """Goods ordered ahead as the counter sees them; open until collected, cancelled or over."""

    order_id: UUID
    number: str
    household: str
    total: int
    until_day: date
    lines: tuple[RedeemedLine, ...]


@dataclass(frozen=True, slots=True)
class StockLine:
    """One line of a stock paper: ``quantity`` is what it adds to the shelf (below 0: takes). ``on_book`` is what a count found
    on the book, ``cost_fen`` what one piece cost or is worth."""

    barcode: str
    quantity: int
    on_book: int | None = None
    cost_fen: int | None = None
    best_before: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StockPaper:
    """Goods that came in, were counted or written off: 入库单, 盘点单, 报损单. ``source`` is bought or donated."""

    paper_id: UUID
    kind: str
    number: str
    at: datetime
    clerk: str
    lines: tuple[StockLine, ...]
    second: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Pieces of a good that went onto the shelf (or off it, below 0) by a document."""

    document_id: UUID
    kind: str
    barcode: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewCase:
    """Something a person has to look at, found while deciding."""

    kind: str
    document_id: UUID
    figures: Mapping[str, str | int]
    household: str | None = None


Reversed = tuple[UUID, UUID]  # the redemption, and the transfer that takes it back
Sold = tuple[Sale, Sequence[RedeemedLine]]
Ordered = tuple[Wish, Sequence[RedeemedLine]]
