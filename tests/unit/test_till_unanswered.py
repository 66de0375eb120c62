"""A sale without the ledger's answer: the goods are asked about; without a line, what the limits allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.counter.effects import AskedDraft, Beep, HandedOverDraft, PrintReceipt, WriteEntries
from kiosk.counter.events import Action, Answered, LineChanged, Paper, Tap
from kiosk.counter.values import AskHandOver, Confirm, Idle, Line, LineStatus, Printing, Refused, Sale
from schemas.kiosk_api import EntryOutcome
from schemas.refusals import Refusal, RefusalCode
from tests.fakes.fake_ledger import SOAP, a_snapshot
from tests.fakes.till_alone import NOON, OFFLINE, TillAlone


@pytest.fixture
def counter() -> TillAlone:
    return TillAlone()


def test_no_answer_asks_about_the_goods_and_handing_over_is_written_once(counter: TillAlone) -> None:
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


def test_no_answer_and_called_off_takes_nothing(counter: TillAlone) -> None:
    counter.confirm()
    counter.no_answer()
    counter.tap(Action.CALL_OFF)
    assert (counter.face(), counter.drafts()) == (Idle(), ["AskedDraft", "CalledOffDraft"])
    assert counter.balance() == 60


def test_a_late_answer_still_answers(counter: TillAlone) -> None:
    counter.confirm()
    counter.no_answer()
    effects = counter.answer()
    assert isinstance(effects[-1], PrintReceipt)
    assert isinstance(effects[-1].sale, Sale)
    assert not effects[-1].sale.offline
    counter.paper(Paper.PRINTED)
    assert counter.drafts() == ["AskedDraft", "PrintedDraft"]


def test_an_answer_after_the_hand_over_moves_no_face(counter: TillAlone) -> None:
    counter.confirm()
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    counter.tap(Action.HAND_OVER)
    counter.feed(Answered((EntryOutcome(number=1, id=face.sale.id, outcome="posted", balance=55, seq=101),)))
    counter.at(Printing)
    assert counter.balance() == 55


def test_an_entry_that_the_ledger_cannot_read_is_no_answer(counter: TillAlone) -> None:
    counter.confirm()
    counter.answer("quarantined", balance=None)
    counter.at(AskHandOver)


def test_when_the_limits_bar_it_only_calling_off_is_offered() -> None:
    counter = TillAlone(a_snapshot(taken_at=NOON, offline_household_day=4))
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
    counter = TillAlone(line=OFFLINE)
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
    counter = TillAlone(line=Line(LineStatus.CATCHING_UP, 3))
    counter.confirm()
    assert counter.drafts() == ["AskedDraft", "HandedOverDraft"]


def test_a_line_that_changes_makes_the_confirm_a_new_question(counter: TillAlone) -> None:
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
    counter = TillAlone(a_snapshot(taken_at=NOON, **limits), line=OFFLINE)
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
    counter = TillAlone(a_snapshot(taken_at=NOON, offline_household_day=8), line=OFFLINE)
    counter.confirm()
    counter.paper(Paper.PRINTED)
    counter.tap(Action.LEAVE)
    counter.trusted = False
    counter.now = datetime(1970, 1, 1, tzinfo=UTC)
    counter.confirm()
    counter.at(Refused)
