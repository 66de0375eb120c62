"""From what the till wants written to the entries of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from kiosk.counter.effects import AskedDraft, CalledOffDraft, Draft, HandedOverDraft, PrintedDraft
from kiosk.counter.events import Moment
from kiosk.counter.values import Sale
from schemas.entries import Asked, CalledOff, HandedOver, Line, Printed
from schemas.tokens import token_hash

AnyEntry = Asked | HandedOver | CalledOff | Printed


@dataclass(frozen=True, slots=True)
class Numbering:
    """A draft with its moment and clerk: all of an entry but the number, which is the journal's to give."""

    draft: Draft
    moment: Moment
    clerk: str

    def __call__(self, number: int) -> AnyEntry:
        """The entry under that number."""
        return entry_of(self.draft, number, self.moment, self.clerk)


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


def _body(sale: Sale) -> _Body:
    return _Body(
        household=sale.customer.household,
        card=sale.customer.card,
        lines=[Line(barcode=line.barcode, quantity=line.quantity, price=line.price) for line in sale.lines],
        total=sale.total,
        snapshot=sale.snapshot,
        receipt=token_hash(sale.token).hex(),
    )
