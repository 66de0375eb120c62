"""Figures as they are printed: what, ours, the baseline beside it, their ratio, the budget, and whether it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from unicodedata import east_asian_width

ROUNDS = 5
_HEADS = ("what", "ours", "baseline", "ratio", "budget", "kept", "spread of ours")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ``kept`` None: there is no budget, or it was not measured."""

    what: str
    ours: str
    baseline: str = ""
    ratio: str = ""
    budget: str = ""
    kept: bool | None = None
    spread: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand in the table."""
        kept = {True: "yes", False: "no", None: ""}[self.kept]
        return (self.what, self.ours, self.baseline, self.ratio, self.budget, kept, self.spread)


def turns(*contenders: Callable[[], float], rounds: int = ROUNDS) -> list[list[float]]:
    """What each contender gave, round by round: they take turns, so that what else the machine does hits all alike."""
    given: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for results, contender in zip(given, contenders, strict=True):
            results.append(contender())
    return given


def against(what: str, ours: Sequence[float], raw: Sequence[float], least: float, *, unit: str = "/s") -> Figure:
    """Rates beside the baseline's. The ratio is the median of the rounds' ratios."""
    ratio = median(mine / other for mine, other in zip(ours, raw, strict=True))
    return Figure(
        what, _rate(median(ours), unit), _rate(median(raw), unit), f"{ratio:.2f}", f"≥ {least:g}", ratio >= least,
        f"{_rate(min(ours), unit)} … {_rate(max(ours), unit)}",
    )  # fmt: skip


def rate(what: str, ours: Sequence[float], least: float, *, beside: Sequence[float]) -> Figure:
    """Rates a second with a budget of their own; the ratio to what stands beside them is only told."""
    ratio = median(mine / other for mine, other in zip(ours, beside, strict=True))
    return Figure(
        what, _rate(median(ours), "/s"), _rate(median(beside), "/s"), f"{ratio:.2f}", f"≥ {_rate(least, '/s')}",
        median(ours) >= least, f"{_rate(min(ours), '/s')} … {_rate(max(ours), '/s')}",
    )  # fmt: skip


def at_most(what: str, found: Sequence[float], most: float, unit: str, *, beside: str = "") -> Figure:
    """The median of what should stay small: seconds, bytes, shares."""
    middle = median(found)
    spread = f"{_plain(min(found))} … {_plain(max(found))} {unit}" if len(found) > 1 else ""
    budget = f"< {_plain(most)} {unit}"
    return Figure(what, f"{_plain(middle)} {unit}", beside, budget=budget, kept=middle < most, spread=spread)


def percentile_99(what: str, found: Sequence[float], most: float, unit: str) -> Figure:
    """The 99th percentile of what should stay small."""
    late = sorted(found)[ceil(0.99 * len(found)) - 1]
    spread = f"median {_plain(median(found))}, largest {_plain(max(found))} {unit}"
    budget = f"< {_plain(most)} {unit}"
    return Figure(what, f"{_plain(late)} {unit}", budget=budget, kept=late < most, spread=spread)


def none_of(what: str, found: Sequence[bytes]) -> Figure:
    """What must not happen at all; the first of it is shown."""
    return Figure(
        what,
        str(len(found)),
        budget="0",
        kept=not found,
        spread=found[0].decode(errors="replace")[:80] if found else "",
    )


def not_measured(what: str, why: object) -> Figure:
    """A line that says why there is no figure."""
    return Figure(
        what, "not measured", spread=f"{type(why).__name__}: {why}" if isinstance(why, Exception) else str(why)
    )


def say(text: str) -> None:
    """Progress, on standard error: the table alone is the output."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def table(figures: Sequence[Figure]) -> str:
    """All figures as a plain table."""
    rows = [_HEADS, *(figure.cells for figure in figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _rate(value: float, unit: str) -> str:
    return f"{_plain(value)}{unit}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
