"""The book's row and its accounts: open, lock, load, save. Nothing here moves points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from ledger.book.tables import accounts, books
from ledger.book.values import FUND, GRANT, SETTLED, Account, AccountKind, shop_account
from ledger.storage.bulk import among, update_columns
from schemas.merkle import unpack

_LOCKED = select(books).where(books.c.village_id == bindparam("village")).with_for_update(key_share=True)
_ACCOUNTS = select(*(accounts.c[name] for name in Account.__dataclass_fields__)).where(
    accounts.c.village_id == bindparam("village")
)
_ACCOUNT = _ACCOUNTS.where(accounts.c.code == bindparam("code"))


@cache
def _accounts_of(dialect: str) -> Select[Any]:
    return _ACCOUNTS.where(among(accounts.c.code, "codes", dialect))


@dataclass(frozen=True, slots=True)
class Book:
    """A village's book, locked for this transaction: whoever holds it is the only one who posts there."""

    village_id: int
    village_code: str
    decimals: int
    last_seq: int
    last_posted_at: datetime
    frontier: tuple[bytes, ...]


def open_book(tx: Connection, village_id: int, village_code: str, *, decimals: int, now: datetime) -> None:
    """A new, empty book with its four standing accounts. ValueError for decimals other than 0 and 1."""
    if decimals not in (0, 1):
        raise ValueError("a village counts in whole points or in tenths")
    row = {
        "village_id": village_id,
        "village_code": village_code,
        "decimals": decimals,
        "last_seq": 0,
        "last_account_id": 0,
    }
    tx.execute(insert(books).values(**row, last_posted_at=now, frontier=b""))
    standing = (
        (GRANT, AccountKind.GRANT),
        (FUND, AccountKind.FUND),
        (shop_account(), AccountKind.SHOP),
        (SETTLED, AccountKind.SETTLED),
    )
    for code, kind in standing:
        open_account(tx, village_id, code, kind, floor=None)


def lock_book(tx: Connection, village_id: int) -> Book:
    """The first statement of any transaction that may post: everyone else of this village waits. LookupError without a book."""
    row = tx.execute(_LOCKED, {"village": village_id}).one_or_none()
    if row is None:
        raise LookupError(f"village {village_id} has no book")
    return Book(row.village_id, row.village_code, row.decimals, row.last_seq, row.last_posted_at, unpack(row.frontier))


def open_account(tx: Connection, village_id: int, code: str, kind: AccountKind, *, floor: int | None) -> int:
    """A new account with balance 0; its id. IntegrityError when the code is taken."""
    lock_book(tx, village_id)
    counted = update(books).where(books.c.village_id == village_id).values(last_account_id=books.c.last_account_id + 1)
    tx.execute(counted)
    account_id = tx.execute(select(books.c.last_account_id).where(books.c.village_id == village_id)).scalar_one()
    row = {"village_id": village_id, "account_id": account_id, "code": code, "kind": kind.value, "floor": floor}
    tx.execute(insert(accounts).values(**row, balance=0, version=0, held=0, blocked=False, closed=False))
    return int(account_id)


def load_accounts(tx: Connection, village_id: int, codes: Iterable[str]) -> dict[str, Account]:
    """The village's accounts with those codes; unknown codes are simply absent."""
    rows = tx.execute(_accounts_of(tx.dialect.name), {"village": village_id, "codes": list(codes)})
    return {row.code: _account(row) for row in rows}


def load_account(tx: Connection, village_id: int, code: str) -> Account:
    """The account with that code. LookupError when there is none."""
    row = tx.execute(_ACCOUNT, {"village": village_id, "code": code}).one_or_none()
    if row is None:
        raise LookupError(f"no account {code}")
    return _account(row)


def _account(row: Sequence[Any]) -> Account:
    id_, code, kind, *rest = row
    return Account(id_, code, AccountKind(kind), *rest)


def save_accounts(tx: Connection, village_id: int, changed: Mapping[str, Account]) -> None:
    """Write balance, version and held of the accounts that moved."""
    moved = changed.values()
    columns = {
        "balance": [account.balance for account in moved],
        "version": [account.version for account in moved],
        "held": [account.held for account in moved],
        "account_id": [account.account_id for account in moved],
    }
    update_columns(tx, accounts, village_id, columns)


def set_account(
    tx: Connection,
    village_id: int,
    code: str,
    *,
    floor: int | None = None,
    blocked: bool | None = None,
    closed: bool | None = None,
) -> None:
    """Change an account's standing; None leaves a mark as it is. LookupError for an unknown account."""
    marks = {"floor": floor, "blocked": blocked, "closed": closed}
    _mark(tx, village_id, code, {name: value for name, value in marks.items() if value is not None})


def set_issue_limit(tx: Connection, village_id: int, *, tied_to_grants: bool) -> None:
    """Tie issuing to what was granted into the fund (its floor becomes 0), or let the fund run below without limit."""
    _mark(tx, village_id, FUND, {"floor": 0 if tied_to_grants else None})


def _mark(tx: Connection, village_id: int, code: str, values: Mapping[str, int | bool | None]) -> None:
    lock_book(tx, village_id)
    changed = tx.execute(
        update(accounts).where(accounts.c.village_id == village_id, accounts.c.code == code).values(**values)
    )
    if changed.rowcount != 1:
        raise LookupError(f"no account {code}")
