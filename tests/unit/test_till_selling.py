"""A sale with a line: written, sent, answered and printed, once; taps and news that come meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from kiosk.counter.drafts import entry_of
from kiosk.counter.effects import AskedDraft, Beep, PrintedDraft, PrintReceipt, Send, WriteEntries
from kiosk.counter.events import Action, LineChanged, NotWritten, Paper, SnapshotCame, Tap, Written, WrittenEntry
from kiosk.counter.occasion import Occasion
from kiosk.counter.slip import receipt_of
from kiosk.counter.till import step
from kiosk.counter.values import Cart, Done, HouseholdShown, Line, LineStatus, Note, Refused, Sale, Waiting
from schemas.entries import ENTRY, Asked
from schemas.refusals import FaultCode, Refusal, RefusalCode
from schemas.tokens import token_hash
from tests.fakes.fake_ledger import SOAP, SOY, a_snapshot
from tests.fakes.till_alone import NOON, TillAlone


@pytest.fixture
def counter() -> TillAlone:
    return TillAlone()


def test_a_known_basket_takes_four_touches(counter: TillAlone) -> None:
    touches = ((Action.CHOOSE, ""), (Action.ADD, SOAP), (Action.REVIEW, ""), (Action.CONFIRM, ""))
    counter.card()
    for action, arg in touches:
        counter.tap(action, arg)
    counter.answer()
    counter.paper(Paper.PRINTED)
    counter.at(Done)


def test_asked_is_written_before_it_is_sent_and_answered_before_it_is_printed(counter: TillAlone) -> None:
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


def test_the_receipt_says_what_the_ledger_said(counter: TillAlone) -> None:
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


def test_the_ledgers_no_keeps_the_cart(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer("not_enough_points", balance=None, balance_=3, missing=2)
    face = counter.till.face
    assert isinstance(face, Refused)
    assert isinstance(face.why, Refusal)
    assert face.why.code is RefusalCode.NOT_ENOUGH_POINTS
    assert face.cart.total == 5
    assert counter.balance() == 60


def test_a_refusal_of_a_newer_ledger_is_told_in_plain_words(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer("moon_in_the_wrong_house", balance=None)
    counter.at(Refused)
    assert counter.at(Refused).why is Note.REFUSED_OTHERWISE


def test_a_double_click_and_a_second_tab_confirm_once(counter: TillAlone) -> None:
    counter.card()
    counter.scan(SOAP)
    counter.tap(Action.REVIEW)
    seen = counter.till.version
    for _ in range(3):
        counter.feed(Tap(seen, Action.CONFIRM))
    assert counter.drafts() == ["AskedDraft"]


def test_a_double_click_on_plus_is_one_more(counter: TillAlone) -> None:
    counter.card()
    counter.tap(Action.CHOOSE)
    seen = counter.till.version
    for _ in range(2):
        counter.feed(Tap(seen, Action.ADD, SOAP))
    assert counter.at(Cart).total == 5


def test_only_its_own_entry_being_written_moves_a_sale_on(counter: TillAlone) -> None:
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


def test_a_tap_from_before_a_restart_or_from_the_future_is_not_believed(counter: TillAlone) -> None:
    counter.card()
    counter.feed(Tap(counter.till.version + 1, Action.CHOOSE))
    counter.at(HouseholdShown)


def test_a_change_beside_the_face_does_not_swallow_a_tap(counter: TillAlone) -> None:
    counter.card()
    seen = counter.till.version
    counter.feed(LineChanged(Line(LineStatus.ONLINE, 1)))
    assert counter.till.version > seen
    counter.feed(Tap(seen, Action.CHOOSE))
    counter.at(Cart)


def test_a_snapshot_that_says_nothing_new_leaves_the_screen_alone(counter: TillAlone) -> None:
    before = counter.till.version
    counter.feed(SnapshotCame(a_snapshot(taken_at=NOON + timedelta(seconds=20))))
    assert counter.till.version == before
    assert counter.till.book is not None
    assert counter.till.book.snapshot.taken_at == NOON + timedelta(seconds=20)


def test_the_entries_are_what_the_contract_says(counter: TillAlone) -> None:
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
