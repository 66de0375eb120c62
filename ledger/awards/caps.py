"""How much of a deed counts. Pure: the caps of a rule book against what has been counted already.

A key reads ``<points|times>_per_[household_|group_]<period>``; the period is that of ``done_on``. An event or activity is one claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.points import points_text

_KEY = re.compile(
    r"(points|times)_per_(?:(household|group)_)?(week|month|year|event|activity)|(points|times)_per_(group)"
)
_PERIOD_WORDS = {"week": "一周", "month": "一月", "year": "一年", "event": "一件事", "activity": "一次活动"}
_SCOPE_WORDS = {"household": "一户", "group": "一个小组"}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``most`` points (minor unit) or times a household or group in a period; of one item, or of all when ``item`` is None."""

    measure: str
    scope: str
    period: str
    most: int
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What is asked for. ``asked`` is ``quantity`` times the item's points."""

    household_id: int
    group: str
    item: str
    done_on: date
    quantity: int
    asked: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A deed on notice or credited, with the points and times that counted of it."""

    household_id: int
    group: str
    item: str
    done_on: date
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a deed brings, and the cap that held it down: None when all of it counts. ``most`` is that cap in points."""

    points: int
    cap: Cap | None = None
    most: int = 0


def caps_of(book: Mapping[str, int], item: Mapping[str, int], code: str) -> tuple[Cap, ...]:
    """The caps that bear on an item: the rule book's over all items, and its own. ValueError for a key that says nothing known."""
    return tuple(
        [_cap(key, most, None) for key, most in book.items()] + [_cap(key, most, code) for key, most in item.items()]
    )


def allowance(deed: Deed, caps: Iterable[Cap], counted: Iterable[Counted]) -> Allowance:
    """The points of ``deed`` that count beside what is ``counted``; the tightest cap holds."""
    before = list(counted)
    best = Allowance(deed.asked)
    for cap in caps:
        most, used = _most_and_used(cap, deed, before)
        points = max(0, most - used)
        if points < best.points:
            best = Allowance(points, cap, most)
    return best


def times_of(points: int, asked: int, quantity: int) -> int:
    """How many of a deed's ``quantity`` counted when a cap left ``points`` of ``asked``: begun ones are whole."""
    return -(-points * quantity // asked)


def same_period(period: str, day: date, other: date) -> bool:
    """True when both days lie in one week (ISO 8601), month or year. An event or an activity is one claim and never shared."""
    match period:
        case "week":
            return day.isocalendar()[:2] == other.isocalendar()[:2]
        case "month":
            return (day.year, day.month) == (other.year, other.month)
        case "year":
            return day.year == other.year
        case _:
            return False


def cap_span(cap: Cap) -> str:
    """Over what a cap counts: 一户一月; 这件事一个小组一年; 一次活动."""
    if cap.period in ("event", "activity"):
        return _PERIOD_WORDS[cap.period]
    return f"{'这件事' if cap.item else ''}{_SCOPE_WORDS[cap.scope]}{_PERIOD_WORDS[cap.period]}"


def cap_words(cap: Cap, decimals: int) -> str:
    """The cap as a cadre says it: 一户一月最多 40 分; 这件事一户一月最多 1 次."""
    most = f"{points_text(cap.most, decimals)} 分" if cap.measure == "points" else f"{cap.most} 次"
    return f"{cap_span(cap)}最多 {most}"


def _cap(key: str, most: int, item: str | None) -> Cap:
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"no such cap: {key}")
    return Cap(found[1], found[2] or "household", found[3], most, item)


def _most_and_used(cap: Cap, deed: Deed, counted: Iterable[Counted]) -> tuple[int, int]:
    """What the cap allows and what is used of it, both in points of the deed's item."""
    shared = [other for other in counted if _bears(cap, deed, other)]
    if cap.measure == "points":
        return cap.most, sum(other.points for other in shared)
    each = deed.asked // deed.quantity
    return cap.most * each, sum(other.times for other in shared) * each


def _bears(cap: Cap, deed: Deed, other: Counted) -> bool:
    if cap.item is not None and other.item != cap.item:
        return False
    same = other.group == deed.group if cap.scope == "group" else other.household_id == deed.household_id
    return same and same_period(cap.period, deed.done_on, other.done_on)
