"""The values of this room: paper, lines, bitmaps, and what each kind of paper says."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Paper:
    """A roll: columns of half-width letters, and dots across at 203 dpi."""

    width_columns: Literal[32, 48]
    width_dots: Literal[384, 576]


PAPER_58 = Paper(width_columns=32, width_dots=384)
PAPER_80 = Paper(width_columns=48, width_dots=576)


class Style(StrEnum):
    """How big a text line is; the letters are the marks of `design/paper/receipts.md`."""

    NORMAL = ""
    TALL = "H"
    BIG = "W"
    BOLD = "B"

    @property
    def scale_x(self) -> int:
        """How many ordinary columns one column of this style takes."""
        return 2 if self is Style.BIG else 1

    @property
    def scale_y(self) -> int:
        """How many ordinary rows one row of this style takes."""
        return 2 if self in (Style.TALL, Style.BIG) else 1


@dataclass(frozen=True, slots=True)
class Text:
    """One printed row of clean text. With `raster`, some character is in no printer's font: send it as a picture."""

    text: str
    style: Style = Style.NORMAL
    raster: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of dashes across the paper."""


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty row."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code in the middle. Printable ASCII only: scanners disagree about every other encoding.

    ``module_dots`` is the most a module may take on 58 mm paper, one more on 80 mm; ``level`` L is for long codes on paper that stays
    clean.
    """

    text: str
    level: Literal["L", "M"] = "M"
    module_dots: int = 5

    def __post_init__(self) -> None:
        if not (self.text and self.text.isascii() and self.text.isprintable()):
            raise ValueError("a QR code holds printable ASCII, at least one character")


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed past the knife and cut."""


Line = Text | Rule | Blank | Qr | Cut


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A black and white picture: each row `(width_dots + 7) // 8` bytes, leftmost dot in the highest bit, 1 is black."""

    width_dots: int
    rows: tuple[bytes, ...]

    def __post_init__(self) -> None:
        stride = (self.width_dots + 7) // 8
        if self.width_dots < 1 or any(len(row) != stride for row in self.rows):
            raise ValueError("every row of a bitmap holds exactly its width")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Goods on a receipt. Points come formatted, without 分; the unit price is shown on wide paper only."""

    name: str
    quantity: int
    unit: str
    points_text: str
    price_text: str | None = None


@dataclass(frozen=True, slots=True)
class CashNote:
    """A cash top-up: what the goods cost in points, what was paid in 元, and how many 元 the village says a point is."""

    goods_text: str
    cash_text: str
    rate_text: str


@dataclass(frozen=True, slots=True)
class ProxyNote:
    """Who collected for the household (masked), why, and the most a proxy may take at a time, None without a limit."""

    name: str
    reason: str
    limit_text: str | None = None


@dataclass(frozen=True, slots=True)
class SlipNote:
    """A paper slip (备用小票) that was entered afterwards: the number printed on it, and the day the goods went."""

    number: int
    day_text: str


@dataclass(frozen=True, slots=True)
class RedemptionReceipt:
    """What a redemption receipt says. Points come formatted, without 分; times are local and without a zone.

    `code` is the address of this receipt (`<base>/r/<token>`); the card's code is refused. `card_tail` is empty when there was no card.
    `total_text` is what the account pays. `second` is who vouched, `signature` leaves room for 签字或按手印 (a proxy always signs).
    `slip` is the paper slip that it was entered from; the household signed that one.
    `copy` is 0 for the first print and n for 补打 第n次, which also needs `reprinted_at_text`.
    """

    shop_name: str
    title: str
    number: str
    when_text: str
    clock_trusted: bool
    who: str
    card_tail: str
    lines: tuple[ReceiptLine, ...]
    total_text: str
    before_text: str
    after_text: str
    code: str
    phone: str
    clerk: str
    check: str
    offline: bool = False
    last_contact_text: str | None = None
    copy: int = 0
    reprinted_at_text: str | None = None
    demo: bool = False
    cash: CashNote | None = None
    proxy: ProxyNote | None = None
    second: str | None = None
    signature: bool = False
    slip: SlipNote | None = None

    def __post_init__(self) -> None:
        if "/r/" not in self.code:
            raise ValueError("a receipt carries a receipt's code and never a card's")
        if self.copy < 0 or (self.copy > 0) != (self.reprinted_at_text is not None):
            raise ValueError("a further copy, and only that, says when it was printed")


@dataclass(frozen=True, slots=True)
class BalanceSlip:
    """What a balance slip (余额条) says. No QR: the only code a household has is its card's."""

    shop_name: str
    when_text: str
    clock_trusted: bool
    who: str
    card_tail: str
    available_text: str
    on_notice_text: str
    on_notice_note: str | None
    held_text: str
    today_text: str
    year_note: str
    phone: str
    kiosk: str
    as_of_seq: int
    demo: bool = False
