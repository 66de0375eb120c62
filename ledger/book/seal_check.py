"""The checkpoints that are kept in the database, held against the log they speak of and the keys that are kept beside them.

Paper is stronger: whoever owns the database can delete what is in it. But who only changed, cut or swapped transfers is told here already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from ledger.book.checkpoints import key_history
from ledger.book.log import StoredNodes
from ledger.book.log_tables import checkpoints
from ledger.book.tables import books
from ledger.storage.database import Database
from schemas.notes import Checkpoint, VerifierKey, origin_of, read_checkpoint, read_note, read_vkey, signers
from schemas.problems import BrokenContract
from schemas.proofs import root_at

PAGE = 16  # checkpoints a read: each takes about ten rows and a few hundred hashes


def seal_problems(database: Database, village_id: int) -> list[str]:
    """What is wrong with the kept checkpoints, smallest first; the tiles were compared before."""
    found: list[str] = []
    after: tuple[int, bytes] = (-1, b"")
    while (page := database.read(lambda tx, after=after: _page(tx, village_id, after)))[1]:  # type: ignore[misc]
        found += page[0]
        after = page[1]
    return found


def _page(tx: Connection, village_id: int, after: tuple[int, bytes]) -> tuple[list[str], tuple[int, bytes] | None]:
    """The problems of the next checkpoints, and the key of the last of them; None at the end."""
    c, (size, key_id) = checkpoints.c, after
    rest = (c.size > size) | ((c.size == size) & (c.key_id > key_id))
    query = select(c.size, c.key_id, c.root, c.note).where(c.village_id == village_id, rest).order_by(c.size, c.key_id)
    rows = tx.execute(query.limit(PAGE)).all()
    if not rows:
        return [], None
    book = tx.execute(select(books.c.last_seq, books.c.village_code).where(books.c.village_id == village_id)).one()
    keys = _keys(tx, village_id)
    nodes = StoredNodes(tx, village_id)
    problems = [_problem(row, book.village_code, book.last_seq, keys, nodes) for row in rows]
    return [problem for problem in problems if problem], (rows[-1].size, rows[-1].key_id)


def _problem(row: Any, village: str, held: int, keys: Sequence[VerifierKey], nodes: StoredNodes) -> str:
    """What is wrong with one checkpoint; empty when nothing is."""
    try:
        note = read_note(row.note)
        signed = [key for key in signers(note, keys) if key.key_id == row.key_id]
        told = read_checkpoint(note.text)
    except BrokenContract as error:
        return f"封到第 {row.size} 笔的封账不成立：{error}"
    if told != Checkpoint(origin_of(village), row.size, row.root):
        return f"封到第 {row.size} 笔的封账，说的和所在那一行不一样"
    if not signed:
        return f"封到第 {row.size} 笔的封账，没有本村的密钥签过"
    if told.size > held:
        return f"封账封到了第 {row.size} 笔，账上只有 {held} 笔"
    try:
        same = root_at(told.size, nodes.node) == told.root
    except (LookupError, TypeError, ValueError):  # rows gone, or overwritten with something that is no bytes
        same = False
    return "" if same else f"头 {row.size} 笔和封账时不一样"


def _keys(tx: Connection, village_id: int) -> list[VerifierKey]:
    found = []
    for record in key_history(tx, village_id):
        try:
            found.append(read_vkey(record.vkey))
        except BrokenContract:
            continue
    return found
