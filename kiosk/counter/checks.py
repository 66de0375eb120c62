"""May this cart go on, and how much is left? The village's limits over the counter's own book; online and without a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import BY_CARD, CartLine, Way
from kiosk.counter.values import LineStatus, Notice, Till
from schemas.kiosk_api import Limits
from schemas.limits import Circumstances, Purse, VisitLimits, WantedGood, check_redemption, next_open_day
from schemas.refusals import FaultCode, Refusal, RefusalCode

_NO_NEW_SALES = frozenset({FaultCode.VIRTUAL_DEVICE, FaultCode.DISK_NEARLY_FULL})


@dataclass(frozen=True, slots=True)
class Figures:
    """What screen and voice say of a household. Points in the minor unit; ``as_of`` is the ledger's time of the snapshot.

    ``usable`` is the most that one sale may take now, ``left_today`` the most that all sales of today may take, every limit and the
    balance counted; 0 on a day when the shop is closed. ``offline``: reckoned by the counter, to be shown with 以入账为准.
    """

    balance: int
    usable: int
    left_today: int
    on_notice: int
    on_notice_until: str | None
    offline: bool
    as_of: datetime


def figures(till: Till, household: str, way: Way = BY_CARD) -> Figures | None:
    """The figures of that household, None when the till has no book or the household is not in it."""
    book = till.book
    if book is None or household not in book.households:
        return None
    known, limits, offline = book.households[household], book.snapshot.limits, not till.line.sells_online
    left = left_today(till, book, household, offline=offline) if known.state == "open" and closed(till) is None else 0
    visit = [limit for limit in (limits.visit, limits.no_card if way.without_card else None) if limit is not None]
    return Figures(
        balance=books.purse(book, household, till.today).available,
        usable=min([left, *visit]),
        left_today=left,
        on_notice=known.on_notice,
        on_notice_until=known.on_notice_until,
        offline=offline,
        as_of=book.snapshot.taken_at,
    )


def left_today(
    till: Till,
    book: CounterBook,
    household: str,
    *,
    offline: bool,
    without: UUID | None = None,
    wall: datetime | None = None,
) -> int:
    """The most that household may still use today, however many visits it takes: never more than it has."""
    purse, limits = books.purse(book, household, till.today, without=without), book.snapshot.limits
    most = [purse.available - purse.floor]
    if limits.household_day is not None:
        most.append(limits.household_day - purse.spent_today)
    if offline:
        spent = books.spent_offline(book, household, till.today, without=without)
        most.append(limits.offline_household_day - spent)
        most.append(limits.offline_kiosk_total - books.sold_offline(book, without=without))
        most.append(0 if too_long(book, wall or till.wall) else purse.available)
    return max(0, min(most))


def too_long(book: CounterBook, wall: datetime | None) -> bool:
    """True when the last contact is so many days ago that the village stops the counter; ``wall`` None: nobody knows."""
    return wall is not None and (wall - book.snapshot.taken_at).days >= book.snapshot.limits.offline_days


def closed(till: Till) -> Refusal | None:
    """Why nobody is served today, None on a day when the shop exchanges, and while nobody knows the day."""
    if till.book is None or till.today is None:
        return None
    weekdays = till.book.snapshot.limits.open_weekdays
    if till.today.isoweekday() in weekdays:
        return None
    opens = next_open_day(weekdays, till.today)
    return Refusal(RefusalCode.SHOP_CLOSED_TODAY, {"day": f"{opens.month}月{opens.day}日"} if opens else {})


def barred(till: Till) -> Notice | None:
    """Why this kiosk sells nothing at all, None when it may."""
    if till.line.status is LineStatus.REVOKED:
        return Refusal(RefusalCode.KIOSK_REVOKED)
    if till.line.status is LineStatus.FORKED:
        return FaultCode.JOURNAL_FORK
    return next((trouble for trouble in till.troubles if trouble in _NO_NEW_SALES), None)


def refusal_of(
    till: Till,
    book: CounterBook,
    household: str,
    lines: Sequence[CartLine],
    wall: datetime,
    *,
    way: Way = BY_CARD,
    ordering: bool = False,
    without: UUID | None = None,
) -> Refusal | None:
    """The first refusal of that cart in the table's order, None when it may go on. ``without`` is a sale not to count twice;
    ``ordering`` asks neither for the shelf nor for the day."""
    if household not in book.households:
        return Refusal(RefusalCode.CARD_UNKNOWN)
    purse = books.purse(book, household, till.today, without=without)
    wanted = [_wanted(book, line, without) for line in lines]
    if ordering:
        wanted = [replace(good, stock=good.quantity) for good in wanted]
    limits = book.snapshot.limits
    how = circumstances(way, None if ordering else till.today)
    found = [check_redemption(purse, wanted, visit_limits(limits), how)]
    offline = without is not None or not till.line.sells_online
    if offline:
        spent = replace(purse, spent_today=books.spent_offline(book, household, till.today, without=without))
        found.append(_offline(book, spent, wanted, wall, without, how))
    told = [refusal for refusal in found if refusal is not None]
    if not told:
        return None
    first = min(told, key=lambda refusal: refusal.code.precedence)
    if not {"left"} & first.figures.keys():
        return first
    left = left_today(till, book, household, offline=offline, without=without, wall=wall)
    return Refusal(first.code, {**first.figures, "left": left})


def visit_limits(limits: Limits) -> VisitLimits:
    """The village's limits for one visit."""
    return VisitLimits(
        household_day=limits.household_day,
        visit=limits.visit,
        no_card=limits.no_card,
        proxy=limits.proxy,
        pin_above=limits.pin_above,
        cash_allowed=limits.cash_allowed,
        open_weekdays=frozenset(limits.open_weekdays),
    )


