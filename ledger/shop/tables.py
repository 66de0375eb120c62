"""Goods with price and stock, stock movements, redemptions and their lines."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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
    Column("kind", Text, CheckConstraint("kind IN ('opening', 'redeemed', 'returned')", name="kind"), nullable=False),
    Column("quantity", BigInteger, CheckConstraint("quantity <> 0", name="quantity"), nullable=False),
    Column("at", Instant, nullable=False),
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
    Column("redeemed_at", Instant, nullable=False),
    UniqueConstraint("village_id", "number"),
    UniqueConstraint("village_id", "receipt_hash"),
    ForeignKeyConstraint(["village_id", "household_id"], ["households.village_id", "households.household_id"]),
    Index(None, "village_id", "household_id", "redeemed_at"),
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
