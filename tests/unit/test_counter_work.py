"""The counter's other work as the shopkeeper meets it: void, no card, proxy, PINs, cash, orders, stock, the close of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest

from kiosk.counter.checks import figures
from kiosk.counter.deals import Filed, Stock, Voiding, Way
from kiosk.counter.desk import (
    CountTogether,
    DayShown,
    Filing,
    NumberPad,
    OrderShown,
    Persons,
    PinPad,
    ProxyNumber,
    SalesList,
    Sealing,
    StockDonor,
    StockPad,
    StockSheet,
    VoidAsked,
)
from kiosk.counter.drafts import beside_of, entry_of
from kiosk.counter.effects import (
    AskPin,
    AskSeal,
    CheckPin,
    FetchPassbook,
    FiledDraft,
    OrderedDraft,
    PrintBalance,
    PrintReceipt,
    Speak,
    WriteEntries,
)
from kiosk.counter.events import Action, NotWritten, Paper, PassbookCame, PinAnswered, PinChecked, SealCame, Tick
from kiosk.counter.occasion import Occasion
from kiosk.counter.scans import goods_in_hand
from kiosk.counter.slip import slip_of
from kiosk.counter.values import (
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    Note,
    Printing,
    PrintUnknown,
    Refused,
    Waiting,
)
from kiosk.receipts.every import rows_of
from kiosk.receipts.slips import CountedSlip, DayCloseSlip, ReceivedSlip, VoidSlip, WrittenOffSlip
from kiosk.receipts.values import PAPER_58, RedemptionReceipt, Text
from schemas.beside import belongs, commitments
from schemas.entries import Counted, Received, WrittenOff
from schemas.kiosk_api import PinAnswer
from schemas.refusals import FaultCode, Refusal, RefusalCode
from tests.fakes.counter_village import GOODS, NOW, OFFLINE, ONLINE, ORDER, PIN, SOAP, SOY, village
from tests.fakes.selling_faces import short_of_points, without_card
from tests.fakes.stepping_runner import SteppingRunner, at_rest, choosing, reviewed, tapped, typed
from tests.fakes.work_faces import A_SEAL, closing, given, order_shown, past_sales, stock_sheet, voiding

F = TypeVar("F")


def at(runner: SteppingRunner, kind: type[F]) -> F:
    """The face, which must be of that kind."""
    face = runner.state().face
    assert isinstance(face, kind), face
    return face


def refusal(runner: SteppingRunner) -> RefusalCode:
    why = at(runner, Refused).why
    assert isinstance(why, Refusal)
    return why.code


def balance(runner: SteppingRunner) -> int:
    shown = figures(runner.state(), "0007")
    assert shown is not None
    return shown.balance


def effects(runner: SteppingRunner, kind: type[F]) -> list[F]:
    return [effect for effect in runner.effects if isinstance(effect, kind)]


def filed(runner: SteppingRunner) -> Filed:
    """What was written last."""
    write = effects(runner, WriteEntries)[-1]
    (draft,) = write.drafts
    assert isinstance(draft, FiledDraft)
    return draft.filed


# ── void ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_clerk_voids_a_sale_of_today_and_the_points_come_back() -> None:
    runner = voiding()
    before = balance(runner)
    runner.tap(Action.VOID)
    what = filed(runner).what
    assert isinstance(what, Voiding)
    assert (what.sale.number_text, what.reason, what.supervisor) == ("1-000486", "wrong_goods", None)
    assert balance(runner) == before + 10
    printing = at(runner, Printing)
    runner.printer_says(Paper.PRINTED)
    assert at(runner, Done).sale == printing.sale


def test_a_void_is_written_before_anything_else_and_once() -> None:
    runner = voiding(writes=False)
    seen = runner.state().version
    for _ in range(3):
        runner.tap_on(seen, Action.VOID)
    at(runner, Filing)
    assert len(effects(runner, WriteEntries)) == 1
    assert not effects(runner, PrintReceipt)


def test_a_void_that_cannot_be_written_gives_nothing_back() -> None:
    runner = voiding(writes=False)
    before = balance(runner)
    runner.tap(Action.VOID)
    runner.submit(NotWritten(at(runner, Filing).filed.id, FaultCode.DISK_NEARLY_FULL))
    at(runner, VoidAsked)
    assert (balance(runner), runner.state().notice) == (before, FaultCode.DISK_NEARLY_FULL)


@pytest.mark.parametrize(("clerk", "which"), [("li", 0), ("zhou", 5)], ids=["another clerk", "yesterday"])
def test_another_clerk_or_another_day_needs_a_supervisor(clerk: str, which: int) -> None:
    runner = voiding(clerk=clerk, which=which)
    runner.tap(Action.VOID)
    assert runner.state().notice == Refusal(RefusalCode.VOID_NEEDS_SUPERVISOR)
    runner.tap(Action.SUPERVISOR)
    at(runner, Persons)
    runner.tap(Action.PERSON, "wang")  # serves, but does not supervise
    at(runner, Persons)
    runner.tap(Action.PERSON, "liang")
    typed(runner, PIN)
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("liang", True))
    assert at(runner, VoidAsked).supervisor == "liang"
    runner.tap(Action.VOID)
    what = filed(runner).what
    assert isinstance(what, Voiding)
    assert what.supervisor == "liang"


def test_a_clock_that_is_not_trusted_makes_the_rule_stricter() -> None:
    runner = voiding()
    runner.trusted = False
    runner.tap(Action.VOID)
    assert runner.state().notice == Refusal(RefusalCode.VOID_NEEDS_SUPERVISOR)


def test_a_reason_or_a_sale_that_is_not_on_the_list_is_not_taken() -> None:
    runner = at_rest()
    runner.tap(Action.VOID)
    runner.tap(Action.SALE, str(past_sales()[0].id))
    at(runner, SalesList)
    runner = voiding()
    runner.tap(Action.BACK)
    runner.tap(Action.REASON, "fell ill")
    assert not isinstance(runner.state().face, VoidAsked)


def test_the_void_slip_names_both_numbers_and_a_further_one_is_a_copy() -> None:
    runner = voiding()
    runner.tap(Action.VOID)
    runner.printer_says(Paper.UNKNOWN)
    runner.tap(Action.REPRINT)
    copies = effects(runner, PrintReceipt)
    assert [effect.copy for effect in copies] == [0, 1]
    snapshot = village()
    slip = slip_of(copies[-1].sale, Occasion(snapshot.village, snapshot.limits, 1, NOW))
    assert isinstance(slip, VoidSlip)
    assert (slip.voided_number, slip.back_text, slip.copy, slip.reason) == ("1-000486", "10", 1, "拿错规格")


# ── no card, proxy, PINs ────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_card_nothing_is_shown_before_a_second_person_showed_a_pin() -> None:
    runner = at_rest()
    runner.tap(Action.NO_CARD)
    typed(runner, "0007")
    runner.tap(Action.ENTER)
    at(runner, Persons)
    runner.tap(Action.PERSON, "zhou")  # who serves is no second person
    at(runner, Persons)
    runner.tap(Action.PERSON, "wang")
    typed(runner, "1111")
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("wang", False))
    assert (at(runner, PinPad).digits, runner.state().notice) == ("", Note.PIN_WRONG)


def test_a_sale_without_a_card_says_who_stood_by_and_has_a_low_limit() -> None:
    runner = without_card()
    shown = at(runner, HouseholdShown)
    assert (shown.customer.card, shown.way.without_card, shown.way.second) == (None, True, "wang")
    runner.scan_goods(SOY, SOAP, SOAP)
    runner.tap(Action.REVIEW)
    assert refusal(runner) is RefusalCode.LIMIT_NO_CARD
    runner.tap(Action.REMOVE, SOY)
    runner.tap(Action.REVIEW)
    runner.tap(Action.CONFIRM)
    assert at(runner, Waiting).sale.way.second == "wang"


def test_a_card_that_is_found_meanwhile_takes_the_low_limit_away() -> None:
    runner = without_card()
    runner.scan_goods(SOY)
    runner.scan_card(7)
    cart = at(runner, Cart)
    assert (cart.way.without_card, cart.customer.card is None, cart.total) == (False, False, 5)


@pytest.mark.parametrize(("digits", "note"), [("9999", Note.NO_SUCH_NUMBER), ("004187", Note.NUMBER_OF_SEVERAL)])
def test_a_number_that_leads_to_nobody_or_to_several_is_told(digits: str, note: Note) -> None:
    runner = at_rest()
    runner.tap(Action.NO_CARD)
    typed(runner, digits)
    runner.tap(Action.ENTER)
    assert (runner.state().face, runner.state().notice) == (NumberPad(), note)


def test_five_wrong_pins_lock_that_person_for_five_minutes() -> None:
    runner = at_rest()
    for _ in range(5):
        runner.submit(PinChecked("wang", False))
    runner.tap(Action.NO_CARD)
    typed(runner, "7")
    runner.tap(Action.ENTER)
    runner.tap(Action.PERSON, "wang")
    assert runner.state().notice is Note.PIN_LOCKED
    runner.ms += 5 * 60_000
    runner.tap(Action.PERSON, "wang")
    at(runner, PinPad)


def test_a_right_pin_forgets_the_wrong_ones() -> None:
    runner = at_rest()
    for ok in (False,) * 4 + (True,) + (False,) * 4:
        runner.submit(PinChecked("wang", ok))
    assert runner.state().tries[0].wrong == 4


def test_a_pin_is_nowhere_but_in_the_check() -> None:
    runner = at_rest()
    runner.tap(Action.NO_CARD)
    typed(runner, "7")
    runner.tap(Action.ENTER)
    runner.tap(Action.PERSON, "wang")
    typed(runner, PIN)
    assert PIN not in repr(runner.state())
    runner.tap(Action.ENTER)
    (check,) = effects(runner, CheckPin)
    assert (check.pin, PIN in repr(check), at(runner, PinPad).digits) == (PIN, False, "")
    assert PIN not in repr(runner.taken)


def test_a_substitute_takes_over_in_one_step() -> None:
    runner = at_rest()
    runner.tap(Action.CLERK)
    runner.tap(Action.PERSON, "wang")
    assert (runner.state().clerk, runner.state().face, runner.state().notice) == ("wang", Idle(), Note.SERVES_NOW)


def test_where_the_village_asks_for_it_a_clerk_shows_a_pin_and_a_supervisor_agrees() -> None:
    runner = at_rest(snapshot=village(clerk_pin=True, substitute=False))
    runner.tap(Action.CLERK)
    for person in ("wang", "liang"):
        runner.tap(Action.PERSON, person)
        typed(runner, PIN)
        runner.tap(Action.ENTER)
        assert runner.state().clerk == "zhou"
        runner.submit(PinChecked(person, True))
    assert runner.state().clerk == "wang"


def test_a_proxy_gives_a_reason_and_above_the_limit_a_second_person() -> None:
    runner = choosing(snapshot=village(proxy=9))
    for action, arg in ((Action.REVIEW, ""), (Action.PROXY, ""), (Action.REASON, "away"), (Action.SIGN, "")):
        runner.tap(action, arg)
    assert refusal(runner) is RefusalCode.LIMIT_PROXY
    runner.tap(Action.SECOND)
    runner.tap(Action.PERSON, "wang")
    typed(runner, PIN)
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("wang", True))
    assert at(runner, Confirm).cart.way.proxy == "away"
    runner.tap(Action.CONFIRM)
    runner.answer()
    (print_,) = effects(runner, PrintReceipt)
    snapshot = village(proxy=9)
    slip = slip_of(print_.sale, Occasion(snapshot.village, snapshot.limits, 0, NOW, clerks=tuple(snapshot.clerks)))
    assert isinstance(slip, RedemptionReceipt)
    assert slip.proxy is not None
    assert (slip.title, slip.proxy.reason, slip.proxy.name, slip.second) == ("代兑小票", "本人外出", "见签字", "王**")


def proxy_asked() -> SteppingRunner:
    """Up to 谁来代领？"""
    return tapped(reviewed(choosing()), Action.PROXY, (Action.REASON, "away"))


def vouched() -> SteppingRunner:
    """A proxy above the limit: told so."""
    return tapped(reviewed(choosing(snapshot=village(proxy=9))), Action.PROXY, (Action.REASON, "away"), Action.SIGN)


def names_kept(runner: SteppingRunner) -> dict[str, str]:
    """What lies beside the confirmed sale's entry."""
    return names_written(tapped(runner, Action.CONFIRM))


