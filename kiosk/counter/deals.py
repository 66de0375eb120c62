"""What passes over the counter: a household, its cart, a sale, and every other paper that the journal holds. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from schemas.entries import DayFigures
from schemas.reasons import CountReason, ProxyReason, VoidReason, WriteOffReason


@dataclass(frozen=True, slots=True)
class Customer:
    """The household at the counter, by which card. ``card`` is the token's SHA-256 in hex, ``tail`` the card's last four digits;
    None and empty when it was found by a number on the pad."""

    household: str
    masked_name: str
    group: str
    card: str | None
    tail: str


@dataclass(frozen=True, slots=True)
class CartLine:
    """Goods in the cart at the price that the counter showed (minor unit, for one)."""

    barcode: str
    name: str
    unit: str
    quantity: int
    price: int

    @property
    def amount(self) -> int:
        """Price times quantity."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Way:
    """How a sale comes about (``schemas.entries.Sale``). ``second`` is the login of who showed a PIN; ``cash_points`` are paid in cash;
    ``proxy_name`` is who came instead, masked, "" when the name is only signed on the paper."""

    without_card: bool = False
    second: str | None = None
    proxy: ProxyReason | None = None
    proxy_name: str = ""
    pin_checked: bool = False
    cash_points: int = 0


BY_CARD = Way()


@dataclass(frozen=True, slots=True)
class PaperSlip:
    """备用小票: a slip written by hand while the machine was dead. ``number`` is printed on it, ``day`` is when the goods went."""

    number: int
    day: date


@dataclass(frozen=True, slots=True)
class Cart:
    """Choosing. ``first`` is the index in the price list of the first tile shown; the screen asks for pages of 8 or 12.

    ``ordering``: goods to be ordered ahead, so that what is on the shelf does not matter. ``slip``: what that paper slip says is being
    entered; its goods are gone, so that no limit asks.
    """

    customer: Customer
    lines: tuple[CartLine, ...] = ()
    first: int = 0
    way: Way = BY_CARD
    ordering: bool = False
    slip: PaperSlip | None = None

    @property
    def worth(self) -> int:
        """Points of all goods in it, minor unit."""
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        """What the account pays, minor unit."""
        return self.worth - self.way.cash_points


@dataclass(frozen=True, slots=True)
class Sale:
    """One confirmed sale, all that its entries and its paper need. ``id`` is that of its first entry: ``asked``, ``slip_entered`` of a
    paper ``slip``, or ``collected`` of an order (``ordered`` is then the order's id). With ``until`` it is no sale yet: goods to be
    kept until the end of that day.

    ``number`` and ``check`` come with ``Written``; ``offline`` is True once the goods went without an answer; ``after`` is the
    ledger's balance after it, None while only the counter's own figure is known. ``salt`` is for the commitment to a proxy's name.
    """

    id: UUID
    kiosk: int
    customer: Customer
    lines: tuple[CartLine, ...]
    before: int
    snapshot: int
    contact_at: datetime
    token: str
    clerk: str
    at: datetime
    clock_trusted: bool
    number: int = 0
    check: str = ""
    offline: bool = False
    after: int | None = None
    way: Way = BY_CARD
    cash_fen: int = 0
    salt: str = field(default="", repr=False)
    ordered: UUID | None = None
    until: date | None = None
    slip: PaperSlip | None = None

    @property
    def worth(self) -> int:
        """Points of all goods, minor unit."""
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        """What the account pays, minor unit."""
        return self.worth - self.way.cash_points

    @property
    def number_text(self) -> str:
        """The 单号 on screen and paper: "1-000482", of a paper slip "0-000031", as in the ledger."""
        return number_text(self.kiosk, self.number) if self.slip is None else number_text(0, self.slip.number)

    @property
    def balance_after(self) -> int:
        """The ledger's balance after it, else what the counter reckons."""
        return self.before - self.total if self.after is None else self.after


def number_text(kiosk: int, number: int) -> str:
    """The 单号 of an entry: "1-000482"."""
    return f"{kiosk}-{number:06d}"


# ── what else goes into the journal with a paper of its own ─────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Voiding:
    """A sale whose goods came back. ``before`` is the household's balance as the counter knew it, None when it knew none."""

    sale: Sale
    reason: VoidReason
    supervisor: str | None
    before: int | None
    offline: bool


StockKind: TypeAlias = Literal["bought", "donated", "counted", "written_off"]


@dataclass(frozen=True, slots=True)
class StockLine:
    """Goods on a stock paper: pieces that came, were counted or go; ``booked`` is what the counter's book said, ``cost_fen`` is of one,
    ``best_before`` None for goods that print no day."""

    barcode: str
    name: str
    unit: str
    booked: int
    quantity: int
    cost_fen: int = 0
    reason: CountReason | WriteOffReason | None = None
    best_before: date | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """入库单, 盘点单 or 报损单. ``second`` is the login of who counted with the clerk and showed a PIN. ``donor`` is a name that the office
    listed, empty while it stands on the paper alone; ``salt`` is for the commitment to it."""

    kind: StockKind
    lines: tuple[StockLine, ...]
    second: str | None = None
    donor: str = ""
    salt: str = field(default="", repr=False)

    @property
    def takes_two(self) -> bool:
        """Goods are gone, or were not what the book said: two people look."""
        return self.kind == "written_off" or (
            self.kind == "counted" and any(line.quantity != line.booked for line in self.lines)
        )


@dataclass(frozen=True, slots=True)
class DaySum:
    """A day as the journal adds it up: its first and last entry (None without any) and its figures."""

    day: date
    first: int | None
    last: int | None
    figures: DayFigures


@dataclass(frozen=True, slots=True)
class SealSeen:
    """The signed book as the day-close slip shows it (``schemas.kiosk_api.Seal``)."""

    size: int
    sealed_at: datetime
    slip: str
    words: tuple[str, ...]
    to_look_at: int


@dataclass(frozen=True, slots=True)
class DayClose:
    """日结; ``seal`` None until the ledger signed, and when it could not."""

    sum: DaySum
    seal: SealSeen | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """Anything but a sale that the journal holds and that has a paper: void, stock, day close. ``id`` is its entry's.

    ``number`` and ``check`` come with ``Written``.
    """

    id: UUID
    kiosk: int
    clerk: str
    at: datetime
    clock_trusted: bool
    what: Voiding | Stock | DayClose
    number: int = 0
    check: str = ""

    @property
    def number_text(self) -> str:
        """The 单号 on screen and paper."""
        return number_text(self.kiosk, self.number)


Deal: TypeAlias = Sale | Filed
