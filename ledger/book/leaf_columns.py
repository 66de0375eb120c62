"""A transfer's columns as text, written by the database itself nearly in the form of a leaf's lines (``schemas.canonical``)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Date, Text, Uuid, cast, func, type_coerce


def as_leaf(column: Column[Any], dialect: str) -> ColumnElement[Any]:
    """A UUID as 32 hex digits, a day ``YYYY-MM-DD``, an instant ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; NULL stays NULL."""
    if isinstance(column.type, Uuid):
        text = cast(type_coerce(column, Text), Text) if dialect == "sqlite" else cast(column, Text)
        return text if dialect == "sqlite" else func.replace(text, "-", "")
    if dialect == "postgresql":
        pattern = "YYYY-MM-DD" if isinstance(column.type, Date) else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        return func.to_char(column if isinstance(column.type, Date) else func.timezone("UTC", column), pattern)
    kept = type_coerce(column, Text)
    return kept if isinstance(column.type, Date) else func.replace(kept, " ", "T") + "Z"


def dashed(digits: str | None) -> str:
    """A UUID's 32 hex digits in the form 8-4-4-4-12; ``-`` for none. The database takes three times as long for it."""
    if digits is None:
        return "-"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