def names_written(runner: SteppingRunner) -> dict[str, str]:
    """What lies beside the entry written last, after it was checked against what the entry commits to."""
    write = effects(runner, WriteEntries)[-1]
    entry = entry_of(write.drafts[0], 1, write.moment, write.clerk)
    beside, committed = beside_of(write.drafts[0]), commitments(entry)
    assert all(belongs(name, committed[key]) for key, name in beside.items())
    return {key: name.text for key, name in beside.items()}


@pytest.mark.parametrize(
    ("number", "name"), [("131", "上官**户 0131"), ("0131", "上官**户 0131"), ("7", "自家人"), ("0007", "自家人")]
)
def test_a_proxy_is_named_by_the_number_of_their_household(number: str, name: str) -> None:
    runner = tapped(typed(proxy_asked(), number), Action.ENTER)
    assert at(runner, Confirm).cart.way.proxy_name == name
    assert names_kept(runner) == {"proxy": name}


def test_a_proxys_own_card_names_them() -> None:
    runner = proxy_asked()
    runner.scan_card(131)
    assert at(runner, Confirm).cart.customer.household == "0007"
    assert names_kept(runner) == {"proxy": "上官**户 0131"}


def test_the_households_own_card_does_not_say_who_collects() -> None:
    runner = proxy_asked()
    runner.scan_card(7)
    assert at(runner, ProxyNumber).cart.way.proxy_name == ""


