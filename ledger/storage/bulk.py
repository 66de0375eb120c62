"""Many rows in one call, given as columns: the types of ``tables.py`` convert a column at a time, not every value of every row.

SQLite takes the rows in one call of its driver; PostgreSQL takes an array a column, so that any number of rows is one round trip
(a row alone goes as it is: sixteen arrays of one cost its driver more than all the rest).
``among`` is the same for reading: one SQL text whatever the number of keys, so that nothing is put together and parsed anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    Select,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL, and for some of its columns what makes a value into one that the driver takes."""

    sql: str
    conversions: tuple[tuple[int, Callable[[Any], Any]], ...]


def insert_columns(tx: Connection, table: Table, columns: Columns) -> None:
    """Insert rows: by name of the column, its values in all of them. IntegrityError as any insert."""
    many = _many(columns)
    if many:
        statement = _inserting(table, tuple(columns), tx.dialect, alone=many == 1)
        values = _converted(statement, columns)
        tx.exec_driver_sql(statement.sql, _rows(values) if _is_sqlite(tx.dialect) or many == 1 else _arrays(values))


def update_columns(tx: Connection, table: Table, village_id: int, columns: Columns) -> None:
    """Set columns of a village's rows. The last of ``columns`` is the key within the village, the others are what is set."""
    if _many(columns):
        statement = _updating(table, tuple(columns), tx.dialect)
        values = _converted(statement, columns)
        if _is_sqlite(tx.dialect):
            tx.exec_driver_sql(statement.sql, [(*row, village_id) for row in _rows(values)])
        else:
            tx.exec_driver_sql(statement.sql, (*_arrays(values), village_id))


def plain_rows(tx: Connection, query: Select[Any], values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows as the driver gives them, plain tuples: for thousands whose types need no converting. Its errors come out as any query's."""
    result = tx.execute(query, values)
    rows: list[tuple[Any, ...]] = result.cursor_strategy.fetchall(result, result.cursor)
    return rows


@contextmanager
def sent_together(tx: Connection) -> Iterator[None]:
    """Statements in here go to PostgreSQL without waiting for each other: all in one round trip. Only such as give no rows back.

    What the database says against one of them comes out at the end at the latest, as from any statement. SQLite has no trips to spare.
    """
    if _is_sqlite(tx.dialect):
        yield
        return
    driver: Any = tx.connection.driver_connection
    trouble = tx.dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            yield
    except trouble as error:
        raise DBAPIError.instance(None, None, error, trouble, dialect=tx.dialect) from error


def among(column: Column[Any], name: str, dialect: str) -> ColumnElement[bool]:
    """The column's value is one of a list that is bound to ``name`` when the query runs: texts, numbers or UUIDs, as many as there are."""
    if dialect == "sqlite":
        return column.in_(select(func.json_each(bindparam(name, type_=_JsonList)).table_valued("value").c.value))
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


class _JsonList(TypeDecorator[Iterable[Any]]):
    """A list as one text, with UUIDs as SQLite keeps them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps([one.hex if isinstance(one, UUID) else one for one in value or ()])


def _many(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


def _converted(statement: _Statement, columns: Columns) -> list[Iterable[Any]]:
    values: list[Iterable[Any]] = list(columns.values())
    for index, convert in statement.conversions:
        values[index] = map(convert, values[index])
    return values


def _rows(values: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*values, strict=True))


def _arrays(values: Iterable[Iterable[Any]]) -> tuple[list[Any], ...]:
    return tuple(map(list, values))


@lru_cache(maxsize=64)
def _inserting(table: Table, names: tuple[str, ...], dialect: Dialect, *, alone: bool) -> _Statement:
    if _is_sqlite(dialect):
        given = f"VALUES ({', '.join('?' for _ in names)})"
    elif alone:
        given = f"VALUES ({', '.join(f'%b::{_type(table, name, dialect)}' for name in names)})"
    else:
        given = f"SELECT * FROM {_unnest(table, names, dialect)}"  # noqa: S608 - the names are our own, here and below
    sql = f"INSERT INTO {table.name} ({_quoted(names)}) {given}"
    return _Statement(sql, _conversions(table, names, dialect))


@lru_cache(maxsize=64)
def _updating(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Statement:
    if _is_sqlite(dialect):
        *values, key = (f'"{name}" = ?' for name in names)
        sql = f"UPDATE {table.name} SET {', '.join(values)} WHERE {key} AND village_id = ?"  # noqa: S608
    else:
        *values, key = (f'"{name}" = given."{name}"' for name in names)
        given = f"{_unnest(table, names, dialect)} AS given ({_quoted(names)})"
        here = f"{table.name}.{key} AND {table.name}.village_id = %b"  # one village, one shard: Citus must see which
        sql = f"UPDATE {table.name} SET {', '.join(values)} FROM {given} WHERE {here}"  # noqa: S608
    return _Statement(sql, _conversions(table, names, dialect))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _unnest(table: Table, names: Iterable[str], dialect: Dialect) -> str:
    return f"unnest({', '.join(f'%b::{_type(table, name, dialect)}[]' for name in names)})"


def _type(table: Table, name: str, dialect: Dialect) -> str:
    return table.c[name].type.compile(dialect)


def _conversions(table: Table, names: Iterable[str], dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Ids all differ; of days and instants there are few in a batch, so each is converted once. Both drivers take bytes as they are."""
    found = []
    for index, name in enumerate(names):
        kind = table.c[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None and not isinstance(kind, LargeBinary):
            found.append((index, convert if isinstance(kind, Uuid) else lru_cache(maxsize=256)(convert)))
    return tuple(found)
