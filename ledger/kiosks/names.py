"""Names that entries commit to (代领人, 捐赠人), apart from the journal: erased, the journal still verifies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from ledger.kiosks.reading import ReadEntry
from ledger.kiosks.tables import entry_names
from schemas.beside import Beside, belongs, commitments


def keep_names(tx: Connection, village_id: int, taken: Sequence[ReadEntry]) -> None:
    """Keep the names beside entries that were taken. What the entry does not commit to is not its name, and not kept."""
    rows = [
        {
            "village_id": village_id, "entry_id": read.entry_id, "key": key, "text": read.sent.beside[key].text,
            "salt": bytes.fromhex(read.sent.beside[key].salt),
        }
        for read in taken
        if read.entry is not None and read.sent.beside
        for key, committed in commitments(read.entry).items()
        if key in read.sent.beside and belongs(read.sent.beside[key], committed)
    ]  # fmt: skip
    ids = {read.entry_id for read in taken if read.entry_id is not None and read.sent.beside}
    there = names_of(tx, village_id, ids)
    if fresh := [row for row in rows if (row["entry_id"], row["key"]) not in there]:
        tx.execute(insert(entry_names), fresh)


def names_of(tx: Connection, village_id: int, entries: Collection[UUID]) -> dict[tuple[UUID, str], str]:
    """The names that are still there, by entry and key (``proxy``, ``donor``)."""
    if not entries:
        return {}
    query = select(entry_names).where(entry_names.c.village_id == village_id, entry_names.c.entry_id.in_(entries))
    return {(row.entry_id, row.key): row.text for row in tx.execute(query)}


def put_name(tx: Connection, village_id: int, entry_id: UUID, key: str, name: Beside) -> None:
    """That name beside an entry, instead of any other under that key. The entry need not commit to it: who put it there is audited."""
    here = (entry_names.c.village_id == village_id) & (entry_names.c.entry_id == entry_id) & (entry_names.c.key == key)
    tx.execute(delete(entry_names).where(here))
    salt = bytes.fromhex(name.salt)
    tx.execute(insert(entry_names).values(village_id=village_id, entry_id=entry_id, key=key, text=name.text, salt=salt))


def erase_names(tx: Connection, village_id: int, entry_id: UUID) -> int:
    """Erase what lies beside an entry, name and salt; how many there were."""
    here = (entry_names.c.village_id == village_id) & (entry_names.c.entry_id == entry_id)
    return tx.execute(delete(entry_names).where(here)).rowcount
