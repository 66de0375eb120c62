"""The book's tables. Every wrong row that a CHECK can refuse is refused here; triggers (migrations) make them append-only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from ledger.storage.columns import METADATA, Instant

books = Table(
    "books",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("village_code", Text, nullable=False),
    Column("decimals", BigInteger, CheckConstraint("decimals IN (0, 1)", name="decimals"), nullable=False),
    Column("last_seq", BigInteger, CheckConstraint("last_seq >= 0", name="last_seq"), nullable=False),
    Column("last_posted_at", Instant, nullable=False),
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
    Column("posted_at", Instant, nullable=False),
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
    Column("decided_at", Instant, nullable=False),
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
    Column("until", Instant),
    Column("actor", Text, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("placed_at", Instant, nullable=False),
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
    Column("ended_at", Instant, nullable=False),
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
