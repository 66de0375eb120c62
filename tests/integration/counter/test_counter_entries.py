"""What the counter's entries do beside the plain sale: voids, orders, stock, slips, cash, other people, the day's close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledger.kiosks.cases import case_words
from ledger.kiosks.days import day_closes_of
from ledger.kiosks.names import erase_names, names_of
from ledger.shop.goods import all_goods
from ledger.shop.orders import open_orders
from ledger.shop.redemptions import redemption_by_id
from ledger.shop.slips import print_batch
from ledger.shop.stock import best_before, donations, papers, value_of
from ledger.shop.values import Redemption
from ledger.staff.roles import Role
from ledger.villages.store import change_village, open_cases
from schemas.beside import Beside, commitment
from schemas.canonical import Json
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.office_door import hire
from tests.fakes.shop_scene import DISH, LAST, RICE, SOAP, SOY, Scene
from tests.fakes.whole_snapshot import whole_snapshot

RICE_AND_DISH = [(RICE, 1, 39), (DISH, 1, 14)]
ONE_SOAP = [(SOAP, 1, 5)]
SALT = bytes(range(16))


def codes(scene: Scene, pen: KioskPen) -> list[str]:
    return [outcome.outcome for outcome in scene.outcomes(pen)]


def settle(scene: Scene, **changes: object) -> None:
    """The village settles something else."""
    scene.village = scene.database.write(lambda tx: change_village(tx, scene.village, changes))


def sold(scene: Scene, sale: UUID) -> Redemption:
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale))
    assert found is not None
    return found


def said(scene: Scene) -> list[str]:
    """What a cadre reads."""
    found = scene.database.read(lambda tx: open_cases(tx, scene.village.village_id))
    return [case_words(case, scene.village.decimals) for case in found]


def figures(scene: Scene, kind: str) -> Mapping[str, str | int]:
    found = scene.database.read(lambda tx: open_cases(tx, scene.village.village_id))
    return next(case.figures for case in found if case.kind == kind)


# ── void ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_void_on_the_same_day_gives_points_and_goods_back(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    scene.send(pen)
    pen.voided(sale)
    _, back = scene.outcomes(pen)
    assert (back.outcome, back.balance, back.seq) == ("posted", 60, 5)
    assert (scene.balance("0007"), scene.stock(RICE), scene.stock(DISH)) == (60, 60, 30)
    assert (sold(scene, sale).state, scene.cases(), scene.adds_up()) == ("reversed", [], True)


def test_a_sale_and_its_void_in_one_upload(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    pen.voided(sale)
    pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    assert codes(scene, pen) == ["posted", "posted", "posted"]
    assert (scene.balance("0007"), scene.adds_up()) == (7, True)


def test_a_void_of_what_was_handed_over_reverses_the_hand_over(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    handed = pen.handed_over(sale, "0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.voided(sale)
    assert codes(scene, pen) == ["not_enough_points", "posted", "posted"]
    assert (scene.balance("0011"), sold(scene, handed).state) == (12, "reversed")


def test_a_void_of_nothing_or_a_second_one_moves_nothing_and_is_shown(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.voided(sale)
    pen.voided(sale)
    refused = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.voided(refused)
    pen.voided(uuid4())
    assert codes(scene, pen) == ["posted", "posted", "recorded", "not_enough_points", "recorded", "recorded"]
    assert scene.cases() == [("void_without_sale", None)] * 3
    assert (scene.balance("0007"), scene.balance("0011")) == (60, 12)


def test_a_void_of_another_kiosks_sale_moves_nothing(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    other = scene.enrolled()
    other.voided(sale)
    assert codes(scene, other) == ["recorded"]
    assert (scene.balance("0007"), scene.cases()) == (55, [("void_without_sale", None)])


def test_the_next_day_a_void_takes_a_supervisor_else_it_is_shown(scene: Scene, pen: KioskPen) -> None:
    hire(scene.database, scene.village, scene.clock, "liang", Role.SUPERVISOR)
    sales = [pen.asked("0012", scene.cards["0012"], ONE_SOAP) for _ in range(3)]
    scene.send(pen)
    scene.clock.advance(days=1)
    pen.wall = scene.clock.now()
    pen.voided(sales[0], supervisor="liang")
    pen.voided(sales[1])
    pen.voided(sales[2], supervisor="nobody")
    assert codes(scene, pen)[3:] == ["posted", "posted", "posted"]
    assert scene.balance("0012") == 200
    assert scene.cases() == [("void_unsupervised", "0012")] * 2


def test_another_clerks_void_is_shown(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.voided(sale, clerk="wang")
    assert codes(scene, pen) == ["posted", "posted"]
    assert said(scene) == ["单号 1-000001：wang 作废的，不是当天本人经手，也没有监督的人。分已退回，看一看"]


def test_a_voided_sale_counts_no_more_against_the_day(scene: Scene, pen: KioskPen) -> None:
    settle(scene, limit_household_day=60)
    sale = pen.asked("0012", scene.cards["0012"], RICE_AND_DISH)
    pen.voided(sale)
    pen.asked("0012", scene.cards["0012"], RICE_AND_DISH)
    pen.asked("0012", scene.cards["0012"], RICE_AND_DISH)
    assert codes(scene, pen) == ["posted", "posted", "posted", "limit_household_day"]


# ── goods ordered ahead ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_keeps_the_points_and_collecting_takes_them(scene: Scene, pen: KioskPen) -> None:
    friday = scene.village.today(scene.clock.now()) + timedelta(days=4)
    wanted = pen.ordered("0007", scene.cards["0007"], [(RICE, 1, 39)], friday)
    pen.asked("0007", scene.cards["0007"], [(DISH, 2, 14)])
    ordered, refused = scene.outcomes(pen)
    assert (ordered.outcome, ordered.balance, refused.outcome) == ("posted", 21, "not_enough_points")
    assert (scene.balance("0007"), scene.stock(RICE)) == (60, 60)
    [there] = scene.database.read(lambda tx: open_orders(tx, scene.village.village_id))
    assert (there.number, there.household, there.total, there.until_day) == ("1-000001", "0007", 39, friday)
    pen.collected(wanted, "0007", scene.cards["0007"], [(RICE, 1, 39)])
    taken = scene.outcomes(pen)[2]
    assert (taken.outcome, taken.balance) == ("posted", 21)
    assert (scene.balance("0007"), scene.stock(RICE), scene.cases()) == (21, 59, [])
    assert scene.database.read(lambda tx: open_orders(tx, scene.village.village_id)) == []


def test_a_cancelled_order_frees_its_points(scene: Scene, pen: KioskPen) -> None:
    friday = scene.village.today(scene.clock.now()) + timedelta(days=4)
    wanted = pen.ordered("0007", scene.cards["0007"], [(RICE, 1, 39)], friday)
    pen.order_cancelled(wanted)
    pen.order_cancelled(wanted)
    pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    assert codes(scene, pen) == ["posted", "recorded", "recorded", "posted"]
    assert (scene.balance("0007"), scene.cases()) == (7, [])


def test_goods_collected_after_their_time_act_like_handed_over(scene: Scene, pen: KioskPen) -> None:
    today = scene.village.today(scene.clock.now())
    wanted = pen.ordered("0007", scene.cards["0007"], [(RICE, 1, 39)], today)
    scene.send(pen)
    scene.clock.advance(days=1)
    pen.wall = scene.clock.now()
    pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)  # the points are free again
    pen.collected(wanted, "0007", scene.cards["0007"], [(RICE, 1, 39)])
    assert codes(scene, pen)[1:] == ["posted", "posted"]
    assert (scene.balance("0007"), scene.cases()) == (-32, [("below_floor", "0007")])


def test_goods_collected_twice_are_posted_twice_and_shown(scene: Scene, pen: KioskPen) -> None:
    friday = scene.village.today(scene.clock.now()) + timedelta(days=4)
    wanted = pen.ordered("0012", scene.cards["0012"], [(RICE, 1, 39)], friday)
    scene.send(pen)
    other = scene.enrolled()
    for counter in (pen, other):
        counter.collected(wanted, "0012", scene.cards["0012"], [(RICE, 1, 39)])
        scene.send(counter)
    assert (scene.balance("0012"), scene.cases()) == (122, [("order_gone", "0012")])


def test_a_collected_order_can_be_voided(scene: Scene, pen: KioskPen) -> None:
    friday = scene.village.today(scene.clock.now()) + timedelta(days=4)
    wanted = pen.ordered("0007", scene.cards["0007"], [(RICE, 1, 39)], friday)
    taken = pen.collected(wanted, "0007", scene.cards["0007"], [(RICE, 1, 39)])
    pen.voided(taken)
    assert codes(scene, pen) == ["posted", "posted", "posted"]
    assert (scene.balance("0007"), scene.stock(RICE), scene.adds_up()) == (60, 60, True)


def test_a_village_without_ordering_and_an_order_for_too_long(scene: Scene, pen: KioskPen) -> None:
    today = scene.village.today(scene.clock.now())
    pen.ordered("0007", scene.cards["0007"], ONE_SOAP, today + timedelta(days=8))
    pen.ordered("0007", scene.cards["0007"], ONE_SOAP, today - timedelta(days=1))
    pen.ordered("0011", scene.cards["0011"], [(RICE, 1, 39)], today)
    assert codes(scene, pen) == ["quarantined", "hold_over", "not_enough_points"]
    settle(scene, order_days=0)
    pen.ordered("0007", scene.cards["0007"], ONE_SOAP, today)
    assert codes(scene, pen)[3] == "orders_off"


# ── cash, cards forgotten, proxies, PINs, open days ─────────────────────────────────────────────────────────────────


def test_12_points_and_27_yuan_buy_rice_where_cash_is_allowed(scene: Scene, pen: KioskPen) -> None:
    rice = [(RICE, 1, 39)]
    pen.asked("0011", scene.cards["0011"], rice, total=12, cash_fen=2700)
    assert codes(scene, pen) == ["cash_not_allowed"]
    settle(scene, cash_allowed=True)
    sale = pen.asked("0011", scene.cards["0011"], rice, total=12, cash_fen=2700)
    pen.asked("0012", scene.cards["0012"], rice, total=30, cash_fen=800)
    pen.asked("0012", scene.cards["0012"], rice, total=30)
    assert codes(scene, pen)[1:] == ["posted", "cash_changed", "quarantined"]
    assert (scene.balance("0011"), sold(scene, sale).total, sold(scene, sale).cash_fen) == (0, 12, 2700)


def test_without_a_card_two_people_and_a_low_limit(scene: Scene, pen: KioskPen) -> None:
    hire(scene.database, scene.village, scene.clock, "liang", Role.RECORDER)
    vouched: dict[str, Json] = {"without_card": True, "second": "liang"}
    pen.asked("0012", None, ONE_SOAP, without_card=True)
    pen.asked("0012", None, ONE_SOAP, without_card=True, second="zhou")  # the clerk alone
    pen.asked("0012", None, ONE_SOAP, without_card=True, second="nobody")
    pen.asked("0012", None, [(RICE, 1, 39)], **vouched)
    pen.asked("0012", None, ONE_SOAP, **vouched)
    assert codes(scene, pen) == ["second_person_needed"] * 3 + ["limit_no_card", "posted"]
    assert scene.balance("0012") == 195


def test_goods_gone_against_a_rule_are_posted_and_shown(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0012", None, ONE_SOAP, without_card=True)
    pen.handed_over(sale, "0012", None, ONE_SOAP, without_card=True)
    assert codes(scene, pen) == ["second_person_needed", "posted"]
    assert said(scene) == ["单号 1-000001：东西拿走了，没带卡，也没有第二个人。问一问店主"]


def test_a_proxy_has_a_limit_that_a_second_person_lifts_and_a_name_that_can_be_erased(
    scene: Scene, pen: KioskPen
) -> None:
    hire(scene.database, scene.village, scene.clock, "liang", Role.SUPERVISOR)
    proxy: dict[str, Json] = {"proxy": {"name": commitment("阎*", SALT), "reason": "away"}}
    pen.asked("0012", scene.cards["0012"], [(RICE, 1, 39)], **proxy)
    pen.asked("0012", scene.cards["0012"], [(RICE, 1, 39)], **proxy, second="liang")
    small = pen.asked("0012", scene.cards["0012"], ONE_SOAP, **proxy)
    pen.beside(3, proxy=Beside(text="阎*", salt=SALT.hex()))
    pen.beside(2, proxy=Beside(text="别人", salt=SALT.hex()))
    assert codes(scene, pen) == ["limit_proxy", "posted", "posted"]
    village_id = scene.village.village_id
    ids = [small, *(outcome.id for outcome in scene.outcomes(pen) if outcome.id)]
    assert scene.database.read(lambda tx: names_of(tx, village_id, ids)) == {(small, "proxy"): "阎*"}
    assert scene.database.write(lambda tx: erase_names(tx, village_id, small)) == 1
    kept = scene.database.read(lambda tx: tx.execute(text("SELECT text FROM entries")).scalars().all())
    assert not any("阎" in entry for entry in kept)


def test_above_the_villages_limit_the_pin_is_asked(scene: Scene, pen: KioskPen) -> None:
    settle(scene, pin_above=30)
    pen.asked("0012", scene.cards["0012"], [(RICE, 1, 39)])
    pen.asked("0012", scene.cards["0012"], [(RICE, 1, 39)], pin_checked=True)
    pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    assert codes(scene, pen) == ["pin_needed", "posted", "posted"]


def test_on_a_closed_day_nothing_is_exchanged_and_the_next_open_day_is_named(scene: Scene, pen: KioskPen) -> None:
    settle(scene, open_weekdays="246")  # the clock says Monday
    pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    [outcome] = scene.outcomes(pen)
    assert (outcome.outcome, outcome.figures) == ("shop_closed_today", {"day": "11月17日"})


# ── stock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_50_donated_towels_stand_on_the_shelf_with_donor_and_value(scene: Scene, pen: KioskPen) -> None:
    until = scene.village.today(scene.clock.now()) + timedelta(days=30)
    line: dict[str, Json] = {"barcode": SOAP, "quantity": 50, "cost_fen": 1000, "best_before": until.isoformat()}
    came = pen.received([line], source="donated", donor=commitment("山泉毛巾厂", SALT))
    pen.beside(1, donor=Beside(text="山泉毛巾厂", salt=SALT.hex()))
    assert codes(scene, pen) == ["recorded"]
    assert (scene.stock(SOAP), scene.adds_up()) == (90, True)
    village_id = scene.village.village_id
    [given] = scene.database.read(lambda tx: donations(tx, village_id))
    assert (given.number, value_of(given)) == ("1-000001", 50_000)
    assert scene.database.read(lambda tx: names_of(tx, village_id, [came])) == {(came, "donor"): "山泉毛巾厂"}
    pen.written_off(SOAP, 50, "faulty_delivery")
    assert codes(scene, pen) == ["recorded", "recorded"]
    assert (scene.stock(SOAP), scene.shop_balance(), scene.cases(), scene.adds_up()) == (40, 0, [], True)


def test_what_came_first_went_first(scene: Scene, pen: KioskPen) -> None:
    today = scene.village.today(scene.clock.now())
    for days, pieces in ((10, 5), (20, 10)):
        keeps = (today + timedelta(days=days)).isoformat()
        pen.received([{"barcode": LAST, "quantity": pieces, "cost_fen": 500, "best_before": keeps}])
    pen.asked("0012", scene.cards["0012"], [(LAST, 4, 5)])
    scene.send(pen)
    village_id = scene.village.village_id
    shelf = scene.database.read(lambda tx: all_goods(tx, village_id))
    batches = scene.database.read(lambda tx: best_before(tx, village_id, shelf))
    assert [((b.best_before - today).days, b.pieces) for b in batches] == [(10, 2), (20, 10)]
    snapshot = scene.database.read(lambda tx: whole_snapshot(tx, scene.village, scene.clock.now()))
    assert [good.best_before for good in snapshot.goods if good.barcode == LAST] == [today + timedelta(days=10)]


def test_goods_that_are_on_no_list_are_received_and_shown(scene: Scene, pen: KioskPen) -> None:
    pen.received(
        [{"barcode": "96385074", "quantity": 3, "cost_fen": 100}, {"barcode": SOAP, "quantity": 1, "cost_fen": 1}]
    )
    assert codes(scene, pen) == ["recorded"]
    assert (scene.stock(SOAP), figures(scene, "goods_not_listed")["goods"]) == (41, "96385074")


def test_the_shelf_follows_the_count_and_a_book_that_differed_is_shown(scene: Scene, pen: KioskPen) -> None:
    pen.counted((SOY, 40, 39, "broken"), (SOAP, 40, 40, None))
    pen.counted((DISH, 28, 29, "miscounted"))
    assert codes(scene, pen) == ["recorded", "recorded"]
    assert (scene.stock(SOY), scene.stock(SOAP), scene.stock(DISH), scene.adds_up()) == (39, 40, 29, True)
    assert said(scene) == ["盘点单 1-000002：洗洁精 机上 28、这里 30、数到 29。已按数到的记，看看哪一笔没传上来"]
    newest = scene.database.read(lambda tx: papers(tx, scene.village.village_id, limit=5))
    assert [(paper.number, paper.lines[0].quantity, paper.lines[0].on_book) for paper in newest] == [
        ("1-000002", -1, 30), ("1-000001", -1, 40),
    ]  # fmt: skip


def test_more_written_off_than_there_was_is_shown(scene: Scene, pen: KioskPen) -> None:
    pen.written_off(LAST, 2)
    assert codes(scene, pen) == ["recorded"]
    assert (scene.stock(LAST), scene.cases()) == (-1, [("stock_negative", None)])


# ── slips of paper ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_slip_is_entered_once_on_its_own_day(scene: Scene, pen: KioskPen) -> None:
    scene.database.write(lambda tx: print_batch(tx, scene.village.village_id, 50, by="staff:1", now=scene.clock.now()))
    saturday = scene.village.today(scene.clock.now()) - timedelta(days=2)
    sale = pen.slip_entered(31, "0011", [(RICE, 1, 39)], saturday)
    pen.slip_entered(31, "0011", [(RICE, 1, 39)], saturday)
    pen.slip_entered(51, "0012", ONE_SOAP, saturday)
    assert codes(scene, pen) == ["posted", "recorded", "posted"]
    found = sold(scene, sale)
    assert (found.number, scene.village.today(found.redeemed_at), scene.balance("0011")) == ("0-000031", saturday, -27)
    assert sorted(scene.cases()) == [("below_floor", "0011"), ("slip_twice", "0011"), ("slip_unknown", "0012")]


# ── the day's close ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_that_agrees_with_the_book_and_one_that_does_not(scene: Scene, pen: KioskPen) -> None:
    today = scene.village.today(scene.clock.now())
    card = scene.cards["0012"]
    first = pen.asked("0012", card, RICE_AND_DISH)
    offline = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.handed_over(offline, "0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.called_off(pen.asked("0012", card, ONE_SOAP))
    pen.voided(first)
    pen.day_closed(today, 1, 6, sales=2, points=92, voids=1, voided_points=53)
    pen.day_closed(today, 1, 6, sales=3, points=97, voids=1, voided_points=53)
    scene.send(pen)
    closed = scene.database.read(lambda tx: day_closes_of(tx, scene.village.village_id, limit=9))
    assert [(day.number, day.matches, day.booked["points"]) for day in closed] == [(8, False, 92), (7, True, 92)]
    assert [words for words in said(scene) if "日结" in words] == [
        "柜台机 1，11月16日的日结和账不一样：机上 3 笔 97 分，作废 1 笔；账上 2 笔 92 分，作废 1 笔。对一对小票"
    ]


# ── one unit or many ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_journal_comes_out_the_same_however_it_is_cut(scene: Scene, pen: KioskPen, step: int) -> None:
    today = scene.village.today(scene.clock.now())
    card = scene.cards["0007"]
    sale = pen.asked("0007", card, RICE_AND_DISH)
    pen.voided(sale)
    order = pen.ordered("0007", card, [(RICE, 1, 39)], today)
    gone = pen.asked("0007", card, RICE_AND_DISH)
    pen.handed_over(gone, "0007", card, RICE_AND_DISH)
    pen.collected(order, "0007", card, [(RICE, 1, 39)])
    pen.received([{"barcode": RICE, "quantity": 10, "cost_fen": 3900}])
    pen.counted((RICE, 68, 67, "missing"))
    pen.write_text("½")
    pen.asked("0012", scene.cards["0012"], [(RICE, 2, 39)])
    told: list[str] = []
    for start in range(0, len(pen.journal), step):
        told += [one.outcome for one in scene.outcomes(pen, pen.upload(start + 1, start + step))]
    assert told == [
        "posted", "posted", "posted", "not_enough_points", "posted", "posted", "recorded", "recorded", "quarantined",
        "posted",
    ]  # fmt: skip
    assert (scene.balance("0007"), scene.balance("0012"), scene.stock(RICE)) == (-32, 122, 65)
    assert scene.adds_up()
