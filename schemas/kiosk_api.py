"""What kiosk and ledger say to each other over ``/api/v1/kiosk/…``: enrol, snapshot, entries, passbook, PIN, seal.

A kiosk works with a ledger one release older or newer. So messages on the wire are **open**: what a side does not know yet it passes
over, and what came later has a default that says nothing. Only entries are closed: an entry that is not understood in full is
put into quarantine, whole and visible.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.beside import Beside
from schemas.canonical import MAX_INTEGER
from schemas.entries import Count, Household, Login, Points, Sha256Hex

KeyHex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UPLOAD_LIMIT = 500  # entries a request: about 300 kB
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
DonorName = Annotated[str, Field(min_length=1, max_length=20)]  # as ``schemas.beside.Beside``


class Message(BaseModel):
    """Strict, open and frozen: nothing is coerced, what a later release added is passed over, nothing changes."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EnrolRequest(Message):
    """A kiosk introduces itself: the one-time code from the office (``SQ-7K2M9QXD``), its own public key (Ed25519, hex),
    its program's version.
    """

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,11}-[0-9A-Z]{8}$")]
    public_key: KeyHex
    version: Annotated[str, Field(max_length=40)]


class EnrolAnswer(Message):
    """What the kiosk keeps: its number, its village, and the bearer token for transport (shown once, stored hashed)."""

    village: str
    village_name: str
    kiosk: Annotated[int, Field(ge=1, le=999)]
    token: Annotated[str, Field(min_length=20, max_length=120)]


class SnapshotVillage(Message):
    """The village as the counter needs it. ``base`` is where codes point: ``merit:`` or a web address."""

    code: str
    name: str
    shop_name: str
    phone: str
    base: str
    timezone: str
    decimals: Annotated[int, Field(ge=0, le=1)]


class Limits(Message):
    """What the village allows at the counter; None is no limit. Points in the minor unit.

    ``no_card``: the most a sale by number on the pad may take, 0 is none at all. ``proxy``: above it a proxy needs a second person.
    ``pin_above``: above it the household's PIN is asked, None never. ``fen_per_point``: cash for one whole point.
    ``open_weekdays``: 1 is Monday. ``order_days``: how many days ordered goods are kept, 0 is no ordering. ``substitute``: another
    clerk may take over with nothing but their own PIN. ``clerk_pin``: clerks who have a PIN show it when they take over.
    ``signature_stub``: 签字/按手印 on every receipt. ``low_stock``: from here on 快没了.
    """

    household_day: Points | None
    visit: Points | None
    offline_household_day: Points
    offline_kiosk_total: Points
    offline_days: Annotated[int, Field(ge=1, le=60)]
    no_card: Count = 0
    proxy: Points | None = None
    pin_above: Points | None = None
    cash_allowed: bool = False
    fen_per_point: Annotated[int, Field(ge=1, le=100_000)] = 100
    open_weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = EVERY_DAY
    order_days: Annotated[int, Field(ge=0, le=60)] = 0
    substitute: bool = True
    clerk_pin: bool = False
    signature_stub: bool = False
    low_stock: Annotated[int, Field(ge=0, le=9_999)] = 5
    idle_s: Annotated[int, Field(ge=20, le=600)] = 60


class SnapshotGood(Message):
    """One line of the price list. ``stock`` may be negative after hand-overs; ``best_before`` is the earliest of what is left."""

    barcode: str
    name: str
    unit: str
    price: Points
    stock: int
    limit_visit: Annotated[int, Field(ge=1, le=99)] | None
    picture: str
    best_before: date | None = None


class SnapshotHousehold(Message):
    """A household as the counter may see it: masked name, balance, what may be spent, what is still on notice.

    ``balance`` is less what is ``held`` for ordered goods. ``last_visit`` is the day of the last sale; ``pin``: it has a PIN.
    """

    number: Household
    masked_name: str
    group: str
    balance: int
    floor: Annotated[int, Field(ge=0)]
    spent_today: Count
    on_notice: Count
    on_notice_until: str | None
    state: Literal["open", "blocked", "closed"]
    held: Count = 0
    last_visit: date | None = None
    pin: bool = False


class SnapshotCard(Message):
    """A card by the hash of its token. ``tail`` is the last four digits of its printed number."""

    hash: Sha256Hex
    household: Household
    tail: str
    state: Literal["active", "lost", "replaced"]


class SnapshotClerk(Message):
    """Who may serve at the counter (``serves``) or allow what a clerk alone may not (``supervises``); ``pin_hash`` is argon2id text,
    None for who has no PIN."""

    login: Login
    name: str
    serves: bool = True
    supervises: bool = False
    pin_hash: Annotated[str, Field(max_length=200, pattern=r"^\$argon2id\$")] | None = Field(default=None, repr=False)


