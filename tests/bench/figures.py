"""Figures as they are printed: what, ours, the baseline beside it, their ratio, the budget, and whether it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import median
from typing import Literal
from unicodedata import east_asian_width

ROUNDS = 5
_HEADS = ("what", "ours", "baseline", "ratio", "budget", "kept", "spread of ours", "processor time of each")


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
    cost: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand in the table."""
        kept = {True: "yes", False: "no", None: ""}[self.kept]
        return (self.what, self.ours, self.baseline, self.ratio, self.budget, kept, self.spread, self.cost)


@dataclass(frozen=True, slots=True)
class Pace:
    """What was done in a round, how long it took, and the processor time it took where that is known.

    A busy machine spoils the seconds; the processor time hardly.
    """

    done: float
    elapsed_s: float
    cpu_s: float | None = None

    @property
    def per_second(self) -> float:
        """How many a second."""
        return self.done / self.elapsed_s


def turns(*contenders: Callable[[], Pace], rounds: int = ROUNDS) -> list[list[Pace]]:
    """What each contender did, round by round: they take turns, so that what else the machine does hits all alike."""
    given: list[list[Pace]] = [[] for _ in contenders]
    for _ in range(rounds):
        for results, contender in zip(given, contenders, strict=True):
            results.append(contender())
    return given


def against(what: str, ours: Sequence[Pace], raw: Sequence[Pace], least: float) -> Figure:
    """Rates beside the baseline's. The ratio is the median of the rounds' ratios."""
    ratio = _ratio(ours, raw)
    return replace(beside(what, ours, raw), budget=f"≥ {least:g}", kept=ratio >= least)


def rate(what: str, ours: Sequence[Pace], raw: Sequence[Pace], least: float) -> Figure:
    """Rates with a budget of their own; the ratio to what stands beside them is only told."""
    middle = median(pace.per_second for pace in ours)
    return replace(beside(what, ours, raw), budget=f"≥ {_plain(least)}/s", kept=middle >= least)


def beside(what: str, ours: Sequence[Pace], raw: Sequence[Pace]) -> Figure:
    """Rates beside the baseline's, without a budget."""
    mine, bare = [pace.per_second for pace in ours], [pace.per_second for pace in raw]
    spread = f"{_plain(min(mine))} … {_plain(max(mine))}/s"
    cells = f"{_plain(median(mine))}/s", f"{_plain(median(bare))}/s", f"{_ratio(ours, raw):.2f}"
    return Figure(what, *cells, spread=spread, cost=_cost(ours, raw))


def _ratio(ours: Sequence[Pace], raw: Sequence[Pace]) -> float:
    return median(mine.per_second / other.per_second for mine, other in zip(ours, raw, strict=True))


def _cost(ours: Sequence[Pace], raw: Sequence[Pace]) -> str:
    told = [f"{_plain(each)} µs" for each in (_each_us(ours), _each_us(raw)) if each is not None]
    return ", baseline ".join(told)


def _each_us(paces: Sequence[Pace]) -> float | None:
    if any(pace.cpu_s is None for pace in paces):
        return None
    return 1e6 * sum(pace.cpu_s or 0 for pace in paces) / sum(pace.done for pace in paces)


def at_most(
    what: str,
    found: Sequence[float],
    most: float,
    unit: str,
    *,
    beside: str = "",
    sign: Literal["<", "≤"] = "<",
    cost: str = "",
) -> Figure:
    """The median of what should stay small: seconds, bytes, shares."""
    middle = median(found)
    spread = f"{_plain(min(found))} … {_plain(max(found))} {unit}" if len(found) > 1 else ""
    kept = middle < most or (sign == "≤" and middle == most)
    budget = f"{sign} {_plain(most)} {unit}"
    return Figure(what, f"{_plain(middle)} {unit}", beside, budget=budget, kept=kept, spread=spread, cost=cost)


def percentile_99(
    what: str, found: Sequence[float], most: float, unit: str, *, beside: str = "", cost: str = ""
) -> Figure:
    """The 99th percentile of what should stay small."""
    late = sorted(found)[ceil(0.99 * len(found)) - 1]
    spread = f"median {_plain(median(found))}, largest {_plain(max(found))} {unit}"
    budget = f"< {_plain(most)} {unit}"
    return Figure(what, f"{_plain(late)} {unit}", beside, budget=budget, kept=late < most, spread=spread, cost=cost)


def told(what: str, value: float, unit: str, *, note: str = "") -> Figure:
    """What has no budget."""
    return Figure(what, f"{_plain(value)} {unit}", spread=note)


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


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
