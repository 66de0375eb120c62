"""A card, and what is put into its cart: what the counter takes, tells and refuses before anything is written."""

from __future__ import annotations

import pytest

from kiosk.counter.checks import figures
from kiosk.counter.effects import Beep
from kiosk.counter.events import Action, Enrolled, Scanned, SnapshotCame
from kiosk.counter.till import step
from kiosk.counter.values import (
    Cart,
    Confirm,
    Customer,
    HouseholdShown,
    Idle,
    NoSnapshot,
    Note,
    NotEnrolled,
    Refused,
    Till,
)
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import CodeKind, code_text, make_token, read_code, token_hash
from tests.fakes.fake_ledger import OIL, RICE, SOAP, SOY, a_snapshot, card_token
from tests.fakes.till_alone import NOON, TillAlone


@pytest.fixture
def counter() -> TillAlone:
    return TillAlone()


def test_a_kiosk_without_a_number_sells_nothing() -> None:
    till, effects = step(Till(), Scanned(read_code(SOAP)), TillAlone().moment())
    assert (till.face, effects) == (NotEnrolled(), (Beep.REFUSED,))


def test_a_kiosk_without_a_register_waits_for_it() -> None:
    moment = TillAlone().moment()
    till, _ = step(Till(), Enrolled(1), moment)
    assert till.face == NoSnapshot()
    till, _ = step(till, SnapshotCame(a_snapshot(taken_at=NOON)), moment)
    assert (till.face, till.clerk) == (Idle(), "zhou")


