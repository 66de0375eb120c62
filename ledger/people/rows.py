"""A household list (CSV) as rows, and what importing it would do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.people.rules import half_width
from ledger.web.sheets import Reading, Row, read_rows
from schemas.points import points_text
from schemas.problems import BrokenContract, Fault

NUMBER, HEAD, GRID, GROUP, MEMBERS, CHILDREN, PHONE, OPENING, NOTE = COLUMNS = (
    "户号", "户主", "网格", "村民小组", "人口", "其中儿童", "电话后四位", "期初积分", "备注",
)  # fmt: skip
MOST_MEMBERS = 99
_NUMBER = re.compile(r"[0-9A-Z-]{1,12}")  # schemas.entries.Household: what a kiosk's journal can carry


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household as the list has it. ``line`` is its line in the file, ``opening`` points in the minor unit."""

    line: int
    number: str
    head_name: str
    grid: str
    group_name: str
    members: int
    children: int
    phone_tail: str
    opening: int
    note: str


class Known(Protocol):
    """A household that the village has already."""

    @property
    def number(self) -> str: ...
    @property
    def head_name(self) -> str: ...
    @property
    def grid(self) -> str: ...
    @property
    def group_name(self) -> str: ...
    @property
    def members(self) -> int: ...
    @property
    def children(self) -> int: ...
    @property
    def phone_tail(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def closed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing would do: rows to add, rows to change, how many are there already (the changed among them)."""

    new: tuple[HouseholdRow, ...]
    changed: tuple[HouseholdRow, ...]
    known: int
    changes: tuple[str, ...]


def household_rows(data: bytes, decimals: int) -> list[HouseholdRow]:
    """The list's households in its order. BrokenContract names every fault by row and column, doubled numbers among them."""
    reading = Reading()
    rows = [_row(reading, row, decimals) for row in read_rows(data, COLUMNS, optional=(PHONE, NOTE))]
    reading.faults.extend(_doubled(rows))
    reading.done()
    return rows


def plan(rows: Sequence[HouseholdRow], known: Iterable[Known], openings: Mapping[str, int], decimals: int) -> Plan:
    """Compare the list with the village. ``openings`` are the opening points in the book, by number.

    BrokenContract when the list gives a closed household or other opening points than the book has.
    """
    there = {household.number: household for household in known}
    old = [row for row in rows if row.number in there]
    faults = [fault for row in old for fault in _standing_faults(row, there[row.number], openings, decimals)]
    if faults:
        raise BrokenContract(faults)
    changed = [(row, change) for row in old if (change := _change(row, there[row.number]))]
    new = tuple(row for row in rows if row.number not in there)
    return Plan(new, tuple(row for row, _ in changed), len(old), tuple(change for _, change in changed))


def _row(reading: Reading, row: Row, decimals: int) -> HouseholdRow:
    number = half_width(row.cells[NUMBER]).upper()
    if not _NUMBER.fullmatch(number):
        reading.wrong(row, NUMBER, "户号用数字，像 0007，最多 12 位" if number else "")
    members, children = _counts(reading, row)
    phone = half_width(row.cells[PHONE])
    if phone and not (phone.isascii() and phone.isdigit() and len(phone) == 4):
        reading.wrong(row, PHONE, "只写后四位数字，或空着")
    return HouseholdRow(
        line=row.line,
        number=number,
        head_name=reading.text(row, HEAD, most=40),
        grid=reading.text(row, GRID, most=20, blank=True),
        group_name=reading.text(row, GROUP, most=20, blank=True),
        members=members,
        children=children,
        phone_tail=phone,
        opening=reading.points(row, OPENING, decimals, blank=0),
        note=reading.text(row, NOTE, most=100, blank=True),
    )


def _counts(reading: Reading, row: Row) -> tuple[int, int]:
    """Members and the children among them."""
    before = len(reading.faults)
    members = reading.whole(row, MEMBERS, least=0, most=MOST_MEMBERS)
    children = reading.whole(row, CHILDREN, least=0, most=MOST_MEMBERS, blank=0)
    if children > members and len(reading.faults) == before:
        reading.wrong(row, CHILDREN, f"比人口 {members} 还多")
    return members, children


def _doubled(rows: Iterable[HouseholdRow]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for row in rows:
        if row.number and (line := first.setdefault(row.number, row.line)) != row.line:
            words = f"第 {row.line} 行“{NUMBER}”写的是“{row.number}”，第 {line} 行已经有这个户号，留一行"
            faults.append(Fault(f"row {row.line}, {NUMBER}", words))
    return faults


def _standing_faults(row: HouseholdRow, known: Known, openings: Mapping[str, int], decimals: int) -> list[Fault]:
    if known.closed:
        words = f"第 {row.line} 行“{NUMBER}”写的是“{row.number}”，这一户已经销户，去掉这一行"
        return [Fault(f"row {row.line}, {NUMBER}", words)]
    posted = openings.get(row.number, 0)
    if row.opening == posted:
        return []
    found, kept = points_text(row.opening, decimals), points_text(posted, decimals)
    words = f"第 {row.line} 行“{OPENING}”写的是“{found}”，{row.number} 户的期初已经入账 {kept} 分，不再改，写回 {kept}"
    return [Fault(f"row {row.line}, {OPENING}", words)]


def _change(row: HouseholdRow, known: Known) -> str:
    """What of a household would change, in words; "" when nothing does."""
    pairs = (
        (HEAD, known.head_name, row.head_name),
        (GRID, known.grid, row.grid),
        (GROUP, known.group_name, row.group_name),
        (MEMBERS, str(known.members), str(row.members)),
        (CHILDREN, str(known.children), str(row.children)),
        (PHONE, known.phone_tail, row.phone_tail),
        (NOTE, known.note, row.note),
    )
    told = "，".join(f"{column}从“{before}”改成“{after}”" for column, before, after in pairs if before != after)
    return f"{row.number} 户：{told}" if told else ""
