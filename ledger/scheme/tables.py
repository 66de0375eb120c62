"""Rule books by version. A version in force is never edited; a new one takes its place from a day on."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Table,
    Text,
)

from ledger.storage.columns import METADATA, Instant

rule_books = Table(
    "rule_books",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column(
        "version", BigInteger, CheckConstraint("version > 0", name="version"), primary_key=True, autoincrement=False
    ),
    Column("name", Text, nullable=False),
    Column("in_force_from", Date, nullable=False),
    Column("adopted_at", Instant, nullable=False),
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