def test_a_card_shows_its_household(counter: TillAlone) -> None:
    assert counter.card() == [Beep.OK]
    assert counter.face() == HouseholdShown(Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187"))
    shown = figures(counter.till, "0007")
    assert shown is not None
    assert (shown.balance, shown.usable, shown.on_notice, shown.offline) == (60, 60, 5, False)


@pytest.mark.parametrize(
    ("scan", "code"),
    [
        ("134567890123456789", RefusalCode.PAYMENT_CODE_NOT_CARD),
        ("merit:/q/SQ-HALF", RefusalCode.CODE_UNREADABLE),
        ("merit:/q/" + "A" * 10_240, RefusalCode.CODE_UNREADABLE),
        (code_text("merit:", CodeKind.RECEIPT, card_token(7)), RefusalCode.RECEIPT_CODE_NOT_CARD),
        (code_text("merit:", CodeKind.DOOR, card_token(7)), RefusalCode.DOOR_CODE_NOT_CARD),
        (code_text("merit:", CodeKind.CARD, make_token("LT", bytes(17))), RefusalCode.WRONG_VILLAGE),
        (code_text("merit:", CodeKind.CARD, make_token("SQ", bytes(17))), RefusalCode.CARD_UNKNOWN),
        (code_text("merit:", CodeKind.CARD, card_token(7, 1)), RefusalCode.CARD_REPORTED_LOST),
        (code_text("merit:", CodeKind.CARD, card_token(7, 2)), RefusalCode.CARD_REPLACED),
        (code_text("merit:", CodeKind.CARD, card_token(9)), RefusalCode.HOUSEHOLD_CLOSED),
    ],
)
def test_what_is_no_good_card_is_told_and_nothing_moves(counter: TillAlone, scan: str, code: RefusalCode) -> None:
    assert counter.scan(scan) == [Beep.REFUSED]
    assert isinstance(counter.till.notice, Refusal)
    assert (counter.face(), counter.till.notice.code) == (Idle(), code)


def test_goods_before_a_card_are_told_to_wait(counter: TillAlone) -> None:
    counter.scan(SOAP)
    assert (counter.face(), counter.till.notice) == (Idle(), Note.CARD_FIRST)


def test_a_card_is_taken_whatever_its_host(counter: TillAlone) -> None:
    counter.scan(code_text("https://old.example", CodeKind.CARD, card_token(7)))
    counter.at(HouseholdShown)


def test_the_same_barcode_again_is_one_more(counter: TillAlone) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.scan(SOAP)
    counter.at(Cart)
    assert [(line.barcode, line.quantity) for line in counter.at(Cart).lines] == [(SOAP, 2)]


def test_the_same_card_twice_is_one_customer(counter: TillAlone) -> None:
    counter.card()
    before = counter.till
    counter.card()
    assert counter.till == before
    counter.scan(SOAP)
    cart = counter.till.face
    counter.card()
    counter.card(7, 3)  # the household's other card
    assert counter.face() == cart


def test_another_household_never_takes_over_a_cart(counter: TillAlone) -> None:
    counter.card()
    counter.scan(SOAP)
    cart = counter.till.face
    assert counter.card(10) == [Beep.REFUSED]
    assert (counter.face(), counter.till.notice) == (cart, Note.OTHER_HOUSEHOLD)
    counter.tap(Action.REMOVE, SOAP)
    counter.card(10)  # an empty cart holds nobody
    counter.at(HouseholdShown)


def test_tiles_plus_minus_and_remove(counter: TillAlone) -> None:
    counter.card()
    counter.tap(Action.CHOOSE)
    for action, barcode in ((Action.ADD, SOAP), (Action.ADD, SOAP), (Action.ADD, SOY), (Action.LESS, SOAP)):
        counter.tap(action, barcode)
    counter.at(Cart)
    assert counter.at(Cart).total == 19
    counter.tap(Action.LESS, SOAP)
    counter.tap(Action.REMOVE, SOY)
    assert counter.at(Cart).lines == ()
    counter.tap(Action.REVIEW)
    assert counter.till.notice is Note.CART_EMPTY


def test_pages_turn_by_the_screens_size_and_stop_at_the_ends(counter: TillAlone) -> None:
    counter.card()
    counter.tap(Action.CHOOSE)
    for action, arg in ((Action.PREVIOUS, "8"), (Action.NEXT, "8"), (Action.NEXT, "3")):
        counter.tap(action, arg)
    counter.at(Cart)
    assert counter.at(Cart).first == 0  # four goods fit one page


def test_what_is_not_there_cannot_be_put_in(counter: TillAlone) -> None:
    counter.card()
    counter.scan(RICE)
    counter.scan(RICE)  # one on the shelf
    assert isinstance(counter.till.notice, Refusal)
    assert counter.till.notice.code is RefusalCode.GOODS_SOLD_OUT
    for barcode, code in ((SOY, RefusalCode.LIMIT_GOOD), ("2000000000992", RefusalCode.GOODS_UNKNOWN)):
        for _ in range(3):
            counter.scan(barcode)
        assert isinstance(counter.till.notice, Refusal)
        assert counter.till.notice.code is code
    counter.at(Cart)
    assert [line.quantity for line in counter.at(Cart).lines] == [1, 2]


def test_too_few_points_is_a_calm_no_and_the_cart_stays(counter: TillAlone) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.scan(OIL)
    counter.tap(Action.REVIEW)
    face = counter.till.face
    assert isinstance(face, Refused)
    assert isinstance(face.why, Refusal)
    assert (face.why.code, face.why.figures["missing"]) == (RefusalCode.NOT_ENOUGH_POINTS, 30)
    counter.tap(Action.REMOVE, OIL)
    counter.tap(Action.REVIEW)
    counter.at(Confirm)


def test_a_blocked_household_sees_its_balance_and_buys_nothing(counter: TillAlone) -> None:
    counter.card(8)
    counter.at(HouseholdShown)
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    counter.at(Refused)


def test_a_new_price_is_told_before_the_sale(counter: TillAlone) -> None:
    counter.card()
    counter.scan(SOAP)
    dearer = a_snapshot(101, taken_at=NOON)
    soap = dearer.goods[0].model_copy(update={"price": 6})
    counter.feed(SnapshotCame(dearer.model_copy(update={"goods": [soap, *dearer.goods[1:]]})))
    counter.tap(Action.REVIEW)
    face = counter.till.face
    assert isinstance(face, Refused)
    assert face.why == Refusal(RefusalCode.PRICE_CHANGED, {"good": "香皂", "shown": 5, "price": 6})
    assert face.cart.total == 6
    counter.tap(Action.BACK)
    counter.tap(Action.REVIEW)
    counter.at(Confirm)