def test_who_agreed_to_fewer_points_is_asked_again() -> None:
    runner = tapped(
        choosing(snapshot=village(proxy=9)), Action.REVIEW, Action.PROXY, (Action.REASON, "away"), Action.SIGN
    )
    wang_stands_by(runner)
    assert at(runner, Confirm).cart.way.second == "wang"
    tapped(runner, Action.BACK, (Action.LESS, SOAP), Action.REVIEW)
    assert at(runner, Confirm).cart.way.second == "wang", "fewer goods need nobody anew"
    tapped(runner, Action.BACK, (Action.ADD, SOAP), Action.REVIEW)
    assert refusal(runner) is RefusalCode.LIMIT_PROXY


def wang_stands_by(runner: SteppingRunner) -> None:
    """王 stands by with a PIN."""
    typed(tapped(runner, Action.SECOND, (Action.PERSON, "wang")), PIN)
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("wang", True))


def test_a_proxy_without_a_number_signs_for_their_name() -> None:
    assert names_kept(tapped(proxy_asked(), Action.SIGN)) == {"proxy": "见签字"}


@pytest.mark.parametrize("number", ["", "9999"])
def test_a_number_that_nobody_has_names_no_proxy(number: str) -> None:
    runner = tapped(typed(proxy_asked(), number), Action.ENTER)
    assert (at(runner, ProxyNumber).digits, runner.state().notice) == ("", Note.NO_SUCH_NUMBER)


