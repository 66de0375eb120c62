"""What a kiosk's journal holds: facts, written before they are acted on, numbered 1, 2, 3 … and kept for ever.

An entry travels as the exact text that was hashed (RFC 8785 JSON); the ledger parses that text and never re-serialises it.
Points are integers in the village's minor unit, money is fen. Times: ``monotonic_ms`` and ``boot`` order what happened on one
kiosk, ``wall`` is only as good as ``clock_trusted`` says. Names are not in entries: an entry commits to a name by a salted
hash (``schemas.beside``), the name itself travels beside it and can be erased.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from schemas.canonical import MAX_INTEGER, document_bytes
from schemas.reasons import CountReason, ProxyReason, VoidReason, WriteOffReason

Points = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Pieces = Annotated[int, Field(ge=1, le=99_999)]
Sha256Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Household = Annotated[str, Field(pattern=r"^[0-9A-Z-]{1,12}$")]
Words = Annotated[str, Field(max_length=120)]
Login = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,40}$")]
BarcodeText = Annotated[str, Field(pattern=r"^\d{8}$|^\d{13}$")]
SlipNumber = Annotated[int, Field(ge=1, le=99_999)]


class Contract(BaseModel):
    """Strict, closed and frozen: nothing is coerced, nothing unknown passes, nothing changes after it was checked."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Line(Contract):
    """Goods on a sale: the barcode, how many, and the price that the counter showed."""

    barcode: BarcodeText
    quantity: Annotated[int, Field(ge=1, le=99)]
    price: Points


class Proxy(Contract):
    """Who collected for the household, by the commitment to the masked name that travels beside as ``proxy``, and why."""

    name: Sha256Hex
    reason: ProxyReason


class EntryHead(Contract):
    """What every entry has. ``id`` was made and stored by the kiosk before anything was sent."""

    id: UUID
    number: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    boot: UUID
    monotonic_ms: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    wall: AwareDatetime
    clock_trusted: bool
    clerk: Login


class Sale(EntryHead):
    """What every sale says: who, what, from which price list, and the receipt's token as a hash.

    ``total`` is what the account pays: the lines' sum less the points that ``cash_fen`` covers (``schemas.cash``).
    ``without_card``: the household was found by a number on the pad, ``card`` is None; ``second`` is the person who vouched for
    it, or for a proxy above the limit. ``pin_checked``: the ledger said yes to the household's PIN for this sale.
    """

    household: Household
    card: Sha256Hex | None
    lines: Annotated[list[Line], Field(min_length=1, max_length=60)]
    total: Points
    snapshot: Count
    receipt: Sha256Hex
    cash_fen: Count = 0
    without_card: bool = False
    second: Login | None = None
    proxy: Proxy | None = None
    pin_checked: bool = False


class Asked(Sale):
    """Please redeem. The ledger may refuse."""

    kind: Literal["asked"] = "asked"


class HandedOver(Sale):
    """The goods are gone and no answer had come to ``asked``. The ledger never refuses what happened."""

    kind: Literal["handed_over"] = "handed_over"
    asked: UUID


class CalledOff(EntryHead):
    """The sale was given up after ``asked`` went out without an answer."""

    kind: Literal["called_off"] = "called_off"
    asked: UUID


class Voided(EntryHead):
    """Goods came back: points go back. ``sale`` is the id of the sale's first entry (``asked``, ``collected``, ``slip_entered``).

    The same clerk on the same day; else ``supervisor`` says who allowed it.
    """

    kind: Literal["voided"] = "voided"
    sale: UUID
    reason: VoidReason
    supervisor: Login | None = None


class Printed(EntryHead):
    """A receipt went to paper: the first print is copy 0, every further one says 补打 and its number."""

    kind: Literal["printed"] = "printed"
    sale: UUID
    copy_number: Annotated[int, Field(ge=0, le=999)]
    state: Literal["printed", "unknown", "not_printed"]


class Ordered(EntryHead):
    """Goods ordered ahead: hold the points until the end of day ``until``. The ledger may refuse, as with ``asked``."""

    kind: Literal["ordered"] = "ordered"
    household: Household
    card: Sha256Hex | None
    lines: Annotated[list[Line], Field(min_length=1, max_length=60)]
    total: Points
    until: date
    snapshot: Count
    without_card: bool = False
    second: Login | None = None


