"""The till as the shopkeeper meets it, and under any sequence of events whatever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk.counter.book import SoldHere
from kiosk.counter.checks import figures
from kiosk.counter.deals import DaySum, SealSeen, Voiding
from kiosk.counter.drafts import entry_of
from kiosk.counter.effects import (
    AskedDraft,
    Beep,
    CalledOffDraft,
    CollectedDraft,
    Draft,
    Effect,
    FiledDraft,
    GiveUpPaper,
    HandedOverDraft,
    OrderCancelledDraft,
    PrintedDraft,
    PrintReceipt,
    ReadOverturned,
    Send,
    SlipDraft,
    WriteEntries,
    id_of,
    kept_of,
)
from kiosk.counter.events import (
    Action,
    Answered,
    AnswersChanged,
    Cared,
    DayAddedUp,
    Device,
    DeviceTrouble,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
    Overturned,
    Paper,
    PaperState,
    PinChecked,
    Rebooted,
    SalesFound,
    Scanned,
    SealCame,
    SnapshotCame,
    Tap,
    Tick,
    Written,
    WrittenEntry,
)
from kiosk.counter.occasion import Occasion
from kiosk.counter.orders import collected_here
from kiosk.counter.slip import receipt_of
from kiosk.counter.till import step
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    CartLine,
    Confirm,
    Customer,
    Done,
    Face,
    HouseholdShown,
    Idle,
    Line,
    LineStatus,
    NoSnapshot,
    Note,
    NotEnrolled,
    OpenPaper,
    OpenSale,
    Pending,
    Printing,
    PrintUnknown,
    Refused,
    Sale,
    Till,
    Waiting,
)
from schemas.entries import ENTRY, Asked, DayFigures, entry_bytes
from schemas.kiosk_api import EntryOutcome, Snapshot, SnapshotClerk, SnapshotOrder, SnapshotOrderLine
from schemas.refusals import FaultCode, Refusal, RefusalCode
from schemas.tokens import CodeKind, NotOurs, code_text, make_token, read_code, token_hash
from tests.fakes.fake_ledger import OIL, RICE, SOAP, SOY, a_snapshot, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
ONLINE = Line(LineStatus.ONLINE)
OFFLINE = Line(LineStatus.OFFLINE)


F = TypeVar("F")


class Counter_:  # noqa: N801 - ``Counter`` counts
    """A till whose journal writes at once; the line and the printer answer only when told."""

    def __init__(self, snapshot: Snapshot | None = None, line: Line = ONLINE) -> None:
        self.till = Till()
        self.now = NOON
        self.trusted = True
        self.ms = 0
        self.ids = 0
        self.number = 0
        self.done: list[Effect] = []
        self.kept: list[Draft] = []
        self.writes = True
        self.feed(Enrolled(1))
        self.feed(SnapshotCame(snapshot or a_snapshot(taken_at=NOON)))
        self.feed(LineChanged(line))
        self.done.clear()

    def moment(self) -> Moment:
        self.ids += 2
        ids = (UUID(int=self.ids), UUID(int=self.ids + 1))
        return Moment(self.now, self.ms, UUID(int=1), self.trusted, ids, self.ids.to_bytes(17) + bytes(16))

    def feed(self, event: Event) -> list[Effect]:
        """The event, and what the journal says to it. Gives the effects."""
        self.till, effects = step(self.till, event, self.moment())
        self.done += effects
        found = list(effects)
        for effect in effects:
            if isinstance(effect, WriteEntries):
                found += self.feed(self.write(effect))
        return found

    def write(self, effect: WriteEntries) -> Written | NotWritten:
        if not self.writes:
            return NotWritten(id_of(effect.drafts[0]), FaultCode.DISK_NEARLY_FULL)
        kept = []
        self.kept += effect.drafts
        for draft in effect.drafts:
            self.number += 1
            entry = entry_of(draft, self.number, effect.moment, effect.clerk)
            assert ENTRY.validate_json(entry_bytes(entry)) == entry
            kept.append(WrittenEntry(entry.id, self.number, bytes([self.number % 256] * 32)))
        return Written(tuple(kept))

    def tap(self, action: Action, arg: str = "") -> list[Effect]:
        return self.feed(Tap(self.till.version, action, arg))

    def card(self, household: int = 7, extra: int = 0) -> list[Effect]:
        return self.scan(code_text("merit:", CodeKind.CARD, card_token(household, extra)))

    def scan(self, text: str) -> list[Effect]:
        return self.feed(Scanned(read_code(text)))

    def confirm(self, *barcodes: str) -> list[Effect]:
        """A household, its goods, and the confirm button."""
        self.card()
        for barcode in barcodes or (SOAP,):
            self.scan(barcode)
        self.tap(Action.REVIEW)
        return self.tap(Action.CONFIRM)

    def answer(self, outcome: str = "posted", balance: int | None = 55, **figures_: int) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Waiting | AskHandOver)
        said = EntryOutcome(
            number=face.sale.number, id=face.sale.id, outcome=outcome, balance=balance, seq=101, figures=dict(figures_)
        )
        return self.feed(Answered((said,)))

    def no_answer(self) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Waiting)
        return self.feed(NoAnswer(face.sale.id))

    def paper(self, state: Paper, trouble: FaultCode | None = None) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Printing)
        return self.feed(PaperState(face.sale.id, face.copy, state, trouble))

    def at(self, kind: type[F]) -> F:
        """The face, which must be of that kind."""
        face = self.till.face
        assert isinstance(face, kind)
        return face

    def refusal(self) -> RefusalCode:
        why = self.at(Refused).why
        assert isinstance(why, Refusal)
        return why.code

    def face(self) -> Face:
        """The face, whatever was known of it a line before."""
        return self.till.face

    def balance(self, household: str = "0007") -> int:
        shown = figures(self.till, household)
        assert shown is not None
        return shown.balance

    def drafts(self) -> list[str]:
        return [type(d).__name__ for e in self.done if isinstance(e, WriteEntries) for d in e.drafts]


@pytest.fixture
def counter() -> Counter_:
    return Counter_()


# ── before a card ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_kiosk_without_a_number_sells_nothing() -> None:
    till, effects = step(Till(), Scanned(read_code(SOAP)), Counter_().moment())
    assert (till.face, effects) == (NotEnrolled(), (Beep.REFUSED,))


def test_a_kiosk_without_a_register_waits_for_it() -> None:
    moment = Counter_().moment()
    till, _ = step(Till(), Enrolled(1), moment)
    assert till.face == NoSnapshot()
    till, _ = step(till, SnapshotCame(a_snapshot(taken_at=NOON)), moment)
    assert (till.face, till.clerk) == (Idle(), "zhou")


def test_a_card_shows_its_household(counter: Counter_) -> None:
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
def test_what_is_no_good_card_is_told_and_nothing_moves(counter: Counter_, scan: str, code: RefusalCode) -> None:
    assert counter.scan(scan) == [Beep.REFUSED]
    assert isinstance(counter.till.notice, Refusal)
    assert (counter.face(), counter.till.notice.code) == (Idle(), code)


def test_goods_before_a_card_are_told_to_wait(counter: Counter_) -> None:
    counter.scan(SOAP)
    assert (counter.face(), counter.till.notice) == (Idle(), Note.CARD_FIRST)


def test_a_card_is_taken_whatever_its_host(counter: Counter_) -> None:
    counter.scan(code_text("https://old.example", CodeKind.CARD, card_token(7)))
    counter.at(HouseholdShown)


# ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_barcode_again_is_one_more(counter: Counter_) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.scan(SOAP)
    counter.at(Cart)
    assert [(line.barcode, line.quantity) for line in counter.at(Cart).lines] == [(SOAP, 2)]


def test_the_same_card_twice_is_one_customer(counter: Counter_) -> None:
    counter.card()
    before = counter.till
    counter.card()
    assert counter.till == before
    counter.scan(SOAP)
    cart = counter.till.face
    counter.card()
    counter.card(7, 3)  # the household's other card
    assert counter.face() == cart


def test_another_household_never_takes_over_a_cart(counter: Counter_) -> None:
    counter.card()
    counter.scan(SOAP)
    cart = counter.till.face
    assert counter.card(10) == [Beep.REFUSED]
    assert (counter.face(), counter.till.notice) == (cart, Note.OTHER_HOUSEHOLD)
    counter.tap(Action.REMOVE, SOAP)
    counter.card(10)  # an empty cart holds nobody
    counter.at(HouseholdShown)


def test_tiles_plus_minus_and_remove(counter: Counter_) -> None:
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


def test_pages_turn_by_the_screens_size_and_stop_at_the_ends(counter: Counter_) -> None:
    counter.card()
    counter.tap(Action.CHOOSE)
    for action, arg in ((Action.PREVIOUS, "8"), (Action.NEXT, "8"), (Action.NEXT, "3")):
        counter.tap(action, arg)
    counter.at(Cart)
    assert counter.at(Cart).first == 0  # four goods fit one page


def test_what_is_not_there_cannot_be_put_in(counter: Counter_) -> None:
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


def test_too_few_points_is_a_calm_no_and_the_cart_stays(counter: Counter_) -> None:
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


def test_a_blocked_household_sees_its_balance_and_buys_nothing(counter: Counter_) -> None:
    counter.card(8)
    counter.at(HouseholdShown)
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    counter.at(Refused)


def test_a_new_price_is_told_before_the_sale(counter: Counter_) -> None:
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


# ── a sale with a line ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_known_basket_takes_four_touches(counter: Counter_) -> None:
    touches = ((Action.CHOOSE, ""), (Action.ADD, SOAP), (Action.REVIEW, ""), (Action.CONFIRM, ""))
    counter.card()
    for action, arg in touches:
        counter.tap(action, arg)
    counter.answer()
    counter.paper(Paper.PRINTED)
    counter.at(Done)


def test_asked_is_written_before_it_is_sent_and_answered_before_it_is_printed(counter: Counter_) -> None:
    effects = counter.confirm()
    assert [type(effect) for effect in effects] == [WriteEntries, Send]
    effects = counter.answer()
    assert effects[0] is Beep.OK
    assert isinstance(effects[1], PrintReceipt)
    assert isinstance(effects[1].sale, Sale)
    assert (effects[1].copy, effects[1].sale.number_text, effects[1].sale.balance_after) == (0, "1-000001", 55)
    effects = counter.paper(Paper.PRINTED)
    assert counter.drafts() == ["AskedDraft", "PrintedDraft"]
    counter.at(Done)
    assert counter.at(Done).paper


def test_the_receipt_says_what_the_ledger_said(counter: Counter_) -> None:
    counter.confirm(SOAP, SOY)
    effects = counter.answer(balance=50)
    print_ = effects[1]
    assert isinstance(print_, PrintReceipt)
    assert counter.till.book is not None
    assert isinstance(print_.sale, Sale)
    snapshot = counter.till.book.snapshot
    receipt = receipt_of(print_.sale, Occasion(snapshot.village, snapshot.limits, 0, NOON))
    assert (receipt.number, receipt.when_text, receipt.total_text) == ("1-000001", "2026-11-18 12:00", "19")
    assert (receipt.before_text, receipt.after_text, receipt.check) == ("69", "50", "0101 0101")
    assert receipt.code == f"merit:/r/{print_.sale.token}"
    at = Occasion(snapshot.village, snapshot.limits, 2, NOON + timedelta(hours=1))
    again = receipt_of(print_.sale, at)
    assert (again.number, again.copy, again.reprinted_at_text) == ("1-000001", 2, "2026-11-18 13:00")


def test_the_ledgers_no_keeps_the_cart(counter: Counter_) -> None:
    counter.confirm()
    counter.answer("not_enough_points", balance=None, balance_=3, missing=2)
    face = counter.till.face
    assert isinstance(face, Refused)
    assert isinstance(face.why, Refusal)
    assert face.why.code is RefusalCode.NOT_ENOUGH_POINTS
    assert face.cart.total == 5
    assert counter.balance() == 60


def test_a_refusal_of_a_newer_ledger_is_told_in_plain_words(counter: Counter_) -> None:
    counter.confirm()
    counter.answer("moon_in_the_wrong_house", balance=None)
    counter.at(Refused)
    assert counter.at(Refused).why is Note.REFUSED_OTHERWISE


def test_a_double_click_and_a_second_tab_confirm_once(counter: Counter_) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    seen = counter.till.version
    for _ in range(3):
        counter.feed(Tap(seen, Action.CONFIRM))
    assert counter.drafts() == ["AskedDraft"]


def test_a_double_click_on_plus_is_one_more(counter: Counter_) -> None:
    counter.card()
    counter.tap(Action.CHOOSE)
    seen = counter.till.version
    for _ in range(2):
        counter.feed(Tap(seen, Action.ADD, SOAP))
    assert counter.at(Cart).total == 5


def test_only_its_own_entry_being_written_moves_a_sale_on(counter: Counter_) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    moment = counter.moment()
    till, effects = step(counter.till, Tap(counter.till.version, Action.CONFIRM), moment)
    assert [type(effect) for effect in effects] == [WriteEntries]
    other = Written((WrittenEntry(UUID(int=77), 9, bytes(32)),))
    assert step(till, other, moment) == (till, ())
    assert step(till, NotWritten(UUID(int=77), FaultCode.DISK_NEARLY_FULL), moment)[0].face == till.face
    own = Written((WrittenEntry(moment.ids[0], 9, bytes(32)),))
    assert isinstance(step(till, own, moment)[0].face, Waiting)


def test_a_tap_from_before_a_restart_or_from_the_future_is_not_believed(counter: Counter_) -> None:
    counter.card()
    counter.feed(Tap(counter.till.version + 1, Action.CHOOSE))
    counter.at(HouseholdShown)


def test_a_change_beside_the_face_does_not_swallow_a_tap(counter: Counter_) -> None:
    counter.card()
    seen = counter.till.version
    counter.feed(LineChanged(Line(LineStatus.ONLINE, 1)))
    assert counter.till.version > seen
    counter.feed(Tap(seen, Action.CHOOSE))
    counter.at(Cart)


def test_a_snapshot_that_says_nothing_new_leaves_the_screen_alone(counter: Counter_) -> None:
    before = counter.till.version
    counter.feed(SnapshotCame(a_snapshot(taken_at=NOON + timedelta(seconds=20))))
    assert counter.till.version == before
    assert counter.till.book is not None
    assert counter.till.book.snapshot.taken_at == NOON + timedelta(seconds=20)


# ── a sale without an answer ────────────────────────────────────────────────────────────────────────────────────────


def test_no_answer_asks_about_the_goods_and_handing_over_is_written_once(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    counter.at(AskHandOver)
    seen = counter.till.version
    effects = counter.tap(Action.HAND_OVER)
    counter.feed(Tap(seen, Action.HAND_OVER))
    counter.feed(Tap(seen, Action.CALL_OFF))
    assert counter.drafts() == ["AskedDraft", "HandedOverDraft"]
    print_ = effects[-1]
    assert isinstance(print_, PrintReceipt)
    assert isinstance(print_.sale, Sale)
    assert (print_.sale.offline, print_.copy, print_.sale.number) == (True, 0, 1)


def test_no_answer_and_called_off_takes_nothing(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    counter.tap(Action.CALL_OFF)
    assert (counter.face(), counter.drafts()) == (Idle(), ["AskedDraft", "CalledOffDraft"])
    assert counter.balance() == 60


def test_a_late_answer_still_answers(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    effects = counter.answer()
    assert isinstance(effects[-1], PrintReceipt)
    assert isinstance(effects[-1].sale, Sale)
    assert not effects[-1].sale.offline
    counter.paper(Paper.PRINTED)
    assert counter.drafts() == ["AskedDraft", "PrintedDraft"]


def test_an_answer_after_the_hand_over_moves_no_face(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    counter.tap(Action.HAND_OVER)
    counter.feed(Answered((EntryOutcome(number=1, id=face.sale.id, outcome="posted", balance=55, seq=101),)))
    counter.at(Printing)
    assert counter.balance() == 55


def test_an_entry_that_the_ledger_cannot_read_is_no_answer(counter: Counter_) -> None:
    counter.confirm()
    counter.answer("quarantined", balance=None)
    counter.at(AskHandOver)


def test_when_the_limits_bar_it_only_calling_off_is_offered() -> None:
    counter = Counter_(a_snapshot(taken_at=NOON, offline_household_day=4))
    counter.confirm()
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    assert isinstance(face.barred, Refusal)
    assert face.barred.code is RefusalCode.OFFLINE_LIMIT_REACHED
    counter.tap(Action.HAND_OVER)
    assert counter.face() == face
    counter.tap(Action.CALL_OFF)
    assert counter.face() == Idle()


def test_without_a_line_both_entries_are_one_transaction() -> None:
    counter = Counter_(line=OFFLINE)
    counter.card()
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    counter.at(Confirm)
    assert counter.at(Confirm).offline
    effects = counter.tap(Action.CONFIRM)
    write = effects[0]
    assert isinstance(write, WriteEntries)
    assert [type(draft) for draft in write.drafts] == [AskedDraft, HandedOverDraft]
    assert Beep.OFFLINE in effects
    assert isinstance(effects[-1], PrintReceipt)
    assert isinstance(effects[-1].sale, Sale)
    assert effects[-1].sale.offline


def test_while_catching_up_a_sale_is_as_if_offline() -> None:
    counter = Counter_(line=Line(LineStatus.CATCHING_UP, 3))
    counter.confirm()
    assert counter.drafts() == ["AskedDraft", "HandedOverDraft"]


def test_a_line_that_changes_makes_the_confirm_a_new_question(counter: Counter_) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    seen = counter.till.version
    counter.feed(LineChanged(OFFLINE))
    counter.feed(Tap(seen, Action.CONFIRM))
    assert counter.drafts() == []
    counter.tap(Action.CONFIRM)
    assert counter.drafts() == ["AskedDraft", "HandedOverDraft"]


@pytest.mark.parametrize(
    ("limits", "days", "code"),
    [
        ({"offline_household_day": 12}, 0, RefusalCode.OFFLINE_LIMIT_REACHED),
        ({"offline_kiosk_total": 12}, 0, RefusalCode.OFFLINE_TOTAL_REACHED),
        ({"offline_days": 2}, 2, RefusalCode.OFFLINE_TOO_LONG),
    ],
)
def test_the_offline_limits_hold(limits: dict[str, int], days: int, code: RefusalCode) -> None:
    counter = Counter_(a_snapshot(taken_at=NOON, **limits), line=OFFLINE)
    for _ in range(2):
        counter.confirm()
        counter.paper(Paper.PRINTED)
        counter.tap(Action.LEAVE)
    counter.now += timedelta(days=days)
    counter.confirm()
    counter.at(Refused)
    assert counter.refusal() is code
    assert counter.drafts().count("AskedDraft") == 2


def test_a_wrong_clock_does_not_reset_the_day() -> None:
    counter = Counter_(a_snapshot(taken_at=NOON, offline_household_day=8), line=OFFLINE)
    counter.confirm()
    counter.paper(Paper.PRINTED)
    counter.tap(Action.LEAVE)
    counter.trusted = False
    counter.now = datetime(1970, 1, 1, tzinfo=UTC)
    counter.confirm()
    counter.at(Refused)


@pytest.mark.parametrize("status", [LineStatus.REVOKED, LineStatus.FORKED])
def test_a_stopped_kiosk_sells_nothing(counter: Counter_, status: LineStatus) -> None:
    counter.feed(LineChanged(Line(status)))
    counter.card()
    assert counter.face() == Idle()
    assert counter.till.notice in (Refusal(RefusalCode.KIOSK_REVOKED), FaultCode.JOURNAL_FORK)


def test_a_full_disk_sells_nothing_and_keeps_the_cart(counter: Counter_) -> None:
    counter.writes = False
    counter.confirm()
    face = counter.till.face
    assert isinstance(face, Refused)
    assert (face.why, face.cart.total) == (FaultCode.DISK_NEARLY_FULL, 5)
    assert not any(isinstance(effect, Send | PrintReceipt) for effect in counter.done)


def test_a_disk_that_fills_up_meanwhile_does_not_keep_the_goods_back(counter: Counter_) -> None:
    """New sales stop early so that there is room for what is under way."""
    counter.confirm()
    counter.feed(Cared((FaultCode.DISK_NEARLY_FULL,)))
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    assert face.barred is None


def test_a_full_disk_at_the_hand_over_asks_again(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    counter.writes = False
    counter.tap(Action.HAND_OVER)
    counter.at(AskHandOver)
    counter.writes = True
    counter.tap(Action.HAND_OVER)
    counter.at(Printing)


# ── paper ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_unknown_paper_is_asked_about_and_a_further_print_is_a_copy(counter: Counter_) -> None:
    counter.confirm()
    counter.answer()
    counter.paper(Paper.UNKNOWN)
    assert (counter.at(PrintUnknown).copy, counter.at(PrintUnknown).trouble) == (0, FaultCode.PRINTER_UNKNOWN)
    effects = counter.tap(Action.REPRINT)
    assert [effect.copy for effect in effects if isinstance(effect, PrintReceipt)] == [1]
    counter.paper(Paper.NOT_PRINTED, FaultCode.PRINTER_NO_PAPER)
    counter.at(PrintUnknown)
    assert counter.at(PrintUnknown).trouble is FaultCode.PRINTER_NO_PAPER
    effects = counter.tap(Action.PAPER_OUT)
    counter.at(Done)
    assert [type(effect) for effect in effects] == [WriteEntries, GiveUpPaper]
    assert counter.drafts().count("AskedDraft") == 1


def test_a_broken_printer_does_not_stop_the_counter(counter: Counter_) -> None:
    counter.confirm()
    counter.answer()
    counter.paper(Paper.NOT_PRINTED, FaultCode.PRINTER_LOST)
    counter.tap(Action.NO_PAPER)
    counter.at(Done)
    assert not counter.at(Done).paper
    counter.card(10)
    counter.at(HouseholdShown)


# ── time, devices, restart ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_untouched_customer_is_put_away(counter: Counter_) -> None:
    counter.card()
    counter.ms = 59_999
    counter.feed(Tick())
    counter.at(HouseholdShown)
    counter.ms = 60_000
    counter.feed(Tick())
    assert (counter.face(), counter.till.notice) == (Idle(), Note.CLEARED)


def test_a_sale_under_way_is_never_put_away(counter: Counter_) -> None:
    counter.confirm()
    counter.no_answer()
    counter.ms = 10_000_000
    counter.feed(Tick())
    counter.at(AskHandOver)


def test_done_makes_room_after_ten_seconds(counter: Counter_) -> None:
    counter.confirm()
    counter.answer()
    counter.ms = 100_000
    counter.paper(Paper.PRINTED)
    counter.feed(Tick())
    counter.at(Done)
    counter.ms = 110_000
    counter.feed(Tick())
    assert counter.face() == Idle()


def test_a_device_that_goes_and_comes_back_is_told(counter: Counter_) -> None:
    counter.feed(DeviceTrouble(Device.SCANNER, FaultCode.SCANNER_LOST))
    assert counter.till.scanner is FaultCode.SCANNER_LOST
    counter.feed(DeviceTrouble(Device.SCANNER, None))
    assert counter.till.scanner is None


def a_sale(number: int = 482) -> Sale:
    customer = Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187")
    return Sale(
        id=UUID(int=number + 10**6), kiosk=1, customer=customer, lines=(CartLine(SOAP, "香皂", "件", 2, 5),), before=60, snapshot=100,
        contact_at=NOON, token=make_token("SQ", number.to_bytes(17)), clerk="zhou", at=NOON, clock_trusted=True, number=number,
    )  # fmt: skip


def test_after_a_power_cut_an_open_sale_is_sent_again_and_its_paper_asked_about(counter: Counter_) -> None:
    effects = counter.feed(Rebooted((OpenSale(a_sale()),), ()))
    assert effects == [ReadOverturned(), Send(a_sale().id)]
    counter.answer(balance=50)
    face = counter.till.face
    assert isinstance(face, PrintUnknown)
    assert (face.power_cut, face.copy, face.sale.number_text) == (True, -1, "1-000482")
    effects = counter.tap(Action.REPRINT)
    assert [effect.copy for effect in effects if isinstance(effect, PrintReceipt)] == [0]  # no copy ever left
    assert counter.drafts() == []


@pytest.mark.parametrize(("gone", "draft"), [(True, HandedOverDraft), (False, CalledOffDraft)])
def test_what_a_restored_ledger_judges_anew_stays_what_it_was(
    counter: Counter_, gone: bool, draft: type[Draft]
) -> None:
    assert counter.feed(AnswersChanged()) == [ReadOverturned()]
    face = counter.till.face
    [effect] = counter.feed(Overturned(a_sale(), gone))
    assert isinstance(effect, WriteEntries)
    [written] = effect.drafts
    assert isinstance(written, draft)
    assert (written.sale if isinstance(written, CalledOffDraft) else kept(written)) == a_sale().id
    assert counter.till.face == face, "whoever is being served notices nothing"
    assert counter.till.book is not None
    assert [(sold.sale, sold.total, sold.handed_over is not None) for sold in counter.till.book.sold] == (
        [(a_sale().id, 10, True)] if gone else []
    )


def kept(draft: Draft) -> UUID:
    assert isinstance(draft, HandedOverDraft)
    return draft.sale.id


def test_after_a_power_cut_without_an_answer_nothing_bars_the_truth() -> None:
    counter = Counter_(a_snapshot(taken_at=NOON, offline_household_day=4), line=OFFLINE)
    counter.feed(Rebooted((OpenSale(a_sale()),), ()))
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    assert (face.barred, face.power_cut) == (None, True)
    counter.tap(Action.HAND_OVER)
    assert counter.drafts() == ["HandedOverDraft"]


def test_after_a_power_cut_everything_left_over_is_taken_up_in_turn(counter: Counter_) -> None:
    counter.feed(Rebooted((OpenPaper(a_sale(1), 0), OpenPaper(a_sale(2), -1)), ()))
    counter.at(PrintUnknown)
    effects = counter.tap(Action.REPRINT)
    assert [effect.copy for effect in effects if isinstance(effect, PrintReceipt)] == [1]
    counter.paper(Paper.PRINTED)
    counter.tap(Action.LEAVE)
    assert counter.face() == PrintUnknown(a_sale(2), -1, None, True)
    assert counter.tap(Action.PAPER_OUT) == [GiveUpPaper(a_sale(2).id, -1)]
    counter.tap(Action.LEAVE)
    assert counter.face() == Idle()


# ── any sequence of events ──────────────────────────────────────────────────────────────────────────────────────────


ORDERED = UUID(int=4_000_000)
REASONS = ["wrong_goods", "broken", "away", "counted", "bought", "liang", str(ORDERED), "7", "2026-11-17"]


def any_snapshot(seq: int = 100) -> Snapshot:
    """A village that allows everything, with a supervisor and an open order of 0007."""
    limits = {
        "offline_household_day": 9_000,
        "offline_kiosk_total": 9_000,
        "order_days": 5,
        "no_card": 9_000,
        "proxy": 9,
    }
    snapshot = a_snapshot(seq, taken_at=NOON, balance=10_000, **limits)
    liang = SnapshotClerk(login="liang", name="梁国强", supervises=True, pin_hash="$argon2id$")
    line = SnapshotOrderLine(barcode=SOAP, name="香皂", unit="件", quantity=1, price=5)
    order = SnapshotOrder(id=ORDERED, number="1-000001", household="0007", lines=[line], total=5, until=NOON.date())
    return snapshot.model_copy(update={"clerks": [*snapshot.clerks, liang], "orders": [order]})


class AnyDay(RuleBasedStateMachine):
    """Scans, taps on any version, answers early, late, twice or for somebody else, paper, line, restarts of the line: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.c = Counter_(any_snapshot())
        self.confirms = 0
        self.answered: set[UUID] = set()
        self.posted: set[UUID] = set()
        self.seen_versions = [self.c.till.version]

    def feed(self, event: Event) -> None:
        before = self.c.till
        self.c.feed(event)
        assert self.c.till.version >= before.version
        assert before.version == self.c.till.version or before != self.c.till
        self.seen_versions.append(self.c.till.version)

    @rule(household=st.sampled_from([7, 8, 9, 10]), extra=st.integers(0, 3))
    def card(self, household: int, extra: int) -> None:
        self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(household, extra)))))

    @rule(barcode=st.sampled_from([SOAP, SOY, RICE, OIL, "2000000000992"]))
    def goods(self, barcode: str) -> None:
        self.feed(Scanned(read_code(barcode)))

    @rule(code=st.sampled_from(list(NotOurs)))
    def rubbish(self, code: NotOurs) -> None:
        self.feed(Scanned(code))

    @rule(
        action=st.sampled_from(list(Action)), arg=st.sampled_from(["", SOAP, "8", "x", *REASONS]), age=st.integers(0, 3)
    )
    def tap(self, action: Action, arg: str, age: int) -> None:
        version = self.seen_versions[-min(1 + age, len(self.seen_versions))]
        fresh = self.c.till.face_since <= version and isinstance(self.c.till.face, Confirm)
        self.confirms += fresh and action is Action.CONFIRM
        self.feed(Tap(version, action, arg))

    @rule()
    def sell(self) -> None:
        """The usual way, so that long runs sell something."""
        for event in (
            Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))),
            Scanned(read_code(SOAP)),
            Action.REVIEW,
            Action.CONFIRM,
        ):
            if isinstance(event, Action):
                self.tap(event, "", 0)
            else:
                self.feed(event)

    @rule()
    def void(self) -> None:
        """退一笔, as far as it goes: the list is what the journal would say."""
        off = {d.sale for d in self.c.kept if isinstance(d, CalledOffDraft)}
        handed = {d.sale.id for d in self.c.kept if isinstance(d, HandedOverDraft)}
        kept = [d.sale for d in self.c.kept if isinstance(d, AskedDraft | CollectedDraft | SlipDraft)]
        facts = [s for s in kept if s.ordered or s.slip]
        hold = [s for s in kept if s.id not in off | self.voided() and (s in facts or s.id in handed | self.posted)]
        self.tap(Action.VOID, "", 0)
        self.feed(SalesFound(tuple(hold)))
        if hold:
            for action, arg in ((Action.SALE, str(hold[0].id)), (Action.REASON, "wrong_goods"), (Action.VOID, "")):
                self.tap(action, arg, 0)

    @rule(seal=st.booleans())
    def close_the_day(self, seal: bool) -> None:
        """日结, with a seal or without one."""
        self.tap(Action.DAY, "", 0)
        self.feed(DayAddedUp(DaySum(NOON.date(), None, None, DayFigures(sales=0, points=0))))
        self.tap(Action.CLOSE_DAY, "", 0)
        self.feed(SealCame(SealSeen(1, NOON, "x", ("a", "b", "c", "d"), 0) if seal else None))

    @rule(ok=st.booleans())
    def pin(self, ok: bool) -> None:
        """A clerk's PIN was checked, whether anybody waits for it or not."""
        self.feed(PinChecked("liang", ok))

    @rule()
    def collect(self) -> None:
        """The ordered goods, if the list still has them."""
        self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))))
        for action, arg in ((Action.ORDER, str(ORDERED)), (Action.COLLECT, "")):
            self.tap(action, arg, 0)

    @rule(number=st.sampled_from("12"), card=st.booleans(), to_the_end=st.booleans())
    def paper_slip(self, number: str, card: bool, to_the_end: bool) -> None:
        """A slip is entered, by its household's number or card, as far as the till lets it; now and then with its paper."""
        self.tap(Action.LEAVE, "", 0)
        for action, arg in ((Action.SLIP, ""), (Action.DIGIT, number), (Action.ENTER, "")):
            self.tap(action, arg, 0)
        if card:
            self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))))
        else:
            self.tap(Action.DIGIT, "7", 0)
            self.tap(Action.ENTER, "", 0)
        for action, arg in (
            (Action.ON_DAY, "2026-11-17"), (Action.ADD, RICE), (Action.ADD, RICE), (Action.REVIEW, ""), (Action.CONFIRM, "")
        ):  # fmt: skip
            self.tap(action, arg, 0)
        if to_the_end and isinstance(self.c.till.face, Waiting):
            self.feed(NoAnswer(self.c.till.face.sale.id))
        if to_the_end and isinstance(self.c.till.face, Printing):
            self.c.paper(Paper.PRINTED)

    def voided(self) -> set[UUID]:
        """Sales that were voided."""
        papers = [d.filed.what for d in self.c.kept if isinstance(d, FiledDraft)]
        return {paper.sale.id for paper in papers if isinstance(paper, Voiding)}

    @rule(status=st.sampled_from(list(LineStatus)), unsent=st.integers(0, 3))
    def line(self, status: LineStatus, unsent: int) -> None:
        self.feed(LineChanged(Line(status, unsent)))

    @rule(
        outcome=st.sampled_from(["posted", "quarantined", "not_enough_points", "recorded", "who knows"]),
        mine=st.booleans(),
    )
    def answer(self, outcome: str, mine: bool) -> None:
        sale = getattr(self.c.till.face, "sale", None)
        id_ = sale.id if sale is not None and mine else UUID(int=7)
        if outcome != "quarantined":
            self.posted |= {id_} if outcome == "posted" and id_ not in self.answered else set()
            self.answered.add(id_)
        self.feed(Answered((EntryOutcome(number=1, id=id_, outcome=outcome, balance=5, seq=101),)))

    @rule(mine=st.booleans())
    def silence(self, mine: bool) -> None:
        sale = getattr(self.c.till.face, "sale", None)
        self.feed(NoAnswer(sale.id if sale is not None and mine else UUID(int=7)))

    @rule(state=st.sampled_from(list(Paper)))
    @precondition(lambda self: isinstance(self.c.till.face, Printing))
    def paper(self, state: Paper) -> None:
        self.c.paper(state)

    @rule(seq=st.integers(100, 105))
    def snapshot(self, seq: int) -> None:
        self.feed(SnapshotCame(any_snapshot(seq)))

    @rule(ms=st.integers(0, 70_000))
    def time(self, ms: int) -> None:
        self.c.ms += ms
        self.feed(Tick())

    @rule(had_its_turn=st.booleans())
    def power_cut(self, had_its_turn: bool) -> None:
        """The till forgets; the journal does not. It knows nothing of a copy that still waited for the printer."""
        if isinstance(self.c.till.face, Printing) and not had_its_turn:
            waited = self.c.till.face.sale.id, self.c.till.face.copy
            self.c.done = [e for e in self.c.done if not isinstance(e, PrintReceipt) or (e.sale.id, e.copy) != waited]
        queued = [(e.sale.id, e.copy) for e in self.c.done if isinstance(e, PrintReceipt)]
        seen = {d.sale for d in self.c.kept if isinstance(d, PrintedDraft) and d.state is Paper.PRINTED}
        seen |= {e.sale for e in self.c.done if isinstance(e, GiveUpPaper)}
        handed = {d.sale.id for d in self.c.kept if isinstance(d, HandedOverDraft)}
        off = {d.sale for d in self.c.kept if isinstance(d, CalledOffDraft)}
        pending: list[Pending] = []
        for sale in [d.sale for d in self.c.kept if isinstance(d, AskedDraft) and d.sale.id not in off]:
            if sale.id in handed | self.posted and sale.id not in seen:
                copy = max((copy for other, copy in queued if other == sale.id), default=-1)
                offline = sale.id in handed
                pending.append(OpenPaper(replace(sale, offline=offline, after=None if offline else 5), copy))
            elif sale.id not in handed | self.answered:
                pending.append(OpenSale(sale))
        facts = [d for d in self.c.kept if isinstance(d, CollectedDraft | SlipDraft | FiledDraft)]
        for deal in [kept for d in facts if (kept := kept_of(d))]:
            if deal.id not in seen:
                pending.append(OpenPaper(deal, max((copy for other, copy in queued if other == deal.id), default=-1)))
        collected = [collected_here(d.sale) for d in self.c.kept if isinstance(d, CollectedDraft)]
        cancelled = [
            SoldHere(d.id, "", 0, (), NOON.date(), fact=True, ordered=d.ordered)
            for d in self.c.kept
            if isinstance(d, OrderCancelledDraft)
        ]
        self.c.till = Till(version=self.c.till.version + 1, face_since=self.c.till.version + 1)
        for event in (
            Enrolled(1),
            SnapshotCame(any_snapshot()),
            Rebooted(tuple(pending), (*collected, *cancelled), slips=frozenset(self.slips())),
        ):
            self.feed(event)

    @rule(writes=st.booleans())
    def disk(self, writes: bool) -> None:
        self.c.writes = writes

    @invariant()
    def one_asked_a_confirm(self) -> None:
        tried = [
            d.sale.id for e in self.c.done if isinstance(e, WriteEntries) for d in e.drafts if isinstance(d, AskedDraft)
        ]
        assert len(tried) == len(set(tried)) <= self.confirms

    @invariant()
    def a_sale_ends_at_most_once_and_never_without_asked(self) -> None:
        asked = [draft.sale.id for draft in self.c.kept if isinstance(draft, AskedDraft)]
        handed = [draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)]
        ends = handed + [draft.sale for draft in self.c.kept if isinstance(draft, CalledOffDraft)]
        assert len(ends) == len(set(ends))
        assert set(ends) <= set(asked)

    @invariant()
    def no_kept_sale_is_lost(self) -> None:
        """Every sale that the journal holds is answered, ended, or still in hand."""
        asked = {draft.sale.id for draft in self.c.kept if isinstance(draft, AskedDraft)}
        ended = {draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)}
        ended |= {draft.sale for draft in self.c.kept if isinstance(draft, CalledOffDraft)}
        sale = getattr(self.c.till.face, "sale", None)
        in_hand = {sale.id} if sale is not None else set()
        in_hand |= {pending.sale.id for pending in self.c.till.pending}
        assert asked - ended - self.answered <= in_hand

    @invariant()
    def no_copy_is_printed_twice_and_only_the_first_is_unmarked(self) -> None:
        copies = [(effect.sale.id, effect.copy) for effect in self.c.done if isinstance(effect, PrintReceipt)]
        assert len(copies) == len(set(copies))
        for sale in {sale for sale, _ in copies}:
            numbers = [copy for other, copy in copies if other == sale]
            assert numbers == list(range(len(numbers)))

    @invariant()
    def nothing_is_printed_that_neither_was_answered_nor_handed_over(self) -> None:
        handed = {draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)}
        for effect in self.c.done:
            if (
                not isinstance(effect, PrintReceipt)
                or not isinstance(effect.sale, Sale)
                or effect.sale.slip is not None
            ):
                continue
            if effect.sale.ordered is None:
                assert effect.sale.offline == (effect.sale.id in handed) or effect.sale.after is not None

    @invariant()
    def a_sale_is_voided_and_an_order_collected_at_most_once(self) -> None:
        papers = [d.filed.what for d in self.c.kept if isinstance(d, FiledDraft)]
        voided = [paper.sale.id for paper in papers if isinstance(paper, Voiding)]
        assert len(voided) == len(set(voided))
        orders = [d.sale.ordered for d in self.c.kept if isinstance(d, CollectedDraft)]
        orders += [d.ordered for d in self.c.kept if isinstance(d, OrderCancelledDraft)]
        assert len(orders) == len(set(orders))

    @invariant()
    def a_paper_slip_is_entered_at_most_once(self) -> None:
        entered = self.slips()
        assert len(entered) == len(set(entered))
        assert set(entered) == self.c.till.slips

    def slips(self) -> list[int]:
        """The numbers of the slips that the journal holds."""
        return [d.sale.slip.number for d in self.c.kept if isinstance(d, SlipDraft) and d.sale.slip]

    @invariant()
    def every_other_paper_is_of_something_that_was_written(self) -> None:
        kept = {deal.id for d in self.c.kept if (deal := kept_of(d)) is not None}
        assert {e.sale.id for e in self.c.done if isinstance(e, PrintReceipt)} <= kept

    @invariant()
    def points_that_left_are_counted(self) -> None:
        book = self.c.till.book
        assert book is not None
        assert len({sold.sale for sold in book.sold}) == len(book.sold)


AnyDay.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyDay = AnyDay.TestCase


def test_the_entries_are_what_the_contract_says(counter: Counter_) -> None:
    counter.confirm(SOAP, SOAP, SOY)
    write = next(effect for effect in counter.done if isinstance(effect, WriteEntries))
    asked = entry_of(write.drafts[0], 1, write.moment, write.clerk)
    assert isinstance(asked, Asked)
    draft = write.drafts[0]
    assert isinstance(draft, AskedDraft)
    assert (asked.total, asked.household, asked.snapshot, asked.clerk) == (24, "0007", 100, "zhou")
    assert asked.receipt == token_hash(draft.sale.token).hex()
    printed = entry_of(PrintedDraft(UUID(int=5), asked.id, 0, Paper.UNKNOWN), 2, write.moment, "zhou")
    assert ENTRY.validate_json(printed.model_dump_json()) == printed
    assert replace(draft.sale, number=3).number_text == "1-000003"
