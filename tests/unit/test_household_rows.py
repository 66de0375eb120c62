"""A household list: read with all its faults, then compared with the village."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ledger.people.rows import COLUMNS, HouseholdRow, household_rows, plan
from schemas.problems import BrokenContract

HEADING = ",".join(COLUMNS)


def read(*lines: str, decimals: int = 0) -> list[HouseholdRow]:
    return household_rows("\n".join([HEADING, *lines]).encode(), decimals)


def faults(*lines: str) -> list[str]:
    with pytest.raises(BrokenContract) as broken:
        read(*lines)
    return [fault.words for fault in broken.value.faults]


def test_a_line_becomes_a_household() -> None:
    assert read("0007,汤勇芳,第1网格,1组,5,0,,60,新迁入") == [
        HouseholdRow(2, "0007", "汤勇芳", "第1网格", "1组", 5, 0, "", 60, "新迁入")
    ]


def test_points_are_read_in_the_villages_unit() -> None:
    assert read("0007,汤勇芳,,,5,0,,1.5,", decimals=1)[0].opening == 15


def test_blank_points_and_children_are_none() -> None:
    row = read("0007,汤勇芳,,,5,,,,")[0]
    assert (row.opening, row.children) == (0, 0)


def test_all_faults_of_all_lines_are_told_at_once() -> None:
    assert faults(
        "0001,,第1网格,1组,3,0,,10,",
        "0002,蒋荣,第1网格,1组,三,1,,十,",
        "户2,孟强丽,第1网格,1组,3,4,12,10,",
        "0001,沈河刚,第1网格,1组,7,1,9397,36,",
    ) == [
        "第 2 行还没写“户主”",
        "第 3 行“人口”写的是“三”，写成数字 3",
        "第 3 行“期初积分”写的是“十”，写成数字 10",
        "第 4 行“户号”写的是“户2”，户号用数字，像 0007，最多 12 位",
        "第 4 行“其中儿童”写的是“4”，比人口 3 还多",
        "第 4 行“电话后四位”写的是“12”，只写后四位数字，或空着",
        "第 5 行“户号”写的是“0001”，第 2 行已经有这个户号，留一行",
    ]


def test_a_number_typed_full_width_is_the_same_number() -> None:
    assert faults("0007,汤勇芳,,,5,0,,0,", "０００７,蒋荣,,,5,0,,0,") == [
        "第 3 行“户号”写的是“0007”，第 2 行已经有这个户号，留一行"
    ]


@dataclass(frozen=True)
class There:
    number: str = "0007"
    head_name: str = "汤勇芳"
    grid: str = ""
    group_name: str = "1组"
    members: int = 5
    children: int = 0
    phone_tail: str = ""
    note: str = ""
    closed: bool = False


def test_what_is_the_same_is_neither_new_nor_changed() -> None:
    found = plan(read("0007,汤勇芳,,1组,5,0,,60,"), [There()], {"0007": 60}, 0)
    assert (found.new, found.changed, found.known) == ((), (), 1)


def test_a_change_is_told_column_by_column() -> None:
    found = plan(read("0007,汤勇,,2组,5,0,,60,"), [There()], {"0007": 60}, 0)
    assert found.changes == ("0007 户：户主从“汤勇芳”改成“汤勇”，村民小组从“1组”改成“2组”",)


def test_a_household_that_is_not_in_the_list_is_left_alone() -> None:
    found = plan(read("0008,阎庆然,,,4,1,,36,"), [There()], {"0007": 60}, 0)
    assert [row.number for row in found.new] == ["0008"]
    assert found.known == 0


@pytest.mark.parametrize("booked", [{}, {"0007": 50}])
def test_opening_points_that_are_booked_cannot_be_changed_by_a_list(booked: dict[str, int]) -> None:
    with pytest.raises(BrokenContract) as broken:
        plan(read("0007,汤勇芳,,1组,5,0,,60,"), [There()], booked, 0)
    kept = booked.get("0007", 0)
    words = f"第 2 行“期初积分”写的是“60”，0007 户的期初已经入账 {kept} 分，不再改，写回 {kept}"
    assert [fault.words for fault in broken.value.faults] == [words]


def test_the_number_of_a_closed_household_is_never_given_again() -> None:
    with pytest.raises(BrokenContract, match="已经销户"):
        plan(read("0007,新户主,,1组,5,0,,0,"), [There(closed=True)], {}, 0)
