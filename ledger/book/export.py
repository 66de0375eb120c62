"""The log as a file that outlives this program: JSON lines, a signed header, then one transfer a line, each with the root so far.

The plain form holds leaves only and may be given to anyone who may read the book. With documents it also holds salts, documents and
body hashes, names among them: that one is for moving a village, and lies as safely as the database.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from ledger.book.checkpoints import key_history, latest_checkpoint
from ledger.book.tables import books, documents, outcomes, transfers
from ledger.storage.database import Database
from schemas.merkle import append, leaf_hash, root
from schemas.notes import read_checkpoint

FORMAT = "merit-log/1"
PAGE = 1_000


def export_log(database: Database, village_id: int, *, with_documents: bool = False) -> Iterator[str]:
    """The file's lines without line feeds, up to the newest checkpoint. LookupError when nothing was signed yet.

    Pages are read one by one; transfers posted meanwhile are not part of it.
    """
    header = database.read(lambda tx: _header(tx, village_id))
    yield _line(header)
    size, seq = int(header["size"]), 0
    frontier: tuple[bytes, ...] = ()
    while seq < size:
        last = min(seq + PAGE, size)
        page = database.read(lambda tx, first=seq + 1, last=last: _entries(tx, village_id, first, last, with_documents))  # type: ignore[misc]
        for entry, leaf in page:
            if entry["seq"] != seq + 1:
                raise LookupError(f"transfer {seq + 1} is missing")
            frontier = append(frontier, seq, leaf_hash(leaf))
            seq += 1
            yield _line({**entry, "root": root(frontier).hex()})
        if seq != last:
            raise LookupError(f"transfer {seq + 1} is missing")


def leaves(tx: Connection, village_id: int, first: int, last: int) -> Sequence[bytes]:
    """The leaves of transfers ``first`` to ``last``, both included, as far as there are any."""
    here = (transfers.c.village_id == village_id) & transfers.c.seq.between(first, last)
    return tx.execute(select(transfers.c.leaf).where(here).order_by(transfers.c.seq)).scalars().all()


def _header(tx: Connection, village_id: int) -> dict[str, Any]:
    note = latest_checkpoint(tx, village_id)
    if note is None:
        raise LookupError("nothing was signed yet")
    checkpoint = read_checkpoint(note.text)
    decimals = tx.execute(select(books.c.decimals).where(books.c.village_id == village_id)).scalar_one()
    return {
        "format": FORMAT,
        "village": checkpoint.village,
        "decimals": decimals,
        "size": checkpoint.size,
        "checkpoint": note.full,
        "keys": [asdict(record) for record in key_history(tx, village_id)],
    }


def _entries(
    tx: Connection, village_id: int, first: int, last: int, with_documents: bool
) -> list[tuple[dict[str, Any], bytes]]:
    same = transfers.c.village_id
    joined = transfers.outerjoin(documents, (documents.c.village_id == same) & (documents.c.seq == transfers.c.seq))
    joined = joined.outerjoin(outcomes, (outcomes.c.village_id == same) & (outcomes.c.id == transfers.c.id))
    columns = (transfers.c.seq, transfers.c.leaf, documents.c.salt, documents.c.body, outcomes.c.body_hash)
    query = select(*columns).select_from(joined).where(same == village_id, transfers.c.seq.between(first, last))
    found: list[tuple[dict[str, Any], bytes]] = []
    for row in tx.execute(query.order_by(transfers.c.seq)):
        entry: dict[str, Any] = {"seq": row.seq, "leaf": _base64(row.leaf)}
        if with_documents:
            entry["body_hash"] = row.body_hash.hex()
        if with_documents and row.salt is not None:
            entry |= {"salt": _base64(row.salt), "document": _base64(row.body)}
        found.append((entry, row.leaf))
    return found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"))
