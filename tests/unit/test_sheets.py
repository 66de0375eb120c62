"""What people bring from Excel and WPS: decoded, and every fault told by row and column in words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.web.sheets import MOST_BYTES, Reading, Row, decode, number_in_words, read_rows
from schemas.problems import BrokenContract

COLUMNS = ("户号", "户主", "备注")
LIST = "户号,户主,备注\n0001,武环兴,\n0002,镕靓,新迁入\n"


def faults(data: bytes | str, columns: tuple[str, ...] = COLUMNS) -> list[str]:
    with pytest.raises(BrokenContract) as broken:
        read_rows(data.encode() if isinstance(data, str) else data, columns, optional=["备注"])
    return [fault.words for fault in broken.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_the_same_list_in_any_encoding_reads_the_same(encoding: str) -> None:
    rows = read_rows(LIST.encode(encoding), COLUMNS)
    assert [row.cells for row in rows] == [
        {"户号": "0001", "户主": "武环兴", "备注": ""},
        {"户号": "0002", "户主": "镕靓", "备注": "新迁入"},
    ]


def test_line_numbers_are_those_of_the_spreadsheet_whatever_is_blank_or_broken_over_lines() -> None:
    data = '户号,户主,备注\r\n0001,武环兴,"两行\r\n的备注"\r\n,,\r\n\r\n0002,蒋荣,\r\n'
    assert [row.line for row in read_rows(data.encode(), COLUMNS)] == [2, 5]


def test_tabs_from_a_copied_sheet_and_columns_in_any_order_are_read() -> None:
    assert read_rows("户主\t户号\n武环兴\t0001\n".encode(), COLUMNS, optional=["备注"]) == [
        Row(2, {"户号": "0001", "户主": "武环兴", "备注": ""})
    ]


def test_trailing_empty_columns_of_a_spreadsheet_do_no_harm() -> None:
    assert len(read_rows("户号,户主,备注,,\n0001,武环兴,,,\n".encode(), COLUMNS)) == 1


def test_a_missing_an_unknown_and_a_doubled_column_are_all_told_at_once() -> None:
    told = faults("户号,户号,身份证号\n1,1,x\n")
    assert told == [
        "表头里没有“户主”这一列，要有的是：户号、户主、备注",
        "多了“身份证号”这一列，这里不收，删掉它",
        "“户号”这一列写了两次，留一列",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "这个文件是空的，换一个"),
        ("户号,户主,备注\n,,\n".encode(), "表里只有表头，下面还没有写"),
        (b"PK\x03\x04rest", "这是 Excel 的文件，在 Excel 里另存为“CSV UTF-8”，再选存好的那个"),
        (b"\xff\xfe\x00\x01", "文件里的字读不出来，在 Excel 里另存为“CSV UTF-8”，再选存好的那个"),
        ("户号,户主,备注\n1,2,3,多的\n".encode(), "第 2 行比表头多出“多的”，看看是不是多打了逗号"),
        ('户号,户主,备注\n1,"开着,3\n'.encode(), "第 2 行的引号没有配成对，读不下去"),
        ("户号,,户主\n1,2,3\n".encode(), "表头里有一格空着，写上列名，或删掉那一列"),
        (b"x" * (MOST_BYTES + 1), "文件太大，最多 1000 kB，现在是 1000 kB"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(data: bytes, words: str) -> None:
    assert words in faults(data)


def told(cell: str, read: str, **wanted: int) -> list[str]:
    reading = Reading()
    row = Row(14, {"期初积分": cell})
    if read == "points":
        reading.points(row, "期初积分", 0, **wanted)
    else:
        reading.whole(row, "期初积分", **wanted)
    return [fault.words for fault in reading.faults]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("十", "第 14 行“期初积分”写的是“十”，写成数字 10"),
        ("两百零五", "第 14 行“期初积分”写的是“两百零五”，写成数字 205"),
        ("1.5", "第 14 行“期初积分”写的是“1.5”，这个村的分是整数，不带小数"),
        ("很多", "第 14 行“期初积分”写的是“很多”，写成数字，像 10 这样"),
        ("-5", "第 14 行“期初积分”写的是“-5”，写 0 或更大的数"),
        ("", "第 14 行还没写“期初积分”，写成数字，像 10 这样"),
    ],
)
def test_points_that_are_none_say_what_was_found_and_what_is_wanted(cell: str, words: str) -> None:
    assert told(cell, "points") == [words]


def test_full_width_digits_and_blank_cells_are_forgiven() -> None:
    reading, row = Reading(), Row(2, {"人口": "５", "其中儿童": ""})
    assert reading.whole(row, "人口", least=0, most=99) == 5
    assert reading.whole(row, "其中儿童", least=0, most=99, blank=0) == 0
    reading.done()


def test_a_number_out_of_range_names_the_range() -> None:
    assert told("100", "whole", least=0, most=99) == ["第 14 行“期初积分”写的是“100”，写 0 到 99 之间的整数"]


def test_text_with_a_line_break_or_too_much_of_it_is_a_fault() -> None:
    reading = Reading()
    row = Row(3, {"户主": "武\n环兴", "备注": "字" * 11})
    reading.text(row, "户主", most=40)
    reading.text(row, "备注", most=10)
    assert [fault.field for fault in reading.faults] == ["row 3, 户主", "row 3, 备注"]


@pytest.mark.parametrize(
    ("text", "number"), [("十", 10), ("二十五", 25), ("一百一十", 110), ("零", 0), ("甲", None), ("", None)]
)
def test_numbers_written_out_are_understood(text: str, number: int | None) -> None:
    assert number_in_words(text) == number


@given(st.binary(max_size=200))
def test_no_bytes_at_all_bring_the_reader_down(data: bytes) -> None:
    with suppress(BrokenContract):
        assert read_rows(data, COLUMNS)


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_utf_8_comes_back_as_it_was_written(text: str) -> None:
    assert decode(b"\xef\xbb\xbf" + text.encode()) == text
