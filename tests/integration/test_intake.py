"""Taking a kiosk's journal: each entry once, with a frozen outcome, whatever the line, the card or the counter did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from ledger.kiosks import store
from ledger.kiosks.intake import Forked, Gap, Revoked, check_upload
from ledger.kiosks.store import kept_aside, kiosk_by_id, revoke
from ledger.people.cards import card_by_hash, report_lost
from ledger.shop.redemptions import redemption_by_id
from ledger.villages.store import open_cases
from schemas.problems import BrokenContract
from schemas.tokens import token_hash
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import DISH, GOODS, LAST, RICE, SOAP, SOY, Scene

RICE_AND_DISH = [(RICE, 1, 39), (DISH, 1, 14)]
ONE_SOAP = [(SOAP, 1, 5)]


@pytest.fixture
def pen(scene: Scene) -> KioskPen:
    return scene.enrolled()


def codes(scene: Scene, pen: KioskPen) -> list[str]:
    return [outcome.outcome for outcome in scene.outcomes(pen)]


# ── in order, once ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sale_is_posted_and_its_paper_recorded(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    pen.printed(sale)
    posted, paper = scene.outcomes(pen)
    assert (posted.outcome, posted.id, posted.balance, posted.seq, posted.repeated) == ("posted", sale, 7, 4, False)
    assert (paper.outcome, paper.balance) == ("recorded", None)
    assert (scene.balance("0007"), scene.stock(RICE)) == (7, 59)


def test_the_same_upload_five_times_at_once_has_one_effect_and_one_answer(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    upload = pen.upload()
    with ThreadPoolExecutor(5) as many:
        answers = list(many.map(lambda _: scene.outcomes(pen, upload), range(5)))
    plain = [[outcome.model_copy(update={"repeated": False}) for outcome in answer] for answer in answers]
    assert all(answer == plain[0] for answer in plain)
    assert [outcome.outcome for outcome in plain[0]] == ["posted", "not_enough_points"]
    assert sorted(answer[0].repeated for answer in answers) == [False, True, True, True, True]
    assert (scene.balance("0007"), scene.balance("0011"), scene.stock(RICE)) == (7, 12, 59)
    assert scene.adds_up()


def test_a_refusal_is_frozen_though_points_came_meanwhile(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0011", scene.cards["0011"], [(LAST, 1, 5), (DISH, 1, 14)])
    assert codes(scene, pen) == ["not_enough_points"]
    scene.import_goods(GOODS.replace("洗洁精,瓶,14", "洗洁精,瓶,1"))
    [again] = scene.outcomes(pen)
    assert (again.outcome, again.figures["missing"], again.repeated) == ("not_enough_points", 7, True)


def test_old_and_new_entries_in_one_upload_are_told_apart(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    assert [(outcome.number, outcome.repeated) for outcome in scene.outcomes(pen)] == [(1, True), (2, False)]
    assert scene.balance("0007") == 50


# ── the chain ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_swapped_entries_and_a_changed_byte_change_nothing(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    first, second = pen.journal
    bent = first.model_copy(update={"text": first.text.replace('"total":5', '"total":1')})
    for entries in ([second, first], [bent, second], [bent]):
        with pytest.raises(BrokenContract) as caught:
            scene.send(pen, pen.sign(entries))
        assert caught.value.code == "bad_chain"
    assert (scene.balance("0007"), scene.balance("0012"), scene.cases()) == (60, 200, [])
    assert codes(scene, pen) == ["posted", "posted"]


def test_another_kiosks_signature_is_not_taken(scene: Scene, pen: KioskPen) -> None:
    other = scene.enrolled()
    other.asked("0007", scene.cards["0007"], ONE_SOAP)
    kiosk = scene.database.read(lambda tx: kiosk_by_id(tx, scene.village.village_id, pen.kiosk))
    assert kiosk is not None
    with pytest.raises(BrokenContract):
        check_upload(scene.village, kiosk, other.upload())


def test_a_gap_is_told_and_nothing_is_taken(scene: Scene, pen: KioskPen) -> None:
    for _ in range(3):
        pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen, pen.upload(1, 1))
    assert scene.send(pen, pen.upload(3)) == Gap(1)
    assert scene.balance("0007") == 55
    assert codes(scene, pen) == ["posted"] * 3


def test_a_cloned_card_freezes_the_kiosk_and_both_histories_are_kept(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    clone = pen.clone()
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    clone.asked("0012", scene.cards["0012"], RICE_AND_DISH)
    clone.asked("0012", scene.cards["0012"], ONE_SOAP)
    scene.send(pen)
    assert scene.send(clone) == Forked()
    assert scene.send(clone) == Forked()
    assert scene.send(pen) == Forked()
    kiosk = scene.database.read(lambda tx: kiosk_by_id(tx, scene.village.village_id, pen.kiosk))
    assert kiosk is not None
    assert (kiosk.frozen_at, kiosk.taken_up_to) == (scene.clock.now(), 2)
    assert scene.database.read(lambda tx: kept_aside(tx, scene.village.village_id)) == {pen.kiosk: 2}
    assert (scene.balance("0007"), scene.balance("0012")) == (50, 200)
    assert scene.cases() == [("journal_fork", None)]


def test_a_revoked_kiosks_entries_lie_aside_for_a_person(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    scene.database.write(lambda tx: revoke(tx, scene.village.village_id, pen.kiosk, scene.clock.now()))
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    assert (scene.send(pen), scene.send(pen)) == (Revoked(), Revoked())
    assert scene.database.read(lambda tx: kept_aside(tx, scene.village.village_id)) == {pen.kiosk: 1}
    assert (scene.balance("0007"), scene.cases()) == (55, [("entry_quarantined", None)])


def test_a_stopped_kiosk_cannot_fill_the_disk(scene: Scene, pen: KioskPen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_ASIDE", 600)  # characters: the first entry leaves room for one more
    scene.database.write(lambda tx: revoke(tx, scene.village.village_id, pen.kiosk, scene.clock.now()))
    for _ in range(5):
        pen.asked("0007", scene.cards["0007"], ONE_SOAP)
        assert scene.send(pen) == Revoked()
    assert scene.database.read(lambda tx: kept_aside(tx, scene.village.village_id)) == {pen.kiosk: 2}


# ── handed over, called off ─────────────────────────────────────────────────────────────────────────────────────────


def test_handed_over_after_posted_takes_nothing_more(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    scene.send(pen)
    pen.handed_over(sale, "0007", scene.cards["0007"], RICE_AND_DISH)
    assert codes(scene, pen) == ["posted", "recorded"]
    assert (scene.balance("0007"), scene.stock(RICE), scene.cases()) == (7, 59, [])


def test_handed_over_after_refused_is_posted_below_zero_with_a_case(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    handed = pen.handed_over(sale, "0011", scene.cards["0011"], [(RICE, 1, 39)])
    refused, posted = scene.outcomes(pen)
    assert (refused.outcome, posted.outcome, posted.balance) == ("not_enough_points", "posted", -27)
    assert (scene.balance("0011"), scene.stock(RICE), scene.cases()) == (-27, 59, [("below_floor", "0011")])
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, handed))
    assert found is not None
    assert (found.number, found.offline) == (f"{pen.kiosk}-000001", True)  # the 单号 on the paper is the asked's


def test_a_refused_sale_that_fits_by_now_is_posted_without_a_case(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0012", scene.cards["0012"], [(RICE, 1, 38)])
    pen.handed_over(sale, "0012", scene.cards["0012"], [(RICE, 1, 38)])
    assert codes(scene, pen) == ["price_changed", "posted"]
    assert (scene.balance("0012"), scene.cases()) == (162, [])


def test_an_asked_that_turns_up_after_its_hand_over_is_superseded(scene: Scene, pen: KioskPen) -> None:
    late = uuid4()
    pen.handed_over(late, "0007", scene.cards["0007"], ONE_SOAP)
    pen.asked("0007", scene.cards["0007"], ONE_SOAP, id=str(late))
    assert codes(scene, pen) == ["posted", "superseded"]
    assert scene.balance("0007") == 55


def test_called_off_after_posted_gives_everything_back(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], RICE_AND_DISH)
    pen.called_off(sale)
    _, back = scene.outcomes(pen)
    assert (back.outcome, back.balance) == ("posted", 60)
    assert (scene.balance("0007"), scene.shop_balance(), scene.stock(RICE), scene.stock(DISH)) == (60, 0, 60, 30)
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale))
    assert found is not None
    assert (found.state, scene.cases(), scene.adds_up()) == ("reversed", [], True)


def test_called_off_after_refused_or_never_moves_nothing(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.called_off(sale)
    pen.called_off(uuid4())
    assert codes(scene, pen) == ["not_enough_points", "recorded", "recorded"]
    assert (scene.balance("0011"), scene.cases()) == (12, [])


def test_a_journal_that_says_both_is_shown_to_a_person(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.called_off(sale)
    pen.handed_over(sale, "0007", scene.cards["0007"], ONE_SOAP)
    assert codes(scene, pen) == ["posted", "posted", "recorded"]
    assert (scene.balance("0007"), scene.cases()) == (60, [("called_off_after_goods", None)])


def test_one_kiosk_cannot_call_off_anothers_sale(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    other = scene.enrolled()
    other.called_off(sale)
    assert codes(scene, other) == ["recorded"]
    assert scene.balance("0007") == 55


# ── what cannot be read ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unreadable_entry_lies_in_quarantine_and_the_rest_goes_on(scene: Scene, pen: KioskPen) -> None:
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.write_text("½")
    newer = pen.write("attended", {"activity": 7})
    pen.asked("0007", scene.cards["0007"], ONE_SOAP, total=4)
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    outcomes = scene.outcomes(pen)
    assert [outcome.outcome for outcome in outcomes] == [
        "posted",
        "quarantined",
        "quarantined",
        "quarantined",
        "posted",
    ]
    assert [outcome.id for outcome in outcomes[1:3]] == [None, newer]
    assert scene.cases() == [("entry_quarantined", None)] * 3
    assert scene.balance("0007") == 50
    assert [outcome.outcome for outcome in scene.outcomes(pen)] == [outcome.outcome for outcome in outcomes]


def test_goods_that_went_after_an_unreadable_asked_are_posted(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP, total=4)
    pen.handed_over(sale, "0007", scene.cards["0007"], ONE_SOAP)
    assert codes(scene, pen) == ["quarantined", "posted"]
    assert scene.balance("0007") == 55


def test_an_id_a_receipt_or_a_line_that_comes_twice_is_put_aside(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    receipt = pen.text(1)["receipt"]
    pen.asked("0007", scene.cards["0007"], ONE_SOAP, id=str(sale))
    pen.asked("0007", scene.cards["0007"], ONE_SOAP, receipt=receipt)
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5), (SOAP, 1, 5)])
    other = scene.enrolled()
    other.asked("0012", scene.cards["0012"], ONE_SOAP, id=str(sale))
    assert codes(scene, pen) == ["posted", "quarantined", "quarantined", "quarantined"]
    assert codes(scene, other) == ["quarantined"]
    assert (scene.balance("0007"), scene.balance("0012")) == (55, 200)


def test_goods_gone_to_a_household_that_is_not_there_are_put_aside(scene: Scene, pen: KioskPen) -> None:
    pen.handed_over(uuid4(), "0999", None, ONE_SOAP)
    assert codes(scene, pen) == ["quarantined"]
    [case] = scene.database.read(lambda tx: open_cases(tx, scene.village.village_id))
    assert case.figures["why"] == "名册里没有户号 0999"


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_that_is_lost_unknown_or_anothers_opens_nothing(scene: Scene, pen: KioskPen) -> None:
    lost = scene.cards["0007"]
    found = scene.database.read(lambda tx: card_by_hash(tx, scene.village.village_id, token_hash(lost)))
    assert found is not None
    scene.database.write(lambda tx: report_lost(tx, scene.village.village_id, found.number, scene.clock.now()))
    pen.asked("0007", lost, ONE_SOAP)
    pen.asked("0007", "SQ-NOBODY", ONE_SOAP)
    pen.asked("0007", scene.cards["0012"], ONE_SOAP)
    pen.asked("0999", scene.cards["0012"], ONE_SOAP)
    pen.asked("0007", None, ONE_SOAP)
    assert codes(scene, pen) == [
        "card_reported_lost", "card_unknown", "card_unknown", "card_unknown", "second_person_needed",
    ]  # fmt: skip
    assert (scene.balance("0007"), scene.cases()) == (60, [])


def test_goods_gone_with_a_lost_card_are_posted_and_shown(scene: Scene, pen: KioskPen) -> None:
    lost = scene.cards["0007"]
    found = scene.database.read(lambda tx: card_by_hash(tx, scene.village.village_id, token_hash(lost)))
    assert found is not None
    scene.database.write(lambda tx: report_lost(tx, scene.village.village_id, found.number, scene.clock.now()))
    sale = pen.asked("0007", lost, ONE_SOAP)
    pen.handed_over(sale, "0007", lost, ONE_SOAP)
    assert codes(scene, pen) == ["card_reported_lost", "posted"]
    assert (scene.balance("0007"), scene.cases()) == (55, [("card_unknown", "0007")])


def test_the_first_sale_with_a_new_card_stops_the_old_one(scene: Scene, pen: KioskPen) -> None:
    scene.clock.advance(minutes=1)
    old, new = scene.cards["0007"], scene.new_card("0007")
    pen.wall = scene.clock.now()
    for card in (old, new, old):
        pen.asked("0007", card, ONE_SOAP)
    assert codes(scene, pen) == ["posted", "posted", "card_replaced"]


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_late_sale_keeps_its_day_and_its_prices(scene: Scene, pen: KioskPen) -> None:
    sale = pen.asked("0012", scene.cards["0012"], [(SOY, 1, 5)])
    day = scene.village.today(scene.clock.now())
    scene.clock.advance(days=2)
    scene.import_goods(GOODS.replace("酱油,瓶,5", "酱油,瓶,6"))
    assert codes(scene, pen) == ["posted"]
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale))
    assert found is not None
    assert (scene.village.today(found.redeemed_at), found.total) == (day, 5)


def test_a_sale_by_a_clock_that_is_not_trusted_counts_on_the_day_it_came(scene: Scene, pen: KioskPen) -> None:
    pen.clock_trusted = False
    sale = pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    scene.clock.advance(days=2)
    scene.send(pen)
    found = scene.database.read(lambda tx: redemption_by_id(tx, scene.village.village_id, sale))
    assert found is not None
    assert found.redeemed_at == scene.clock.now()


# ── two kiosks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_kiosks_race_for_the_last_one_and_one_gets_it(scene: Scene, pen: KioskPen) -> None:
    other = scene.enrolled()
    pen.asked("0007", scene.cards["0007"], [(LAST, 1, 5)])
    other.asked("0012", scene.cards["0012"], [(LAST, 1, 5)])
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda one: codes(scene, one), (pen, other)))
    assert sorted(code for answer in answers for code in answer) == ["goods_sold_out", "posted"]
    assert (scene.stock(LAST), scene.shop_balance(), scene.adds_up()) == (0, 5, True)
