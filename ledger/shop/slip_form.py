"""The form 录一张备用小票 as it was typed, and what it means. Everything typed is kept; every fault is found at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from ledger.people.rules import half_width
from ledger.people.store import Household
from ledger.shop.values import Good, SaleLine

ROWS = 5
OLDEST_DAYS = 366
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class SlipForm:
    """What was typed, as text: ``goods`` and ``counts`` by row."""

    id: str
    slip: str = ""
    household: str = ""
    day: str = ""
    goods: tuple[str, ...] = ("",) * ROWS
    counts: tuple[str, ...] = ("",) * ROWS

    @classmethod
    def of(cls, given: Mapping[str, str], new_id: UUID) -> SlipForm:
        """The form from what a browser sent; a missing or broken id becomes a new one."""
        goods, counts = (tuple(given.get(f"{name}{row}", "")[:20] for row in range(ROWS)) for name in ("good", "count"))
        typed = {name: given.get(name, "")[:40] for name in ("slip", "household", "day")}
        return cls(id=str(_uuid(given.get("id", "")) or new_id), goods=goods, counts=counts, **typed)


@dataclass(frozen=True, slots=True)
class SlipRead:
    """A slip that can be entered."""

    id: UUID
    slip: int
    household: Household
    day: date
    lines: tuple[SaleLine, ...]


def read_slip_form(
    form: SlipForm, household: Household | None, shelf: Sequence[Good], entered: Collection[int], today: date
) -> SlipRead | dict[str, str]:
    """The slip, or what is wrong by field."""
    faults: dict[str, str] = {}
    slip = _whole(form.slip.upper().removeprefix("NO.").removeprefix("NO"))
    if slip is None or not 1 <= slip <= 99_999:
        faults["slip"] = "照小票右上角写号，像 0031" if form.slip.strip() else "还没写小票的号"
    elif slip in entered:
        faults["slip"] = f"{slip:04} 号录过了，没有再记一遍。看看是不是写错了号"
    if household is None:
        typed = form.household.strip()
        faults["household"] = f"户号 {typed} 村里没有，再看一眼" if typed else "还没写户号"
    day = _day(form.day)
    if day is None:
        faults["day"] = "日子写成 2026-11-17 这样" if form.day.strip() else "还没写纸上的日子，像 2026-11-17"
    elif day > today:
        faults["day"] = f"日子还没到：{day.month}月{day.day}日"
    elif day < today - timedelta(days=OLDEST_DAYS):
        faults["day"] = "是一年以前的了，再看一眼"
    lines = _lines(form, {good.barcode: good for good in shelf}, faults)
    if faults or slip is None or household is None or day is None:
        return faults
    return SlipRead(UUID(form.id), slip, household, day, lines)


def _lines(form: SlipForm, shelf: Mapping[str, Good], faults: dict[str, str]) -> tuple[SaleLine, ...]:
    wanted: dict[str, int] = {}
    for row, (barcode, typed) in enumerate(zip(form.goods, form.counts, strict=True)):
        if not barcode and not typed.strip():
            continue
        many = _whole(typed) if typed.strip() else 1
        if barcode not in shelf:
            faults[f"good{row}"] = "选一样东西"
        elif many is None or not 1 <= many <= 99:
            faults[f"count{row}"] = f"件数写 1 到 99 之间的整数，现在是“{typed.strip()}”"
        else:
            wanted[barcode] = wanted.get(barcode, 0) + many
    if not wanted and not any(name.startswith(("good", "count")) for name in faults):
        faults["good0"] = "还没写拿了什么"
    return tuple(SaleLine(barcode, many, shelf[barcode].price) for barcode, many in wanted.items())


def _whole(typed: str) -> int | None:
    text = half_width(typed).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _day(typed: str) -> date | None:
    found = _DATE.fullmatch(half_width(typed).strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
