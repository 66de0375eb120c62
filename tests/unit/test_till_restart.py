"""After a power cut, or when a restored ledger judges anew: what happened stays what it was."""

from __future__ import annotations

from uuid import UUID

import pytest

from kiosk.counter.effects import (
    CalledOffDraft,
    Draft,
    GiveUpPaper,
    HandedOverDraft,
    PrintReceipt,
    ReadOverturned,
    Send,
    WriteEntries,
)
from kiosk.counter.events import Action, AnswersChanged, Overturned, Paper, Rebooted
from kiosk.counter.values import AskHandOver, CartLine, Customer, Idle, OpenPaper, OpenSale, PrintUnknown, Sale
from schemas.tokens import make_token, token_hash
from tests.fakes.fake_ledger import SOAP, a_snapshot, card_token
from tests.fakes.till_alone import NOON, OFFLINE, TillAlone


@pytest.fixture
def counter() -> TillAlone:
    return TillAlone()


def a_sale(number: int = 482) -> Sale:
    customer = Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187")
    return Sale(
        id=UUID(int=number + 10**6), kiosk=1, customer=customer, lines=(CartLine(SOAP, "香皂", "件", 2, 5),), before=60, snapshot=100,
        contact_at=NOON, token=make_token("SQ", number.to_bytes(17)), clerk="zhou", at=NOON, clock_trusted=True, number=number,
    )  # fmt: skip


def test_after_a_power_cut_an_open_sale_is_sent_again_and_its_paper_asked_about(counter: TillAlone) -> None:
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
    counter: TillAlone, gone: bool, draft: type[Draft]
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
    counter = TillAlone(a_snapshot(taken_at=NOON, offline_household_day=4), line=OFFLINE)
    counter.feed(Rebooted((OpenSale(a_sale()),), ()))
    counter.no_answer()
    face = counter.till.face
    assert isinstance(face, AskHandOver)
    assert (face.barred, face.power_cut) == (None, True)
    counter.tap(Action.HAND_OVER)
    assert counter.drafts() == ["HandedOverDraft"]


def test_after_a_power_cut_everything_left_over_is_taken_up_in_turn(counter: TillAlone) -> None:
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
