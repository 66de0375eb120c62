"""Goods with price and stock, stock movements, redemptions and their lines."""

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
    Column("ordered_at", Instant, nullable=False),
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
    Column("at", Instant, nullable=False),
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
    Column("printed_at", Instant, nullable=False),
    Column("printed_by", Text, nullable=False),
    CheckConstraint("first <= last", name="order"),
)

slips = Table(
    "slips",
    METADATA,
    Column("village_id", BigInteger, primary_key=True, autoincrement=False),
    Column("slip", BigInteger, CheckConstraint("slip BETWEEN 1 AND 99999", name="slip"), primary_key=True),
    Column("redemption_id", Uuid, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("entered_by", Text, nullable=False),
    UniqueConstraint("village_id", "redemption_id"),
    ForeignKeyConstraint(["village_id", "redemption_id"], ["redemptions.village_id", "redemptions.redemption_id"]),
)
