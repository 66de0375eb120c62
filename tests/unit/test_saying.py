"""What the counter says aloud is put together from the village's clips as the design says, and never half."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.counter.values import Note
from kiosk.voice.saying import CLIPS, MAY_LACK, NEEDED, balance, clips_of, number
from schemas.refusals import FaultCode, RefusalCode, words

ZH = dict(enumerate(["", *"零一二三四五六七八九十百千万两点"]))


def read(value: int, decimals: str = "", *, measured: bool = False) -> str:
    return "".join(ZH[clip] for clip in number(value, decimals, measured=measured))


@pytest.mark.parametrize(
    ("sentence", "clips"),
    [
        ("您家有 55 分", "26 06 11 06 19"),
        ("您家有 205 分", "26 15 12 01 06 19"),
        ("您家有 3.5 分", "26 04 16 06 19"),
        ("这次用 10 分，还剩 45 分", "27 11 19 28 05 11 06 19"),
        ("公示里还有 5 分，11 月 21 号到账", "31 06 19 11 02 22 03 11 02 23 32"),
        ("您家有 12 分，还差 27 分，少拿一样", "26 11 03 19 29 03 11 08 19 56"),
        ("代领最多 30 分，少拿一样", "50 58 04 11 19 56"),
        ("这样东西一次最多 2 件", "42 59 58 15 24"),
    ],
)
def test_the_designs_own_examples(sentence: str, clips: str) -> None:
    assert clips_of(sentence) == tuple(map(int, clips.split()))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (19, "十九"),
        (20, "二十"),
        (22, "二十二"),
        (101, "一百零一"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "两百"),
        (222, "两百二十二"),
        (1_000, "一千"),
        (1_005, "一千零五"),
        (1_050, "一千零五十"),
        (2_200, "两千两百"),
        (10_000, "一万"),
        (10_010, "一万零一十"),
        (20_002, "两万零二"),
        (100_000, "十万"),
        (120_000, "十二万"),
        (100_500, "十万零五百"),
        (305_070, "三十万五千零七十"),
        (99_999_999, "九千九百九十九万九千九百九十九"),
    ],
)
def test_numbers_are_read_as_people_read_them(value: int, said: str) -> None:
    assert read(value) == said


def test_a_two_is_liang_before_a_measure_and_er_in_a_date() -> None:
    assert read(2, measured=True) == "两"
    assert read(12, measured=True) == "十二"
    assert clips_of("2 月 2 号") == (3, 22, 3, 23)
    assert read(2, "5") == "二点五"
    assert clips_of("密码先停用，等 2 分钟") == (52, 15, 25)


def test_what_is_owed_is_said_as_missing_and_never_as_a_negative() -> None:
    assert balance(-5, 3, 0) == "您家先不能兑，加的分补齐就能兑，还差 5 分"
    assert clips_of(balance(-12, 5, 0)) == (53, 54, 29, 11, 3, 19)
    assert clips_of(balance(5, 0, 1)) == (26, 1, 16, 6, 19)
    assert clips_of(balance(55, 5, 0)) == (26, 6, 11, 6, 19, 31, 6, 19)
    assert clips_of("-3 件") == (18, 4, 24)


def test_a_sentence_that_no_clip_covers_is_not_said_in_half() -> None:
    assert clips_of("您家有 5 头牛") == ()
    assert clips_of(f"您家有 {10**9} 分") == ()
    assert clips_of("") == ()


HEARD = [each for each in (*RefusalCode, *FaultCode, *Note) if each.heard]


@pytest.mark.parametrize("why", HEARD, ids=lambda why: why.name)
def test_every_no_of_the_counter_can_be_heard(why: RefusalCode | FaultCode | Note) -> None:
    figures = dict.fromkeys(
        ("missing", "left", "limit", "balance", "floor", "total", "minutes", "count", "quantity", "most", "n"), 12
    )
    assert clips_of(words(why.heard, figures, decimals=0)), why.heard


@given(st.integers(0, 99_999_999))
def test_every_number_is_read_one_way_only(value: int) -> None:
    said = read(value)
    assert "零零" not in said
    assert said == "零" or not said.endswith("零")
    assert back(said) == value


def back(said: str) -> int:
    """The number that was said, the way a listener works it out."""
    whole, part, digit = 0, 0, 0
    for char in said:
        match char:
            case "万":
                whole, part, digit = (part + digit) * 10_000, 0, 0
            case "千" | "百" | "十":
                part += (digit or 1) * {"千": 1_000, "百": 100, "十": 10}[char]
                digit = 0
            case _:
                digit = "零一二三四五六七八九".index("二" if char == "两" else char)
    return whole + part + digit


def test_a_clip_keeps_its_number_for_ever() -> None:
    """A village's folder outlives a release: what was recorded as 26 must say 您家有."""
    assert (NEEDED, CLIPS[25], CLIPS[62], CLIPS[66], CLIPS[80]) == (
        63, "您家有", "好了，拿好东西和小票", "再念一遍", "有网再订",
    )  # fmt: skip
    assert len(set(CLIPS)) == len(CLIPS)
    assert {CLIPS[n - 1] for n in MAY_LACK} == {"还没有上架", "没有了，换一样", "价钱变了，听新的", "再念一遍"}
