"""Faces of the counter's other work: the pad, persons and their PINs, voids, stock, the close of a day. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kiosk.counter.deals import BY_CARD, Cart, Customer, DaySum, Filed, Sale, Stock, Way
from schemas.kiosk_api import SnapshotOrder
from schemas.reasons import VoidReason

# ── what a person is asked for ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TakeOver:
    """换人值班: the person chosen serves from now on."""


@dataclass(frozen=True, slots=True)
class AllowTakeOver:
    """A supervisor lets ``login`` serve, where the village allows no substitute without."""

    login: str


@dataclass(frozen=True, slots=True)
class VouchFor:
    """No card: somebody who knows the household stands by it."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class VouchCart:
    """A proxy above the limit: a second person stands by the cart."""

    cart: Cart


@dataclass(frozen=True, slots=True)
class AllowVoid:
    """A void of another day or of another clerk."""

    sale: Sale
    reason: VoidReason


@dataclass(frozen=True, slots=True)
class OwnPin:
    """The household itself shows its PIN; asked of the ledger."""

    cart: Cart


@dataclass(frozen=True, slots=True)
class CountTogether:
    """A write-off, or a count that differs: a second person looked too."""

    stock: Stock


Errand: TypeAlias = TakeOver | AllowTakeOver | VouchFor | VouchCart | AllowVoid | OwnPin | CountTogether


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is it? ``kiosk.counter.persons.candidates`` says who may be chosen."""

    errand: Errand


@dataclass(frozen=True, slots=True)
class PinPad:
    """A PIN on our own pad. ``login`` is empty for a household's. ``digits`` live nowhere but here, and never leave in a repr."""

    errand: Errand
    login: str
    digits: str = field(default="", repr=False)
    checking: bool = False


@dataclass(frozen=True, slots=True)
class NumberPad:
    """没带卡: household number or card number."""

    digits: str = ""


# ── a paper slip is entered ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SlipPad:
    """补录纸条: the number in the slip's corner."""

    digits: str = ""


@dataclass(frozen=True, slots=True)
class SlipHousehold:
    """Whose slip it is: a card, household number or card number."""

    number: int
    digits: str = ""


@dataclass(frozen=True, slots=True)
class SlipDays:
    """On which day the goods went; ``first`` is how many days ago the first one shown is."""

    number: int
    customer: Customer
    first: int = 0


# ── void ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SalesList:
    """作废哪一单？ ``sales`` newest first, None while they are looked up; ``first`` is the first one shown."""

    sales: tuple[Sale, ...] | None = None
    first: int = 0


@dataclass(frozen=True, slots=True)
class VoidReasons:
    """为什么退？"""

    sale: Sale


@dataclass(frozen=True, slots=True)
class VoidAsked:
    """The one question before points go back."""

    sale: Sale
    reason: VoidReason
    supervisor: str | None = None


# ── the journal writes, the day closes ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Filing:
    """The journal is writing; what the face was before comes back when it cannot."""

    filed: Filed


@dataclass(frozen=True, slots=True)
class DayShown:
    """今天的账, None while it is added up."""

    sum: DaySum | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """The day is closed and written; the ledger is asked to sign."""

    filed: Filed


# ── proxy, orders ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ProxyReasons:
    """为什么代领？"""

    cart: Cart


@dataclass(frozen=True, slots=True)
class ProxyNumber:
    """谁来代领？ Their own card, or their household's number; ``cart`` has the reason already."""

    cart: Cart
    digits: str = ""


@dataclass(frozen=True, slots=True)
class OrderShown:
    """取订的货: one open order of the household."""

    customer: Customer
    order: SnapshotOrder
    way: Way = BY_CARD


# ── stock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StockMenu:
    """进货 · 盘点 · 报损 · 快到期 · 快卖完."""


@dataclass(frozen=True, slots=True)
class StockShort:
    """快到期、快卖完: what is low or goes bad soon."""

    first: int = 0


@dataclass(frozen=True, slots=True)
class StockSheet:
    """The paper as far as it is filled."""

    stock: Stock


@dataclass(frozen=True, slots=True)
class StockGoods:
    """Goods without a barcode are chosen from the price list; ``first`` is the first one shown."""

    stock: Stock
    first: int = 0


@dataclass(frozen=True, slots=True)
class StockPad:
    """How many, what one costs (元 with at most one point), until when it is good (年月日, or 年月). ``warned``: that the day is over was
    told, and entering it again means it."""

    stock: Stock
    barcode: str
    asks: Literal["quantity", "cost", "until"] = "quantity"
    digits: str = ""
    quantity: int = 0
    cost_fen: int = 0
    warned: bool = False


@dataclass(frozen=True, slots=True)
class StockReasons:
    """Why goods are gone, or a count differs."""

    stock: Stock
    barcode: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockDonor:
    """谁捐的？ Of those whom the office knows; a new name is written on the paper, and the office enters it."""

    stock: Stock


SideFace: TypeAlias = (
    Persons | PinPad | NumberPad | SlipPad | SlipHousehold | SlipDays | SalesList | VoidReasons | VoidAsked | Filing | DayShown | Sealing
    | ProxyReasons | ProxyNumber | OrderShown | StockMenu | StockShort | StockSheet | StockGoods | StockPad | StockReasons | StockDonor
)  # fmt: skip
