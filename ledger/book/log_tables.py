"""What is kept of the log beside the transfers: finished tiles of hashes, signed checkpoints, countersignatures, public keys.

All four are append-only (triggers in the migration). No secret is in any of them: the signing key lies outside the database.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint

from ledger.storage.columns import METADATA, Instant

log_tiles = Table(
    "log_tiles",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column(
        "level",
        BigInteger,
        CheckConstraint("level BETWEEN 0 AND 6", name="level"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("tile", BigInteger, CheckConstraint("tile >= 0", name="tile"), primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, CheckConstraint("length(hashes) = 8192", name="hashes"), nullable=False),
    Column("root", LargeBinary, CheckConstraint("length(root) = 32", name="root"), nullable=False),
)

checkpoints = Table(
    "checkpoints",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, CheckConstraint("size >= 0", name="size"), primary_key=True, autoincrement=False),
    Column("key_id", LargeBinary, CheckConstraint("length(key_id) = 4", name="key_id"), primary_key=True),
    Column("root", LargeBinary, CheckConstraint("length(root) = 32", name="root"), nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
)

countersignatures = Table(
    "countersignatures",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("vkey", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
)

log_keys = Table(
    "log_keys",
    METADATA,
    Column("village_id", BigInteger, ForeignKey("books.village_id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
    Column("vkey", Text, nullable=False),
    Column("endorsement", Text),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
    UniqueConstraint("village_id", "vkey"),
)
