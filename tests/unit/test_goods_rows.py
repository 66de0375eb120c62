"""A goods list says what is wrong with it, cell by cell, and what importing it would do."""

from __future__ import annotations

import pytest

from ledger.shop.rows import COLUMNS, OPTIONAL, opening_id, parse_goods, plan_import
from ledger.shop.values import Good, GoodsRow
from ledger.web.sheets import read_rows
from schemas.problems import BrokenContract

HEADING = "条码,品名,单位,积分,库存,类别"
SOAP = "2000000000015,香皂,块,5,40,日用"


def parsed(*lines: str, decimals: int = 0, heading: str = HEADING) -> list[GoodsRow]:
    data = "\n".join((heading, *lines)).encode()
    return parse_goods(read_rows(data, COLUMNS, optional=OPTIONAL), decimals)


def faults(*lines: str, decimals: int = 0) -> list[str]:
    with pytest.raises(BrokenContract) as caught:
        parsed(*lines, decimals=decimals)
    return [fault.words for fault in caught.value.faults]


def on_shelf(barcode: str, **changes: object) -> Good:
    values = {
        "name": "香皂",
        "unit": "块",
        "price": 5,
        "stock": 40,
        "category": "日用",
        "limit_visit": None,
        "place": 1,
    }
    return Good(barcode=barcode, on_sale=True, **(values | changes))  # type: ignore[arg-type]


def test_a_line_is_read_with_its_line_number() -> None:
    assert parsed(SOAP) == [GoodsRow(2, "2000000000015", "香皂", "块", 5, 40, "日用")]


def test_tenths_are_read_where_the_village_has_them() -> None:
    [vinegar] = parsed("2000000000022,醋,包,0.5,30,调味", decimals=1)
    assert vinegar.price == 5


def test_the_kind_may_be_left_out() -> None:
    [row] = parsed("2000000000015,香皂,块,5,40", heading="条码,品名,单位,积分,库存")
    assert row.category == ""


def test_a_short_barcode_of_eight_digits_will_do() -> None:
    [row] = parsed("96385074,火柴,盒,1,10,日用")
    assert row.barcode == "96385074"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "2000000000016,香皂,块,5,40,日用",
            "第 2 行“条码”写的是“2000000000016”，最后一位和前面的对不上，照着包装再打一遍",
        ),
        ("2E+12,香皂,块,5,40,日用", "第 2 行“条码”写的是“2E+12”，是表格改成的样子，把这一列设成“文本”，再打一遍"),
        ("12345,香皂,块,5,40,日用", "第 2 行“条码”写的是“12345”，条码是 8 位或 13 位数字，照着包装写"),
        (",香皂,块,5,40,日用", "第 2 行还没写“条码”，条码是 8 位或 13 位数字，照着包装写"),
        ("2000000000015,,块,5,40,日用", "第 2 行还没写“品名”"),
        ("2000000000015,香皂,块,十,40,日用", "第 2 行“积分”写的是“十”，写成数字 10"),
        ("2000000000015,香皂,块,0,40,日用", "第 2 行“积分”写的是“0”，写 1 或更大的数"),
        ("2000000000015,香皂,块,0.5,40,日用", "第 2 行“积分”写的是“0.5”，这个村的分是整数，不带小数"),
        ("2000000000015,香皂,块,5,-1,日用", "第 2 行“库存”写的是“-1”，写成整数，像 1 这样"),
        ("2000000000015,香皂,块,5,100000,日用", "第 2 行“库存”写的是“100000”，写 0 到 99999 之间的整数"),
    ],
)
def test_a_wrong_cell_is_told_with_row_column_and_what_to_write(line: str, words: str) -> None:
    assert faults(line) == [words]


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("1,,块,x,y,日用", SOAP)) == 4


def test_a_barcode_that_comes_twice_names_the_first_line() -> None:
    assert faults(SOAP, SOAP) == ["第 3 行“条码”写的是“2000000000015”，第 2 行已经有了，留一行"]


def test_new_known_and_changed_goods_are_told_apart() -> None:
    rows = parsed(SOAP, "2000000000022,洗洁精,瓶,15,30,日用", "2000000000039,绿豆,斤,15,25,粮油")
    shelf = {
        "2000000000015": on_shelf("2000000000015"),
        "2000000000022": on_shelf("2000000000022", name="洗洁精", unit="瓶", price=14, stock=30),
    }
    plan = plan_import(rows, shelf)
    assert [row.name for row in plan.new] == ["绿豆"]
    assert [row.name for _, row in plan.changed] == ["洗洁精"]
    assert [good.name for good in plan.same] == ["香皂"]
    assert plan.kept == ()


def test_another_stock_in_the_list_changes_nothing_and_is_told() -> None:
    plan = plan_import(parsed(SOAP), {"2000000000015": on_shelf("2000000000015", stock=38)})
    assert (plan.changed, [good.name for good in plan.same]) == ((), ["香皂"])
    assert [(good.stock, row.stock) for good, row in plan.kept] == [(38, 40)]


def test_an_opening_has_one_id_for_ever() -> None:
    assert opening_id("SQ", "2000000000015") == opening_id("SQ", "2000000000015")
    assert opening_id("SQ", "2000000000015") != opening_id("LT", "2000000000015")
