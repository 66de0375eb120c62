"""What must be true at the end of a seam history, worked out a second time: from the entries, the outcomes that counters were told and
what the office did, in the order in which it happened. Nothing of the ledger's or the till's own reckoning is used. Pure.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.entries import (
    Asked,
    CalledOff,
    Collected,
    Counted,
    DayClosed,
    HandedOver,
    OrderCancelled,
    Ordered,
    Received,
    Sale,
    SlipEntered,
    Voided,
    WrittenOff,
)
from tests.fakes.seam_log import Award, AwardTakenBack, Blocked, Entered, LogItem

Case: TypeAlias = tuple[str, UUID | None]
ZONE = ZoneInfo("Asia/Shanghai")
FIGURES = ("sales", "points", "voids", "voided_points", "cash_fen")


@dataclass
class Kept:
    """Points that an order keeps until ``until``; ``open`` until it was collected or given up."""

    household: str
    total: int
    until: datetime
    open: bool = True


@dataclass(frozen=True)
class Gone:
    """Goods that went for points. ``number`` and ``kiosk`` are those of the entry that moved them, ``asked_at`` is the number of the
    entry with which the sale began: it belongs to that one's day."""

    household: str
    total: int
    cash_fen: int
    goods: Mapping[str, int]
    kiosk: int
    number: int
    asked_at: int
    second: str | None = None


