"""What may be sold, and what a sale does to the shelf. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.book.values import Account
from ledger.shop.values import Good, RedeemedLine, Sale, SaleLine
from schemas.limits import Purse, VisitLimits, WantedGood, check_redemption
from schemas.problems import Fault
from schemas.refusals import Refusal

NO_UNIT = "件"
Shelf = Mapping[str, Good]


@dataclass(frozen=True, slots=True)
class ShelfMove:
    """So many pieces fewer (or more, when positive) of goods on the shelf, and how many are there afterwards."""

    good: Good
    quantity: int

    @property
    def after(self) -> int:
        """The stock after it."""
        return self.good.stock + self.quantity


def sale_faults(lines: Sequence[SaleLine]) -> list[Fault]:
    """What makes a sale no sale, whoever says it happened: the same goods on two lines."""
    barcodes = [line.barcode for line in lines]
    return [] if len(set(barcodes)) == len(barcodes) else [Fault("lines", "同一样东西写了两行")]


def judge(sale: Sale, shelf: Shelf, account: Account, spent_today: int, limits: VisitLimits) -> Refusal | None:
    """None when the sale may be posted, else the first refusal in the table's order: the card's, or the counter's own check."""
    purse = Purse(
        available=account.balance - account.held,
        floor=account.floor or 0,
        spent_today=spent_today,
        blocked=account.blocked,
        closed=account.closed or sale.household.closed,
    )
    found = check_redemption(purse, wanted(sale, shelf), limits)
    told = [refusal for refusal in (sale.barred, found) if refusal is not None]
    return min(told, key=lambda refusal: refusal.code.precedence) if told else None


def wanted(sale: Sale, shelf: Shelf) -> list[WantedGood]:
    """The sale's lines beside the price list. Goods that are off sale are not on the list."""
    return [_wanted(line, shelf.get(line.barcode), agreed=sale.agreed_prices) for line in sale.lines]


def lines_as_sold(lines: Sequence[SaleLine], shelf: Shelf) -> tuple[RedeemedLine, ...]:
    """The lines with the words of today's list; goods that are on no list go by their barcode."""
    return tuple(_as_sold(line, shelf.get(line.barcode)) for line in lines)


def taken_from_shelf(lines: Sequence[SaleLine], shelf: Shelf) -> list[ShelfMove]:
    """What the sale takes from the shelf; goods on no list have no shelf."""
    return [ShelfMove(shelf[line.barcode], -line.quantity) for line in lines if line.barcode in shelf]


def short_of(lines: Sequence[SaleLine], shelf: Shelf) -> str:
    """What the book now lacks, in words ("酱油 −2 瓶，…"); empty when nothing went below 0."""
    known = [
        f"{move.good.name} −{-move.after} {move.good.unit}" for move in taken_from_shelf(lines, shelf) if move.after < 0
    ]
    unknown = [f"{line.barcode} −{line.quantity} {NO_UNIT}" for line in lines if line.barcode not in shelf]
    return "，".join(known + unknown)


def overdrawn(account: Account, balance: int, total: int) -> int:
    """How many of ``total`` points were spent below the account's floor, when ``balance`` is what it left."""
    return max(0, min(total, (account.floor or 0) - balance))


def _wanted(line: SaleLine, good: Good | None, *, agreed: bool) -> WantedGood:
    if good is None or not good.on_sale:
        name = good.name if good else line.barcode
        return WantedGood(name, line.quantity, line.price, listed_price=None, stock=0, limit_visit=None)
    price = line.price if agreed else good.price
    return WantedGood(good.name, line.quantity, line.price, price, good.stock, good.limit_visit)


def _as_sold(line: SaleLine, good: Good | None) -> RedeemedLine:
    name, unit = (good.name, good.unit) if good else (line.barcode, NO_UNIT)
    return RedeemedLine(line.barcode, name, unit, line.quantity, line.price)
