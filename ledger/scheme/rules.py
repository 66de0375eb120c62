"""The caps that a rule book may name, and their words. Pure.

A cap's name says what it counts, for whom and in which period of the day of the deed: ``points_per_household_month``,
``times_per_household_year``, ``times_per_event``. How much of a deed still counts under them is ``awards``' to say, which
knows what was earned before.
"""

from __future__ import annotations

_PERIODS = {"activity": "一次活动", "week": "一周", "month": "一月", "year": "一年"}
_WHOM = {"household": "一户", "group": "一组"}
_SPANS = {f"{whom}_{period}": _WHOM[whom] + _PERIODS[period] for whom in _WHOM for period in _PERIODS} | {
    "event": "一件事"
}

KNOWN_CAPS = frozenset(f"{what}_per_{span}" for what in ("points", "times") for span in _SPANS)


def counts_points(name: str) -> bool:
    """True for a cap in points of the village's minor unit, False for one in times."""
    return name.startswith("points_")


def cap_words(name: str) -> str:
    """A cap's name in village words, to be followed by "40 分" or "1 次": "一户一月最多", "一件事最多". KeyError for no cap."""
    return f"{_SPANS[name.partition('_per_')[2]]}最多"
