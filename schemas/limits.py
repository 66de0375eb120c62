"""May this household take these goods now? One pure answer, asked by the counter before and by the ledger after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.refusals import Refusal, RefusalCode


@dataclass(frozen=True, slots=True)
class WantedGood:
    """Goods in a cart beside the price list: ``listed_price`` None is not on the list, ``stock`` is what the book says is there."""

    name: str
    quantity: int
    shown_price: int
    listed_price: int | None
    stock: int
    limit_visit: int | None


@dataclass(frozen=True, slots=True)
class Purse:
    """What a household may spend. ``available`` is balance less open holds; ``spent_today`` counts against the day's limit."""

    available: int
    floor: int
    spent_today: int
    blocked: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class VisitLimits:
    """The village's limits for one visit and one day in the minor unit; None is none."""

    household_day: int | None
    visit: int | None
    offline: bool = False


def check_redemption(purse: Purse, wanted: Sequence[WantedGood], limits: VisitLimits) -> Refusal | None:
    """None when the sale may go on, else the first refusal in the table's order (``RefusalCode``) with its figures.

    Offline, the day's limit is the village's offline limit and is called ``offline_limit_reached``.
    """
    found = [*_household(purse), *_goods(wanted), *_points(purse, wanted, limits)]
    return min(found, key=lambda refusal: refusal.code.precedence) if found else None


def _household(purse: Purse) -> list[Refusal]:
    if purse.closed:
        return [Refusal(RefusalCode.HOUSEHOLD_CLOSED)]
    if purse.blocked or purse.available < 0:
        return [Refusal(RefusalCode.HOUSEHOLD_BLOCKED, {"missing": max(0, -purse.available)})]
    return []


def _goods(wanted: Sequence[WantedGood]) -> list[Refusal]:
    found: list[Refusal] = []
    for good in wanted:
        if good.listed_price is None:
            found.append(Refusal(RefusalCode.GOODS_UNKNOWN, {"good": good.name}))
            continue
        if good.stock < good.quantity:
            found.append(Refusal(RefusalCode.GOODS_SOLD_OUT, {"good": good.name, "stock": max(0, good.stock)}))
        if good.listed_price != good.shown_price:
            prices = {"shown": good.shown_price, "price": good.listed_price}
            found.append(Refusal(RefusalCode.PRICE_CHANGED, {"good": good.name, **prices}))
        if good.limit_visit is not None and good.quantity > good.limit_visit:
            found.append(Refusal(RefusalCode.LIMIT_GOOD, {"good": good.name, "most": good.limit_visit}))
    return found


def _points(purse: Purse, wanted: Sequence[WantedGood], limits: VisitLimits) -> list[Refusal]:
    total = sum(good.quantity * good.shown_price for good in wanted)
    spendable = max(0, purse.available - purse.floor)
    found: list[Refusal] = []
    if limits.visit is not None and total > limits.visit:
        found.append(Refusal(RefusalCode.LIMIT_VISIT, {"limit": limits.visit, "total": total}))
    if limits.household_day is not None and purse.spent_today + total > limits.household_day:
        code = RefusalCode.OFFLINE_LIMIT_REACHED if limits.offline else RefusalCode.LIMIT_HOUSEHOLD_DAY
        left = max(0, limits.household_day - purse.spent_today)
        found.append(Refusal(code, {"limit": limits.household_day, "spent": purse.spent_today, "left": left}))
    if total > spendable:
        figures: dict[str, str | int] = {
            "balance": purse.available, "total": total, "missing": total - spendable, "floor": purse.floor,
        }  # fmt: skip
        code = RefusalCode.BELOW_FLOOR if total <= purse.available else RefusalCode.NOT_ENOUGH_POINTS
        found.append(Refusal(code, figures))
    return found
