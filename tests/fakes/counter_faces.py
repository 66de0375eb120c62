"""Every face of the counter, reached by real steps of the real till; and a runner that only steps, for the screen's tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from kiosk.counter.deals import DaySum, SealSeen
from kiosk.counter.desk import Filing
from kiosk.counter.effects import Beep, Effect, WriteEntries
from kiosk.counter.events import (
    CHANCE_BYTES,
    Action,
    Answered,
    DayAddedUp,
    Device,
    DeviceTrouble,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
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
    Unheard,
    Written,
    WrittenEntry,
)
from kiosk.counter.till import step
from kiosk.counter.values import Line, LineStatus, OpenPaper, OpenSale, Printing, Sale, Saving, Till, Waiting
from schemas.entries import DayFigures
from schemas.kiosk_api import (
    EntryOutcome,
    Limits,
    Snapshot,
    SnapshotCard,
    SnapshotClerk,
    SnapshotGood,
    SnapshotHousehold,
    SnapshotOrder,
    SnapshotOrderLine,
    SnapshotVillage,
)
from schemas.refusals import FaultCode
from schemas.tokens import Barcode, Code, CodeKind, NotOurs, make_token, token_hash

NOW = datetime(2026, 11, 25, 2, 18, tzinfo=UTC)  # a Wednesday, 10:18 in Shanghai
ONLINE = Line(LineStatus.ONLINE, 0)
OFFLINE = Line(LineStatus.OFFLINE, 3)
CLERK = "周玉兰"
PIN = "246810"
PIN_HASH = "$argon2id$v=19$m=8,t=1,p=1$CKSc0J3bxRZ+X+khi28d9g$tRvMJi7Noy19quXX3vdCfz2C51IsO6pkpYy4+lfQFz4"  # of PIN, made cheap
ORDER = UUID(int=4_455)

GOODS = (
    ("2000000000053", "酱油", "瓶", 5, 40, "调味"), ("2000000000015", "香皂", "块", 5, 40, "日用"),
    ("2000000000084", "食盐", "袋", 2, 80, "调味"), ("2000000000091", "牙膏", "支", 6, 50, "日用"),
    ("2000000000107", "毛巾", "条", 10, 50, "日用"), ("2000000000145", "卫生纸", "提", 18, 0, "日用"),
    ("2000000000022", "洗洁精", "瓶", 14, 30, "日用"), ("2000000000046", "洗衣液", "瓶", 20, 30, "日用"),
    ("2000000000060", "大米 5kg", "袋", 39, 60, "粮油"), ("2000000000077", "玉米油 5L", "桶", 85, 20, "粮油"),
    ("2000000000114", "垃圾袋", "卷", 1, 100, "日用"), ("2000000000169", "作业本", "本", 1, 120, "文具"),
    ("2000000000039", "绿豆", "斤", 15, 25, "粮油"), ("2000000000121", "钢丝球", "个", 1, 60, "日用"),
    ("2000000000138", "洗手液", "瓶", 5, 30, "日用"), ("2000000000152", "书包", "个", 105, 6, "文具"),
    ("2000000000176", "家庭装加厚不锈钢保温壶", "把", 60, 6, "日用"), ("2000000000183", "红糖", "袋", 8, 9, "食品"),
)  # fmt: skip
SOY, SOAP, OIL, PAPER_ROLL = GOODS[0][0], GOODS[1][0], GOODS[9][0], GOODS[5][0]


def token_of(household: int) -> str:
    """The token of that household's card."""
    return make_token("SQ", bytes(15) + bytes([household, 1]))


