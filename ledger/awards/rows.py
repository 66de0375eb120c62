"""Writing claims: what recording, reviewing and crediting share. The caller holds the village's book."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, func, select, update

from ledger.awards.reading import claim_by_id
from ledger.awards.tables import claims
from ledger.awards.values import Claim


def the_claim(tx: Connection, village_id: int, claim_id: UUID) -> Claim:
    """The claim with that id. LookupError for an unknown one."""
    found = claim_by_id(tx, village_id, claim_id)
    if found is None:
        raise LookupError(f"no claim {claim_id}")
    return found


def change_claim(tx: Connection, village_id: int, claim_id: UUID, **values: Any) -> None:
    """Move a claim on. Who recorded it and what it says never change."""
    same = (claims.c.village_id == village_id) & (claims.c.claim_id == claim_id)
    tx.execute(update(claims).where(same).values(**values))


def next_number(tx: Connection, village_id: int, column: Column[int]) -> int:
    """One more than the village's highest in that column; the locked book keeps two from getting the same."""
    query = select(func.coalesce(func.max(column), 0)).where(column.table.c.village_id == village_id)
    return int(tx.execute(query).scalar_one()) + 1
