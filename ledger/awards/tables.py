"""Claims, the reviews of them, and the notices they hang on."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

notices = Table(
    "notices",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("notice_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("credit_at", Instant, nullable=False),
    Column("posted_at", Instant, nullable=False),
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
    Column("recorded_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Instant, nullable=False),
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
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["village_id", "claim_id"], ["claims.village_id", "claims.claim_id"]),
    CheckConstraint("verdict = 'agree' OR length(reason) > 0", name="reject_has_reason"),
)
