"""The faces of a sale, reached by real steps of the real till: from a card to paper, and every no on the way."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from kiosk.counter.events import (
    Action,
    Device,
    DeviceTrouble,
    Enrolled,
    LineChanged,
    NoAnswer,
    NotWritten,
    Paper,
    PinChecked,
    Rebooted,
    Scanned,
    SnapshotCame,
    Tick,
    Unheard,
)
from kiosk.counter.values import Line, LineStatus, OpenPaper, OpenSale
from schemas.kiosk_api import Snapshot
from schemas.refusals import FaultCode
from schemas.tokens import Code, CodeKind, NotOurs
from tests.fakes.counter_village import GOODS, OFFLINE, OIL, ONLINE, PAPER_ROLL, PIN, SOAP, SOY, village
from tests.fakes.stepping_runner import SteppingRunner, asking, at_rest, choosing, household, reviewed, tapped, typed


def _not_enrolled() -> SteppingRunner:
    return SteppingRunner()


def _no_snapshot() -> SteppingRunner:
    runner = SteppingRunner()
    runner.submit(Enrolled(1))
    runner.submit(LineChanged(OFFLINE))
    return runner


def _wrong_code(code: Code | NotOurs) -> SteppingRunner:
    runner = at_rest()
    runner.submit(Scanned(code))
    return runner


def _cleared() -> SteppingRunner:
    runner = at_rest()
    runner.scan_card(7)
    runner.ms = 61_000
    runner.submit(Tick())
    return runner


def _everything_wrong(runner: SteppingRunner) -> SteppingRunner:
    runner.trusted = False
    runner.submit(DeviceTrouble(Device.PRINTER, FaultCode.PRINTER_NO_PAPER))
    runner.submit(DeviceTrouble(Device.SCANNER, FaultCode.SCANNER_LOST))
    return runner


def _empty_cart() -> SteppingRunner:
    runner = household(7)
    runner.tap(Action.CHOOSE)
    return runner


def _last_page() -> SteppingRunner:
    runner = choosing()
    runner.tap(Action.NEXT, "12")
    return runner


def _long_cart(line: Line = ONLINE) -> SteppingRunner:
    return choosing(line, *(good[0] for good in GOODS[:5]), *(good[0] for good in GOODS[10:14]), SOY, SOY)


def _told_in_cart() -> SteppingRunner:
    runner = choosing()
    runner.tap(Action.ADD, PAPER_ROLL)
    return runner


def _other_card_in_cart() -> SteppingRunner:
    runner = choosing(OFFLINE)
    runner.scan_card(131)
    return runner


def _cannot_write() -> SteppingRunner:
    runner = asking(writes=False)
    runner.submit(NotWritten(getattr(runner.state().face, "entry", UUID(int=1)), FaultCode.DISK_NEARLY_FULL))
    return runner


def _no_answer(snapshot: Snapshot | None = None) -> SteppingRunner:
    runner = asking(snapshot=snapshot)
    runner.submit(NoAnswer(runner.sale.id))
    return runner


def _no_answer_and_barred() -> SteppingRunner:
    return _no_answer(village(offline_household_day=5))


def _after_power_cut(copy: int | None = None) -> SteppingRunner:
    sale = asking().sale
    runner = SteppingRunner()
    for event in (
        Enrolled(1),
        SnapshotCame(village()),
        LineChanged(ONLINE),
        Rebooted((OpenSale(sale) if copy is None else OpenPaper(sale, copy),), ()),
    ):
        runner.submit(event)
    return runner


def _asked_after_power_cut() -> SteppingRunner:
    runner = _after_power_cut()
    runner.submit(NoAnswer(runner.sale.id))
    return runner


def _printing(line: Line = ONLINE) -> SteppingRunner:
    runner = asking(line)
    if line is ONLINE:
        runner.answer()
    return runner


def _second_copy() -> SteppingRunner:
    runner = _paper(FaultCode.PRINTER_NO_PAPER)
    runner.tap(Action.REPRINT)
    return runner


def _paper(trouble: FaultCode | None = None, line: Line = ONLINE) -> SteppingRunner:
    runner = _printing(line)
    if trouble is not None:
        runner.submit(DeviceTrouble(Device.PRINTER, trouble))
    runner.printer_says(Paper.UNKNOWN, trouble)
    return runner


def _done(line: Line = ONLINE, *, paper: bool = True) -> SteppingRunner:
    runner = _printing(line)
    if paper:
        runner.printer_says(Paper.PRINTED)
    else:
        runner.printer_says(Paper.UNKNOWN)
        runner.tap(Action.NO_PAPER)
    return runner


def _refused_by_ledger() -> SteppingRunner:
    runner = asking()
    runner.answer("limit_household_day", limit=50, spent=45, left=5)
    return runner


def _decimals() -> SteppingRunner:
    return choosing(snapshot=village(1))


def without_card(line: Line = ONLINE, snapshot: Snapshot | None = None) -> SteppingRunner:
    """0007 by its number, with 王秀英 standing by."""
    runner = tapped(typed(tapped(at_rest(line, snapshot), Action.NO_CARD), "7"), Action.ENTER, (Action.PERSON, "wang"))
    typed(runner, PIN)
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("wang", True))
    return runner


def _proxy_over_limit() -> SteppingRunner:
    runner = reviewed(choosing(snapshot=village(proxy=9)))
    return tapped(runner, Action.PROXY, (Action.REASON, "away"), Action.SIGN)


def _whose_proxy() -> SteppingRunner:
    return tapped(reviewed(choosing()), Action.PROXY, (Action.REASON, "away"))


def _named_proxy() -> SteppingRunner:
    runner = _whose_proxy()
    runner.scan_card(131)
    return runner


def short_of_points(**limits: object) -> SteppingRunner:
    """玉米油 and 酱油 for 90 points, of which 0007 has 86."""
    return reviewed(choosing(ONLINE, OIL, SOY, snapshot=village(0, cash_allowed=True, **limits)))


def _unheard() -> SteppingRunner:
    runner = household(7)
    runner.tap(Action.SPEAK)
    runner.submit(Unheard())
    return runner


def _lost_cart() -> SteppingRunner:
    runner = at_rest()
    runner.submit(Rebooted((), (), "zhou", cart_lost=True))
    return runner


SELLING_FACES: dict[str, Callable[[], SteppingRunner]] = {
    "not-enrolled": _not_enrolled,
    "no-snapshot": _no_snapshot,
    "idle": at_rest,
    "idle-offline": lambda: at_rest(OFFLINE),
    "idle-catching-up": lambda: at_rest(Line(LineStatus.CATCHING_UP, 3)),
    "idle-payment-code": lambda: _wrong_code(NotOurs.PAYMENT),
    "idle-unreadable": lambda: _wrong_code(NotOurs.UNREADABLE),
    "idle-other-village": lambda: _wrong_code(Code(CodeKind.CARD, "LT", "LT-" + "0" * 26)),
    "idle-cleared": _cleared,
    "idle-revoked": lambda: at_rest(Line(LineStatus.REVOKED, 2)),
    "idle-forked": lambda: at_rest(Line(LineStatus.FORKED, 2)),
    "idle-everything-wrong": lambda: _everything_wrong(at_rest(OFFLINE)),
    "household": lambda: household(7),
    "household-offline": lambda: household(7, OFFLINE),
    "household-blocked": lambda: household(8),
    "household-empty": lambda: household(131),
    "cart-empty": _empty_cart,
    "cart": choosing,
    "cart-offline": lambda: choosing(OFFLINE),
    "cart-last-page": _last_page,
    "cart-long": _long_cart,
    "cart-short": lambda: choosing(ONLINE, OIL, SOY),
    "cart-told": _told_in_cart,
    "cart-other-card": _other_card_in_cart,
    "cart-decimals": _decimals,
    "cart-everything-wrong": lambda: _everything_wrong(choosing(OFFLINE)),
    "confirm": lambda: reviewed(choosing()),
    "confirm-offline": lambda: reviewed(choosing(OFFLINE)),
    "confirm-catching-up": lambda: reviewed(choosing(Line(LineStatus.CATCHING_UP, 3))),
    "confirm-long": lambda: reviewed(_long_cart()),
    "saving": lambda: asking(writes=False),
    "saving-offline": lambda: asking(OFFLINE, writes=False),
    "waiting": asking,
    "waiting-power-cut": _after_power_cut,
    "hand-over": _no_answer,
    "hand-over-barred": _no_answer_and_barred,
    "hand-over-power-cut": _asked_after_power_cut,
    "printing": _printing,
    "printing-offline": lambda: _printing(OFFLINE),
    "printing-second-copy": _second_copy,
    "paper": _paper,
    "paper-no-paper": lambda: _paper(FaultCode.PRINTER_NO_PAPER),
    "paper-offline": lambda: _paper(FaultCode.PRINTER_LOST, OFFLINE),
    "paper-power-cut": lambda: _after_power_cut(0),
    "paper-never-printed": lambda: _after_power_cut(-1),
    "done": _done,
    "done-offline": lambda: _done(OFFLINE),
    "done-without-paper": lambda: _done(paper=False),
    "refused": lambda: reviewed(choosing(ONLINE, OIL, SOY)),
    "refused-offline": lambda: reviewed(_long_cart(OFFLINE)),
    "refused-by-ledger": _refused_by_ledger,
    "refused-disk": _cannot_write,
    "refused-cash": short_of_points,
    "refused-pin": lambda: reviewed(choosing(snapshot=village(pin_above=5))),
    "refused-proxy": _proxy_over_limit,
    "idle-cart-lost": _lost_cart,
    "household-without-card": without_card,
    "confirm-proxy": _named_proxy,
    "confirm-proxy-signs": lambda: tapped(_whose_proxy(), Action.SIGN),
    "confirm-cash": lambda: tapped(short_of_points(), Action.CASH),
    "confirm-without-card": lambda: reviewed(tapped(without_card(), (Action.ADD, SOAP))),
    "proxy-reasons": lambda: tapped(reviewed(choosing()), Action.PROXY),
    "proxy-number": lambda: typed(_whose_proxy(), "013"),
    "number-pad": lambda: typed(tapped(at_rest(), Action.NO_CARD), "000"),
    "number-pad-unknown": lambda: tapped(typed(tapped(at_rest(), Action.NO_CARD), "9999"), Action.ENTER),
    "persons-vouch": lambda: tapped(typed(tapped(at_rest(), Action.NO_CARD), "7"), Action.ENTER),
    "unheard": _unheard,
}
