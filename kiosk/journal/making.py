"""A journal begins: empty with a kiosk that was just enrolled, or made of its second copy. Never over another."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from kiosk.journal.faults import JournalFault
from kiosk.journal.file import FILE, VERSION, closed_if_it_fails, connect, verified
from kiosk.journal.tables import ADDED, TABLES, TRIGGERS
from kiosk.journal.values import Owner
from schemas.kiosk_api import UploadedEntry


def create_journal(data_dir: Path, owner: Owner) -> None:
    """An empty journal for a kiosk that was just enrolled. An unused one that an interrupted enrolment left is put aside.

    Raises JournalFault when a journal with entries is there: it is somebody's record and is never replaced.
    """
    path = data_dir / FILE
    if path.exists():
        if not _unused(path):
            raise JournalFault(f"这里已有一本记录 {path}，不能另开。要换机号，先把它搬到别处收好。")
        path.rename(path.with_name(f"{FILE}.unused-{path.stat().st_mtime_ns}"))
    _make(path, owner, ())
    _sync_directory(data_dir)


def restore_journal(data_dir: Path, owner: Owner, copied: Iterable[UploadedEntry]) -> int:
    """A journal made of the entries of its second copy, whole or not at all; how many there are.

    The ledger is taken to hold none of them: each is sent again and gets its first outcome again. What the copy does not hold is gone:
    what receipts said, names beside entries, the register. Raises JournalFault when a journal is there, or when these entries make none.
    """
    path, new = data_dir / FILE, data_dir / f"{FILE}.restoring"
    if path.exists():
        raise JournalFault(f"这里已有一本记录 {path}，不覆盖。")
    for left in (new, new.with_name(f"{new.name}-journal")):  # by a restore that the power ended
        left.unlink(missing_ok=True)
    try:
        _make(new, owner, copied)
        connection = connect(new)
        with closed_if_it_fails(connection):
            number, _ = verified(connection, owner)
        connection.close()
        new.rename(path)
    except sqlite3.DatabaseError as error:
        raise JournalFault(f"副本写不成记录：{error}") from error
    finally:
        new.unlink(missing_ok=True)
    _sync_directory(data_dir)
    return number


def _make(path: Path, owner: Owner, copied: Iterable[UploadedEntry]) -> None:
    """A new file with these entries, in one transaction."""
    connection = connect(path)
    try:
        connection.executescript(f"BEGIN;{TABLES}{TRIGGERS}{ADDED}")
        facts = {
            "version": VERSION,
            "village": owner.village,
            "kiosk": str(owner.kiosk),
            "public_key": owner.public_key,
        }
        connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        connection.execute("INSERT INTO contact VALUES (1, 0, NULL)")
        rows = ((entry.number, entry.text, entry.text, entry.text, entry.link) for entry in copied)
        connection.executemany(
            "INSERT INTO entries (number, id, kind, text, link) VALUES (?, ? ->> 'id', ? ->> 'kind', ?, ?)", rows
        )
        connection.execute("COMMIT")
    finally:
        connection.close()
    path.chmod(0o600)


def _unused(path: Path) -> bool:
    """True for a journal without entries, or a file that never became one."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None
    except sqlite3.OperationalError:
        return path.stat().st_size == 0
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
