"""Villages (a reference table on Citus) and cases."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Table, Text, UniqueConstraint, Uuid

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
    UniqueConstraint("village_id", "kind", "document_id"),
    CheckConstraint(
        "kind IN ('below_floor', 'stock_negative', 'called_off_after_goods', 'entry_quarantined', 'journal_fork', 'card_unknown')",
        name="kind",
    ),
)
