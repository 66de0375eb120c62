"""A rule book's JSON → a draft, with every fault in words. Pure. The shape is that of ``deploy/demo/data/rulebook.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from ledger.scheme.rules import KNOWN_CAPS, counts_points
from ledger.scheme.values import Area, Draft, Item
from schemas.canonical import Json, document_bytes
from schemas.problems import BrokenContract, Fault

MOST_BYTES = 1_000_000
MOST_POINTS = 1_000_000
PUBLIC = ("item", "area", "nothing")
_BOOK = (
    "name",
    "decimals",
    "fen_per_point",
    "notice_days",
    "panel",
    "caps",
    "areas",
    "items",
    "deductions",
    "deductions_enabled",
)
_ITEM = ("code", "area", "name", "points", "unit", "caps", "public")
_AREA = ("code", "name")

Object: TypeAlias = Mapping[str, object]


def parse_rule_book(data: bytes, decimals: int) -> Draft:
    """The draft, points in the minor unit of a village with ``decimals``. BrokenContract with every fault."""
    book = _load(data)
    reading = _Reading()
    scale = _scale(reading, book, decimals)
    reading.unknown(book, _BOOK, "")
    name = reading.text(book, "name", "", most=60)
    caps = reading.caps(book, "", scale)
    areas = _areas(reading, book)
    items = _items(reading, book, {area.code: area.name for area in areas}, scale)
    if book.get("deductions_enabled", False) is not False:
        reading.note("deductions_enabled", "扣分这里还办不了，写成 false；列着的扣分项只留着看")
    body = _body(reading, book)
    if reading.faults:
        raise BrokenContract(reading.faults)
    return Draft(name, caps, tuple(areas), tuple(items), body)


@dataclass(slots=True)
class _Reading:
    """Reads fields as what they should be, and notes what is not. ``where`` is the path in front of a field."""

    faults: list[Fault] = field(default_factory=list)

    def note(self, path: str, words: str) -> None:
        self.faults.append(Fault(path, words))

    def unknown(self, given: Object, known: Sequence[str], where: str) -> None:
        for key in given:
            if key not in known:
                self.note(f"{where}{key}", f"多了“{key}”，这里不认识，看看是不是拼错了")

    def text(self, given: Object, key: str, where: str, *, most: int) -> str:
        value = given.get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
            self.note(f"{where}{key}", f"“{key}”写 1 到 {most} 个字，现在是 {_shown(value)}")
            return ""
        return value.strip()

    def count(self, value: object, path: str, label: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_POINTS:
            self.note(path, f"{label}写 1 到 {MOST_POINTS} 之间的整数，现在是 {_shown(value)}")
            return 1
        return value

    def caps(self, given: Object, where: str, scale: int) -> dict[str, int]:
        value = given.get("caps", {})
        if not isinstance(value, dict):
            self.note(f"{where}caps", f"“caps”写成一组上限，没有上限写 {{}}，现在是 {_shown(value)}")
            return {}
        found = {}
        for name, most in value.items():
            path = f"{where}caps.{name}"
            if name not in KNOWN_CAPS:
                self.note(path, f"没有“{name}”这种上限，像 points_per_household_month 这样写")
                continue
            found[name] = self.count(most, path, "上限") * (scale if counts_points(name) else 1)
        return found

    def objects(self, given: Object, key: str, needed: str) -> Iterable[tuple[str, Object]]:
        value = given.get(key)
        if not isinstance(value, list) or not value:
            self.note(key, needed)
            return
        for place, one in enumerate(value):
            where = f"{key}.{place}."
            if isinstance(one, dict):
                yield where, one
            else:
                self.note(f"{key}.{place}", f"“{key}”的第 {place + 1} 条要是一组字段，现在是 {_shown(one)}")


def _load(data: bytes) -> Object:
    if len(data) > MOST_BYTES:
        raise BrokenContract([Fault("file", f"文件太大，最多 {MOST_BYTES // 1000} kB")])
    try:
        book = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BrokenContract([Fault("file", "文件里的字读不出来，存成 UTF-8 再选")]) from error
    except json.JSONDecodeError as error:
        raise BrokenContract(
            [Fault("file", f"第 {error.lineno} 行第 {error.colno} 个字起读不懂，不是 JSON")]
        ) from error
    except (ValueError, RecursionError) as error:
        raise BrokenContract([Fault("file", f"评分表读不懂：{error}")]) from error
    if not isinstance(book, dict):
        raise BrokenContract([Fault("file", "评分表是一个 JSON 对象，最外面要有花括号")])
    return book


def _body(reading: _Reading, book: Object) -> bytes:
    """The book's canonical text: two files that differ in blanks and order of fields only are the same book."""
    try:
        return document_bytes(cast("Mapping[str, Json]", book))
    except ValueError:
        reading.note("file", "表里的数都写成整数，字段名都用英文字母")
        return b""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"“{key}”写了两次")
        found[key] = value
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"“{text}”不是数")


def _scale(reading: _Reading, book: Object, decimals: int) -> int:
    """What one point of the file is in the village's minor unit."""
    theirs = book.get("decimals", 0)
    if theirs not in (0, 1) or isinstance(theirs, bool):
        reading.note("decimals", f"“decimals”写 0 或 1，现在是 {_shown(theirs)}")
        return 1
    if theirs == 1 and decimals == 0:
        reading.note("decimals", "这张表带一位小数，村里的分是整数：改成整数分，decimals 写 0")
    return 10 if theirs == 0 and decimals == 1 else 1


def _areas(reading: _Reading, book: Object) -> list[Area]:
    found: list[Area] = []
    for where, given in reading.objects(book, "areas", "还没写“areas”，至少写一类"):
        reading.unknown(given, _AREA, where)
        area = Area(reading.text(given, "code", where, most=40), reading.text(given, "name", where, most=40))
        _once_only(reading, area.code, [one.code for one in found], f"{where}code", "类")
        found.append(area)
    return found


def _items(reading: _Reading, book: Object, areas: Mapping[str, str], scale: int) -> list[Item]:
    found: list[Item] = []
    for where, given in reading.objects(book, "items", "还没写“items”，至少写一项"):
        reading.unknown(given, _ITEM, where)
        item = _item(reading, given, where, areas, scale)
        _once_only(reading, item.code, [one.code for one in found], f"{where}code", "项")
        found.append(item)
    return found


def _item(reading: _Reading, given: Object, where: str, areas: Mapping[str, str], scale: int) -> Item:
    code = reading.text(given, "code", where, most=40)
    area = reading.text(given, "area", where, most=40)
    if area and area not in areas:
        reading.note(f"{where}area", f"{code} 的类“{area}”没有列在 areas 里")
    public = given.get("public")
    if public not in PUBLIC:
        reading.note(f"{where}public", f"{code} 的“public”写 item、area 或 nothing，现在是 {_shown(public)}")
    return Item(
        code=code,
        area=area,
        area_name=areas.get(area, ""),
        name=reading.text(given, "name", where, most=40),
        points=reading.count(given.get("points"), f"{where}points", f"{code} 的分") * scale,
        unit=reading.text(given, "unit", where, most=12),
        caps=reading.caps(given, where, scale),
        public=str(public),
    )


def _once_only(reading: _Reading, code: str, earlier: Sequence[str], path: str, label: str) -> None:
    if code and code in earlier:
        reading.note(path, f"有两{label}都叫 {code}，改一个")


def _shown(value: object) -> str:
    return "空的" if value is None else json.dumps(value, ensure_ascii=False)[:40]
