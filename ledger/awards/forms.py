"""The form 给一户加分 as it was typed, and what it means. Everything typed is kept; every fault is found at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from ledger.awards.values import NOTE_LIMIT, QUANTITY_MOST, ClaimRequest
from ledger.people.rules import half_width
from ledger.people.store import Household
from ledger.scheme.store import RuleBook
from schemas.refusals import RefusalCode

TODAY, YESTERDAY, OTHER = "today", "yesterday", "other"
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
REFUSED_FIELD = {
    RefusalCode.HOUSEHOLD_CLOSED: "household",
    RefusalCode.ITEM_NOT_IN_FORCE: "item",
    RefusalCode.CAP_REACHED: "item",
    RefusalCode.DAY_NOT_YET: "day",
    RefusalCode.DUPLICATE_CLAIM: "note",
    RefusalCode.EVENT_ALREADY_USED: "note",
}


@dataclass(frozen=True, slots=True)
class AwardForm:
    """What was typed, as text. ``pick`` is the household chosen among several, ``other`` an item that is not among the first."""

    id: str
    household: str = ""
    pick: str = ""
    item: str = ""
    other: str = ""
    quantity: str = "1"
    day: str = TODAY
    written: str = ""
    note: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str], new_id: UUID) -> AwardForm:
        """The form from what a browser sent; a missing or broken id becomes a new one."""
        texts = {name: given.get(name, "")[:1000] for name in cls.__dataclass_fields__ if name != "id"}
        return cls(id=str(_uuid(given.get("id", "")) or new_id), **texts)

    def among(self, codes: Collection[str]) -> AwardForm:
        """The same choice where only ``codes`` stand open: another item moves to the list below them."""
        if self.item in ("", OTHER) or self.item in codes:
            return self
        return replace(self, item=OTHER, other=self.item)

    def pinned(self, day: date) -> AwardForm:
        """The same with the day written out, so that 今天 stays the day that was meant when midnight passes."""
        return replace(self, written=day.isoformat())

    def unpinned(self, today: date) -> AwardForm:
        """The form as it is shown again: a day written out that 今天 or 昨天 says already is left out."""
        named = {TODAY: today, YESTERDAY: today - timedelta(days=1)}.get(self.day)
        return replace(self, written="") if named and read_day(half_width(self.written)) == named else self

    @property
    def item_code(self) -> str:
        """The item that was chosen, from the first ones or from the list."""
        return self.other if self.item in ("", OTHER) else self.item


@dataclass(slots=True)
class Parsed:
    """What the form means: a request when there is nothing wrong, else the faults by field. ``matches``: households to pick from."""

    request: ClaimRequest | None
    faults: dict[str, str]
    matches: Sequence[Household] = ()


def parse_award(form: AwardForm, found: Sequence[Household], book: RuleBook | None, today: date) -> Parsed:
    """Read the form against the households that its text finds and the rule book that it was shown with."""
    faults: dict[str, str] = {}
    household, matches = _household(form, found, faults)
    item = _item(form, book, faults)
    quantity = _quantity(form, faults)
    day = _day(form, today, faults)
    note = " ".join(form.note.split())
    if len(note) > NOTE_LIMIT:
        faults["note"] = f"最多写 {NOTE_LIMIT} 个字，现在是 {len(note)} 个"
    if faults or household is None or day is None:
        return Parsed(None, faults, matches)
    return Parsed(ClaimRequest(UUID(form.id), household.number, item, quantity, day, note), {}, matches)


def _household(
    form: AwardForm, found: Sequence[Household], faults: dict[str, str]
) -> tuple[Household | None, Sequence[Household]]:
    typed = form.household.strip()
    if not typed:
        faults["household"] = "还没写户号"
        return None, ()
    if not found:
        what = f"户号 {half_width(typed)}" if half_width(typed).isdigit() else f"“{typed[:20]}”"
        faults["household"] = f"{what} 村里没有，再看一眼"
        return None, ()
    if len(found) == 1:
        return found[0], ()
    picked = next((one for one in found if one.number == form.pick), None)
    if picked is None:
        faults["household"] = f"“{typed[:20]}”有 {len(found)} 户，选一户"
    return picked, found


def _item(form: AwardForm, book: RuleBook | None, faults: dict[str, str]) -> str:
    code = form.item_code
    if not code:
        faults["item"] = "还没选做了什么事"
    elif book is None or book.item(code) is None:
        faults["item"] = "评分表里没有这件事，再选一件"
    elif form.item not in ("", OTHER) and form.other and form.other != form.item:
        other = book.item(form.other)
        both = "、".join(found.name for found in (book.item(form.item), other) if found)
        faults["item"] = f"选了两件：{both}。要记下面选的，上面点“别的事”"
    return code


def _quantity(form: AwardForm, faults: dict[str, str]) -> int:
    typed = half_width(form.quantity)
    if typed.isascii() and typed.isdigit() and len(typed) <= 9 and 1 <= int(typed) <= QUANTITY_MOST:
        return int(typed)
    faults["quantity"] = f"次数写 1 到 {QUANTITY_MOST} 的整数" + (f"，现在是“{typed[:12]}”" if typed else "")
    return 1


def _day(form: AwardForm, today: date, faults: dict[str, str]) -> date | None:
    typed = half_width(form.written)
    named = {TODAY: today, YESTERDAY: today - timedelta(days=1)}.get(form.day)
    if not typed:
        if named is None:
            faults["day"] = "还没写是哪一天"
        return named
    written = read_day(typed)
    if written is None:
        faults["day"] = f"日子写成 {today.isoformat()} 这样，现在是“{typed[:20]}”"
    elif named is not None and named != written:
        said = "今天" if form.day == TODAY else "昨天"
        faults["day"] = f"选了{said}，又写了 {written.month}月{written.day}日。要记写的那天，点“别的日子”"
    elif written > today:
        faults["day"] = f"日子还没到：{written.month}月{written.day}日"
    return written


def read_day(typed: str) -> date | None:
    """A day as browsers and people write it (2026-11-16, 2026/11/16, 2026年11月16日), or None."""
    found = _DATE.fullmatch(typed.strip())
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
