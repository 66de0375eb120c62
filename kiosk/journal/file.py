"""The journal's file: how it is opened, and everything that can be checked of it before anybody believes it.

``journal_mode=DELETE`` with ``synchronous=EXTRA``: the usual SQLite of a Pi has the WAL-reset bug, and EXTRA also syncs the directory,
without which a commit can come undone when the power goes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.journal.faults import JournalFault
from kiosk.journal.tables import ADDED, ADDED_VERSION
from kiosk.journal.values import Owner
from schemas.journal import FIRST_LINK, link

FILE = "journal.sqlite"
VERSION = "merit-journal/1"


def connect(path: Path) -> sqlite3.Connection:
    """Open it, or make it, so that what is committed is on the disk. For any thread, one at a time."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    with closed_if_it_fails(connection):
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def closed_if_it_fails(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The connection, closed when something goes wrong inside."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def verified(connection: sqlite3.Connection, owner: Owner) -> tuple[int, bytes]:
    """Number and link of the head, after everything that can be checked was. Raises JournalFault."""
    if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise JournalFault(f"记录的文件坏了（{found}）。不要删，打镇里电话。")
    meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    if meta != {
        "version": VERSION, "village": owner.village, "kiosk": str(owner.kiosk), "public_key": owner.public_key,
    }:  # fmt: skip
        raise JournalFault("这本记录是另一台机的，和这台机的身份对不上。打镇里电话。")
    number, last = _chain(connection)
    taken = connection.execute("SELECT taken_up_to FROM contact").fetchone()
    if taken is None or taken[0] > number:
        raise JournalFault(f"记录少了：村里收到过第 {taken[0] if taken else '?'} 笔，这里只到 {number}。打镇里电话。")
    return number, last


def _chain(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Every link once over. The columns beside the text must say what it says."""
    number, last = 0, FIRST_LINK
    rows = connection.execute(
        "SELECT number, text, link, number IS text ->> 'number' AND id IS text ->> 'id' AND kind IS text ->> 'kind'"
        " FROM entries ORDER BY number"
    )
    for found, text, written, same in rows:
        last = link(last, str(text).encode())
        if found != number + 1 or last.hex() != written or not same:
            raise JournalFault(f"记录从第 {number + 1} 笔起对不上校验。不要删，打镇里电话。")
        number = found
    return number, last


def brought_up(connection: sqlite3.Connection) -> None:
    """A journal of an earlier release gets what came after it; any other is not written to, however full the disk is."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < ADDED_VERSION:
        connection.executescript(f"BEGIN IMMEDIATE;{ADDED}COMMIT;")