class SnapshotOrderLine(Message):
    """Ordered goods with the words and the price they had then."""

    barcode: str
    name: str
    unit: str
    quantity: Annotated[int, Field(ge=1)]
    price: Points


class SnapshotOrder(Message):
    """An open order: ``id`` is the ``ordered`` entry's, ``number`` its 单号; kept until the end of day ``until``."""

    id: UUID
    number: str
    household: Household
    lines: list[SnapshotOrderLine]
    total: Points
    until: date


class Snapshot(Message):
    """Everything a counter needs to serve without network, as of the book's transfer ``seq``. ``taken_at`` is the ledger's time.

    ``GET …/snapshot?since=<cursor>&unsent=<entries not sent yet>``: ``cursor`` is the last answer's (``schemas.cursor``). ``whole``
    False: households and cards are only those of the parts that changed since, these parts whole; all else is whole in every
    answer. Households come by number, cards by hash. A ledger that knows no cursor sends "" and everything.
    ``donors`` are the names of who gave goods before, the last first: the counter offers them, because nobody types there.
    ``taken_up_to`` is how far the ledger holds the journal of the kiosk that asked; an older ledger does not say. So a kiosk that
    has nothing to send learns as well that a ledger was put back from an older copy, or that it was put back itself.
    """

    seq: Count
    taken_at: AwareDatetime
    village: SnapshotVillage
    limits: Limits
    goods: list[SnapshotGood]
    households: list[SnapshotHousehold]
    cards: list[SnapshotCard]
    clerks: list[SnapshotClerk]
    orders: list[SnapshotOrder] = Field(default_factory=list)
    donors: list[DonorName] = Field(default_factory=list)
    cursor: Annotated[str, Field(max_length=1_000)] = ""
    whole: bool = True
    taken_up_to: Count | None = None


class PassbookLine(Message):
    """One line of 积分存折: the day, the words (at most 20 characters), the amount with its sign, the balance after it."""

    day: date
    words: Annotated[str, Field(max_length=20)]
    amount: int
    balance: int


class Passbook(Message):
    """``GET …/passbook/<household>``: the last 15 lines of a household, newest first, and the balance as of transfer ``seq``."""

    household: Household
    seq: Count
    balance: int
    lines: Annotated[list[PassbookLine], Field(max_length=15)]


class PinRequest(Message):
    """``POST …/pin``: is this the household's PIN? Asked online only, kept nowhere."""

    household: Household
    pin: Annotated[str, Field(pattern=r"^\d{4,6}$")] = Field(repr=False)


class PinAnswer(Message):
    """Yes or no; ``tries`` that are left, and for how long the PIN is locked. A household without a PIN is ``unset``."""

    ok: bool
    tries: Count = 0
    locked_minutes: Count = 0
    unset: bool = False


class Seal(Message):
    """``POST …/seal``, for the day-close slip: the book is signed up to transfer ``size``; ``slip`` is the text of the 封账码, ``words``
    the four words, ``to_look_at`` how many cases wait for a person. 503 when nothing could be signed."""

    size: Count
    sealed_at: AwareDatetime
    slip: Annotated[str, Field(max_length=512)]
    words: Annotated[list[str], Field(min_length=4, max_length=4)]
    to_look_at: Count = 0


class UploadedEntry(Message):
    """An entry as it stands in the journal: the exact text, and the link that chains it. ``beside`` holds the names that the text
    commits to (``schemas.beside``), by key; sent only where there are any, kept apart and erasable."""

    number: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    text: Annotated[str, Field(max_length=20_000)]
    link: Sha256Hex
    beside: dict[Annotated[str, Field(pattern=r"^[a-z]{1,20}$")], Beside] | None = None


class Upload(Message):
    """Entries in order, and the signed head of what is sent (Ed25519 over ``journal.head_message``, hex)."""

    entries: Annotated[list[UploadedEntry], Field(min_length=1, max_length=UPLOAD_LIMIT)]
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class EntryOutcome(Message):
    """What the ledger made of one entry, frozen: ``posted`` (points moved), ``recorded`` (a fact without points), ``quarantined``,
    or a refusal's code. ``figures`` fill the refusal's words. ``balance`` is the household's after it, when there is one."""

    number: int
    id: UUID | None
    outcome: str
    figures: dict[str, str | int] = Field(default_factory=dict)
    balance: int | None = None
    seq: int | None = None
    repeated: bool = False


class UploadAnswer(Message):
    """Up to which entry the ledger holds this kiosk's journal, the outcome of each entry that was sent, and how many cases wait."""

    taken_up_to: Count
    outcomes: list[EntryOutcome]
    server_time: AwareDatetime
    to_look_at: Count = 0
