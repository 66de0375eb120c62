"""Proofs from a village's own log, in a handful of reads whatever its size. Checking them needs only ``schemas.proofs``."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from ledger.book.log import StoredNodes
from ledger.book.tables import books, documents, transfers
from schemas import proofs
from schemas.notes import SignedNote, read_checkpoint
from schemas.proof_text import ProofText


def root_at(tx: Connection, village_id: int, size: int) -> bytes:
    """The root the log had with ``size`` transfers, from tiles and transfers as they stand. LookupError when it is shorter."""
    _has(tx, village_id, size)
    return proofs.root_at(size, StoredNodes(tx, village_id).node)


def inclusion_proof(tx: Connection, village_id: int, seq: int, size: int) -> list[bytes]:
    """The path from transfer ``seq`` to the root of the first ``size``, leaf's sibling first. LookupError when there is none."""
    _has(tx, village_id, size)
    if not 1 <= seq <= size:
        raise LookupError(f"transfer {seq} is not among the first {size}")
    return proofs.inclusion_proof(seq - 1, size, StoredNodes(tx, village_id).node)


def consistency_proof(tx: Connection, village_id: int, old: int, new: int) -> list[bytes]:
    """That the first ``new`` transfers begin with the first ``old``. LookupError when the log is shorter or ``old`` is more."""
    _has(tx, village_id, new)
    if not 0 <= old <= new:
        raise LookupError(f"a log of {new} did not grow from {old}")
    return proofs.consistency_proof(old, new, StoredNodes(tx, village_id).node)


def prove(tx: Connection, village_id: int, seq: int, note: SignedNote, *, with_document: bool = False) -> ProofText:
    """The file that proves transfer ``seq`` against a signed checkpoint; its document goes in only when asked for, as it may hold names.

    LookupError when the checkpoint does not reach ``seq``, or the document was erased.
    """
    size = read_checkpoint(note.text).size
    path = inclusion_proof(tx, village_id, seq, size)
    here = (transfers.c.village_id == village_id) & (transfers.c.seq == seq)
    leaf = tx.execute(select(transfers.c.leaf).where(here)).scalar_one()
    if not with_document:
        return ProofText(leaf, seq - 1, tuple(path), note)
    paper = tx.execute(
        select(documents.c.salt, documents.c.body).where(documents.c.village_id == village_id, documents.c.seq == seq)
    ).one_or_none()
    if paper is None:
        raise LookupError(f"the document of transfer {seq} was erased")
    return ProofText(leaf, seq - 1, tuple(path), note, paper.salt, paper.body)


def _has(tx: Connection, village_id: int, size: int) -> None:
    """LookupError unless the book counts at least ``size`` transfers."""
    last = tx.execute(select(func.max(books.c.last_seq)).where(books.c.village_id == village_id)).scalar_one()
    if last is None or not 0 <= size <= last:
        raise LookupError(f"the log has {last} transfers, not {size}")
