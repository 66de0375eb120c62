"""What a kiosk's journal holds: facts, written before they are acted on, numbered 1, 2, 3 … and kept for ever.

An entry travels as the exact text that was hashed (RFC 8785 JSON); the ledger parses that text and never re-serialises it.
Points are integers in the village's minor unit. Times: ``monotonic_ms`` and ``boot`` order what happened on one kiosk,
``wall`` is only as good as ``clock_trusted`` says.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from schemas.canonical import MAX_INTEGER

Points = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Sha256Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Household = Annotated[str, Field(pattern=r"^[0-9A-Z-]{1,12}$")]
Words = Annotated[str, Field(max_length=120)]


class Contract(BaseModel):
    """Strict, closed and frozen: nothing is coerced, nothing unknown passes, nothing changes after it was checked."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Line(Contract):
    """Goods on a sale: the barcode, how many, and the price that the counter showed."""

    barcode: Annotated[str, Field(pattern=r"^\d{8}$|^\d{13}$")]
    quantity: Annotated[int, Field(ge=1, le=99)]
    price: Points


class EntryHead(Contract):
    """What every entry has. ``id`` was made and stored by the kiosk before anything was sent."""

    id: UUID
    number: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    boot: UUID
    monotonic_ms: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    wall: AwareDatetime
    clock_trusted: bool
    clerk: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,40}$")]


class Sale(EntryHead):
    """What ``asked`` and ``handed_over`` share: who, what, from which price list, and the receipt's token as a hash."""

    household: Household
    card: Sha256Hex | None
    lines: Annotated[list[Line], Field(min_length=1, max_length=60)]
    total: Points
    snapshot: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    receipt: Sha256Hex


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


class Printed(EntryHead):
    """A receipt went to paper: the first print is copy 0, every further one says 补打 and its number."""

    kind: Literal["printed"] = "printed"
    sale: UUID
    copy_number: Annotated[int, Field(ge=0, le=999)]
    state: Literal["printed", "unknown", "not_printed"]


Entry = Annotated[Asked | HandedOver | CalledOff | Printed, Field(discriminator="kind")]
ENTRY: TypeAdapter[Asked | HandedOver | CalledOff | Printed] = TypeAdapter(Entry)