@dataclass
class Reckoning:
    """The village as it must be. ``moved`` are all sales by the id of their first entry, ``back`` those of them that came back:
    by which entry; ``cases`` must be open; ``days`` says by (kiosk, number) whether a day's figures agree; ``wrong`` is what no
    ledger may ever do."""

    points: Tally[str]
    shelf: dict[str, int]
    printed_slips: range
    moved: dict[UUID, Gone] = field(default_factory=dict)
    back: dict[UUID, Entered] = field(default_factory=dict)
    cases: set[Case] = field(default_factory=set)
    days: dict[tuple[int, int], bool] = field(default_factory=dict)
    slips: set[int] = field(default_factory=set)
    sunk_by_office: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    orders: dict[UUID, Kept] = field(default_factory=dict)
    _awards: dict[UUID, Award] = field(default_factory=dict)
    _asked: dict[UUID, str] = field(default_factory=dict)
    _asked_at: dict[UUID, int] = field(default_factory=dict)
    _settled: dict[UUID, str] = field(default_factory=dict)

    def take(self, log: Iterable[LogItem]) -> Reckoning:
        """All of it, in order; self."""
        for item in log:
            match item:
                case Award():
                    self._awards[item.id] = item
                    self.points[item.household] += item.amount
                case AwardTakenBack(id_):
                    self._take_award_back(self._awards[id_])
                case Blocked(household, blocked):
                    (self.blocked.add if blocked else self.blocked.discard)(household)
                case Entered():
                    self._entered(item)
        return self

    def held(self, household: str, at: datetime) -> int:
        """Points that open orders keep at that instant."""
        kept = self.orders.values()
        return sum(one.total for one in kept if one.open and one.until > at and one.household == household)

    @property
    def standing(self) -> dict[UUID, Gone]:
        """Sales whose points are gone now."""
        return {id_: sale for id_, sale in self.moved.items() if id_ not in self.back}

    @property
    def cash_fen(self) -> int:
        """What the shop took in cash for them."""
        return sum(sale.cash_fen for sale in self.standing.values())

    def _take_award_back(self, award: Award) -> None:
        self.points[award.household] -= award.amount
        if self.points[award.household] < 0:
            self.sunk_by_office.add(award.household)

    def _entered(self, item: Entered) -> None:
        entry, told = item.entry, item.outcome.outcome
        if entry is None or told == "quarantined":
            self.cases.add(("entry_quarantined", None))
            if entry is not None:
                self.wrong.append(f"{item.kiosk}-{item.number} {entry.kind} can be read and lies in quarantine")
            return
        match entry:
            case Asked():
                self._ask(item, entry, told)
            case HandedOver():
                self._hand_over(item, entry)
            case Ordered() if told == "posted":
                self._order(item, entry)
            case OrderCancelled():
                self._end_order(entry.ordered, item.at)
            case Collected():
                if self._end_order(entry.ordered, item.at):
                    self.cases.add(("order_gone", entry.id))
                self._go(item, entry, entry.id, fact=True)
            case SlipEntered():
                self._slip(item, entry)
            case CalledOff():
                self._call_off(item, entry)
            case Voided():
                self._void(item, entry)
            case Received() | WrittenOff() | Counted():
                self._stock(entry)
            case DayClosed():
                self._close(item, entry)
            case _:
                pass

    # ── sales ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, item: Entered, entry: Asked, told: str) -> None:
        self._asked[entry.id], self._asked_at[entry.id] = told, item.number
        if told == "posted" and entry.id in self._settled:
            self.wrong.append(f"{item.kiosk}-{item.number} was posted after it had been settled")
        if told == "posted":
            self._go(item, entry, entry.id, fact=False)

    def _hand_over(self, item: Entered, entry: HandedOver) -> None:
        if entry.asked in self._settled:
            self.cases.add(("called_off_after_goods", entry.id))
        self._settled[entry.asked] = entry.kind
        if self._asked.get(entry.asked) != "posted":
            self._go(item, entry, entry.asked, fact=True)

    def _slip(self, item: Entered, entry: SlipEntered) -> None:
        if entry.slip in self.slips:
            self.cases.add(("slip_twice", entry.id))
            return
        self.slips.add(entry.slip)
        if entry.slip not in self.printed_slips:
            self.cases.add(("slip_unknown", entry.id))
        self._go(item, entry, entry.id, fact=True)

    def _go(self, item: Entered, entry: Sale, sale: UUID, *, fact: bool) -> None:
        """Points and goods go. What may be refused never lacks any; what has happened may, and somebody is told."""
        where = f"{item.kiosk}-{item.number}"
        if sale in self.moved:
            self.wrong.append(f"{where} moved points for a second time")
            return
        asked_at = self._asked_at.get(sale, item.number)
        goods = Tally({line.barcode: line.quantity for line in entry.lines})
        self.moved[sale] = Gone(
            entry.household, entry.total, entry.cash_fen, goods, item.kiosk, item.number, asked_at, entry.second
        )
        self.points[entry.household] -= entry.total
        for barcode in goods.keys() & self.shelf.keys():
            self.shelf[barcode] -= goods[barcode]
        short = any(self.shelf.get(barcode, -1) < 0 for barcode in goods)
        if fact:
            self.cases |= {("below_floor", entry.id)} if self.points[entry.household] < 0 else set()
            self.cases |= {("stock_negative", entry.id)} if short else set()
        elif short or self._may_not(entry.household, item.at):
            self.wrong.append(f"{where} was not refused: {self.points[entry.household]} points, goods short: {short}")
        self.sunk_by_office.discard(entry.household)

    def _call_off(self, item: Entered, entry: CalledOff) -> None:
        self._settled[entry.asked] = entry.kind
        if self._asked.get(entry.asked) == "posted":
            self._come_back(item, entry.asked)

    def _void(self, item: Entered, entry: Voided) -> None:
        if entry.sale not in self.moved or entry.sale in self.back:
            self.cases.add(("void_without_sale", entry.id))
            return
        self._come_back(item, entry.sale)

    def _come_back(self, item: Entered, id_: UUID) -> None:
        sale = self.moved[id_]
        self.back[id_] = item
        self.points[sale.household] += sale.total
        for barcode in sale.goods.keys() & self.shelf.keys():
            self.shelf[barcode] += sale.goods[barcode]

    def _may_not(self, household: str, at: datetime) -> bool:
        return household in self.blocked or self.points[household] < self.held(household, at)

    def _order(self, item: Entered, entry: Ordered) -> None:
        until = datetime.combine(entry.until + timedelta(days=1), time.min, ZONE)
        self.orders[entry.id] = Kept(entry.household, entry.total, until)
        if self._may_not(entry.household, item.at):
            self.wrong.append(f"{item.kiosk}-{item.number} was not refused: no points are left to keep")

    def _end_order(self, id_: UUID, at: datetime) -> bool:
        """True when there is nothing to end: no such order, or collected or given up before. One whose time is over ends by itself."""
        kept = self.orders.get(id_)
        if kept is None or not kept.open:
            return True
        kept.open = kept.until <= at
        return False

    # ── shelf and day ───────────────────────────────────────────────────────────────────────────────────────────────

    def _stock(self, entry: Received | WrittenOff | Counted) -> None:
        if any(line.barcode not in self.shelf for line in entry.lines):
            self.cases.add(("goods_not_listed", entry.id))
        for line in entry.lines:
            if line.barcode not in self.shelf:
                continue
            match entry, line.model_dump():
                case Received(), {"quantity": pieces}:
                    self.shelf[line.barcode] += pieces
                case WrittenOff(), {"quantity": pieces}:
                    self.shelf[line.barcode] -= pieces
                case _, {"counted": there, "booked": booked}:
                    self.cases |= {("count_differs", entry.id)} if booked != self.shelf[line.barcode] else set()
                    self.shelf[line.barcode] = there
        if isinstance(entry, WrittenOff) and any(self.shelf.get(line.barcode, 0) < 0 for line in entry.lines):
            self.cases.add(("stock_negative", entry.id))

    def _close(self, item: Entered, entry: DayClosed) -> None:
        """A day's figures from the sales that moved under its entries; what was called off is no sale, what was voided is both."""
        span = range(entry.first or 1, min(entry.last or 0, item.number - 1) + 1)
        here = {id_: sale for id_, sale in self.moved.items() if sale.kiosk == item.kiosk}
        mine = {id_: sale for id_, sale in here.items() if sale.number in span and sale.asked_at in span}
        off = {id_ for id_, by in self.back.items() if isinstance(by.entry, CalledOff) and by.number in span}
        sold = [sale for id_, sale in mine.items() if id_ not in off]
        voids = [
            self.moved[id_].total
            for id_, by in self.back.items()
            if isinstance(by.entry, Voided) and by.kiosk == item.kiosk and by.number in span
        ]
        cash = sum(sale.cash_fen for sale in sold)
        figures = (len(sold), sum(sale.total for sale in sold), len(voids), sum(voids), cash)
        agrees = figures == tuple(getattr(entry.figures, name) for name in FIGURES)
        self.days[item.kiosk, item.number] = agrees
        if not agrees:
            self.cases.add(("day_differs", entry.id))
