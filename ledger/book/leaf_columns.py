"""A transfer's columns as text, written by the database itself in the form of a leaf's lines (``schemas.canonical``)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Date, Text, Uuid, cast, func, type_coerce

_DASHES = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))  # 8-4-4-4-12: where each part begins, and how long it is


def as_leaf(column: Column[Any], dialect: str) -> ColumnElement[Any]:
    """A UUID with its dashes, a day ``YYYY-MM-DD``, an instant ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; NULL stays NULL."""
    kept = type_coerce(column, Text)
    if isinstance(column.type, Uuid):
        return cast(column, Text) if dialect == "postgresql" else _dashed(kept)
    if isinstance(column.type, Date):
        return func.to_char(column, "YYYY-MM-DD") if dialect == "postgresql" else kept
    if dialect == "postgresql":
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    return func.replace(kept, " ", "T") + "Z"


def _dashed(kept: ColumnElement[str]) -> ColumnElement[str]:
    """SQLite keeps a UUID as 32 hex digits."""
    first, *others = (func.substr(kept, start, length) for start, length in _DASHES)
    text: ColumnElement[str] = first
    for part in others:
        text = text + "-" + part
    return text
