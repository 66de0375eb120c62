"""Points for goods: what moves, what is refused, and what becomes a case (domain scenarios 14 to 19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from ledger.book.values import Outcome
from ledger.people.households_import import HouseholdsImporter
from ledger.shop.goods import all_goods
from ledger.shop.goods_import import GoodsImporter
from ledger.shop.redemptions import redemption_by_id, redemption_by_receipt, redemptions_of, spent_by_household
from ledger.shop.store import redeem, take_back
from ledger.shop.values import Sale, SaleLine
from ledger.storage.database import Database
from ledger.villages.store import Village, open_cases
from schemas.problems import BrokenContract, IdReused
from tests.conftest import FixedClock
from tests.fakes.shop_scene import DISH, GOODS, LAST, OIL, RICE, SOAP, Scene

NAMES = UUID("00000000-0000-7000-8000-00000000cafe")


def a_sale(scene: Scene, household: str, *lines: tuple[str, int, int], number: int = 1) -> Sale:
    return Sale(
        id=uuid5(NAMES, str(number)), number=f"1-{number:06}", household=scene.household(household),
        lines=tuple(SaleLine(*line) for line in lines), receipt_hash=number.to_bytes(32), actor="kiosk:1", clerk="zhou",
        at=scene.clock.now(),
    )  # fmt: skip


def sell(scene: Scene, sale: Sale, *, below_floor: bool = False) -> Outcome:
    now = scene.clock.now()
    return scene.database.write(lambda tx: redeem(tx, scene.village, sale, now=now, below_floor=below_floor))


def test_53_of_60_points_leave_7_and_one_fewer_of_each_on_the_shelf(scene: Scene) -> None:
    outcome = sell(scene, a_sale(scene, "0007", (RICE, 1, 39), (DISH, 1, 14)))
    assert (outcome.code, outcome.debit_balance) == ("posted", 7)
    assert (scene.balance("0007"), scene.shop_balance()) == (7, 53)
    assert (scene.stock(RICE), scene.stock(DISH)) == (59, 29)
    assert scene.adds_up()


def test_the_receipt_says_what_was_had(scene: Scene) -> None:
    sale = a_sale(scene, "0007", (RICE, 1, 39), (DISH, 1, 14))
    sell(scene, sale)
    found = scene.database.read(lambda tx: redemption_by_receipt(tx, scene.village.village_id, sale.receipt_hash))
    assert found is not None
    assert (found.number, found.household, found.total, found.state) == ("1-000001", "0007", 53, "posted")
    assert [(line.name, line.quantity, line.price) for line in found.lines] == [("大米 5kg", 1, 39), ("洗洁精", 1, 14)]
    listed = scene.database.read(lambda tx: redemptions_of(tx, scene.village.village_id, sale.household.household_id))
    assert listed == [found]


def test_12_points_do_not_buy_rice_of_39_and_nothing_changes(scene: Scene) -> None:
    outcome = sell(scene, a_sale(scene, "0011", (RICE, 1, 39)))
    assert (outcome.code, outcome.figures["balance"], outcome.figures["missing"]) == ("not_enough_points", 12, 27)
    assert (scene.balance("0011"), scene.shop_balance(), scene.stock(RICE)) == (12, 0, 60)
    assert scene.adds_up()


def test_an_empty_shelf_sells_nothing(scene: Scene) -> None:
    outcome = sell(scene, a_sale(scene, "0012", (OIL, 1, 85)))
    assert (outcome.code, outcome.figures) == ("goods_sold_out", {"good": "玉米油 5L", "stock": 0})
    assert (scene.balance("0012"), scene.stock(OIL)) == (200, 0)


def test_an_old_price_is_told_unless_it_was_agreed(scene: Scene) -> None:
    scene.import_goods(GOODS.replace("大米 5kg,袋,39", "大米 5kg,袋,40"))
    sale = a_sale(scene, "0012", (RICE, 1, 39))
    outcome = sell(scene, sale)
    assert (outcome.code, outcome.figures["shown"], outcome.figures["price"]) == ("price_changed", 39, 40)
    assert sell(scene, replace(sale, agreed_prices=True)).posted
    assert scene.balance("0012") == 161


def test_goods_that_are_on_no_list_are_not_sold(scene: Scene) -> None:
    assert sell(scene, a_sale(scene, "0012", ("96385074", 1, 5))).code == "goods_unknown"


def test_the_days_limit_counts_what_was_spent_that_day(scene: Scene) -> None:
    scene.village = replace(scene.village, limit_household_day=50)
    assert sell(scene, a_sale(scene, "0012", (RICE, 1, 39))).posted
    refused = sell(scene, a_sale(scene, "0012", (DISH, 1, 14), number=2))
    assert (refused.code, refused.figures["spent"], refused.figures["left"]) == ("limit_household_day", 39, 11)
    scene.clock.advance(days=1)
    assert sell(scene, a_sale(scene, "0012", (DISH, 1, 14), number=3)).posted


def test_a_day_begins_at_the_villages_midnight(scene: Scene) -> None:
    scene.clock.advance(hours=13, minutes=30)  # 23:30 in Shanghai
    sell(scene, a_sale(scene, "0012", (RICE, 1, 39)))
    household, today = scene.household("0012").household_id, scene.village.today(scene.clock.now())
    assert scene.database.read(lambda tx: spent_by_household(tx, scene.village, today).get(household, 0)) == 39
    scene.clock.advance(hours=1)
    tomorrow = scene.village.today(scene.clock.now())
    assert scene.database.read(lambda tx: spent_by_household(tx, scene.village, tomorrow).get(household, 0)) == 0


def test_the_same_sale_again_gets_the_first_answer_whatever_has_changed(scene: Scene) -> None:
    sale = a_sale(scene, "0007", (RICE, 1, 39), (DISH, 1, 14))
    first = sell(scene, sale)
    scene.import_goods(GOODS.replace("大米 5kg,袋,39", "东北大米,袋,40"))
    again = sell(scene, sale)
    assert again == replace(first, repeated=True)
    assert (scene.balance("0007"), scene.stock(RICE)) == (7, 59)


def test_the_same_id_with_other_goods_is_not_a_sale(scene: Scene) -> None:
    sale = a_sale(scene, "0007", (SOAP, 1, 5))
    sell(scene, sale)
    with pytest.raises(IdReused):
        sell(scene, replace(sale, lines=(SaleLine(SOAP, 2, 5),)))
    assert scene.balance("0007") == 55


def test_a_receipt_or_number_of_another_sale_is_not_taken(scene: Scene) -> None:
    sell(scene, a_sale(scene, "0007", (SOAP, 1, 5)))
    other = replace(a_sale(scene, "0007", (SOAP, 1, 5), number=2), receipt_hash=(1).to_bytes(32))
    with pytest.raises(BrokenContract):
        sell(scene, other)
    assert scene.balance("0007") == 55


def test_goods_that_are_gone_are_never_refused_and_what_lacks_becomes_a_case(scene: Scene) -> None:
    outcome = sell(scene, a_sale(scene, "0011", (RICE, 1, 39), (OIL, 2, 85)), below_floor=True)
    assert (outcome.code, scene.balance("0011")) == ("posted", 12 - 209)
    assert (scene.stock(OIL), scene.stock(RICE)) == (-2, 59)
    assert scene.cases() == [("below_floor", "0011"), ("stock_negative", "0011")]
    found = {
        case.kind: case.figures for case in scene.database.read(lambda tx: open_cases(tx, scene.village.village_id))
    }
    assert found["below_floor"]["missing"] == 197
    assert found["stock_negative"]["goods"] == "玉米油 5L −2 桶"
    assert scene.adds_up()


def test_below_its_floor_a_household_waits_until_it_is_back(scene: Scene) -> None:
    sell(scene, a_sale(scene, "0011", (RICE, 1, 39)), below_floor=True)
    refused = sell(scene, a_sale(scene, "0011", (SOAP, 1, 5), number=2))
    assert (refused.code, refused.figures) == ("household_blocked", {"missing": 27})


def test_taken_back_gives_points_and_goods_back_once(scene: Scene) -> None:
    sale = a_sale(scene, "0007", (RICE, 1, 39), (DISH, 1, 14))
    sell(scene, sale)
    household, now = sale.household.household_id, scene.clock.now()

    def back(reversal: int) -> Outcome:
        found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale.id))
        assert found is not None
        return scene.database.write(
            lambda tx: take_back(
                tx, scene.village, found, reversal_id=uuid5(NAMES, f"back {reversal}"), actor="kiosk:1", done_at=now,
                now=now,
            )
        )  # fmt: skip

    assert (back(1).code, back(2).code, back(1).repeated) == ("posted", "already_reversed", True)
    assert (scene.balance("0007"), scene.shop_balance(), scene.stock(RICE), scene.stock(DISH)) == (60, 0, 60, 30)
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale.id))
    assert found is not None
    assert found.state == "reversed"
    today = scene.village.today(now)
    assert scene.database.read(lambda tx: spent_by_household(tx, scene.village, today).get(household, 0)) == 0
    assert scene.adds_up()


# ── goods by list ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_importing_the_list_again_changes_nothing(scene: Scene) -> None:
    before = scene.database.read(lambda tx: all_goods(tx, scene.village.village_id))
    assert scene.import_goods(GOODS) == "新的 0 样，已经有的 6 样，要改的 0 样"
    assert scene.database.read(lambda tx: all_goods(tx, scene.village.village_id)) == before
    seen = scene.database.read(lambda tx: GoodsImporter().preview(tx, scene.village, GOODS.encode()))
    assert (seen.moves, seen.changes) == (False, ())


def test_a_new_price_comes_and_the_shelfs_count_stays(scene: Scene) -> None:
    sell(scene, a_sale(scene, "0007", (SOAP, 2, 5)))
    dearer = GOODS.replace("香皂,块,5,40", "香皂,块,6,100")
    seen = scene.database.read(lambda tx: GoodsImporter().preview(tx, scene.village, dearer.encode()))
    assert seen.summary == "新的 0 样，已经有的 6 样，要改的 1 样"
    assert seen.changes == ("香皂：积分 5 改成 6", "香皂：店里账上是 38 块，表里写 100，还按店里的数")
    scene.import_goods(dearer)
    assert scene.stock(SOAP) == 38
    assert sell(scene, a_sale(scene, "0007", (SOAP, 1, 6), number=2)).posted
    assert scene.adds_up()


def test_one_wrong_line_and_nothing_is_imported(scene: Scene) -> None:
    broken = GOODS + "96385074,火柴,盒,1,10,日用\n123,坏的,个,1,1,日用\n"
    with pytest.raises(BrokenContract):
        scene.import_goods(broken)
    assert len(scene.database.read(lambda tx: all_goods(tx, scene.village.village_id))) == 6
    seen = scene.database.read(lambda tx: GoodsImporter().preview(tx, scene.village, broken.encode()))
    assert [fault.field for fault in seen.faults] == ["row 9, 条码"]


def test_a_village_of_tenths_sells_by_tenths(
    database: Database, make_village: Callable[..., Village], clock: FixedClock
) -> None:
    scene = Scene(database, make_village("LT", "柳塘村", decimals=1), clock)
    scene.import_goods("条码,品名,单位,积分,库存,类别\n2000000000015,醋,包,0.5,30,调味\n")
    row = "户号,户主,网格,村民小组,人口,其中儿童,电话后四位,期初积分,备注\n0007,汤勇芳,,,5,0,,20,\n".encode()
    scene.database.write(lambda tx: HouseholdsImporter().apply(tx, scene.village, row, clock.now(), "import"))
    assert sell(scene, a_sale(scene, "0007", (SOAP, 3, 5))).debit_balance == 185


def test_the_last_one_goes_to_whoever_was_first(scene: Scene) -> None:
    assert sell(scene, a_sale(scene, "0007", (LAST, 1, 5))).posted
    assert sell(scene, a_sale(scene, "0012", (LAST, 1, 5), number=2)).code == "goods_sold_out"
    assert scene.stock(LAST) == 0
