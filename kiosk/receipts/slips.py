"""What every other paper says: a value each. Points and money come formatted and without their unit, times local and without a zone."""

from dataclasses import dataclass

from kiosk.receipts.values import ReceiptLine


@dataclass(frozen=True, slots=True)
class VoidSlip:
    """作废. `number` is its own, `voided_number` that of the sale. `supervisor` is who allowed it, None for the same clerk on the same day.

    `cash_text` is what goes back in 元, None without cash. `copy` and `reprinted_at_text` are as on a receipt.
    """

    shop_name: str
    number: str
    voided_number: str
    when_text: str
    clock_trusted: bool
    who: str
    card_tail: str
    lines: tuple[ReceiptLine, ...]
    back_text: str
    before_text: str
    after_text: str
    reason: str
    phone: str
    clerk: str
    check: str
    supervisor: str | None = None
    cash_text: str | None = None
    offline: bool = False
    copy: int = 0
    reprinted_at_text: str | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class PassbookRow:
    """One line: `day_text` is 11-14, `amount_text` has its sign."""

    day_text: str
    words: str
    amount_text: str
    balance_text: str


@dataclass(frozen=True, slots=True)
class PassbookSlip:
    """积分存折, newest row first."""

    shop_name: str
    who: str
    card_tail: str
    when_text: str
    clock_trusted: bool
    rows: tuple[PassbookRow, ...]
    available_text: str
    phone: str
    kiosk: str
    as_of_seq: int
    demo: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    """Goods that came in: what one costs or is worth, and the amount, in 元; `best_before_text` is 2028-06 or a
    whole day, None without."""

    name: str
    quantity: int
    unit: str
    cost_text: str
    amount_text: str
    best_before_text: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedSlip:
    """入库单. `donor` is None for goods that were bought, "" when the name is written on the paper by hand."""

    shop_name: str
    number: str
    when_text: str
    clock_trusted: bool
    donor: str | None
    rows: tuple[ReceivedRow, ...]
    amount_text: str
    clerk: str
    check: str
    demo: bool = False


@dataclass(frozen=True, slots=True)
class CountedRow:
    """Goods that were counted; `reason` says why the count differs, None where it does not or nobody knows."""

    name: str
    booked: int
    counted: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CountedSlip:
    """盘点单. `rows` are those worth printing, `kinds` how many kinds were counted in all; the rest was right."""

    shop_name: str
    number: str
    when_text: str
    clock_trusted: bool
    rows: tuple[CountedRow, ...]
    kinds: int
    clerk: str
    check: str
    second: str | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class WrittenOffRow:
    """Goods that cannot be given out: what the book said, how many go, and why."""

    name: str
    booked: int
    gone: int
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class WrittenOffSlip:
    """报损单. `second` is who looked too and showed a PIN, None when only the paper is signed."""

    shop_name: str
    number: str
    when_text: str
    clock_trusted: bool
    rows: tuple[WrittenOffRow, ...]
    clerk: str
    check: str
    second: str | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class SealNote:
    """The book as it was signed: up to which transfer, when, the four words and the text of the 封账码."""

    size: int
    sealed_at_text: str
    words: tuple[str, str, str, str]
    code: str


@dataclass(frozen=True, slots=True)
class DayCloseSlip:
    """日结单. `offline_…`, `cash_…` and the rest are of the same day; `net_text` is points less what was voided.

    `first_number` and `last_number` are 单号, None on a day without entries. `seal` is None when nothing could be signed.
    `to_look_at` is None when the village could not be asked.
    """

    shop_name: str
    day_text: str
    kiosk: str
    sales: int
    points_text: str
    offline_sales: int
    offline_points_text: str
    voids: int
    voided_points_text: str
    cash_sales: int
    cash_text: str
    received: int
    received_pieces: int
    reprints: int
    net_text: str
    first_number: str | None
    last_number: str | None
    unsent: int
    to_look_at: int | None
    seal: SealNote | None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class SelfTestSlip:
    """自检页. `facts` are what the printer says of itself, as label and value."""

    kiosk: str
    when_text: str
    code: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DiagnosticsSlip:
    """诊断条: no name and no card number. `events` are 10:24 and a fault's code; `code` is the same in ASCII, for who repairs it."""

    when_text: str
    clock_trusted: bool
    facts: tuple[tuple[str, str], ...]
    events: tuple[str, ...]
    code: str
    phone: str


@dataclass(frozen=True, slots=True)
class SpareSlip:
    """备用小票 for the day the machine is dead, both parts. `number` is village-unique, `limit_text` the most for a household a day."""

    shop_name: str
    number: int
    limit_text: str | None
    phone: str