def village(decimals: int = 0, **limits: object) -> Snapshot:
    """石桥村: 0007 has 86 points and 5 on notice, 0008 owes 12, 0131 is a 上官 household without points; 18 goods."""
    unit = 10 if decimals else 1
    named: dict[str, object] = {
        "household_day": None, "visit": None, "offline_household_day": 30 * unit, "offline_kiosk_total": 200 * unit, "offline_days": 7,
        "no_card": 10 * unit,
    }  # fmt: skip
    people = (
        (7, "朱**", "1组", 86, 5, "open"),
        (8, "汤**", "2组", -12, 0, "blocked"),
        (131, "上官**", "6组", 0, 0, "open"),
    )
    return Snapshot(
        seq=100,
        taken_at=NOW - timedelta(minutes=26),
        village=SnapshotVillage(
            code="SQ", name="石桥村", shop_name="石桥村爱心超市", phone="555 0123", base="merit:", timezone="Asia/Shanghai",
            decimals=decimals,
        ),
        limits=Limits.model_validate(named | limits),
        goods=[
            SnapshotGood(barcode=code, name=name, unit=measure, price=price * unit, stock=stock, limit_visit=None, picture=kind)
            for code, name, measure, price, stock, kind in GOODS
        ],
        households=[
            SnapshotHousehold.model_validate({
                "number": f"{number:04}", "masked_name": name, "group": group, "balance": balance * unit, "floor": 0, "spent_today": 0,
                "on_notice": notice * unit, "on_notice_until": "2026-11-27" if notice else None, "state": state,
            })
            for number, name, group, balance, notice, state in people
        ],
        cards=[
            SnapshotCard(hash=token_hash(token_of(number)).hex(), household=f"{number:04}", tail="4187", state="active")
            for number, *_ in people
        ],
        clerks=[
            SnapshotClerk(login="zhou", name=CLERK),
            SnapshotClerk(login="wang", name="王秀英", pin_hash=PIN_HASH),
            SnapshotClerk(login="liang", name="梁国强", serves=False, supervises=True, pin_hash=PIN_HASH),
        ],
        orders=[
            SnapshotOrder(
                id=ORDER, number="1-000455", household="0007", total=39 * unit, until=date(2026, 12, 5),
                lines=[SnapshotOrderLine(barcode="2000000000060", name="大米 5kg", unit="袋", quantity=1, price=39 * unit)],
            )
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """The latest beep and how many there have been."""

    beep: Beep | None = None
    count: int = 0


class SteppingRunner:
    """The runner's face to the screen over the real ``step``, at once and without devices: effects are kept, not executed.

    ``writes``: what the till wants written counts as written at once, as with a journal that is well.
    """

    def __init__(self, till: Till | None = None, *, trusted: bool = True, writes: bool = True) -> None:
        self._till = till or Till()
        self._sound = Heard()
        self._writes = writes
        self._next = 1
        self._changed = threading.Condition(threading.RLock())
        self.trusted = trusted
        self.taken: list[Event] = []
        self.effects: list[Effect] = []
        self.ms = 0

    def submit(self, event: Event) -> None:
        with self._changed:
            self.taken.append(event)
            self._till, effects = step(self._till, event, self._moment())
            self.effects += effects
            for effect in effects:
                if isinstance(effect, Beep):
                    self._sound = Heard(effect, self._sound.count + 1)
                if isinstance(effect, WriteEntries) and self._writes:
                    self.written(len(effect.drafts))
            self._changed.notify_all()

    def state(self) -> Till:
        return self._till

    def sound(self) -> Heard:
        return self._sound

    def wait(self, after_version: int, timeout_s: float) -> Till:
        with self._changed:
            self._changed.wait_for(lambda: self._till.version > after_version, timeout_s)
            return self._till

    def written(self, count: int = 1) -> None:
        """The journal wrote what the face waits for."""
        face = self._till.face
        first = UUID(int=1)
        match face:
            case Saving():
                first = face.entry
            case Filing(filed):
                first = filed.id
        entries = tuple(WrittenEntry(first if i == 0 else UUID(int=900 + i), 482 + i, bytes(32)) for i in range(count))
        self.submit(Written(entries))

    def not_written(self, fault: FaultCode) -> None:
        """The journal could not write what the face waits for."""
        face = self._till.face
        assert isinstance(face, Saving)
        self.submit(NotWritten(face.entry, fault))

    def tap(self, action: Action, arg: str = "") -> None:
        self.submit(Tap(self._till.version, action, arg))

    def tap_on(self, version: int, action: Action) -> None:
        """A tap on a face that was seen earlier."""
        self.submit(Tap(version, action))

    def scan_card(self, household: int) -> None:
        self.submit(Scanned(Code(CodeKind.CARD, "SQ", token_of(household))))

    def scan_goods(self, *barcodes: str) -> None:
        for barcode in barcodes:
            self.submit(Scanned(Barcode(barcode)))

    @property
    def sale(self) -> Sale:
        """The sale in hand."""
        face = self._till.face
        assert isinstance(face, Waiting | Printing)
        assert isinstance(face.sale, Sale)
        return face.sale

    def answer(self, outcome: str = "posted", **figures: int) -> None:
        sale = self.sale
        balance = sale.before - sale.total if outcome == "posted" else None
        self.submit(
            Answered(EntryOutcome(number=482, id=sale.id, outcome=outcome, figures=dict(figures), balance=balance))
        )

    def printer_says(self, state: Paper, trouble: FaultCode | None = None) -> None:
        face = self._till.face
        assert isinstance(face, Printing)
        self.submit(PaperState(face.sale.id, face.copy, state, trouble))

    def _moment(self) -> Moment:
        self._next += 2
        ids = (UUID(int=self._next), UUID(int=self._next + 1))
        return Moment(NOW, self.ms, UUID(int=5), self.trusted, ids, bytes(CHANCE_BYTES))


def at_rest(
    line: Line = ONLINE, snapshot: Snapshot | None = None, *, writes: bool = True, trusted: bool = True
) -> SteppingRunner:
    """A counter that waits for a card."""
    runner = SteppingRunner(writes=writes, trusted=trusted)
    for event in (Enrolled(1), SnapshotCame(snapshot or village()), LineChanged(line)):
        runner.submit(event)
    return runner


def choosing(
    line: Line = ONLINE, *barcodes: str, writes: bool = True, snapshot: Snapshot | None = None
) -> SteppingRunner:
    """0007 at the counter with these goods in the cart; 酱油 and 香皂 unless others are named."""
    runner = at_rest(line, snapshot, writes=writes)
    runner.scan_card(7)
    runner.tap(Action.CHOOSE)
    runner.scan_goods(*(barcodes or (SOY, SOAP)))
    return runner


def asking(
    line: Line = ONLINE, *barcodes: str, snapshot: Snapshot | None = None, writes: bool = True
) -> SteppingRunner:
    """The same, confirmed: online it waits for an answer, offline it prints."""
    runner = choosing(line, *barcodes, snapshot=snapshot, writes=writes)
    runner.tap(Action.REVIEW)
    runner.tap(Action.CONFIRM)
    return runner


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


def _household(number: int, line: Line = ONLINE) -> SteppingRunner:
    runner = at_rest(line)
    runner.scan_card(number)
    return runner


def _empty_cart() -> SteppingRunner:
    runner = _household(7)
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


def _reviewed(runner: SteppingRunner) -> SteppingRunner:
    runner.tap(Action.REVIEW)
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


# ── the counter's other work ────────────────────────────────────────────────────────────────────────────────────────


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


def _tapped(runner: SteppingRunner, *actions: Action | tuple[Action, str]) -> SteppingRunner:
    for each in actions:
        action, arg = each if isinstance(each, tuple) else (each, "")
        runner.tap(action, arg)
    return runner


def typed(runner: SteppingRunner, digits: str) -> SteppingRunner:
    """Keys of the pad, one after the other."""
    return _tapped(runner, *((Action.DIGIT, digit) for digit in digits))


def without_card(line: Line = ONLINE, snapshot: Snapshot | None = None) -> SteppingRunner:
    """0007 by its number, with 王秀英 standing by."""
    runner = _tapped(
        typed(_tapped(at_rest(line, snapshot), Action.NO_CARD), "7"), Action.ENTER, (Action.PERSON, "wang")
    )
    typed(runner, PIN)
    runner.tap(Action.ENTER)
    runner.submit(PinChecked("wang", True))
    return runner


def _proxy_over_limit() -> SteppingRunner:
    runner = _reviewed(choosing(snapshot=village(proxy=9)))
    return _tapped(runner, Action.PROXY, (Action.REASON, "away"))


def short_of_points(**limits: object) -> SteppingRunner:
    """玉米油 and 酱油 for 90 points, of which 0007 has 86."""
    return _reviewed(choosing(ONLINE, OIL, SOY, snapshot=village(0, cash_allowed=True, **limits)))


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


def closing(line: Line = ONLINE, *, writes: bool = True) -> SteppingRunner:
    """今天的账 is shown."""
    runner = at_rest(line, writes=writes)
    runner.tap(Action.DAY)
    runner.submit(DayAddedUp(A_DAY))
    return runner


def _closed(seal: SealSeen | None) -> SteppingRunner:
    runner = _tapped(closing(ONLINE if seal else OFFLINE), Action.CLOSE_DAY)
    runner.submit(SealCame(seal))
    runner.printer_says(Paper.PRINTED)
    return runner


GOOD_UNTIL = {SOY: "20270615", SOAP: "202806"}


def stock_sheet(kind: str, *barcodes: str, snapshot: Snapshot | None = None) -> SteppingRunner:
    """A stock paper with these goods on it, three of each."""
    runner = _tapped(at_rest(snapshot=snapshot), Action.STOCK, (Action.SHEET, kind))
    for barcode in barcodes:
        runner.scan_goods(barcode)
        _tapped(typed(runner, "3"), Action.ENTER)
        if kind in ("bought", "donated"):
            _tapped(typed(_tapped(typed(runner, "10.5"), Action.ENTER), GOOD_UNTIL[barcode]), Action.ENTER)
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
    _tapped(typed(_tapped(runner, Action.SLIP), "31"), Action.ENTER)
    if card:
        runner.scan_card(7)
    else:
        _tapped(typed(runner, "7"), Action.ENTER)
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
    return _reviewed(slip_at_goods(line, *barcodes, snapshot=snapshot, card=card, day=day, writes=writes))


def _slip_days() -> SteppingRunner:
    runner = _tapped(typed(_tapped(at_rest(), Action.SLIP), "31"), Action.ENTER)
    return _tapped(typed(runner, "131"), Action.ENTER)


def _slip_twice() -> SteppingRunner:
    runner = at_rest()
    runner.submit(Rebooted((), (), "zhou", slips=frozenset({31})))
    return _tapped(typed(_tapped(runner, Action.SLIP), "31"), Action.ENTER)


def _slip_answered(outcome: str) -> SteppingRunner:
    runner = _tapped(slip_confirm(ONLINE, SOY, SOAP), Action.CONFIRM)
    runner.answer(outcome)
    return runner


DONORS = ("山泉毛巾厂", "县妇联", "欧阳建国", "镇供销合作社", "老年协会", "一位不愿写名字的好心人，住在外村")


def given(*donors: str) -> Snapshot:
    """The village when these have given goods before."""
    return village().model_copy(update={"donors": list(donors)})


def _until() -> SteppingRunner:
    runner = _tapped(typed(_tapped(stock_sheet("donated"), (Action.GOODS, GOODS[16][0])), "12"), Action.ENTER)
    return _tapped(typed(runner, "10.5"), Action.ENTER)


def _spoilt() -> SteppingRunner:
    """The list of what goes bad soon: one day over, one this month, one next year."""
    days = (date(2026, 11, 20), date(2026, 12, 3), date(2027, 6, 15))
    goods = village().goods
    dated = [
        good.model_copy(update={"best_before": day, "stock": 3}) for good, day in zip(goods[:3], days, strict=True)
    ]
    return _tapped(
        at_rest(snapshot=village().model_copy(update={"goods": [*dated, *goods[3:]]})), Action.STOCK, Action.SHORT
    )


def _unheard() -> SteppingRunner:
    runner = _household(7)
    runner.tap(Action.SPEAK)
    runner.submit(Unheard())
    return runner


def _low_stock() -> SteppingRunner:
    return _tapped(at_rest(snapshot=village(low_stock=40)), Action.STOCK, Action.SHORT)


def _ordering() -> SteppingRunner:
    runner = at_rest(snapshot=village(order_days=10))
    runner.scan_card(7)
    return _tapped(runner, Action.ORDER_GOODS, (Action.ADD, PAPER_ROLL))


def _ordered() -> SteppingRunner:
    runner = _tapped(_ordering(), Action.REVIEW, Action.CONFIRM)
    runner.answer()
    return runner


def order_shown(line: Line = ONLINE) -> SteppingRunner:
    """取订的货."""
    return _tapped(_household(7, line), (Action.ORDER, str(ORDER)))


def _lost_cart() -> SteppingRunner:
    runner = at_rest()
    runner.submit(Rebooted((), (), "zhou", cart_lost=True))
    return runner


FACES: dict[str, Callable[[], SteppingRunner]] = {
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
    "household": lambda: _household(7),
    "household-offline": lambda: _household(7, OFFLINE),
    "household-blocked": lambda: _household(8),
    "household-empty": lambda: _household(131),
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
    "confirm": lambda: _reviewed(choosing()),
    "confirm-offline": lambda: _reviewed(choosing(OFFLINE)),
    "confirm-catching-up": lambda: _reviewed(choosing(Line(LineStatus.CATCHING_UP, 3))),
    "confirm-long": lambda: _reviewed(_long_cart()),
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
    "refused": lambda: _reviewed(choosing(ONLINE, OIL, SOY)),
    "refused-offline": lambda: _reviewed(_long_cart(OFFLINE)),
    "refused-by-ledger": _refused_by_ledger,
    "refused-disk": _cannot_write,
    "refused-cash": short_of_points,
    "refused-pin": lambda: _reviewed(choosing(snapshot=village(pin_above=5))),
    "refused-proxy": _proxy_over_limit,
    "idle-cart-lost": _lost_cart,
    "household-without-card": without_card,
    "household-ordering": lambda: _tapped(_ordering(), Action.EMPTY),
    "confirm-proxy": lambda: _tapped(_reviewed(choosing()), Action.PROXY, (Action.REASON, "away")),
    "confirm-cash": lambda: _tapped(short_of_points(), Action.CASH),
    "confirm-without-card": lambda: _reviewed(_tapped(without_card(), (Action.ADD, SOAP))),
    "proxy-reasons": lambda: _tapped(_reviewed(choosing()), Action.PROXY),
    "number-pad": lambda: typed(_tapped(at_rest(), Action.NO_CARD), "000"),
    "number-pad-unknown": lambda: _tapped(typed(_tapped(at_rest(), Action.NO_CARD), "9999"), Action.ENTER),
    "persons-vouch": lambda: _tapped(typed(_tapped(at_rest(), Action.NO_CARD), "7"), Action.ENTER),
    "persons-take-over": lambda: _tapped(at_rest(), Action.CLERK),
    "pin-pad": lambda: typed(_tapped(voiding(clerk="li"), Action.SUPERVISOR, (Action.PERSON, "liang")), "246"),
    "pin-pad-checking": lambda: _tapped(
        typed(_tapped(voiding(clerk="li"), Action.SUPERVISOR, (Action.PERSON, "liang")), PIN), Action.ENTER
    ),
    "sales-looking": lambda: _tapped(at_rest(), Action.VOID),
    "sales": _sales_list,
    "sales-older": lambda: _tapped(_sales_list(), Action.OLDER),
    "sales-none": lambda: _sales_list(0),
    "void-reasons": _void_reasons,
    "void": voiding,
    "void-supervisor": lambda: voiding(clerk="li"),
    "void-filing": lambda: _tapped(voiding(writes=False), Action.VOID),
    "void-printing": _voided,
    "void-done": lambda: _printed(_voided()),
    "void-done-offline": lambda: _printed(_voided(OFFLINE)),
    "day-adding": lambda: _tapped(at_rest(), Action.DAY),
    "day": closing,
    "day-offline": lambda: closing(OFFLINE),
    "day-sealing": lambda: _tapped(closing(), Action.CLOSE_DAY),
    "day-done": lambda: _closed(A_SEAL),
    "day-done-offline": lambda: _closed(None),
    "stock-menu": lambda: _tapped(at_rest(), Action.STOCK),
    "stock-short": _low_stock,
    "stock-empty": lambda: stock_sheet("bought"),
    "stock-bought": lambda: stock_sheet("bought", SOY, SOAP),
    "stock-counted": lambda: stock_sheet("counted", SOY, SOAP, OIL, GOODS[2][0], GOODS[3][0], GOODS[4][0]),
    "stock-goods": lambda: _tapped(stock_sheet("counted"), Action.PICK, Action.OLDER),
    "stock-quantity": lambda: typed(_tapped(stock_sheet("counted"), (Action.GOODS, GOODS[16][0])), "12"),
    "stock-cost": lambda: _tapped(typed(_tapped(stock_sheet("donated"), (Action.GOODS, SOY)), "12"), Action.ENTER),
    "stock-until": lambda: typed(_until(), "20270615"),
    "stock-until-typing": lambda: typed(_until(), "2027"),
    "stock-until-past": lambda: _tapped(typed(_until(), "20260115"), Action.ENTER),
    "stock-donor": lambda: _tapped(stock_sheet("donated", SOY, snapshot=given(*DONORS)), Action.FILE),
    "stock-together": lambda: _tapped(stock_sheet("counted", SOY), Action.FILE),
    "stock-together-pin": lambda: _tapped(stock_sheet("counted", SOY), Action.FILE, (Action.PERSON, "wang")),
    "stock-spoilt": _spoilt,
    "unheard": _unheard,
    "stock-reasons": lambda: _tapped(typed(_tapped(stock_sheet("counted"), (Action.GOODS, SOY)), "3"), Action.ENTER),
    "stock-done": lambda: _printed(_tapped(stock_sheet("written_off", SOY), Action.FILE, Action.FILE)),
    "slip-pad": lambda: typed(_tapped(at_rest(), Action.SLIP), "00"),
    "slip-twice": _slip_twice,
    "slip-household": lambda: _tapped(typed(_tapped(at_rest(), Action.SLIP), "31"), Action.ENTER),
    "slip-days": _slip_days,
    "slip-goods": lambda: slip_at_goods(ONLINE, SOY, PAPER_ROLL),
    "slip-confirm": lambda: slip_confirm(ONLINE, SOY, SOAP),
    "slip-confirm-card-offline": lambda: slip_confirm(OFFLINE, OIL, SOAP, SOY, card=True),
    "slip-waiting": lambda: _tapped(slip_confirm(ONLINE, SOY, SOAP), Action.CONFIRM),
    "slip-printing": lambda: _slip_answered("posted"),
    "slip-done": lambda: _printed(_slip_answered("posted")),
    "slip-known": lambda: _slip_answered("recorded"),
    "cart-ordering": _ordering,
    "order-done": _ordered,
    "order": order_shown,
}


def _printed(runner: SteppingRunner) -> SteppingRunner:
    runner.printer_says(Paper.PRINTED)
    return runner