class OrderCancelled(EntryHead):
    """The order is not wanted any more: its points are free again."""

    kind: Literal["order_cancelled"] = "order_cancelled"
    ordered: UUID


class Collected(Sale):
    """Ordered goods were handed over, the sale being its own receipt. After the order's time it acts like ``handed_over``."""

    kind: Literal["collected"] = "collected"
    ordered: UUID


class ReceivedLine(Contract):
    """Goods that came in: pieces, what one of them cost or is worth, and until when it is good."""

    barcode: BarcodeText
    quantity: Pieces
    cost_fen: Count
    best_before: date | None = None


class Received(EntryHead):
    """Goods came in, bought or donated. ``donor`` is the commitment to the name that travels beside as ``donor``."""

    kind: Literal["received"] = "received"
    source: Literal["bought", "donated"]
    donor: Sha256Hex | None = None
    lines: Annotated[list[ReceivedLine], Field(min_length=1, max_length=60)]


class CountedLine(Contract):
    """What the counter's book said was on the shelf, and what was counted; ``reason`` when they differ."""

    barcode: BarcodeText
    booked: Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    counted: Annotated[int, Field(ge=0, le=99_999)]
    reason: CountReason | None = None


class Counted(EntryHead):
    """The shelf was counted; goods that are not listed were not. ``second`` counted with the clerk."""

    kind: Literal["counted"] = "counted"
    lines: Annotated[list[CountedLine], Field(min_length=1, max_length=120)]
    second: Login | None = None


class WrittenOffLine(Contract):
    """Goods that cannot be given out any more, and why."""

    barcode: BarcodeText
    quantity: Pieces
    reason: WriteOffReason


class WrittenOff(EntryHead):
    """Goods were taken off the shelf for good."""

    kind: Literal["written_off"] = "written_off"
    lines: Annotated[list[WrittenOffLine], Field(min_length=1, max_length=60)]
    second: Login | None = None


class DayFigures(Contract):
    """What the kiosk itself adds up of a day: sales and points (``asked`` that was answered or handed over, ``collected``, slips),
    voids with what they gave back, cash, stock and paper; ``unsent`` entries at that moment. Points in the minor unit."""

    sales: Count
    points: Count
    offline_sales: Count = 0
    offline_points: Count = 0
    voids: Count = 0
    voided_points: Count = 0
    cash_sales: Count = 0
    cash_fen: Count = 0
    received: Count = 0
    received_pieces: Count = 0
    reprints: Count = 0
    unsent: Count = 0


class DayClosed(EntryHead):
    """The day was closed: its first and last entry (this one not counted; None on a day without any) and its figures."""

    kind: Literal["day_closed"] = "day_closed"
    day: date
    first: Annotated[int, Field(ge=1, le=MAX_INTEGER)] | None
    last: Annotated[int, Field(ge=1, le=MAX_INTEGER)] | None
    figures: DayFigures


class SlipEntered(Sale):
    """A numbered paper slip (备用小票) of a day the kiosk was dead, entered once afterwards; acts like ``handed_over``."""

    kind: Literal["slip_entered"] = "slip_entered"
    slip: SlipNumber
    day: date


AnyEntry: TypeAlias = (
    Asked
    | HandedOver
    | CalledOff
    | Voided
    | Printed
    | Ordered
    | OrderCancelled
    | Collected
    | Received
    | Counted
    | WrittenOff
    | DayClosed
    | SlipEntered
)
Entry = Annotated[AnyEntry, Field(discriminator="kind")]
ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(Entry)

_ADDED = ("cash_fen", "without_card", "second", "proxy", "pin_checked")  # since the first release, in this order


def entry_bytes(entry: AnyEntry) -> bytes:
    """The entry's text as it is hashed, kept and sent. Fields that came after the first release stay out while they say nothing,
    so that a ledger one release older reads the entry too."""
    body = entry.model_dump(mode="json")
    if entry.kind in ("asked", "handed_over"):
        for name in _ADDED:
            if body[name] == type(entry).model_fields[name].default:
                del body[name]
    return document_bytes(body)