def circumstances(way: Way, day: date | None) -> Circumstances:
    """How the sale comes about, as the limits ask for it."""
    return Circumstances(
        day=day,
        without_card=way.without_card,
        by_proxy=way.proxy is not None,
        second=way.second is not None,
        pin_checked=way.pin_checked,
        cash_points=way.cash_points,
    )


def _offline(
    book: CounterBook,
    purse: Purse,
    wanted: Sequence[WantedGood],
    wall: datetime,
    without: UUID | None,
    how: Circumstances,
) -> Refusal | None:
    limits = book.snapshot.limits
    offline = replace(visit_limits(limits), household_day=limits.offline_household_day, offline=True)
    if (refusal := check_redemption(purse, wanted, offline, how)) is not None:
        return refusal
    total = sum(good.quantity * good.shown_price for good in wanted) - how.cash_points
    if books.sold_offline(book, without=without) + total > limits.offline_kiosk_total:
        return Refusal(RefusalCode.OFFLINE_TOTAL_REACHED, {"limit": limits.offline_kiosk_total, "left": 0})
    days = (wall - book.snapshot.taken_at).days
    return Refusal(RefusalCode.OFFLINE_TOO_LONG, {"days": days}) if too_long(book, wall) else None


def goods_refusal(book: CounterBook, line: CartLine) -> Refusal | None:
    """Why that many of those goods cannot be had by anybody, None when they can."""
    anybody = Purse(available=line.amount, floor=0, spent_today=0, blocked=False, closed=False)
    return check_redemption(anybody, [_wanted(book, line, None)], VisitLimits(None, None))


def _wanted(book: CounterBook, line: CartLine, without: UUID | None) -> WantedGood:
    listed = book.goods.get(line.barcode)
    return WantedGood(
        name=line.name,
        quantity=line.quantity,
        shown_price=line.price,
        listed_price=listed.price if listed else None,
        stock=books.stock_left(book, line.barcode, without=without) if listed else 0,
        limit_visit=listed.limit_visit if listed else None,
    )