def test_a_proxy_who_leaves_is_no_proxy() -> None:
    for way_back in ((Action.LEAVE,), (Action.ERASE, Action.LEAVE)):
        runner = tapped(typed(proxy_asked(), "1"), *way_back)
        assert at(runner, Cart).way.proxy is None


def test_a_mistaken_proxy_is_changed_at_the_question_or_taken_back() -> None:
    runner = tapped(typed(proxy_asked(), "0131"), Action.ENTER, Action.PROXY)
    assert at(tapped(runner, Action.LEAVE), Cart).way == Way()
    runner = tapped(reviewed(runner), Action.PROXY, (Action.REASON, "cannot_leave"))
    assert names_kept(tapped(typed(runner, "7"), Action.ENTER)) == {"proxy": "自家人"}


def test_what_comes_after_an_emptied_cart_is_collected_by_the_household_itself() -> None:
    runner = tapped(proxy_asked(), Action.SIGN, Action.BACK, Action.EMPTY)
    assert at(runner, HouseholdShown).way == Way()
    assert names_written(tapped(runner, (Action.ORDER, str(ORDER)), Action.COLLECT)) == {}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda: tapped(reviewed(choosing()), Action.PROXY), id="why a proxy"),
        pytest.param(proxy_asked, id="who is the proxy"),
        pytest.param(lambda: tapped(vouched(), Action.SECOND), id="who vouches"),
        pytest.param(lambda: tapped(vouched(), Action.SECOND, (Action.PERSON, "wang")), id="their pin"),
    ],
)
def test_goods_are_in_hand_while_somebody_is_asked_for(asked: Callable[[], SteppingRunner]) -> None:
    runner = asked()
    assert goods_in_hand(runner.state())
    runner.ms += 120_000
    runner.submit(Tick())
    at(runner, Idle)
    assert not goods_in_hand(runner.state())


