"""The open journal, which only grows: hash-chained, durable before anything is acted on.

One connection behind a lock serves the till, the uplink and the printer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from kiosk.journal.faults import JournalBehind, JournalFault, JournalFull, JournalGone
from kiosk.journal.file import FILE, brought_up, closed_if_it_fails, connect, verified
from kiosk.journal.reading import JournalReader
from kiosk.journal.values import Kept, KeptReceipt, Owner
from schemas.beside import Beside
from schemas.canonical import instant_text
from schemas.entries import AnyEntry, Printed, entry_bytes
from schemas.journal import link
from schemas.kiosk_api import Snapshot, UploadAnswer


class Journal(JournalReader):
    """Every method is one transaction and safe from any thread. Raises JournalFault, JournalFull when it cannot write."""

    def __init__(self, data_dir: Path, owner: Owner) -> None:
        """Open and verify. Raises JournalGone when the file is missing, JournalFault when it is torn, another kiosk's, or its chain does
        not hold."""
        path = data_dir / FILE
        if not path.exists():
            raise JournalGone(f"记录不见了：{path}。这台机办过事，不能从空的开始。")
        try:
            connection = connect(path)
            with closed_if_it_fails(connection):
                number, last = verified(connection, owner)
                brought_up(connection)
        except sqlite3.DatabaseError as error:
            raise JournalFault(f"记录读不出来（{error}）：{path}。不要删，打镇里电话。") from error
        super().__init__(connection, number, last)

    def append(
        self,
        makers: Sequence[Callable[[int], AnyEntry]],
        receipts: Sequence[KeptReceipt] = (),
        beside: Mapping[int, Mapping[str, Beside]] | None = None,
        *,
        cart_open: bool | None = None,
    ) -> tuple[Kept, ...]:
        """All entries in one transaction, numbered in order and chained; durable on return.

        A maker gets its number and gives the entry. ``printed`` entries also end their copy in ``paper``. ``beside`` are the names that
        the maker at that index commits to. ``cart_open`` is the cart's mark (``keep_cart_open``), None to leave it.
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
                if cart_open is not None:
                    _mark_cart(connection, cart_open)
            self._number, self._link = number, last
            return tuple(kept)

    def paper(self, sale: UUID, copy: int, *states: str) -> None:
        """The next steps of a copy's life, in one transaction: ``queued``, ``sent``, or ``closed`` when nobody need ask again.

        Raises JournalFault, with nothing written, when that copy was queued before.
        """
        with self._transaction() as connection:
            rows = [(str(sale), copy, state) for state in states]
            connection.executemany("INSERT INTO paper (sale, copy, state) VALUES (?, ?, ?)", rows)

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

    def keep_cart_open(self, is_open: bool) -> None:
        """Whether there are goods in a cart: told again after a power cut."""
        with self._transaction() as connection:
            _mark_cart(connection, is_open)

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

    def _not_behind(self, taken_up_to: int) -> None:
        if taken_up_to > self._number:
            raise JournalBehind(f"村里收到第 {taken_up_to} 笔，这里只有 {self._number} 笔")

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


def _insert(connection: sqlite3.Connection, entry: AnyEntry, previous: bytes) -> bytes:
    body = entry_bytes(entry)
    new = link(previous, body)
    row = (entry.number, str(entry.id), entry.kind, body.decode(), new.hex())
    connection.execute("INSERT INTO entries (number, id, kind, text, link) VALUES (?, ?, ?, ?, ?)", row)
    if isinstance(entry, Printed):
        end = (str(entry.sale), entry.copy_number, entry.state)
        connection.execute("INSERT INTO paper (sale, copy, state) VALUES (?, ?, ?)", end)
    return new


def _mark_cart(connection: sqlite3.Connection, is_open: bool) -> None:
    connection.execute("INSERT OR REPLACE INTO desk VALUES (1, ?)", (int(is_open),))


def _otherwise(connection: sqlite3.Connection, outcomes: Sequence[tuple[int, str]]) -> bool:
    """True when one of these entries was answered before, and otherwise."""
    if not outcomes:
        return False
    numbers = [number for number, _ in outcomes]
    query = "SELECT number, text FROM outcomes WHERE number BETWEEN ? AND ?"
    known = connection.execute(query, (min(numbers), max(numbers))).fetchall()
    return bool({number for number, _ in known} & {number for number, _ in set(outcomes) - set(known)})
