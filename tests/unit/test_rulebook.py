"""A rule book's JSON: read as it stands, and refused with every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.scheme.parsing import parse_rule_book
from ledger.scheme.rules import KNOWN_CAPS, cap_words
from schemas.problems import BrokenContract

FILE = Path(__file__).parents[2] / "deploy" / "demo" / "data" / "rulebook.json"


def book(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return given | changes


def faults(given: Any, decimals: int = 0) -> dict[str, str]:
    data = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
    with pytest.raises(BrokenContract) as broken:
        parse_rule_book(data, decimals)
    return {fault.field: fault.words for fault in broken.value.faults}


def one_item(**changes: Any) -> dict[str, Any]:
    item = {
        "code": "VO01",
        "area": "volunteer",
        "name": "义务劳动",
        "points": 5,
        "unit": "每次",
        "caps": {},
        "public": "item",
    }
    return book(items=[item | changes])


def test_the_default_rule_book_is_read_whole() -> None:
    draft = parse_rule_book(FILE.read_bytes(), 0)
    assert (draft.name, len(draft.areas), len(draft.items)) == ("默认积分评定表", 6, 16)
    assert draft.caps == {"points_per_household_month": 40, "points_per_household_year": 700}
    labour = next(item for item in draft.items if item.code == "VO01")
    assert (labour.name, labour.area_name, labour.points, labour.unit, labour.public) == (
        "义务劳动",
        "志愿服务",
        5,
        "每次",
        "item",
    )


def test_in_a_village_that_counts_tenths_points_are_tenths_and_times_are_not() -> None:
    draft = parse_rule_book(FILE.read_bytes(), 1)
    assert draft.caps["points_per_household_month"] == 400
    assert draft.items[0].points == 100
    assert draft.items[0].caps == {"times_per_household_month": 1}


def test_blanks_and_the_order_of_fields_do_not_make_another_book() -> None:
    again = json.dumps(dict(reversed(book().items())), indent=7).encode()
    assert parse_rule_book(again, 0).body == parse_rule_book(FILE.read_bytes(), 0).body


def test_every_fault_is_told_at_once() -> None:
    given = book(deductions_enabled=True, caps={"points_per_moon": 3})
    given["items"][0] |= {"points": 0, "area": "sports", "public": "all"}
    given["items"][1] |= {"code": "HY01", "caps": {"times_per_household_month": "一次"}}
    assert faults(given) == {
        "caps.points_per_moon": "没有“points_per_moon”这种上限，像 points_per_household_month 这样写",
        "items.0.area": "HY01 的类“sports”没有列在 areas 里",
        "items.0.public": 'HY01 的“public”写 item、area 或 nothing，现在是 "all"',
        "items.0.points": "HY01 的分写 1 到 1000000 之间的整数，现在是 0",
        "items.1.caps.times_per_household_month": '上限写 1 到 1000000 之间的整数，现在是 "一次"',
        "items.1.code": "有两项都叫 HY01，改一个",
        "deductions_enabled": "扣分这里还办不了，写成 false；列着的扣分项只留着看",
    }


@pytest.mark.parametrize("points", [0, -5, 2.5, True, "5", None])
def test_points_are_positive_whole_numbers(points: Any) -> None:
    assert "items.0.points" in faults(one_item(points=points))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (b"", "file"),
        (b"[]", "file"),
        (b'{"name": "x", "name": "y"}', "file"),
        (b'{"decimals": NaN}', "file"),
        (b"\xff\xfe", "file"),
        (b"[" * 100_000, "file"),
        (book(items=[]), "items"),
        (book(items=[3]), "items.0"),
        (book(areas="hygiene"), "areas"),
        (book(name=" "), "name"),
        (book(tax=3), "tax"),
        (book(decimals=2), "decimals"),
        (book(decimals=1), "decimals"),
        (book(caps=[]), "caps"),
        (book(panel={"size": 1.5}), "file"),
        (one_item(extra=1), "items.0.extra"),
        (one_item(area=None), "items.0.area"),
        (book(areas=[{"code": "hygiene", "name": "环境"}, {"code": "hygiene", "name": "卫生"}]), "areas.1.code"),
    ],
)
def test_what_is_no_rule_book_is_refused_with_the_place(given: Any, field: str) -> None:
    assert field in faults(given)


def test_every_known_cap_has_words() -> None:
    assert cap_words("points_per_household_month") == "一户一月最多"
    assert cap_words("times_per_event") == "一件事最多"
    assert all(cap_words(name).endswith("最多") for name in KNOWN_CAPS)
