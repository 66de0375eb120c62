"""What two people decide about the money behind points: asked by one, done by another."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Table, Text, Uuid

from ledger.storage.columns import METADATA, Instant

money_requests = Table(
    "money_requests",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("villages.village_id"), primary_key=True, autoincrement=False),
    Column("request_id", Uuid, primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('grant', 'settlement', 'limit_on', 'limit_off')", name="kind"),
        nullable=False,
    ),
    Column(
        "amount", BigInteger, CheckConstraint("amount BETWEEN 0 AND 9007199254740991", name="amount"), nullable=False
    ),
    Column("source", Text, CheckConstraint("length(source) <= 40", name="source"), nullable=False),
    Column("asked_by", BigInteger, ForeignKey("staff.staff_id", name="fk_money_requests_asked_by"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('asked', 'done', 'dropped')", name="state"), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("staff.staff_id", name="fk_money_requests_decided_by")),
    Column("decided_at", Instant),
    Column("seq", BigInteger),
    ForeignKeyConstraint(["village_id", "seq"], ["transfers.village_id", "transfers.seq"]),
    CheckConstraint("(amount > 0) = (kind IN ('grant', 'settlement'))", name="moves_points"),
    CheckConstraint("(length(source) > 0) = (kind = 'grant')", name="whose_money"),
    CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided_by"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at"),
    CheckConstraint("(seq IS NOT NULL) = (state = 'done' AND amount > 0)", name="in_the_book"),
    CheckConstraint("state <> 'done' OR kind = 'limit_on' OR decided_by <> asked_by", name="two_people"),
    Index(None, "village_id", "state", "asked_at"),
)
