"""May this household take these goods now? One pure answer, asked by the counter before and by the ledger after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.refusals import Refusal, RefusalCode

EVERY_DAY = frozenset(range(1, 8))


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
    """The village's limits for one visit and one day in the minor unit; None is none. ``schemas.kiosk_api.Limits`` says what each is."""

    household_day: int | None
    visit: int | None
    offline: bool = False
    no_card: int = 0
    proxy: int | None = None
    pin_above: int | None = None
    cash_allowed: bool = False
    open_weekdays: Collection[int] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a sale comes about. ``day`` None: nobody asks whether the shop is open. ``cash_points`` are paid in cash.

    ``second``: another person of the village stands by it (a PIN, a role), not just a name.
    """

    day: date | None = None
    without_card: bool = False
    by_proxy: bool = False
    second: bool = False
    pin_checked: bool = False
    cash_points: int = 0


AT_THE_COUNTER = Circumstances()


def check_redemption(
    purse: Purse, wanted: Sequence[WantedGood], limits: VisitLimits, how: Circumstances = AT_THE_COUNTER
) -> Refusal | None:
    """None when the sale may go on, else the first refusal in the table's order (``RefusalCode``) with its figures.

    Offline, the day's limit is the village's offline limit and is called ``offline_limit_reached``.
    """
    total = sum(good.quantity * good.shown_price for good in wanted) - how.cash_points
    found = [
        *_household(purse),
        *_day(limits, how),
        *_goods(wanted),
        *_points(purse, total, limits),
        *_way(total, limits, how),
    ]
    return min(found, key=lambda refusal: refusal.code.precedence) if found else None


def next_open_day(open_weekdays: Collection[int], day: date) -> date | None:
    """The first day from ``day`` on when the shop exchanges (1 is Monday), None when it never does."""
    ahead = (day + timedelta(days=days) for days in range(7))
    return next((one for one in ahead if one.isoweekday() in open_weekdays), None)


def _day(limits: VisitLimits, how: Circumstances) -> list[Refusal]:
    if how.day is None or how.day.isoweekday() in limits.open_weekdays:
        return []
    opens = next_open_day(limits.open_weekdays, how.day)
    return [Refusal(RefusalCode.SHOP_CLOSED_TODAY, {"day": f"{opens.month}月{opens.day}日"} if opens else {})]


def _way(total: int, limits: VisitLimits, how: Circumstances) -> list[Refusal]:
    """What the way of this sale asks for: a card or a second person, a low limit, the PIN."""
    found: list[Refusal] = []
    if how.cash_points and not limits.cash_allowed:
        found.append(Refusal(RefusalCode.CASH_NOT_ALLOWED))
    if how.without_card and not how.second:
        found.append(Refusal(RefusalCode.SECOND_PERSON_NEEDED))
    if how.without_card and total > limits.no_card:
        found.append(Refusal(RefusalCode.LIMIT_NO_CARD, {"limit": limits.no_card, "total": total}))
    if how.by_proxy and limits.proxy is not None and total > limits.proxy and not how.second:
        found.append(Refusal(RefusalCode.LIMIT_PROXY, {"limit": limits.proxy, "total": total}))
    if limits.pin_above is not None and total > limits.pin_above and not how.pin_checked:
        found.append(Refusal(RefusalCode.PIN_NEEDED, {"limit": limits.pin_above, "total": total}))
    return found


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


def _points(purse: Purse, total: int, limits: VisitLimits) -> list[Refusal]:
    spendable = max(0, purse.available - purse.floor)
    found: list[Refusal] = []
    if limits.visit is not None and total > limits.visit:
        found.append(Refusal(RefusalCode.LIMIT_VISIT, {"limit": limits.visit, "total": total}))
    if limits.household_day is not None and purse.spent_today + total > limits.household_day:
        code = RefusalCode.OFFLINE_LIMIT_REACHED if limits.offline else RefusalCode.LIMIT_HOUSEHOLD_DAY
        left = max(0, min(limits.household_day - purse.spent_today, spendable))
        found.append(Refusal(code, {"limit": limits.household_day, "spent": purse.spent_today, "left": left}))
    if total > spendable:
        figures: dict[str, str | int] = {
            "balance": purse.available, "total": total, "missing": total - spendable, "floor": purse.floor,
        }  # fmt: skip
        code = RefusalCode.BELOW_FLOOR if total <= purse.available else RefusalCode.NOT_ENOUGH_POINTS
        found.append(Refusal(code, figures))
    return found
