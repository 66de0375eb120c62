"""From what the till wants written to the entries of the contract, and the names that travel beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict, cast
from uuid import UUID

from kiosk.counter.deals import DayClose, Filed, Sale, Stock, StockLine, Voiding
from kiosk.counter.effects import (
    AskedDraft,
    CalledOffDraft,
    CollectedDraft,
    Draft,
    FiledDraft,
    HandedOverDraft,
    OrderCancelledDraft,
    OrderedDraft,
    PrintedDraft,
    SlipDraft,
    kept_of,
)
from kiosk.counter.events import Moment
from schemas.beside import Beside, commitment
from schemas.entries import (
    AnyEntry,
    Asked,
    CalledOff,
    Collected,
    Counted,
    CountedLine,
    DayClosed,
    HandedOver,
    Line,
    OrderCancelled,
    Ordered,
    Printed,
    Proxy,
    Received,
    ReceivedLine,
    SlipEntered,
    Voided,
    WrittenOff,
    WrittenOffLine,
)
from schemas.reasons import CountReason, WriteOffReason
from schemas.tokens import token_hash

PROXY_NAME = "见签字"  # nobody types at the counter: who has no number at hand writes the name on the signed stub


@dataclass(frozen=True, slots=True)
class Numbering:
    """A draft with its moment and clerk: all of an entry but the number, which is the journal's to give."""

    draft: Draft
    moment: Moment
    clerk: str

    def __call__(self, number: int) -> AnyEntry:
        """The entry under that number."""
        return entry_of(self.draft, number, self.moment, self.clerk)

    @property
    def beside(self) -> dict[str, Beside]:
        """The names that the entry commits to, empty for most."""
        return beside_of(self.draft)


def beside_of(draft: Draft) -> dict[str, Beside]:
    """The names beside that draft's entry (``schemas.beside``)."""
    deal = draft.sale if isinstance(draft, HandedOverDraft) else kept_of(draft)
    match deal:
        case Sale() if deal.way.proxy is not None:
            return {"proxy": Beside(text=deal.way.proxy_name or PROXY_NAME, salt=deal.salt)}
        case Filed(what=Stock(donor=donor, salt=salt)) if donor:
            return {"donor": Beside(text=donor, salt=salt)}
        case _:
            return {}


def entry_of(draft: Draft, number: int, moment: Moment, clerk: str) -> AnyEntry:
    """The entry that says what the draft says."""
    head = _Head(
        number=number,
        boot=moment.boot,
        monotonic_ms=moment.monotonic_ms,
        wall=moment.wall,
        clock_trusted=moment.clock_trusted,
        clerk=clerk,
    )
    match draft:
        case AskedDraft(sale):
            return Asked(id=sale.id, **head, **_body(sale))
        case HandedOverDraft(id_, sale):
            return HandedOver(id=id_, asked=sale.id, **head, **_body(sale))
        case CalledOffDraft(id_, asked):
            return CalledOff(id=id_, asked=asked, **head)
        case PrintedDraft(id_, sale_id, copy, state):
            return Printed(id=id_, sale=sale_id, copy_number=copy, state=state.value, **head)
        case CollectedDraft(sale):
            return Collected(id=sale.id, ordered=sale.ordered or sale.id, **head, **_body(sale))
        case SlipDraft(sale):
            return _slip_entered(sale, head)
        case OrderedDraft():
            return _ordered(draft, head)
        case OrderCancelledDraft(id_, ordered):
            return OrderCancelled(id=id_, ordered=ordered, **head)
        case FiledDraft(filed):
            return _filed(filed, head)


class _Head(TypedDict):
    number: int
    boot: UUID
    monotonic_ms: int
    wall: datetime
    clock_trusted: bool
    clerk: str


class _Body(TypedDict):
    household: str
    card: str | None
    lines: list[Line]
    total: int
    snapshot: int
    receipt: str
    cash_fen: int
    without_card: bool
    second: str | None
    pin_checked: bool
    proxy: NotRequired[Proxy]


def _body(sale: Sale) -> _Body:
    way = sale.way
    body = _Body(
        household=sale.customer.household,
        card=sale.customer.card,
        lines=_lines(sale),
        total=sale.total,
        snapshot=sale.snapshot,
        receipt=token_hash(sale.token).hex(),
        cash_fen=sale.cash_fen,
        without_card=way.without_card,
        second=way.second,
        pin_checked=way.pin_checked,
    )
    if way.proxy is not None:
        body["proxy"] = Proxy(name=commitment(way.proxy_name or PROXY_NAME, bytes.fromhex(sale.salt)), reason=way.proxy)
    return body


def _lines(sale: Sale) -> list[Line]:
    return [Line(barcode=line.barcode, quantity=line.quantity, price=line.price) for line in sale.lines]


def _slip_entered(sale: Sale, head: _Head) -> SlipEntered:
    if sale.slip is None:
        raise AssertionError("a paper slip without its number")
    return SlipEntered(id=sale.id, slip=sale.slip.number, day=sale.slip.day, **head, **_body(sale))


def _ordered(draft: OrderedDraft, head: _Head) -> Ordered:
    sale = draft.sale
    return Ordered(
        id=sale.id,
        household=sale.customer.household,
        card=sale.customer.card,
        lines=_lines(sale),
        total=sale.total,
        until=draft.until,
        snapshot=sale.snapshot,
        without_card=sale.way.without_card,
        second=sale.way.second,
        **head,
    )


def _filed(filed: Filed, head: _Head) -> AnyEntry:
    match filed.what:
        case Voiding(sale=sale, reason=reason, supervisor=supervisor):
            return Voided(id=filed.id, sale=sale.id, reason=reason, supervisor=supervisor, **head)
        case DayClose(sum=added):
            return DayClosed(
                id=filed.id, day=added.day, first=added.first, last=added.last, figures=added.figures, **head
            )
        case Stock():
            return _stock(filed.id, filed.what, head)


def _stock(id_: UUID, stock: Stock, head: _Head) -> AnyEntry:
    match stock.kind:
        case "counted":
            return Counted(id=id_, lines=[_counted(line) for line in stock.lines], second=stock.second, **head)
        case "written_off":
            return WrittenOff(id=id_, lines=[_written_off(line) for line in stock.lines], second=stock.second, **head)
        case "bought" | "donated":
            donor = commitment(stock.donor, bytes.fromhex(stock.salt)) if stock.donor else None
            return Received(id=id_, source=stock.kind, donor=donor, lines=[_came(line) for line in stock.lines], **head)


def _came(line: StockLine) -> ReceivedLine:
    return ReceivedLine(
        barcode=line.barcode, quantity=line.quantity, cost_fen=line.cost_fen, best_before=line.best_before
    )


def _counted(line: StockLine) -> CountedLine:
    reason = cast(CountReason | None, line.reason)  # the pad offers that list for a count and no other
    return CountedLine(barcode=line.barcode, booked=line.booked, counted=line.quantity, reason=reason)


def _written_off(line: StockLine) -> WrittenOffLine:
    return WrittenOffLine(
        barcode=line.barcode, quantity=line.quantity, reason=cast(WriteOffReason, line.reason or "broken")
    )
