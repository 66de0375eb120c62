"""Tables that people bring: the bytes of a CSV file → rows, with every fault by row and column in words. Pure.

Files come from Excel and WPS: UTF-8 with or without a byte order mark, or GB18030 (GBK); commas or tabs. Line numbers are
those that a spreadsheet shows, the heading being line 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.points import parse_points, points_text
from schemas.problems import BrokenContract, Fault

MOST_BYTES = 1_000_000
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number as a spreadsheet shows it, and its cells by column, outer blanks gone."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Reading:
    """Reads cells as what they should be and gathers every fault on the way. A cell at fault reads as its smallest value."""

    faults: list[Fault] = field(default_factory=list)

    def wrong(self, row: Row, column: str, wanted: str) -> None:
        """Note a cell that is not as it should be: what it says, and what to write."""
        found = row.cells[column]
        words = f"第 {row.line} 行“{column}”写的是“{found}”，{wanted}" if found else _blank_words(row, column, wanted)
        self.faults.append(Fault(f"row {row.line}, {column}", words))

    def text(self, row: Row, column: str, *, most: int, blank: bool = False) -> str:
        """The cell's text, at most ``most`` characters on one line; blank only if ``blank`` allows it."""
        found = row.cells[column]
        if not found and not blank:
            self.wrong(row, column, "")
        elif len(found) > most:
            self.wrong(row, column, f"太长，最多 {most} 个字")
        elif not found.isprintable():
            self.wrong(row, column, "里面有换行或看不见的字符，重打一遍")
        return found

    def whole(self, row: Row, column: str, *, least: int, most: int, blank: int | None = None) -> int:
        """The cell's whole number between ``least`` and ``most``; an empty cell is ``blank`` if that is given."""
        found = row.cells[column].translate(_FULL_WIDTH)
        if not found and blank is not None:
            return blank
        if not (found.isascii() and found.isdigit() and len(found) <= 15):
            self.wrong(row, column, _as_digits(found, least))
        elif not least <= int(found) <= most:
            self.wrong(row, column, f"写 {least} 到 {most} 之间的整数")
        else:
            return int(found)
        return least

    def points(self, row: Row, column: str, decimals: int, *, least: int = 0, blank: int | None = None) -> int:
        """The cell's points in the minor unit, ``least`` or more; an empty cell is ``blank`` if that is given."""
        found = row.cells[column]
        if not found and blank is not None:
            return blank
        amount = parse_points(found, decimals)
        if amount is None:
            self.wrong(row, column, _as_points(found, decimals))
        elif amount < least:
            self.wrong(row, column, f"写 {points_text(least, decimals)} 或更大的数")
        else:
            return amount
        return least

    def done(self) -> None:
        """BrokenContract with everything that was found; nothing when all is right."""
        if self.faults:
            raise BrokenContract(self.faults)


def read_rows(data: bytes, columns: Sequence[str], *, optional: Iterable[str] = ()) -> list[Row]:
    """The table's rows; blank lines are left out, an ``optional`` column that is missing reads as "".

    BrokenContract names every fault of the file and its heading: too large, no text, a column missing, unknown or doubled, a
    line with cells beyond the heading, no line at all.
    """
    lines = _split(decode(data))
    if not lines:
        raise BrokenContract([Fault("file", "这个文件是空的，换一个")])
    heading = [cell.strip() for cell in lines[0]]
    while heading and not heading[-1]:
        heading.pop()
    if faults := _heading_faults(heading, columns, set(optional)):
        raise BrokenContract(faults)
    numbered = [(number, line) for number, line in enumerate(lines[1:], 2) if any(cell.strip() for cell in line)]
    if not numbered:
        raise BrokenContract([Fault("file", "表里只有表头，下面还没有写")])
    if faults := _width_faults(numbered, len(heading)):
        raise BrokenContract(faults)
    return [_row(number, heading, line, columns) for number, line in numbered]


def decode(data: bytes) -> str:
    """The file's text: UTF-8 (a byte order mark is dropped), else GB18030. BrokenContract when it is neither, or too large."""
    if len(data) > MOST_BYTES:
        raise BrokenContract([Fault("file", f"文件太大，最多 {MOST_BYTES // 1000} kB，现在是 {len(data) // 1000} kB")])
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BrokenContract([Fault("file", "这是 Excel 的文件，在 Excel 里另存为“CSV UTF-8”，再选存好的那个")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BrokenContract([Fault("file", "文件里的字读不出来，在 Excel 里另存为“CSV UTF-8”，再选存好的那个")])


def number_in_words(text: str) -> int | None:
    """What 十, 二十五 or 两百零五 count; None for anything else. Up to 9999."""
    total, digit = 0, None
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif (unit := {"十": 10, "百": 100, "千": 1000}.get(character)) is not None:
            total += (1 if digit is None else digit) * unit
            digit = None
        else:
            return None
    return total + (digit or 0) if text else None


def _split(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",", strict=True)
    lines: list[list[str]] = []
    try:
        lines.extend(reader)
    except csv.Error as error:
        words = f"第 {len(lines) + 1} 行的引号没有配成对，读不下去"
        raise BrokenContract([Fault(f"row {len(lines) + 1}", words)]) from error
    return lines


def _heading_faults(heading: Sequence[str], columns: Sequence[str], optional: set[str]) -> list[Fault]:
    missing = [column for column in columns if column not in heading and column not in optional]
    unknown = [column for column in heading if column and column not in columns]
    doubled = [column for column in columns if heading.count(column) > 1]
    wanted = "、".join(columns)
    return [
        *(Fault(column, f"表头里没有“{column}”这一列，要有的是：{wanted}") for column in missing),
        *(Fault(column, f"多了“{column}”这一列，这里不收，删掉它") for column in unknown),
        *(Fault(column, f"“{column}”这一列写了两次，留一列") for column in doubled),
        *([Fault("heading", "表头里有一格空着，写上列名，或删掉那一列")] if "" in heading else []),
    ]


def _width_faults(numbered: Iterable[tuple[int, Sequence[str]]], width: int) -> list[Fault]:
    return [
        Fault(f"row {number}", f"第 {number} 行比表头多出“{'、'.join(extra)}”，看看是不是多打了逗号")
        for number, line in numbered
        if (extra := [cell.strip() for cell in line[width:] if cell.strip()])
    ]


def _row(number: int, heading: Sequence[str], line: Sequence[str], columns: Sequence[str]) -> Row:
    there = {name: cell.strip() for name, cell in zip(heading, line, strict=False)}
    return Row(number, {column: there.get(column, "") for column in columns})


def _blank_words(row: Row, column: str, wanted: str) -> str:
    return f"第 {row.line} 行还没写“{column}”" + (f"，{wanted}" if wanted else "")


def _as_digits(found: str, least: int) -> str:
    meant = number_in_words(found)
    return f"写成数字 {meant}" if meant is not None else f"写成整数，像 {max(least, 1)} 这样"


def _as_points(found: str, decimals: int) -> str:
    meant = number_in_words(found)
    if meant is not None:
        return f"写成数字 {meant}"
    if decimals == 0 and parse_points(found, 1) is not None:
        return "这个村的分是整数，不带小数"
    return "写成数字，像 10 这样"
