"""Reference tables of the service: staff, their sessions, throttles and the audit trail. Roles are village tables (people)."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint, Uuid

from ledger.storage.columns import METADATA, Instant

staff = Table(
    "staff",
    METADATA,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("login", Text, CheckConstraint("length(login) BETWEEN 2 AND 40", name="login"), nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("pin_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    UniqueConstraint("login"),
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("token_hash", LargeBinary, CheckConstraint("length(token_hash) = 32", name="token_hash"), primary_key=True),
    Column("staff_id", BigInteger, ForeignKey("staff.staff_id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

throttles = Table(
    "throttles",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("misses", BigInteger, nullable=False),
    Column("last_miss_at", Instant, nullable=False),
    Column("locked_until", Instant),
)

staff_audit = Table(
    "staff_audit",
    METADATA,
    Column("audit_id", Uuid, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("staff_id", BigInteger),
    Column("village_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
