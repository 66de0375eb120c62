"""Villages (a reference table on Citus) and cases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Table, Text, UniqueConstraint, Uuid

from ledger.storage.columns import METADATA, Instant

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
    Column("created_at", Instant, nullable=False),
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
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
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
