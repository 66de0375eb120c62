"""What an open journal says: its head and backlog, the last register, sales and papers for ``recall``."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from uuid import UUID

from kiosk.journal.faults import JournalFault
from kiosk.journal.values import FactRow, Kept, SaleRow
from schemas.beside import Beside
from schemas.kiosk_api import Snapshot, UploadedEntry

_FACTS = (
    "SELECT e.number, e.kind, e.text,"
    " (SELECT o.text FROM outcomes AS o WHERE o.number = e.number ORDER BY o.rowid DESC LIMIT 1) FROM entries AS e"
)
_SALES = "SELECT number, link, receipt, handed_over, answer, hand_answer, coalesce(copy, -1), kind FROM sales"
_FILED = "SELECT number, link, receipt, NULL, answer, NULL, coalesce(copy, -1), 'filed' FROM filed"


class JournalReader:
    """One connection behind a lock: every method is safe from any thread. Raises JournalFault when the file cannot be read."""

    def __init__(self, connection: sqlite3.Connection, number: int, last: bytes) -> None:
        """``number`` and ``last`` are those of the head: 0 and the first link in an empty journal."""
        self._connection = connection
        self._lock = threading.RLock()
        self._number = number
        self._link = last

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

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

    def _beside(self, first: object, last: object) -> dict[int, dict[str, Beside]]:
        found: dict[int, dict[str, Beside]] = {}
        for number, key, text, salt in self._rows(
            "SELECT number, key, text, salt FROM beside WHERE number BETWEEN ? AND ?", first, last
        ):
            found.setdefault(int(str(number)), {})[str(key)] = Beside(text=str(text), salt=str(salt))
        return found

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise JournalFault(f"记录读不出来：{error}") from error

    def _row(self, sql: str, *values: object) -> tuple[object, ...] | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None


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
