"""The faces of the counter's other work: voids, stock, the day's close, paper slips, goods ordered ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, timedelta
from uuid import UUID

from kiosk.counter.deals import DaySum, SealSeen
from kiosk.counter.events import Action, DayAddedUp, Paper, Rebooted, SalesFound, SealCame
from kiosk.counter.values import Line, Sale
from schemas.entries import DayFigures
from schemas.kiosk_api import Snapshot
from tests.fakes.counter_village import GOODS, NOW, OFFLINE, OIL, ONLINE, ORDER, PAPER_ROLL, PIN, SOAP, SOY, village
from tests.fakes.stepping_runner import SteppingRunner, asking, at_rest, household, printed, reviewed, tapped, typed

A_DAY = DaySum(
    NOW.astimezone(UTC).date(),
    475,
    491,
    DayFigures(
        sales=12, points=312, offline_sales=3, offline_points=86, voids=1, voided_points=53, cash_sales=1, cash_fen=2_700,
        received=1, received_pieces=90, reprints=2, unsent=3,
    ),
)  # fmt: skip
A_SEAL = SealSeen(1_297, NOW, "https://example.org/c/1297", ("孙女", "湖面", "蒸饭", "谷仓"), 1)
GOOD_UNTIL = {SOY: "20270615", SOAP: "202806"}
DONORS = ("山泉毛巾厂", "县妇联", "欧阳建国", "镇供销合作社", "老年协会", "一位不愿写名字的好心人，住在外村")


def past_sales(count: int = 6, clerk: str = "zhou") -> tuple[Sale, ...]:
    """Sales that hold, newest first, the last ones of yesterday."""
    sale = asking().sale
    return tuple(
        replace(
            sale,
            id=UUID(int=7_000 + n),
            number=486 - n,
            clerk=clerk,
            at=NOW - timedelta(hours=3 * n),
            token=f"SQ-{n:026}",
        )
        for n in range(count)
    )


def voiding(line: Line = ONLINE, *, clerk: str = "zhou", writes: bool = True, which: int = 0) -> SteppingRunner:
    """The question whether that sale is to be voided."""
    runner = at_rest(line, writes=writes)
    sales = past_sales(clerk=clerk)
    runner.tap(Action.VOID)
    runner.submit(SalesFound(sales))
    runner.tap(Action.SALE, str(sales[which].id))
    runner.tap(Action.REASON, "wrong_goods")
    return runner


def _sales_list(count: int = 6) -> SteppingRunner:
    runner = at_rest()
    runner.tap(Action.VOID)
    runner.submit(SalesFound(past_sales(count)))
    return runner


def _void_reasons() -> SteppingRunner:
    runner = _sales_list()
    runner.tap(Action.SALE, str(past_sales()[0].id))
    return runner


def _voided(line: Line = ONLINE) -> SteppingRunner:
    runner = voiding(line)
    runner.tap(Action.VOID)
    return runner


def closing(line: Line = ONLINE, *, writes: bool = True) -> SteppingRunner:
    """今天的账 is shown."""
    runner = at_rest(line, writes=writes)
    runner.tap(Action.DAY)
    runner.submit(DayAddedUp(A_DAY))
    return runner


def _closed(seal: SealSeen | None) -> SteppingRunner:
    runner = tapped(closing(ONLINE if seal else OFFLINE), Action.CLOSE_DAY)
    runner.submit(SealCame(seal))
    runner.printer_says(Paper.PRINTED)
    return runner


def stock_sheet(kind: str, *barcodes: str, snapshot: Snapshot | None = None) -> SteppingRunner:
    """A stock paper with these goods on it, three of each."""
    runner = tapped(at_rest(snapshot=snapshot), Action.STOCK, (Action.SHEET, kind))
    for barcode in barcodes:
        runner.scan_goods(barcode)
        tapped(typed(runner, "3"), Action.ENTER)
        if kind in ("bought", "donated"):
            tapped(typed(tapped(typed(runner, "10.5"), Action.ENTER), GOOD_UNTIL[barcode]), Action.ENTER)
        else:
            runner.tap(Action.REASON, "broken")
    return runner


def slip_at_goods(
    line: Line = ONLINE,
    *barcodes: str,
    snapshot: Snapshot | None = None,
    card: bool = False,
    day: str = "2026-11-24",
    writes: bool = True,
) -> SteppingRunner:
    """备用小票 0031 of 0007 of that day, found by its number or its card, with these goods."""
    runner = at_rest(line, snapshot, writes=writes)
    tapped(typed(tapped(runner, Action.SLIP), "31"), Action.ENTER)
    if card:
        runner.scan_card(7)
    else:
        tapped(typed(runner, "7"), Action.ENTER)
    runner.tap(Action.ON_DAY, day)
    runner.scan_goods(*barcodes)
    return runner


def slip_confirm(
    line: Line = ONLINE,
    *barcodes: str,
    snapshot: Snapshot | None = None,
    card: bool = False,
    day: str = "2026-11-24",
    writes: bool = True,
) -> SteppingRunner:
    """The same, and the question."""
    return reviewed(slip_at_goods(line, *barcodes, snapshot=snapshot, card=card, day=day, writes=writes))


def _slip_days() -> SteppingRunner:
    runner = tapped(typed(tapped(at_rest(), Action.SLIP), "31"), Action.ENTER)
    return tapped(typed(runner, "131"), Action.ENTER)


def _slip_twice() -> SteppingRunner:
    runner = at_rest()
    runner.submit(Rebooted((), (), "zhou", slips=frozenset({31})))
    return tapped(typed(tapped(runner, Action.SLIP), "31"), Action.ENTER)


def _slip_answered(outcome: str) -> SteppingRunner:
    runner = tapped(slip_confirm(ONLINE, SOY, SOAP), Action.CONFIRM)
    runner.answer(outcome)
    return runner


def given(*donors: str) -> Snapshot:
    """The village when these have given goods before."""
    return village().model_copy(update={"donors": list(donors)})


def _until() -> SteppingRunner:
    runner = tapped(typed(tapped(stock_sheet("donated"), (Action.GOODS, GOODS[16][0])), "12"), Action.ENTER)
    return tapped(typed(runner, "10.5"), Action.ENTER)


def _spoilt() -> SteppingRunner:
    """The list of what goes bad soon: one day over, one this month, one next year."""
    days = (date(2026, 11, 20), date(2026, 12, 3), date(2027, 6, 15))
    goods = village().goods
    dated = [
        good.model_copy(update={"best_before": day, "stock": 3}) for good, day in zip(goods[:3], days, strict=True)
    ]
    return tapped(
        at_rest(snapshot=village().model_copy(update={"goods": [*dated, *goods[3:]]})), Action.STOCK, Action.SHORT
    )


def _low_stock() -> SteppingRunner:
    return tapped(at_rest(snapshot=village(low_stock=40)), Action.STOCK, Action.SHORT)


def _ordering() -> SteppingRunner:
    runner = at_rest(snapshot=village(order_days=10))
    runner.scan_card(7)
    return tapped(runner, Action.ORDER_GOODS, (Action.ADD, PAPER_ROLL))


def _ordered() -> SteppingRunner:
    runner = tapped(_ordering(), Action.REVIEW, Action.CONFIRM)
    runner.answer()
    return runner


def order_shown(line: Line = ONLINE) -> SteppingRunner:
    """取订的货."""
    return tapped(household(7, line), (Action.ORDER, str(ORDER)))


WORK_FACES: dict[str, Callable[[], SteppingRunner]] = {
    "household-ordering": lambda: tapped(_ordering(), Action.EMPTY),
    "persons-take-over": lambda: tapped(at_rest(), Action.CLERK),
    "pin-pad": lambda: typed(tapped(voiding(clerk="li"), Action.SUPERVISOR, (Action.PERSON, "liang")), "246"),
    "pin-pad-checking": lambda: tapped(
        typed(tapped(voiding(clerk="li"), Action.SUPERVISOR, (Action.PERSON, "liang")), PIN), Action.ENTER
    ),
    "sales-looking": lambda: tapped(at_rest(), Action.VOID),
    "sales": _sales_list,
    "sales-older": lambda: tapped(_sales_list(), Action.OLDER),
    "sales-none": lambda: _sales_list(0),
    "void-reasons": _void_reasons,
    "void": voiding,
    "void-supervisor": lambda: voiding(clerk="li"),
    "void-filing": lambda: tapped(voiding(writes=False), Action.VOID),
    "void-printing": _voided,
    "void-done": lambda: printed(_voided()),
    "void-done-offline": lambda: printed(_voided(OFFLINE)),
    "day-adding": lambda: tapped(at_rest(), Action.DAY),
    "day": closing,
    "day-offline": lambda: closing(OFFLINE),
    "day-sealing": lambda: tapped(closing(), Action.CLOSE_DAY),
    "day-done": lambda: _closed(A_SEAL),
    "day-done-offline": lambda: _closed(None),
    "stock-menu": lambda: tapped(at_rest(), Action.STOCK),
    "stock-short": _low_stock,
    "stock-empty": lambda: stock_sheet("bought"),
    "stock-bought": lambda: stock_sheet("bought", SOY, SOAP),
    "stock-counted": lambda: stock_sheet("counted", SOY, SOAP, OIL, GOODS[2][0], GOODS[3][0], GOODS[4][0]),
    "stock-goods": lambda: tapped(stock_sheet("counted"), Action.PICK, Action.OLDER),
    "stock-quantity": lambda: typed(tapped(stock_sheet("counted"), (Action.GOODS, GOODS[16][0])), "12"),
    "stock-cost": lambda: tapped(typed(tapped(stock_sheet("donated"), (Action.GOODS, SOY)), "12"), Action.ENTER),
    "stock-until": lambda: typed(_until(), "20270615"),
    "stock-until-typing": lambda: typed(_until(), "2027"),
    "stock-until-past": lambda: tapped(typed(_until(), "20260115"), Action.ENTER),
    "stock-donor": lambda: tapped(stock_sheet("donated", SOY, snapshot=given(*DONORS)), Action.FILE),
    "stock-together": lambda: tapped(stock_sheet("counted", SOY), Action.FILE),
    "stock-together-pin": lambda: tapped(stock_sheet("counted", SOY), Action.FILE, (Action.PERSON, "wang")),
    "stock-spoilt": _spoilt,
    "stock-reasons": lambda: tapped(typed(tapped(stock_sheet("counted"), (Action.GOODS, SOY)), "3"), Action.ENTER),
    "stock-done": lambda: printed(tapped(stock_sheet("written_off", SOY), Action.FILE, Action.FILE)),
    "slip-pad": lambda: typed(tapped(at_rest(), Action.SLIP), "00"),
    "slip-twice": _slip_twice,
    "slip-household": lambda: tapped(typed(tapped(at_rest(), Action.SLIP), "31"), Action.ENTER),
    "slip-days": _slip_days,
    "slip-goods": lambda: slip_at_goods(ONLINE, SOY, PAPER_ROLL),
    "slip-confirm": lambda: slip_confirm(ONLINE, SOY, SOAP),
    "slip-confirm-card-offline": lambda: slip_confirm(OFFLINE, OIL, SOAP, SOY, card=True),
    "slip-waiting": lambda: tapped(slip_confirm(ONLINE, SOY, SOAP), Action.CONFIRM),
    "slip-printing": lambda: _slip_answered("posted"),
    "slip-done": lambda: printed(_slip_answered("posted")),
    "slip-known": lambda: _slip_answered("recorded"),
    "cart-ordering": _ordering,
    "order-done": _ordered,
    "order": order_shown,
}
