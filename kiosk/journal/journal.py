"""The journal file: one SQLite database that only grows, hash-chained, durable before anything is acted on.

``journal_mode=DELETE`` with ``synchronous=EXTRA``: the usual SQLite of a Pi has the WAL-reset bug, and EXTRA also syncs the directory,
without which a commit can come undone when the power goes. One connection behind a lock serves the till, the uplink and the printer.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from kiosk.journal.faults import JournalBehind, JournalFault, JournalFull, JournalGone
from kiosk.journal.tables import ADDED, ADDED_VERSION, TABLES, TRIGGERS
from schemas.beside import Beside
from schemas.canonical import instant_text
from schemas.entries import AnyEntry, Printed, entry_bytes
from schemas.journal import FIRST_LINK, link
from schemas.kiosk_api import Snapshot, UploadAnswer, UploadedEntry

FILE = "journal.sqlite"
VERSION = "merit-journal/1"

_FACTS = (
    "SELECT e.number, e.kind, e.text,"
    " (SELECT o.text FROM outcomes AS o WHERE o.number = e.number ORDER BY o.rowid DESC LIMIT 1) FROM entries AS e"
)
_SALES = "SELECT number, link, receipt, handed_over, answer, hand_answer, coalesce(copy, -1), kind FROM sales"
_FILED = "SELECT number, link, receipt, NULL, answer, NULL, coalesce(copy, -1), 'filed' FROM filed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose journal it is: the village, the kiosk's number and its public key in hex."""

    village: str
    kiosk: int
    public_key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as the journal holds it."""

    id: UUID
    number: int
    link: bytes


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What a sale's paper says, kept with its ``asked`` so that it can be printed again after any restart."""

    sale: UUID
    token: str
    text: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One sale as the journal knows it; ``answer`` and ``hand_answer`` are the latest outcomes as JSON text, ``paper`` the last state."""

    number: int
    link: bytes
    receipt: str
    handed_over: UUID | None
    answer: str | None
    hand_answer: str | None
    copy: int
    kind: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """One entry as it stands, and its latest outcome as JSON text."""

    number: int
    kind: str
    text: str
    answer: str | None


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
        connection = _connect(new)
        with _closed_if_it_fails(connection):
            number, _ = _verified(connection, owner)
        connection.close()
        new.rename(path)
    except sqlite3.DatabaseError as error:
        raise JournalFault(f"副本写不成记录：{error}") from error
    finally:
        new.unlink(missing_ok=True)
    _sync_directory(data_dir)
    return number


class Journal:
    """The open journal. Every method is one transaction and safe from any thread. Raises JournalFault, JournalFull when it cannot write."""

    def __init__(self, data_dir: Path, owner: Owner) -> None:
        """Open and verify. Raises JournalGone when the file is missing, JournalFault when it is torn, another kiosk's, or its chain does
        not hold."""
        self._path = data_dir / FILE
        if not self._path.exists():
            raise JournalGone(f"记录不见了：{self._path}。这台机办过事，不能从空的开始。")
        self._lock = threading.RLock()
        try:
            self._connection = _connect(self._path)
            with _closed_if_it_fails(self._connection):
                self._number, self._link = _verified(self._connection, owner)
                _brought_up(self._connection)
        except sqlite3.DatabaseError as error:
            raise JournalFault(f"记录读不出来（{error}）：{self._path}。不要删，打镇里电话。") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def append(
        self,
        makers: Sequence[Callable[[int], AnyEntry]],
        receipts: Sequence[KeptReceipt] = (),
        beside: Mapping[int, Mapping[str, Beside]] | None = None,
    ) -> tuple[Kept, ...]:
        """All entries in one transaction, numbered in order and chained; durable on return.

        A maker gets its number and gives the entry. ``printed`` entries also end their copy in ``paper``. ``beside`` are the names that
        the maker at that index commits to.
        """
        with self._lock:
            kept: list[Kept] = []
            number, last = self._number, self._link
            with self._transaction() as connection:
                for index, maker in enumerate(makers):
                    number += 1
                    entry = maker(number)
                    last = _insert(connection, entry, last)
                    kept.append(Kept(entry.id, number, last))
                    names = (beside or {}).get(index, {})
                    named = [(number, key, name.text, name.salt) for key, name in names.items()]
                    connection.executemany("INSERT INTO beside VALUES (?, ?, ?, ?)", named)
                rows = [(str(receipt.sale), receipt.token, receipt.text) for receipt in receipts]
                connection.executemany("INSERT INTO receipts VALUES (?, ?, ?)", rows)
            self._number, self._link = number, last
            return tuple(kept)

    def paper(self, sale: UUID, copy: int, state: str) -> None:
        """One more step of a copy's life: ``queued``, ``sent``, or ``closed`` when nobody need ask again."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO paper (sale, copy, state) VALUES (?, ?, ?)", (str(sale), copy, state))

    def keep_answer(self, answer: UploadAnswer) -> bool:
        """The ledger's outcomes and how far it holds this journal, in one transaction. True when any is another than the first was.

        Raises JournalBehind, with nothing written, when it holds more than there is.
        """
        with self._lock:
            self._not_behind(answer.taken_up_to)
            plain = [(o.number, o.model_copy(update={"repeated": False}).model_dump_json()) for o in answer.outcomes]
            with self._transaction() as connection:
                changed = _otherwise(connection, plain)
                connection.executemany("INSERT INTO outcomes VALUES (?, ?)", plain)
                connection.execute(
                    "UPDATE contact SET taken_up_to = ?, server_time = ?",
                    (answer.taken_up_to, instant_text(answer.server_time)),
                )
            return changed

    def keep_taken(self, taken_up_to: int) -> None:
        """The ledger said how far it holds this journal, and nothing else. Raises JournalBehind when that is more than there is."""
        with self._lock:
            self._not_behind(taken_up_to)
            with self._transaction() as connection:
                connection.execute("UPDATE contact SET taken_up_to = ?", (taken_up_to,))

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """The newest register and price list, for the next start."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?)", (snapshot.model_dump_json(),))

    def probe(self) -> None:
        """Go the way of a write and turn back at the end: nothing changes, and nothing wears. Raises JournalFull, JournalFault."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute("UPDATE contact SET taken_up_to = taken_up_to")
            except sqlite3.OperationalError as error:
                raise JournalFull(f"记录写不进去：{error}") from error
            except sqlite3.DatabaseError as error:
                raise JournalFault(f"记录写不进去：{error}") from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def head(self) -> Kept | None:
        """The last entry, None in an empty journal."""
        with self._lock:
            row = self._row("SELECT id FROM entries WHERE number = ?", self._number)
            return Kept(UUID(str(row[0])), self._number, self._link) if row else None

    def unsent(self) -> int:
        """How many entries the ledger does not hold yet."""
        with self._lock:
            return self._number - self.taken_up_to()

    def taken_up_to(self) -> int:
        """Up to which entry the ledger said it holds this journal."""
        row = self._row("SELECT taken_up_to FROM contact")
        return int(str(row[0])) if row else 0

    def backlog(self, limit: int) -> tuple[UploadedEntry, ...]:
        """The next entries that the ledger does not hold, in order, at most ``limit``."""
        rows = self._rows(
            "SELECT number, text, link FROM entries WHERE number > (SELECT taken_up_to FROM contact) ORDER BY number LIMIT ?",
            limit,
        )
        names = self._beside(rows[0][0], rows[-1][0]) if rows else {}
        return tuple(_uploaded(row, names) for row in rows)

    def entries(self, first: int) -> Iterator[UploadedEntry]:
        """Every entry from that number on, a page at a time, so that no read lasts."""
        while page := self._rows(
            "SELECT number, text, link FROM entries WHERE number >= ? ORDER BY number LIMIT 500", first
        ):
            names = self._beside(page[0][0], page[-1][0])
            yield from (_uploaded(row, names) for row in page)
            first = int(str(page[-1][0])) + 1

    def entry_ids(self, first: int, last: int) -> Mapping[int, UUID]:
        """The ids of entries by number, both ends included."""
        rows = self._rows("SELECT number, id FROM entries WHERE number BETWEEN ? AND ?", first, last)
        return {int(str(number)): UUID(str(id_)) for number, id_ in rows}

    def quarantined(self) -> int:
        """How many entries the ledger put aside because it could not read them."""
        row = self._row(
            "SELECT count(*) FROM (SELECT text, max(rowid) FROM outcomes GROUP BY number) WHERE text ->> 'outcome' = 'quarantined'"
        )
        return int(str(row[0])) if row else 0

    def snapshot(self) -> Snapshot | None:
        """The register and price list of the last contact. One that this program cannot read is None: it is fetched again."""
        row = self._row("SELECT text FROM snapshot")
        try:
            return Snapshot.model_validate_json(str(row[0])) if row else None
        except ValueError:
            return None

    def sales(self, where: str, *values: object) -> tuple[SaleRow, ...]:
        """Rows of the view ``sales`` in order. ``where`` is this room's own SQL (``recall``)."""
        rows = self._rows(f"{_SALES} WHERE {where} ORDER BY number", *values)
        return tuple(_sale_row(row) for row in rows)

    def filed(self, where: str, *values: object) -> tuple[SaleRow, ...]:
        """Rows of the view ``filed`` in order: everything but sales that has a paper of its own."""
        rows = self._rows(f"{_FILED} WHERE {where} ORDER BY number", *values)
        return tuple(_sale_row(row) for row in rows)

    def facts(self, where: str, *values: object) -> tuple[FactRow, ...]:
        """Entries in order with their latest outcome. ``where`` is this room's own SQL over ``entries AS e``."""
        rows = self._rows(f"{_FACTS} WHERE {where} ORDER BY e.number", *values)
        return tuple(FactRow(int(str(n)), str(kind), str(text), str(o) if o else None) for n, kind, text, o in rows)

    def last_clerk(self) -> str:
        """Who served at the last entry, "" in an empty journal."""
        row = self._row("SELECT text ->> 'clerk' FROM entries ORDER BY number DESC LIMIT 1")
        return str(row[0]) if row else ""

    def cart_open(self) -> bool:
        """True when the program ended with goods in a cart that was never confirmed."""
        row = self._row("SELECT cart_open FROM desk")
        return bool(row and row[0])

    def keep_cart_open(self, is_open: bool) -> None:
        """Whether there are goods in a cart: told again after a power cut."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO desk VALUES (1, ?)", (int(is_open),))

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _beside(self, first: object, last: object) -> dict[int, dict[str, Beside]]:
        found: dict[int, dict[str, Beside]] = {}
        for number, key, text, salt in self._rows(
            "SELECT number, key, text, salt FROM beside WHERE number BETWEEN ? AND ?", first, last
        ):
            found.setdefault(int(str(number)), {})[str(key)] = Beside(text=str(text), salt=str(salt))
        return found

    def _not_behind(self, taken_up_to: int) -> None:
        if taken_up_to > self._number:
            raise JournalBehind(f"村里收到第 {taken_up_to} 笔，这里只有 {self._number} 笔")

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise JournalFault(f"记录读不出来：{error}") from error

    def _row(self, sql: str, *values: object) -> tuple[object, ...] | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise JournalFull(f"记录写不进去：{error}") from error
                if isinstance(error, sqlite3.DatabaseError):
                    raise JournalFault(f"记录写不进去：{error}") from error
                raise


def _make(path: Path, owner: Owner, copied: Iterable[UploadedEntry]) -> None:
    """A new file with these entries, in one transaction."""
    connection = _connect(path)
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


def _insert(connection: sqlite3.Connection, entry: AnyEntry, previous: bytes) -> bytes:
    body = entry_bytes(entry)
    new = link(previous, body)
    row = (entry.number, str(entry.id), entry.kind, body.decode(), new.hex())
    connection.execute("INSERT INTO entries (number, id, kind, text, link) VALUES (?, ?, ?, ?, ?)", row)
    if isinstance(entry, Printed):
        end = (str(entry.sale), entry.copy_number, entry.state)
        connection.execute("INSERT INTO paper (sale, copy, state) VALUES (?, ?, ?)", end)
    return new


@contextmanager
def _closed_if_it_fails(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    with _closed_if_it_fails(connection):
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
    return connection


def _brought_up(connection: sqlite3.Connection) -> None:
    """A journal of an earlier release gets what came after it; any other is not written to, however full the disk is."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < ADDED_VERSION:
        connection.executescript(f"BEGIN IMMEDIATE;{ADDED}COMMIT;")


