"""What kiosk and ledger say to each other over ``/api/v1/kiosk/…``: enrol, snapshot, entries."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.canonical import MAX_INTEGER
from schemas.entries import Contract, Household, Points, Sha256Hex

Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
KeyHex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UPLOAD_LIMIT = 500  # entries a request: about 300 kB


class EnrolRequest(Contract):
    """A kiosk introduces itself: the one-time code from the office (``SQ-7K2M9QXD``), its own public key (Ed25519, hex),
    its program's version.
    """

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,11}-[0-9A-Z]{8}$")]
    public_key: KeyHex
    version: Annotated[str, Field(max_length=40)]


class EnrolAnswer(Contract):
    """What the kiosk keeps: its number, its village, and the bearer token for transport (shown once, stored hashed)."""

    village: str
    village_name: str
    kiosk: Annotated[int, Field(ge=1, le=999)]
    token: Annotated[str, Field(min_length=20, max_length=120)]


class SnapshotVillage(Contract):
    """The village as the counter needs it. ``base`` is where codes point: ``merit:`` or a web address."""

    code: str
    name: str
    shop_name: str
    phone: str
    base: str
    timezone: str
    decimals: Annotated[int, Field(ge=0, le=1)]


class Limits(Contract):
    """What the village allows at the counter; None is no limit. Points in the minor unit."""

    household_day: Points | None
    visit: Points | None
    offline_household_day: Points
    offline_kiosk_total: Points
    offline_days: Annotated[int, Field(ge=1, le=60)]


class SnapshotGood(Contract):
    """One line of the price list. ``stock`` may be negative after hand-overs."""

    barcode: str
    name: str
    unit: str
    price: Points
    stock: int
    limit_visit: Annotated[int, Field(ge=1, le=99)] | None
    picture: str


class SnapshotHousehold(Contract):
    """A household as the counter may see it: masked name, balance, what may be spent, what is still on notice."""

    number: Household
    masked_name: str
    group: str
    balance: int
    floor: Annotated[int, Field(ge=0)]
    spent_today: Count
    on_notice: Count
    on_notice_until: str | None
    state: Literal["open", "blocked", "closed"]


class SnapshotCard(Contract):
    """A card by the hash of its token. ``tail`` is the last four digits of its printed number."""

    hash: Sha256Hex
    household: Household
    tail: str
    state: Literal["active", "lost", "replaced"]


class SnapshotClerk(Contract):
    """Who may serve at the counter."""

    login: str
    name: str


class Snapshot(Contract):
    """Everything a counter needs to serve without network, as of the book's transfer ``seq``. ``taken_at`` is the ledger's time."""

    seq: Count
    taken_at: AwareDatetime
    village: SnapshotVillage
    limits: Limits
    goods: list[SnapshotGood]
    households: list[SnapshotHousehold]
    cards: list[SnapshotCard]
    clerks: list[SnapshotClerk]


class UploadedEntry(Contract):
    """An entry as it stands in the journal: the exact text, and the link that chains it."""

    number: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    text: Annotated[str, Field(max_length=20_000)]
    link: Sha256Hex


class Upload(Contract):
    """Entries in order, and the signed head of what is sent (Ed25519 over ``journal.head_message``, hex)."""

    entries: Annotated[list[UploadedEntry], Field(min_length=1, max_length=UPLOAD_LIMIT)]
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class EntryOutcome(Contract):
    """What the ledger made of one entry, frozen: ``posted`` (points moved), ``recorded`` (a fact without points), ``quarantined``,
    or a refusal's code. ``figures`` fill the refusal's words. ``balance`` is the household's after it, when there is one."""

    number: int
    id: UUID | None
    outcome: str
    figures: dict[str, str | int] = Field(default_factory=dict)
    balance: int | None = None
    seq: int | None = None
    repeated: bool = False


class UploadAnswer(Contract):
    """Up to which entry the ledger holds this kiosk's journal, and the outcome of each entry that was sent."""

    taken_up_to: Count
    outcomes: list[EntryOutcome]
    server_time: AwareDatetime
