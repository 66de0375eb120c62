"""The first tables, and the triggers that keep the book append-only on both engines."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

revision = "0001"
down_revision = None

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
Moment = DateTime(timezone=True)

staff = Table(
    "staff",
    METADATA,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("login", Text, CheckConstraint("length(login) BETWEEN 2 AND 40", name="login"), nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("pin_hash", Text),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    UniqueConstraint("login"),
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("token_hash", LargeBinary, CheckConstraint("length(token_hash) = 32", name="token_hash"), primary_key=True),
    Column("staff_id", BigInteger, ForeignKey("staff.staff_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

throttles = Table(
    "throttles",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("misses", BigInteger, nullable=False),
    Column("last_miss_at", Moment, nullable=False),
    Column("locked_until", Moment),
)

staff_audit = Table(
    "staff_audit",
    METADATA,
    Column("audit_id", Uuid, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("staff_id", BigInteger),
    Column("village_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

villages = Table(
    "villages",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("shop_name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column(
        "notice_days", BigInteger, CheckConstraint("notice_days BETWEEN 1 AND 30", name="notice_days"), nullable=False
    ),
    Column("quorum", BigInteger, CheckConstraint("quorum BETWEEN 1 AND 9", name="quorum"), nullable=False),
    Column("limit_visit", BigInteger),
    Column("limit_household_day", BigInteger),
    Column("offline_household_day", BigInteger, nullable=False),
    Column("offline_kiosk_total", BigInteger, nullable=False),
    Column(
        "offline_days",
        BigInteger,
        CheckConstraint("offline_days BETWEEN 1 AND 60", name="offline_days"),
        nullable=False,
    ),
    Column("limit_no_card", BigInteger, CheckConstraint("limit_no_card >= 0", name="limit_no_card"), nullable=False),
    Column("limit_proxy", BigInteger, CheckConstraint("limit_proxy > 0", name="limit_proxy")),
    Column("pin_above", BigInteger, CheckConstraint("pin_above > 0", name="pin_above")),
    Column("cash_allowed", Boolean, nullable=False),
    Column(
        "fen_per_point",
        BigInteger,
        CheckConstraint("fen_per_point BETWEEN 1 AND 100000", name="fen_per_point"),
        nullable=False,
    ),
    Column(
        "open_weekdays",
        Text,
        CheckConstraint("length(open_weekdays) BETWEEN 1 AND 7", name="open_weekdays"),
        nullable=False,
    ),
    Column("order_days", BigInteger, CheckConstraint("order_days BETWEEN 0 AND 60", name="order_days"), nullable=False),
    Column("substitute", Boolean, nullable=False),
    Column("clerk_pin", Boolean, nullable=False),
    Column("signature_stub", Boolean, nullable=False),
    Column("low_stock", BigInteger, CheckConstraint("low_stock BETWEEN 0 AND 9999", name="low_stock"), nullable=False),
    Column("idle_s", BigInteger, CheckConstraint("idle_s BETWEEN 20 AND 600", name="idle_s"), nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("code"),
)

cases = Table(
    "cases",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("case_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("household", Text),
    Column("figures", Text, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    UniqueConstraint("village_id", "kind", "document_id"),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
    CheckConstraint(
        "kind IN ('below_floor', 'stock_negative', 'called_off_after_goods', 'entry_quarantined', 'journal_fork', 'card_unknown', "
        "'against_rule', 'void_without_sale', 'void_unsupervised', 'order_gone', 'count_differs', 'goods_not_listed', "
        "'day_differs', 'slip_twice', 'slip_unknown')",
        name="kind",
    ),
)

books = Table(
    "books",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("village_code", Text, nullable=False),
    Column("decimals", BigInteger, CheckConstraint("decimals IN (0, 1)", name="decimals"), nullable=False),
    Column("last_seq", BigInteger, CheckConstraint("last_seq >= 0", name="last_seq"), nullable=False),
    Column("last_posted_at", Moment, nullable=False),
    Column("last_account_id", BigInteger, nullable=False),
    Column("frontier", LargeBinary, CheckConstraint("length(frontier) % 32 = 0", name="frontier"), nullable=False),
)

accounts = Table(
    "accounts",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("version", BigInteger, CheckConstraint("version >= 0", name="version"), nullable=False),
    Column("held", BigInteger, CheckConstraint("held >= 0", name="held"), nullable=False),
    Column("floor", BigInteger),
    Column("blocked", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    UniqueConstraint("village_id", "code"),
    CheckConstraint("kind IN ('grant', 'fund', 'household', 'shop', 'settled')", name="kind"),
    CheckConstraint(
        "typeof(balance) = 'integer' AND typeof(version) = 'integer' AND typeof(held) = 'integer'", name="integers"
    ).ddl_if(dialect="sqlite"),
    CheckConstraint("kind <> 'settled' OR balance >= 0", name="settled_never_owes"),
    CheckConstraint("kind <> 'household' OR floor IS NOT NULL", name="household_has_floor"),
    CheckConstraint("(kind IN ('grant', 'fund', 'settled')) = (code = kind)", name="code"),
)

transfers = Table(
    "transfers",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, CheckConstraint("seq > 0", name="seq"), primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("debit_id", BigInteger, nullable=False),
    Column("credit_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("done_on", Date, nullable=False),
    Column("posted_at", Moment, nullable=False),
    Column("reverses", Uuid),
    Column("document_id", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    Column("second", Text),
    Column("debit_balance", BigInteger, nullable=False),
    Column("credit_balance", BigInteger, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("village_id", "id"),
    UniqueConstraint("village_id", "reverses"),
    ForeignKeyConstraint(
        ["village_id", "debit_id"], ["accounts.village_id", "accounts.account_id"], name="fk_transfers_debit"
    ),
    ForeignKeyConstraint(
        ["village_id", "credit_id"], ["accounts.village_id", "accounts.account_id"], name="fk_transfers_credit"
    ),
    ForeignKeyConstraint(
        ["village_id", "reverses"], ["transfers.village_id", "transfers.id"], name="fk_transfers_reverses"
    ),
    CheckConstraint(
        "typeof(seq) = 'integer' AND typeof(amount) = 'integer' AND typeof(debit_balance) = 'integer'"
        " AND typeof(credit_balance) = 'integer'",
        name="integers",
    ).ddl_if(dialect="sqlite"),
    CheckConstraint("amount BETWEEN 1 AND 9007199254740991", name="amount"),
    CheckConstraint("debit_id <> credit_id", name="two_accounts"),
    CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reverses"),
    CheckConstraint(
        "kind IN ('grant', 'opening', 'award', 'deduction', 'redemption', 'reversal', 'split', 'merge', 'clear', 'settlement')",
        name="kind",
    ),
    Index(None, "village_id", "debit_id", "seq"),
    Index(None, "village_id", "credit_id", "seq"),
)

documents = Table(
    "documents",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, CheckConstraint("length(salt) = 16", name="salt"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["village_id", "seq"], ["transfers.village_id", "transfers.seq"], name="fk_documents_transfers"
    ),
)

outcomes = Table(
    "outcomes",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("id", Uuid, primary_key=True),
    Column("body_hash", LargeBinary, CheckConstraint("length(body_hash) = 32", name="body_hash"), nullable=False),
    Column("code", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("seq", BigInteger),
    Column("decided_at", Moment, nullable=False),
    CheckConstraint("(code = 'posted') = (seq IS NOT NULL)", name="posted_has_seq"),
    ForeignKeyConstraint(
        ["village_id", "seq"], ["transfers.village_id", "transfers.seq"], name="fk_outcomes_transfers"
    ),
)

holds = Table(
    "holds",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("id", Uuid, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("until", Moment),
    Column("actor", Text, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("placed_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["village_id", "account_id"], ["accounts.village_id", "accounts.account_id"], name="fk_holds_account"
    ),
    ForeignKeyConstraint(["village_id", "id"], ["outcomes.village_id", "outcomes.id"], name="fk_holds_outcome"),
    CheckConstraint("amount BETWEEN 1 AND 9007199254740991", name="amount"),
    CheckConstraint("typeof(amount) = 'integer'", name="integers").ddl_if(dialect="sqlite"),
    Index(None, "village_id", "account_id"),
)

hold_ends = Table(
    "hold_ends",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hold_id", Uuid, primary_key=True),
    Column("how", Text, CheckConstraint("how IN ('captured', 'released', 'lapsed')", name="how"), nullable=False),
    Column("by_id", Uuid),
    Column("ended_at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "hold_id"], ["holds.village_id", "holds.id"], name="fk_hold_ends_hold"),
    CheckConstraint("(how = 'lapsed') = (by_id IS NULL)", name="by"),
)

overrides = Table(
    "overrides",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("by", Text, nullable=False),
    ForeignKeyConstraint(
        ["village_id", "seq"], ["transfers.village_id", "transfers.seq"], name="fk_overrides_transfer"
    ),
)

log_tiles = Table(
    "log_tiles",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column(
        "level",
        BigInteger,
        CheckConstraint("level BETWEEN 0 AND 6", name="level"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("tile", BigInteger, CheckConstraint("tile >= 0", name="tile"), primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, CheckConstraint("length(hashes) = 8192", name="hashes"), nullable=False),
    Column("root", LargeBinary, CheckConstraint("length(root) = 32", name="root"), nullable=False),
)

checkpoints = Table(
    "checkpoints",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, CheckConstraint("size >= 0", name="size"), primary_key=True, autoincrement=False),
    Column("key_id", LargeBinary, CheckConstraint("length(key_id) = 4", name="key_id"), primary_key=True),
    Column("root", LargeBinary, CheckConstraint("length(root) = 32", name="root"), nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Moment, nullable=False),
)

countersignatures = Table(
    "countersignatures",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("vkey", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("added_at", Moment, nullable=False),
)

log_keys = Table(
    "log_keys",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
    Column("vkey", Text, nullable=False),
    Column("endorsement", Text),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    UniqueConstraint("village_id", "vkey"),
)

households = Table(
    "households",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("household_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("head_name", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("grid", Text, nullable=False),
    Column("group_name", Text, nullable=False),
    Column("members", BigInteger, nullable=False),
    Column("children", BigInteger, nullable=False),
    Column("phone_tail", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("closed_at", Moment),
    UniqueConstraint("village_id", "number"),
    CheckConstraint("length(number) BETWEEN 1 AND 12", name="number"),
    CheckConstraint("length(head_name) BETWEEN 1 AND 40", name="head_name"),
    CheckConstraint("children BETWEEN 0 AND members AND members <= 99", name="members"),
    CheckConstraint("length(phone_tail) IN (0, 4)", name="phone_tail"),
)

cards = Table(
    "cards",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, primary_key=True),
    Column("household_id", BigInteger, nullable=False),
    Column("token_hash", LargeBinary, CheckConstraint("length(token_hash) = 32", name="token_hash"), nullable=False),
    Column("state", Text, CheckConstraint("state IN ('active', 'replaced', 'lost')", name="state"), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("first_scanned_at", Moment),
    Column("ended_at", Moment),
    UniqueConstraint("village_id", "token_hash"),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
    CheckConstraint("(state = 'active') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("length(number) = 6", name="number"),
    Index(None, "village_id", "household_id"),
)

roles = Table(
    "roles",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("role", Text, primary_key=True),
    CheckConstraint("role IN ('village_admin', 'recorder', 'reviewer', 'supervisor', 'shopkeeper')", name="role"),
)

staff_households = Table(
    "staff_households",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("household_id", BigInteger, nullable=False),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
)

household_pins = Table(
    "household_pins",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("household_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pin_hash", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
)

rule_books = Table(
    "rule_books",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column(
        "version", BigInteger, CheckConstraint("version > 0", name="version"), primary_key=True, autoincrement=False
    ),
    Column("name", Text, nullable=False),
    Column("in_force_from", Date, nullable=False),
    Column("adopted_at", Moment, nullable=False),
    Column("adopted_by", Text, nullable=False),
    Column("caps", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

areas = Table(
    "areas",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    ForeignKeyConstraint(["village_id", "version"], ["rule_books.village_id", "rule_books.version"]),
)

items = Table(
    "items",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("area", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("points", BigInteger, CheckConstraint("points > 0", name="points"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("caps", Text, nullable=False),
    Column("public", Text, CheckConstraint("public IN ('item', 'area', 'nothing')", name="public"), nullable=False),
    Column("place", BigInteger, nullable=False),
    ForeignKeyConstraint(["village_id", "version", "area"], ["areas.village_id", "areas.version", "areas.code"]),
)

notices = Table(
    "notices",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("notice_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("credit_at", Moment, nullable=False),
    Column("posted_at", Moment, nullable=False),
    UniqueConstraint("village_id", "first_day", "last_day"),
    CheckConstraint("first_day <= last_day", name="days"),
)

claims = Table(
    "claims",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("claim_id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("body_hash", LargeBinary, CheckConstraint("length(body_hash) = 32", name="body_hash"), nullable=False),
    Column("household_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", BigInteger, CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"), nullable=False),
    Column("asked_points", BigInteger, CheckConstraint("asked_points > 0", name="asked_points"), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("done_on", Date, nullable=False),
    Column("note", Text, CheckConstraint("length(note) <= 500", name="note"), nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("recorded_by", BigInteger, ForeignKey("staff.staff_id"), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("notice_id", BigInteger),
    Column("credited_seq", BigInteger),
    UniqueConstraint("village_id", "number"),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
    ForeignKeyConstraint(["village_id", "version", "item"], ["items.village_id", "items.version", "items.code"]),
    ForeignKeyConstraint(["village_id", "notice_id"], ["notices.village_id", "notices.notice_id"]),
    CheckConstraint("state IN ('claimed', 'on_notice', 'credited', 'rejected', 'withdrawn')", name="state"),
    CheckConstraint("points BETWEEN 0 AND asked_points", name="points"),
    CheckConstraint("state NOT IN ('on_notice', 'credited') OR notice_id IS NOT NULL", name="on_notice_has_notice"),
    Index(None, "village_id", "state", "state_at"),
    Index(None, "village_id", "household_id", "done_on"),
)

reviews = Table(
    "reviews",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("claim_id", Uuid, primary_key=True),
    Column("staff_id", BigInteger, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("verdict", Text, CheckConstraint("verdict IN ('agree', 'reject')", name="verdict"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "claim_id"], ["claims.village_id", "claims.claim_id"]),
    CheckConstraint("verdict = 'agree' OR length(reason) > 0", name="reject_has_reason"),
)

goods = Table(
    "goods",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("barcode", Text, CheckConstraint("length(barcode) IN (8, 13)", name="barcode"), primary_key=True),
    Column("name", Text, CheckConstraint("length(name) BETWEEN 1 AND 40", name="name"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("price", BigInteger, CheckConstraint("price > 0", name="price"), nullable=False),
    Column("stock", BigInteger, nullable=False),
    Column("category", Text, nullable=False),
    Column("limit_visit", BigInteger),
    Column("place", BigInteger, nullable=False),
    Column("on_sale", Boolean, nullable=False),
)

stock_moves = Table(
    "stock_moves",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("document_id", Uuid, primary_key=True),
    Column("barcode", Text, primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint(
            "kind IN ('opening', 'redeemed', 'returned', 'received', 'counted', 'written_off')", name="kind"
        ),
        nullable=False,
    ),
    Column("quantity", BigInteger, CheckConstraint("quantity <> 0", name="quantity"), nullable=False),
    Column("at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "barcode"], ["goods.village_id", "goods.barcode"]),
)

redemptions = Table(
    "redemptions",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("redemption_id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("household_id", BigInteger, nullable=False),
    Column("total", BigInteger, CheckConstraint("total > 0", name="total"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('posted', 'reversed')", name="state"), nullable=False),
    Column("offline", Boolean, nullable=False),
    Column(
        "receipt_hash", LargeBinary, CheckConstraint("length(receipt_hash) = 32", name="receipt_hash"), nullable=False
    ),
    Column("redeemed_at", Moment, nullable=False),
    Column("clerk", Text, nullable=False),
    Column("cash_fen", BigInteger, CheckConstraint("cash_fen >= 0", name="cash_fen"), nullable=False),
    Column("second", Text),
    Column("proxy", Text),
    UniqueConstraint("village_id", "number"),
    UniqueConstraint("village_id", "receipt_hash"),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
    Index(None, "village_id", "household_id", "redeemed_at"),
    Index(None, "village_id", "redeemed_at"),
)

redemption_lines = Table(
    "redemption_lines",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("redemption_id", Uuid, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("barcode", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("quantity", BigInteger, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    Column("price", BigInteger, CheckConstraint("price > 0", name="price"), nullable=False),
    ForeignKeyConstraint(["village_id", "redemption_id"], ["redemptions.village_id", "redemptions.redemption_id"]),
)

orders = Table(
    "orders",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("household_id", BigInteger, nullable=False),
    Column("total", BigInteger, CheckConstraint("total > 0", name="total"), nullable=False),
    Column("until_day", Date, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    Column("clerk", Text, nullable=False),
    UniqueConstraint("village_id", "number"),
    ForeignKeyConstraint(["village_id", "order_id"], ["holds.village_id", "holds.id"]),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
)

order_lines = Table(
    "order_lines",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_id", Uuid, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("barcode", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("quantity", BigInteger, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    Column("price", BigInteger, CheckConstraint("price > 0", name="price"), nullable=False),
    ForeignKeyConstraint(["village_id", "order_id"], ["orders.village_id", "orders.order_id"]),
)

stock_papers = Table(
    "stock_papers",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("paper_id", Uuid, primary_key=True),
    Column(
        "kind", Text, CheckConstraint("kind IN ('received', 'counted', 'written_off')", name="kind"), nullable=False
    ),
    Column("number", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("clerk", Text, nullable=False),
    Column("second", Text),
    Column("source", Text, CheckConstraint("source IN ('bought', 'donated')", name="source")),
    CheckConstraint("(kind = 'received') = (source IS NOT NULL)", name="source_of"),
    UniqueConstraint("village_id", "number"),
    Index(None, "village_id", "at"),
)

stock_lines = Table(
    "stock_lines",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("paper_id", Uuid, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("barcode", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("on_book", BigInteger),
    Column("cost_fen", BigInteger, CheckConstraint("cost_fen >= 0", name="cost_fen")),
    Column("best_before", Date),
    Column("reason", Text),
    ForeignKeyConstraint(["village_id", "paper_id"], ["stock_papers.village_id", "stock_papers.paper_id"]),
    Index(None, "village_id", "barcode"),
)

slip_batches = Table(
    "slip_batches",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, CheckConstraint("first BETWEEN 1 AND 99999", name="first"), primary_key=True),
    Column("last", BigInteger, CheckConstraint("last BETWEEN 1 AND 99999", name="last"), nullable=False),
    Column("printed_at", Moment, nullable=False),
    Column("printed_by", Text, nullable=False),
    CheckConstraint("first <= last", name="order"),
)

slips = Table(
    "slips",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("slip", BigInteger, CheckConstraint("slip BETWEEN 1 AND 99999", name="slip"), primary_key=True),
    Column("redemption_id", Uuid, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("entered_by", Text, nullable=False),
    UniqueConstraint("village_id", "redemption_id"),
    ForeignKeyConstraint(["village_id", "redemption_id"], ["redemptions.village_id", "redemptions.redemption_id"]),
)

money_requests = Table(
    "money_requests",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("request_id", Uuid, primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('grant', 'settlement', 'limit_on', 'limit_off')", name="kind"),
        nullable=False,
    ),
    Column(
        "amount", BigInteger, CheckConstraint("amount BETWEEN 0 AND 9007199254740991", name="amount"), nullable=False
    ),
    Column("source", Text, CheckConstraint("length(source) <= 40", name="source"), nullable=False),
    Column("asked_by", BigInteger, ForeignKey("staff.staff_id", name="fk_money_requests_asked_by"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('asked', 'done', 'dropped')", name="state"), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("staff.staff_id", name="fk_money_requests_decided_by")),
    Column("decided_at", Moment),
    Column("seq", BigInteger),
    ForeignKeyConstraint(["village_id", "seq"], ["transfers.village_id", "transfers.seq"]),
    CheckConstraint("(amount > 0) = (kind IN ('grant', 'settlement'))", name="moves_points"),
    CheckConstraint("(length(source) > 0) = (kind = 'grant')", name="whose_money"),
    CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided_by"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at"),
    CheckConstraint("(seq IS NOT NULL) = (state = 'done' AND amount > 0)", name="in_the_book"),
    CheckConstraint("state <> 'done' OR kind = 'limit_on' OR decided_by <> asked_by", name="two_people"),
    Index(None, "village_id", "state", "asked_at"),
)

kiosks = Table(
    "kiosks",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column(
        "kiosk_id",
        BigInteger,
        CheckConstraint("kiosk_id BETWEEN 1 AND 999", name="kiosk_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("public_key", LargeBinary, CheckConstraint("length(public_key) = 32", name="public_key"), nullable=False),
    Column("token_hash", LargeBinary, CheckConstraint("length(token_hash) = 32", name="token_hash"), nullable=False),
    Column("version", Text, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("frozen_at", Moment),
    Column("last_contact_at", Moment, nullable=False),
    Column("unsent", BigInteger, CheckConstraint("unsent >= 0", name="unsent")),
    Column("taken_up_to", BigInteger, CheckConstraint("taken_up_to >= 0", name="taken_up_to"), nullable=False),
    Column("link", LargeBinary, CheckConstraint("length(link) = 32", name="link"), nullable=False),
    UniqueConstraint("village_id", "token_hash"),
)

enrolments = Table(
    "enrolments",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("code_hash", LargeBinary, CheckConstraint("length(code_hash) = 32", name="code_hash"), primary_key=True),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

entries = Table(
    "entries",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kiosk_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("follows", Uuid),
    Column("text", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("outcome", Text, nullable=False),
    UniqueConstraint("village_id", "entry_id"),
    ForeignKeyConstraint(["village_id", "kiosk_id"], ["kiosks.village_id", "kiosks.kiosk_id"]),
    Index(None, "village_id", "follows"),
)

forks = Table(
    "forks",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kiosk_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("link", LargeBinary, primary_key=True),
    Column("text", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "kiosk_id"], ["kiosks.village_id", "kiosks.kiosk_id"]),
)

entry_names = Table(
    "entry_names",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("text", Text, CheckConstraint("length(text) BETWEEN 1 AND 20", name="text"), nullable=False),
    Column("salt", LargeBinary, CheckConstraint("length(salt) = 16", name="salt"), nullable=False),
    ForeignKeyConstraint(["village_id", "entry_id"], ["entries.village_id", "entries.entry_id"]),
)

day_closes = Table(
    "day_closes",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kiosk_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False),
    Column("first", BigInteger),
    Column("last", BigInteger),
    Column("told", Text, nullable=False),
    Column("booked", Text, nullable=False),
    Column("matches", Boolean, nullable=False),
    Column("closed_at", Moment, nullable=False),
    ForeignKeyConstraint(["village_id", "kiosk_id"], ["kiosks.village_id", "kiosks.kiosk_id"]),
    Index(None, "village_id", "day"),
)

# INSERT OR REPLACE walks past a delete trigger on SQLite (recursive_triggers is off by default),
# so an insert over an existing key is refused itself.
APPEND_ONLY = {
    "transfers": ("seq = NEW.seq", "id = NEW.id", "reverses = NEW.reverses"),
    "outcomes": ("id = NEW.id",),
    "holds": ("id = NEW.id",),
    "hold_ends": ("hold_id = NEW.hold_id",),
    "log_tiles": ("level = NEW.level AND tile = NEW.tile",),
    "checkpoints": ("size = NEW.size AND key_id = NEW.key_id",),
    "countersignatures": ("size = NEW.size AND vkey = NEW.vkey",),
    "log_keys": ("number = NEW.number", "vkey = NEW.vkey"),
    "overrides": ("seq = NEW.seq",),
    "stock_moves": ("(document_id = NEW.document_id AND barcode = NEW.barcode)",),
    "stock_papers": ("paper_id = NEW.paper_id", "number = NEW.number"),
    "stock_lines": ("(paper_id = NEW.paper_id AND line = NEW.line)",),
    "orders": ("order_id = NEW.order_id", "number = NEW.number"),
    "order_lines": ("(order_id = NEW.order_id AND line = NEW.line)",),
    "slips": ("slip = NEW.slip", "redemption_id = NEW.redemption_id"),
    "day_closes": ("(kiosk_id = NEW.kiosk_id AND number = NEW.number)",),
    "entries": ("kiosk_id = NEW.kiosk_id AND number = NEW.number", "entry_id = NEW.entry_id"),
}
UNCHANGING = ("documents",)  # may be erased, never altered


def upgrade() -> None:
    """Create the tables, then the triggers."""
    METADATA.create_all(op.get_bind())
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _sqlite() -> list[str]:
    made = []
    for table in (*APPEND_ONLY, *UNCHANGING):
        made.append(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for table, keys in APPEND_ONLY.items():
        # One EXISTS a key: with OR inside one, SQLite scans the village instead of seeking each key's own index.
        seek = f"EXISTS (SELECT 1 FROM {table} WHERE village_id = NEW.village_id AND "
        taken = " OR ".join(f"{seek}{key})" for key in keys)
        made.append(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        made.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: that key is taken'); END"
        )
    return made


def _postgresql() -> list[str]:
    made = [
        "CREATE FUNCTION merit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    ]
    for table in (*APPEND_ONLY, *UNCHANGING):
        events = "UPDATE OR DELETE" if table in APPEND_ONLY else "UPDATE"
        made.append(
            f"CREATE TRIGGER {table}_append_only BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION merit_append_only()"
        )
        made.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION merit_append_only()"
        )
    return made
