"""补录纸条: slips that were written by hand while the machine was dead, entered at the counter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeVar

import pytest

from kiosk.counter.book import stock_left
from kiosk.counter.checks import figures
from kiosk.counter.desk import SlipDays, SlipHousehold, SlipPad
from kiosk.counter.drafts import entry_of
from kiosk.counter.effects import GiveUpPaper, PrintReceipt, Send, SlipDraft, WriteEntries
from kiosk.counter.events import Action, Answered, NoAnswer, Paper, Rebooted, SalesFound, Tick
from kiosk.counter.occasion import Occasion
from kiosk.counter.slip import receipt_of
from kiosk.counter.values import (
    Cart,
    Confirm,
    Done,
    Idle,
    Line,
    LineStatus,
    Note,
    OpenPaper,
    Printing,
    PrintUnknown,
    Refused,
    Sale,
    Till,
    Waiting,
)
from kiosk.counter.voids import needs_supervisor
from kiosk.screen.faces import ConfirmView
from kiosk.screen.values import ScreenSettings
from kiosk.screen.view import page_of
from schemas.entries import ENTRY, SlipEntered, entry_bytes
from schemas.kiosk_api import EntryOutcome, Snapshot
from schemas.refusals import FaultCode, Refusal, RefusalCode
from tests.fakes.counter_village import NOW, OFFLINE, OIL, ONLINE, PAPER_ROLL, SOAP, village
from tests.fakes.stepping_runner import SteppingRunner, at_rest, typed
from tests.fakes.work_faces import slip_at_goods, slip_confirm

F = TypeVar("F")
TODAY = date(2026, 11, 25)


def at(runner: SteppingRunner, kind: type[F]) -> F:
    """The face, which must be of that kind."""
    face = runner.state().face
    assert isinstance(face, kind), face
    return face


def entered(line: Line = ONLINE, snapshot: Snapshot | None = None, *, card: bool = False) -> SteppingRunner:
    """Slip 31 of 0007, 玉米油 and 香皂 of yesterday for 90 points, confirmed."""
    runner = slip_confirm(line, OIL, SOAP, snapshot=snapshot, card=card)
    runner.tap(Action.CONFIRM)
    return runner


def written(runner: SteppingRunner) -> Sale:
    """The sale of the slip that was written."""
    drafts = [d for e in runner.effects if isinstance(e, WriteEntries) for d in e.drafts if isinstance(d, SlipDraft)]
    (draft,) = drafts
    return draft.sale


def answer(runner: SteppingRunner, outcome: str, balance: int | None = None) -> None:
    said = EntryOutcome(
        number=482, id=written(runner).id, outcome=outcome, balance=balance, seq=101 if balance else None
    )
    runner.submit(Answered((said,)))


def balance(till: Till) -> int:
    shown = figures(till, "0007")
    assert shown is not None
    return shown.balance


# ── the way to the question ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_slip_is_asked_for_in_the_order_it_is_written() -> None:
    runner = at_rest()
    runner.tap(Action.SLIP)
    at(runner, SlipPad)
    typed(runner, "0031")
    runner.tap(Action.ENTER)
    assert at(runner, SlipHousehold).number == 31
    typed(runner, "7")
    runner.tap(Action.ENTER)
    assert at(runner, SlipDays).customer.masked_name == "朱**"
    runner.tap(Action.ON_DAY, "2026-11-24")
    cart = at(runner, Cart)
    assert (cart.slip and (cart.slip.number, cart.slip.day), cart.way.without_card) == ((31, date(2026, 11, 24)), True)
    runner.scan_goods(SOAP, SOAP)
    runner.tap(Action.REVIEW)
    assert at(runner, Confirm).cart.total == 10


def test_a_card_says_whose_slip_it_is() -> None:
    cart = at(slip_at_goods(card=True), Cart)
    assert (cart.customer.household, cart.customer.card is not None, cart.way.without_card) == ("0007", True, False)


def test_another_households_card_never_takes_over_a_slip() -> None:
    runner = slip_at_goods()
    runner.scan_card(131)
    cart = at(runner, Cart)
    assert (cart.customer.household, cart.slip is not None, runner.state().notice) == (
        "0007",
        True,
        Note.OTHER_HOUSEHOLD,
    )


@pytest.mark.parametrize("typed_number", ["", "0", "0000"])
def test_a_slip_has_a_number(typed_number: str) -> None:
    runner = at_rest()
    runner.tap(Action.SLIP)
    typed(runner, typed_number)
    runner.tap(Action.ENTER)
    at(runner, SlipPad)
    assert runner.state().notice is Note.SLIP_NUMBER_MISSING


def test_only_the_last_days_are_offered_and_no_other_is_taken() -> None:
    runner = at_rest()
    runner.tap(Action.SLIP)
    typed(runner, "31")
    runner.tap(Action.ENTER)
    typed(runner, "7")
    runner.tap(Action.ENTER)
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=30)):
        runner.tap(Action.ON_DAY, day.isoformat())
        at(runner, SlipDays)
    runner.tap(Action.ON_DAY, (TODAY - timedelta(days=7)).isoformat())
    at(runner, Cart)


def test_nothing_bars_what_happened() -> None:
    """No limit, no empty shelf, no closed day, no debt: the goods are gone."""
    strict = village(
        offline_household_day=1,
        offline_kiosk_total=1,
        visit=1,
        household_day=1,
        no_card=0,
        open_weekdays=[7],
        offline_days=1,
    )
    for line in (ONLINE, OFFLINE):
        runner = slip_confirm(line, OIL, PAPER_ROLL, snapshot=strict)  # more than 0007 has, and no paper on the shelf
        runner.tap(Action.CONFIRM)
        assert written(runner).total == 103


@pytest.mark.parametrize("status", [LineStatus.REVOKED, LineStatus.FORKED])
def test_a_stopped_kiosk_enters_no_slip(status: LineStatus) -> None:
    runner = at_rest(Line(status))
    runner.tap(Action.SLIP)
    at(runner, Idle)


# ── written ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_entry_says_what_the_slip_said() -> None:
    runner = entered()
    sale = written(runner)
    write = next(e for e in runner.effects if isinstance(e, WriteEntries))
    entry = entry_of(write.drafts[0], 482, write.moment, write.clerk)
    assert isinstance(entry, SlipEntered)
    assert ENTRY.validate_json(entry_bytes(entry)) == entry
    assert (entry.slip, entry.day, entry.household, entry.card, entry.total) == (
        31,
        date(2026, 11, 24),
        "0007",
        None,
        90,
    )
    assert (entry.without_card, entry.second, entry.clerk, sale.number_text) == (True, None, "zhou", "0-000031")


def test_the_same_number_is_refused_at_once() -> None:
    runner = entered(OFFLINE)
    runner.printer_says(Paper.PRINTED)
    runner.tap(Action.LEAVE)
    runner.tap(Action.SLIP)
    typed(runner, "31")
    runner.tap(Action.ENTER)
    at(runner, SlipPad)
    assert runner.state().notice is Note.SLIP_TWICE
    typed(runner, "32")
    runner.tap(Action.ENTER)
    at(runner, SlipHousehold)


def test_a_restart_knows_the_numbers_that_were_entered() -> None:
    runner = at_rest()
    runner.submit(Rebooted((), (), "zhou", slips=frozenset({31})))
    runner.tap(Action.SLIP)
    typed(runner, "31")
    runner.tap(Action.ENTER)
    assert runner.state().notice is Note.SLIP_TWICE


def test_points_and_goods_count_in_the_counters_own_book() -> None:
    runner = entered(OFFLINE)
    till = runner.state()
    assert (balance(till), till.book is not None and stock_left(till.book, OIL)) == (-4, 19)


def test_a_slip_of_yesterday_takes_nothing_from_todays_limit() -> None:
    runner = slip_confirm(OFFLINE, SOAP)
    runner.tap(Action.CONFIRM)
    shown = figures(runner.state(), "0007")
    assert shown is not None
    assert shown.left_today == 30


def test_with_a_line_the_ledger_is_heard_before_the_paper() -> None:
    runner = entered()
    at(runner, Waiting)
    assert [e.sale for e in runner.effects if isinstance(e, Send)] == [written(runner).id]
    assert not any(isinstance(e, PrintReceipt) for e in runner.effects)
    answer(runner, "posted", -4)
    sale = at(runner, Printing).sale
    assert isinstance(sale, Sale)
    assert (sale.offline, sale.after, sale.before) == (False, -4, 86)
    runner.printer_says(Paper.PRINTED)
    at(runner, Done)


def test_a_slip_that_was_entered_elsewhere_moves_nothing_and_has_no_paper() -> None:
    runner = entered()
    answer(runner, "recorded")
    at(runner, Idle)
    assert runner.state().notice is Note.SLIP_TWICE
    assert balance(runner.state()) == 86
    assert any(isinstance(e, GiveUpPaper) for e in runner.effects)
    assert not any(isinstance(e, PrintReceipt) for e in runner.effects)


@pytest.mark.parametrize("silence", ["no answer", "quarantined"])
def test_without_an_answer_the_paper_says_offline(silence: str) -> None:
    runner = entered()
    if silence == "quarantined":
        answer(runner, "quarantined")
    else:
        runner.submit(NoAnswer(written(runner).id))
    sale = at(runner, Printing).sale
    assert isinstance(sale, Sale)
    assert sale.offline


def test_without_a_line_it_is_written_and_printed_at_once() -> None:
    runner = entered(OFFLINE)
    at(runner, Printing)
    assert not any(isinstance(e, Send) for e in runner.effects)


def test_a_slip_that_cannot_be_written_is_kept_on_the_screen() -> None:
    runner = slip_confirm(ONLINE, OIL, SOAP, writes=False)
    runner.tap(Action.CONFIRM)
    runner.not_written(FaultCode.DISK_NEARLY_FULL)
    refused = at(runner, Refused)
    assert (refused.why, refused.cart.slip and refused.cart.slip.number) == (FaultCode.DISK_NEARLY_FULL, 31)
    runner.tap(Action.BACK)
    assert len(at(runner, Cart).lines) == 2


def test_after_a_power_cut_its_paper_is_asked_about() -> None:
    sale = written(entered(OFFLINE))
    runner = at_rest()
    runner.submit(Rebooted((OpenPaper(sale, 0),), (), slips=frozenset({31})))
    assert at(runner, PrintUnknown).sale == sale


def test_somebody_reading_slips_is_not_put_away_like_a_customer() -> None:
    runner = slip_at_goods()
    runner.ms = 61_000
    runner.submit(Tick())
    at(runner, Cart)
    runner.ms = 601_000
    runner.submit(Tick())
    at(runner, Idle)


# ── seen, printed, voided ───────────────────────────────────────────────────────────────────────────────────────────


def seen(runner: SteppingRunner) -> str:
    """Everything on the screen."""
    return repr(page_of(runner.state(), NOW, ScreenSettings()))


@pytest.mark.parametrize("line", [ONLINE, OFFLINE])
def test_without_the_card_no_balance_is_shown_before_the_entry(line: Line) -> None:
    for runner in (slip_at_goods(line), slip_confirm(line, SOAP)):
        assert "86" not in seen(runner)
        assert "81" not in seen(runner)


def test_with_the_card_the_check_page_reckons_what_is_left() -> None:
    page = page_of(slip_confirm(ONLINE, SOAP, card=True).state(), NOW, ScreenSettings())
    assert isinstance(page.face, ConfirmView)
    assert [(figure.label, figure.number) for figure in page.face.sums] == [
        ("机上算得", "86"), ("这张用", "−5"), ("记完约剩", "81"),
    ]  # fmt: skip
    assert page.face.confirm.label == "记上 0031 号，用 5 分"
    assert "朱**户 0007，11月24日拿走的。" in page.face.says


def test_its_paper_names_the_slip_and_asks_for_no_second_signature() -> None:
    snapshot = village(signature_stub=True)
    receipt = receipt_of(written(entered(OFFLINE)), Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert (receipt.title, receipt.number, receipt.offline) == ("补录小票", "0-000031", True)
    assert receipt.slip is not None
    assert (receipt.slip.number, receipt.slip.day_text) == (31, "2026-11-24（周二）")


@pytest.mark.parametrize(("day", "alone"), [("2026-11-25", True), ("2026-11-24", False)])
def test_a_slip_is_voided_by_the_rule_of_its_own_day(day: str, alone: bool) -> None:
    runner = slip_confirm(OFFLINE, SOAP, day=day)
    runner.tap(Action.CONFIRM)
    runner.printer_says(Paper.PRINTED)
    sale = written(runner)
    for action in (Action.LEAVE, Action.VOID):
        runner.tap(action)
    runner.submit(SalesFound((sale,)))
    runner.tap(Action.SALE, str(sale.id))
    runner.tap(Action.REASON, "wrong_goods")
    till = runner.state()
    assert till.book is not None
    assert needs_supervisor(till, till.book, sale) is not alone
    runner.tap(Action.VOID)
    if alone:
        assert balance(runner.state()) == 86
    else:
        assert runner.state().notice == Refusal(RefusalCode.VOID_NEEDS_SUPERVISOR)
