"""What may be sold, and what a sale does to the shelf. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.book.values import Account
from ledger.shop.values import Good, RedeemedLine, Sale, SaleLine, Wish
from ledger.villages.values import Village
from schemas.canonical import Json
from schemas.cash import cash_for, fen_text
from schemas.limits import Circumstances, Purse, VisitLimits, WantedGood, check_redemption
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

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


def sale_faults(sale: Sale | Wish) -> list[Fault]:
    """What makes a sale no sale, whoever says it happened: the same goods on two lines, cash for nothing."""
    barcodes = [line.barcode for line in sale.lines]
    faults = [] if len(set(barcodes)) == len(barcodes) else [Fault("lines", "同一样东西写了两行")]
    if isinstance(sale, Sale) and (
        sale.cash_points < 0 or sale.total < 1 or bool(sale.cash_fen) != bool(sale.cash_points)
    ):
        faults.append(Fault("total", "各样加起来和总数对不上"))
    return faults


def judge(
    sale: Sale, shelf: Shelf, account: Account, spent_that_day: int, village: Village, day: date
) -> Refusal | None:
    """None when the sale of that day may be posted, else the first refusal in the table's order: the card's, or the counter's own
    check."""
    purse = _purse(account, sale.household.closed, spent_that_day)
    found = check_redemption(purse, wanted(sale, shelf), limits_of(village), _how(sale, day))
    told = [refusal for refusal in (sale.barred, found, _cash(sale, village)) if refusal is not None]
    return min(told, key=lambda refusal: refusal.code.precedence) if told else None


def judge_wish(wish: Wish, shelf: Shelf, account: Account, village: Village) -> Refusal | None:
    """The same for goods ordered ahead: they need not be on the shelf, and the day's limit counts when they are collected."""
    there = [replace(good, stock=good.quantity) for good in wanted(wish, shelf)]
    limits = replace(limits_of(village), household_day=None, pin_above=None)
    how = Circumstances(without_card=not wish.card_shown, second=wish.second is not None)
    found = check_redemption(_purse(account, wish.household.closed, 0), there, limits, how)
    off = Refusal(RefusalCode.ORDERS_OFF) if village.order_days == 0 else None
    told = [refusal for refusal in (wish.barred, found, off) if refusal is not None]
    return min(told, key=lambda refusal: refusal.code.precedence) if told else None


def passed_over(sale: Sale, village: Village) -> str:
    """Which rule of the counter goods that are gone have passed over, by the refusal's code; empty when none. The card's own
    trouble, the shelf and the account have cases of their own."""
    anybody = Purse(available=sale.total, floor=0, spent_today=0, blocked=False, closed=False)
    as_paid = [WantedGood("", 1, sale.total, sale.total, 1, None)]
    limits = replace(limits_of(village), household_day=None, visit=None)
    if sale.slip is not None:  # a paper slip shows no card
        limits = replace(limits, no_card=sale.total, pin_above=None)
    how = replace(_how(sale), second=sale.second is not None or sale.slip is not None, cash_points=0)
    cash = Refusal(RefusalCode.CASH_NOT_ALLOWED) if sale.cash_fen and not village.cash_allowed else _cash(sale, village)
    told = [refusal for refusal in (check_redemption(anybody, as_paid, limits, how), cash) if refusal is not None]
    return min(told, key=lambda refusal: refusal.code.precedence).code.code if told else ""


def limits_of(village: Village) -> VisitLimits:
    """The village's limits as both sides of the counter check them."""
    return VisitLimits(
        household_day=village.limit_household_day, visit=village.limit_visit, no_card=village.limit_no_card,
        proxy=village.limit_proxy, pin_above=village.pin_above, cash_allowed=village.cash_allowed,
        open_weekdays=village.weekdays,
    )  # fmt: skip


def document_of(sale: Sale, names: Mapping[str, str]) -> dict[str, Json]:
    """What the receipt can be proved by: goods with their names, the receipt's hash, the 单号, who served, and how it came about."""
    lines: list[Json] = [
        {"barcode": line.barcode, "name": names[line.barcode], "quantity": line.quantity, "price": line.price}
        for line in sale.lines
    ]
    said: dict[str, Json] = {
        "number": sale.number,
        "receipt": sale.receipt_hash.hex(),
        "clerk": sale.clerk,
        "lines": lines,
    }
    more: dict[str, Json] = {
        "cash_fen": sale.cash_fen or None, "proxy": sale.proxy, "order": str(sale.order) if sale.order else None,
        "slip": sale.slip,
    }  # fmt: skip
    return said | {name: value for name, value in more.items() if value is not None}


def _purse(account: Account, closed: bool, spent_today: int) -> Purse:
    return Purse(
        available=account.balance - account.held,
        floor=account.floor or 0,
        spent_today=spent_today,
        blocked=account.blocked,
        closed=account.closed or closed,
    )


def _how(sale: Sale, day: date | None = None) -> Circumstances:
    return Circumstances(
        day=day, without_card=not sale.card_shown, by_proxy=sale.proxy is not None, second=sale.second is not None,
        pin_checked=sale.pin_checked, cash_points=sale.cash_points,
    )  # fmt: skip


def _cash(sale: Sale, village: Village) -> Refusal | None:
    """A sale that was agreed at another rate stays as agreed, like its prices."""
    right = cash_for(sale.cash_points, village.fen_per_point, village.decimals)
    if sale.agreed_prices or sale.cash_fen == right:
        return None
    return Refusal(RefusalCode.CASH_CHANGED, {"rate": fen_text(village.fen_per_point)})


def wanted(sale: Sale | Wish, shelf: Shelf) -> list[WantedGood]:
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


def overdrawn(after: Account, total: int) -> int:
    """How many of ``total`` points were spent below the account's floor, when ``after`` is what the sale left."""
    return max(0, min(total, (after.floor or 0) - after.balance))


def _wanted(line: SaleLine, good: Good | None, *, agreed: bool) -> WantedGood:
    if good is None or not good.on_sale:
        name = good.name if good else line.barcode
        return WantedGood(name, line.quantity, line.price, listed_price=None, stock=0, limit_visit=None)
    price = line.price if agreed else good.price
    return WantedGood(good.name, line.quantity, line.price, price, good.stock, good.limit_visit)


def _as_sold(line: SaleLine, good: Good | None) -> RedeemedLine:
    name, unit = (good.name, good.unit) if good else (line.barcode, NO_UNIT)
    return RedeemedLine(line.barcode, name, unit, line.quantity, line.price)