def _verified(connection: sqlite3.Connection, owner: Owner) -> tuple[int, bytes]:
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


def _otherwise(connection: sqlite3.Connection, outcomes: Sequence[tuple[int, str]]) -> bool:
    """True when one of these entries was answered before, and otherwise."""
    if not outcomes:
        return False
    numbers = [number for number, _ in outcomes]
    query = "SELECT number, text FROM outcomes WHERE number BETWEEN ? AND ?"
    known = connection.execute(query, (min(numbers), max(numbers))).fetchall()
    return bool({number for number, _ in known} & {number for number, _ in set(outcomes) - set(known)})


def _sale_row(row: tuple[object, ...]) -> SaleRow:
    number, link_, receipt, handed_over, answer, hand_answer, copy, kind = row
    return SaleRow(
        number=int(str(number)),
        link=bytes.fromhex(str(link_)),
        receipt=str(receipt),
        handed_over=UUID(str(handed_over)) if handed_over else None,
        answer=str(answer) if answer else None,
        hand_answer=str(hand_answer) if hand_answer else None,
        copy=int(str(copy)),
        kind=str(kind),
    )


def _uploaded(row: tuple[object, ...], names: Mapping[int, dict[str, Beside]]) -> UploadedEntry:
    number = int(str(row[0]))
    return UploadedEntry(number=number, text=str(row[1]), link=str(row[2]), beside=names.get(number))


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
