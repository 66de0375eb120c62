"""What others may see of a name, and how a household is found by name, number or initials."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ledger.people.pinyin import initials_of
from ledger.people.rules import COMPOUND_SURNAMES, half_width, mask_name, matches


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("汤勇芳", "汤**"),
        ("阎明", "阎*"),
        ("欧阳修文", "欧阳**"),
        ("上官海轩", "上官**"),
        ("诸葛亮", "诸葛*"),
        ("欧阳", "欧*"),  # a surname alone, or 欧 with the given name 阳: one star either way
        ("司马相如", "司马**"),
        ("李", "李*"),
        ("𠮷田芳", "𠮷**"),  # beyond the basic plane: one character all the same
        ("㛃㛃", "㛃*"),
        ("葛\U000e0100城", "葛\U000e0100*"),  # a variant glyph is no second character
        ("阿依古丽·买买提", "阿******"),
        (" 汤 勇芳 ", "汤**"),
    ],
)
def test_the_surname_stays_and_every_given_character_becomes_a_star(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_every_compound_surname_is_two_characters() -> None:
    assert len(COMPOUND_SURNAMES) > 50
    assert {len(surname) for surname in COMPOUND_SURNAMES} == {2}


@dataclass(frozen=True)
class Found:
    number: str
    head_name: str
    initials: str


TANG = Found("0007", "汤勇芳", "tyf")


@pytest.mark.parametrize("text", ["0007", "7", "０００７", " 7 ", "汤", "勇芳", "汤勇芳", "t", "ty", "TYF", "ｔｙｆ"])
def test_a_household_is_found_by_number_name_or_initials(text: str) -> None:
    assert matches(TANG, text)


@pytest.mark.parametrize("text", ["", " ", "70", "07000", "阎", "yf", "q", "00071"])
def test_a_search_for_somebody_else_does_not_find_it(text: str) -> None:
    assert not matches(TANG, text)


def test_a_number_with_letters_is_found_however_it_is_typed() -> None:
    assert matches(Found("A-12", "蒋荣", "jr"), "a－12")


@pytest.mark.parametrize(
    ("name", "initials"),
    [("汤勇芳", "tyf"), ("单雄信", "sxx"), ("长孙无忌", "zswj"), ("曾国", "zg"), ("欧阳修文", "oyxw"), ("解珍", "xz")],
)
def test_initials_follow_how_a_surname_is_read(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_a_character_without_a_reading_is_left_out_of_the_initials() -> None:
    assert initials_of("汤😀芳") == "tf"


def test_half_width_narrows_what_a_chinese_keyboard_types() -> None:
    assert half_width("　０００７Ａ ") == "0007A"
