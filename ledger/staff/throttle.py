"""Misses in a row, kept by account. The key is a hash: people type passwords into the wrong field."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from ledger.staff.rules import MISSES_FORGOTTEN, Throttle, after_a_miss
from ledger.staff.tables import throttles


def sign_in_key(login: str) -> str:
    """The throttle's key for a login, known or not."""
    return f"sign-in:{hashlib.sha256(login.encode('utf-8', 'replace')).hexdigest()[:32]}"


def throttle_of(tx: Connection, key: str) -> Throttle | None:
    """The misses under that key, None when there are none."""
    row = tx.execute(select(throttles).where(throttles.c.key == key)).one_or_none()
    return Throttle(row.misses, row.last_miss_at, row.locked_until) if row else None


def count_miss(tx: Connection, key: str, now: datetime) -> Throttle:
    """Write down one miss more, and forget those of others that are a day old."""
    counted = after_a_miss(throttle_of(tx, key), now)
    stale = throttles.c.last_miss_at < now - MISSES_FORGOTTEN
    tx.execute(delete(throttles).where((throttles.c.key == key) | stale))
    row = {"misses": counted.misses, "last_miss_at": counted.last_miss_at, "locked_until": counted.locked_until}
    tx.execute(insert(throttles).values(key=key, **row))
    return counted


def take_back(tx: Connection, key: str) -> None:
    """Undo one counted miss, and the lock that came with it: nobody had looked at the password."""
    here = throttles.c.key == key
    tx.execute(update(throttles).where(here).values(misses=throttles.c.misses - 1, locked_until=None))
    tx.execute(delete(throttles).where(here, throttles.c.misses <= 0))


def clear(tx: Connection, key: str) -> None:
    """A right password wipes the misses out."""
    tx.execute(delete(throttles).where(throttles.c.key == key))