@pytest.mark.parametrize("has_pin", [True, False])
def test_above_the_villages_limit_the_household_shows_its_own_pin_online(has_pin: bool) -> None:
    snapshot = village(pin_above=5)
    homes = [home.model_copy(update={"pin": has_pin}) for home in snapshot.households]
    runner = choosing(snapshot=snapshot.model_copy(update={"households": homes}))
    runner.tap(Action.REVIEW)
    assert refusal(runner) is RefusalCode.PIN_NEEDED
    runner.tap(Action.OWN_PIN)
    if not has_pin:
        assert runner.state().notice is Note.PIN_UNSET
        return
    typed(runner, "1234")
    runner.tap(Action.ENTER)
    assert [(ask.household, ask.pin) for ask in effects(runner, AskPin)] == [("0007", "1234")]
    runner.submit(PinAnswered("0007", PinAnswer(ok=False, tries=4)))
    assert runner.state().notice == Refusal(RefusalCode.PIN_WRONG, {"tries": 4})
    typed(runner, "4321")
    runner.tap(Action.ENTER)
    runner.submit(PinAnswered("0007", PinAnswer(ok=True)))
    assert at(runner, Confirm).cart.way.pin_checked


# ── cash, slips without buying, voice ───────────────────────────────────────────────────────────────────────────────


def test_what_is_missing_may_be_paid_in_cash_where_the_village_allows_it() -> None:
    runner = short_of_points(fen_per_point=150)
    assert refusal(runner) is RefusalCode.NOT_ENOUGH_POINTS
    runner.tap(Action.CASH)
    runner.tap(Action.CONFIRM)
    sale = at(runner, Waiting).sale
    assert (sale.worth, sale.total, sale.cash_fen, sale.balance_after) == (90, 86, 600, 0)


def test_other_goods_are_another_reckoning() -> None:
    runner = short_of_points()
    runner.tap(Action.CASH)
    runner.scan_goods(SOAP)
    assert at(runner, Cart).way.cash_points == 0


def test_where_no_cash_is_taken_none_is_offered() -> None:
    runner = short_of_points()
    book = runner.state().book
    assert book is not None
    runner = choosing(ONLINE, GOODS[9][0], SOY)
    runner.tap(Action.REVIEW)
    runner.tap(Action.CASH)
    assert refusal(runner) is RefusalCode.NOT_ENOUGH_POINTS


def test_balance_and_passbook_come_without_buying_and_the_balance_is_spoken_only_on_request() -> None:
    runner = at_rest()
    runner.scan_card(7)
    assert not effects(runner, Speak)
    for action in (Action.BALANCE, Action.PASSBOOK, Action.SPEAK):
        runner.tap(action)
    assert effects(runner, PrintBalance) == [PrintBalance("0007")]
    assert effects(runner, FetchPassbook) == [FetchPassbook("0007")]
    assert effects(runner, Speak) == [Speak((26, 9, 11, 7, 19, 31, 6, 19))]  # 您家有八十六分，公示里还有五分
    at(runner, HouseholdShown)
    runner.submit(PassbookCame("0007", None))
    assert runner.state().notice is Note.NO_PASSBOOK


