"""Households (members as counts only), cards (tokens as hashes only), and the roles of staff in a village."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.storage.columns import METADATA, Instant

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
    Column("added_at", Instant, nullable=False),
    Column("closed_at", Instant),
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
    Column("issued_at", Instant, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("first_scanned_at", Instant),
    Column("ended_at", Instant),
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
    Column("set_at", Instant, nullable=False),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
)
