"""Kiosks, their one-time enrolment codes, and their journals as they were received."""

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
    Column("enrolled_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("frozen_at", Instant),
    Column("last_contact_at", Instant, nullable=False),
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
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
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
    Column("received_at", Instant, nullable=False),
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
    Column("received_at", Instant, nullable=False),
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
    Column("closed_at", Instant, nullable=False),
    ForeignKeyConstraint(["village_id", "kiosk_id"], ["kiosks.village_id", "kiosks.kiosk_id"]),
    Index(None, "village_id", "day"),
)