# ── stock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_goods_that_came_in_are_on_the_shelf_at_once_and_on_one_slip() -> None:
    runner = stock_sheet("donated", SOY, SOAP)
    before = runner.state().book
    runner.tap(Action.FILE)
    after = runner.state().book
    assert before is not None
    assert after is not None
    assert after.sold[-1].goods == ((SOY, -3), (SOAP, -3))
    snapshot = village()
    slip = slip_of(at(runner, Printing).sale, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert isinstance(slip, ReceivedSlip)
    assert (slip.amount_text, [row.cost_text for row in slip.rows]) == ("63.00", ["10.50", "10.50"])


def test_a_count_that_differs_asks_why_and_one_that_agrees_does_not() -> None:
    runner = stock_sheet("counted")
    runner.scan_goods(SOY)
    typed(runner, "40")
    runner.tap(Action.ENTER)
    assert at(runner, StockSheet).stock.lines[0].reason is None
    runner = stock_sheet("counted", SOY)
    line = at(runner, StockSheet).stock.lines[0]
    assert (line.booked, line.quantity, line.reason) == (40, 3, "broken")


@pytest.mark.parametrize(("digits", "kind"), [("", "counted"), ("0", "bought"), ("", "written_off")])
def test_a_quantity_that_cannot_be_is_told(digits: str, kind: str) -> None:
    runner = stock_sheet(kind)
    runner.scan_goods(SOY)
    typed(runner, digits)
    runner.tap(Action.ENTER)
    assert runner.state().notice is Note.QUANTITY_ODD


def test_who_counts_at_the_shelf_is_not_put_away_like_a_customer() -> None:
    runner = stock_sheet("counted", SOY)
    runner.ms += 120_000
    runner.submit(Tick())
    assert isinstance(at(runner, StockSheet).stock, Stock)


def until(runner: SteppingRunner, *keys: str | Action) -> SteppingRunner:
    """The pad that asks until when soy sauce is good, and these keys."""
    runner.scan_goods(SOY)
    for much in ("3", "10.5"):
        typed(runner, much)
        runner.tap(Action.ENTER)
    assert at(runner, StockPad).asks == "until"
    for key in keys:
        if isinstance(key, Action):
            runner.tap(key)
        else:
            typed(runner, key)
    return runner


@pytest.mark.parametrize(
    ("keys", "day"),
    [
        (("20270615", Action.ENTER), date(2027, 6, 15)),
        (("202702", Action.ENTER), date(2027, 2, 28)),
        ((Action.NO_DATE,), None),
        (("2027", Action.NO_DATE), None),
        (("20260101", Action.ENTER, Action.ENTER), date(2026, 1, 1)),
    ],
)
def test_goods_come_in_with_the_day_on_the_package_or_none(keys: tuple[str | Action, ...], day: date | None) -> None:
    runner = until(stock_sheet("bought"), *keys)
    assert at(runner, StockSheet).stock.lines[0].best_before == day
    runner.tap(Action.FILE)
    (draft,) = effects(runner, WriteEntries)[-1].drafts
    entry = entry_of(draft, 1, effects(runner, WriteEntries)[-1].moment, "zhou")
    assert isinstance(entry, Received)
    assert entry.lines[0].best_before == day
    snapshot = village()
    slip = slip_of(at(runner, Printing).sale, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert isinstance(slip, ReceivedSlip)
    assert slip.rows[0].best_before_text == (day.isoformat() if day else None)


@pytest.mark.parametrize("digits", ["", "2027", "20270229", "20271301", "202713", "20370101", "280615", "00000101"])
def test_a_day_that_cannot_be_is_told_and_asked_again(digits: str) -> None:
    runner = until(stock_sheet("bought"), digits, Action.ENTER)
    assert (runner.state().notice, at(runner, StockPad).digits) == (Note.DATE_ODD, digits)


def test_a_day_that_is_over_is_asked_about_and_never_taken_by_a_double_tap() -> None:
    runner = until(stock_sheet("bought"), "20260101")
    seen = runner.state().version
    runner.tap(Action.ENTER)
    assert (runner.state().notice, at(runner, StockPad).warned) == (Note.DATE_PAST, True)
    runner.tap_on(seen, Action.ENTER)
    at(runner, StockPad)
    runner.tap(Action.ERASE)
    typed(runner, "2")
    runner.tap(Action.ENTER)
    assert runner.state().notice is Note.DATE_PAST, "another day is another question"


def test_a_donor_that_the_office_knows_is_chosen_and_committed_to() -> None:
    runner = stock_sheet("donated", SOY, snapshot=given("山泉毛巾厂"))
    runner.tap(Action.FILE)
    at(runner, StockDonor)
    runner.tap(Action.DONOR, "没有给过的人")
    at(runner, StockDonor)
    runner.tap(Action.DONOR, "山泉毛巾厂")
    write = effects(runner, WriteEntries)[-1]
    entry = entry_of(write.drafts[0], 1, write.moment, "zhou")
    beside = beside_of(write.drafts[0])["donor"]
    assert isinstance(entry, Received)
    assert (beside.text, belongs(beside, entry.donor or "")) == ("山泉毛巾厂", True)
    assert "山泉毛巾厂" not in entry.model_dump_json(), "a name is never in an entry"
    snapshot = village()
    slip = slip_of(at(runner, Printing).sale, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert isinstance(slip, ReceivedSlip)
    assert slip.donor == "山泉毛巾厂"


def test_a_new_donor_is_written_by_hand() -> None:
    runner = stock_sheet("donated", SOY, snapshot=given("山泉毛巾厂"))
    runner.tap(Action.FILE)
    runner.tap(Action.FILE)
    write = effects(runner, WriteEntries)[-1]
    entry = entry_of(write.drafts[0], 1, write.moment, "zhou")
    assert isinstance(entry, Received)
    assert (entry.donor, beside_of(write.drafts[0])) == (None, {})
    snapshot = village()
    slip = slip_of(at(runner, Printing).sale, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert isinstance(slip, ReceivedSlip)
    assert slip.donor == ""


@pytest.mark.parametrize("kind", ["counted", "written_off"])
def test_what_is_gone_or_differs_is_looked_at_by_two(kind: str) -> None:
    runner = stock_sheet(kind, SOY)
    stock = at(runner, StockSheet).stock
    runner.tap(Action.FILE)
    assert at(runner, Persons).errand == CountTogether(stock)
    assert not effects(runner, WriteEntries)
    runner.tap(Action.PERSON, "wang")
    typed(runner, PIN)
    runner.tap(Action.ENTER)
    assert effects(runner, CheckPin)[-1].login == "wang"
    runner.submit(PinChecked("wang", ok=True))
    write = effects(runner, WriteEntries)[-1]
    entry = entry_of(write.drafts[0], 1, write.moment, "zhou")
    assert isinstance(entry, Counted | WrittenOff)
    assert (entry.second, PIN in entry.model_dump_json()) == ("wang", False)
    snapshot = village()
    there = Occasion(snapshot.village, snapshot.limits, 0, NOW, clerks=tuple(snapshot.clerks))
    slip = slip_of(at(runner, Printing).sale, there)
    assert isinstance(slip, CountedSlip | WrittenOffSlip)
    assert slip.second == "王**"


def test_who_is_alone_files_without_a_second_and_nobody_is_made_up() -> None:
    runner = stock_sheet("written_off", SOY)
    runner.tap(Action.FILE)
    runner.tap(Action.FILE)
    what = filed(runner).what
    assert isinstance(what, Stock)
    assert what.second is None


def test_a_count_that_agrees_and_a_village_without_pins_ask_nobody() -> None:
    runner = stock_sheet("counted")
    runner.scan_goods(SOY)
    typed(runner, "40")
    for action in (Action.ENTER, Action.FILE):
        runner.tap(action)
    at(runner, Printing)
    alone = village().model_copy(update={"clerks": village().clerks[:1]})
    runner = stock_sheet("written_off", SOY, snapshot=alone)
    runner.tap(Action.FILE)
    at(runner, Printing)


def test_a_second_who_thinks_again_finds_the_sheet_as_it_was() -> None:
    runner = stock_sheet("counted", SOY)
    before = at(runner, StockSheet)
    runner.tap(Action.FILE)
    runner.ms += 120_000
    runner.submit(Tick())
    runner.tap(Action.LEAVE)
    assert at(runner, StockSheet) == before


# ── the close of a day ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("line", [ONLINE, OFFLINE], ids=["online", "offline"])
def test_a_day_is_written_then_sealed_then_printed_with_a_line_or_without(line: object) -> None:
    runner = closing(ONLINE if line is ONLINE else OFFLINE)
    runner.tap(Action.CLOSE_DAY)
    at(runner, Sealing)
    assert effects(runner, AskSeal) == [AskSeal()]
    assert not effects(runner, PrintReceipt)
    runner.submit(SealCame(A_SEAL if line is ONLINE else None))
    (print_,) = effects(runner, PrintReceipt)
    snapshot = village()
    slip = slip_of(print_.sale, Occasion(snapshot.village, snapshot.limits, 0, NOW))
    assert isinstance(slip, DayCloseSlip)
    assert (slip.net_text, slip.unsent, slip.seal is not None) == ("259", 3, line is ONLINE)


def test_a_late_seal_prints_nothing_again() -> None:
    runner = closing()
    runner.tap(Action.CLOSE_DAY)
    runner.submit(SealCame(None))
    runner.submit(SealCame(A_SEAL))
    assert len(effects(runner, PrintReceipt)) == 1


def test_a_day_is_shown_again_when_it_could_not_be_written() -> None:
    runner = closing(writes=False)
    runner.tap(Action.CLOSE_DAY)
    runner.submit(NotWritten(at(runner, Filing).filed.id, FaultCode.DISK_NEARLY_FULL))
    assert at(runner, DayShown).sum is not None


# ── goods ordered ahead ─────────────────────────────────────────────────────────────────────────────────────────────


def test_goods_that_are_not_there_can_be_ordered_and_their_points_are_kept() -> None:
    runner = at_rest(snapshot=village(order_days=10))
    runner.scan_card(7)
    for action, arg in ((Action.ORDER_GOODS, ""), (Action.ADD, GOODS[5][0]), (Action.REVIEW, ""), (Action.CONFIRM, "")):
        runner.tap(action, arg)
    (draft,) = effects(runner, WriteEntries)[-1].drafts
    assert isinstance(draft, OrderedDraft)
    assert draft.until == (NOW + timedelta(days=10)).date()
    assert balance(runner) == 68
    runner.answer("not_enough_points")
    assert (at(runner, Refused).cart.ordering, balance(runner)) == (True, 86)


def test_without_a_line_nothing_is_ordered() -> None:
    runner = at_rest(OFFLINE, village(order_days=10))
    runner.scan_card(7)
    runner.tap(Action.ORDER_GOODS)
    assert runner.state().notice is Note.ORDERS_NEED_LINE


@pytest.mark.parametrize("line", [ONLINE, OFFLINE], ids=["online", "offline"])
def test_ordered_goods_are_collected_once_with_their_own_receipt(line: object) -> None:
    runner = order_shown(ONLINE if line is ONLINE else OFFLINE)
    assert at(runner, OrderShown).order.id == ORDER
    seen = runner.state().version
    for _ in range(2):
        runner.tap_on(seen, Action.COLLECT)
    assert len(effects(runner, WriteEntries)) == 1
    assert at(runner, Printing).copy == 0
    runner.printer_says(Paper.UNKNOWN)
    at(runner, PrintUnknown)
    runner.tap(Action.PAPER_OUT)
    runner.tap(Action.LEAVE)
    runner.scan_card(7)
    runner.tap(Action.ORDER, str(ORDER))
    at(runner, HouseholdShown)  # it is off the list


@pytest.mark.parametrize("wanted", [False, True])
def test_a_village_may_have_every_receipt_signed(wanted: bool) -> None:
    snapshot = village(signature_stub=wanted)
    receipt = slip_of(past_sales()[0], Occasion(snapshot.village, snapshot.limits, 0, NOW))
    rows = [row.text for row in rows_of(receipt, PAPER_58) if isinstance(row, Text)]
    assert ("领货人签字或按手印：" in rows) is wanted
