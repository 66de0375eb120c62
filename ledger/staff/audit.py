"""The audit trail: who did what that is not in the book. Appended only; no passwords, tokens or villagers' names."""

from __future__ import annotations

from datetime import datetime

import uuid6
from sqlalchemy import Connection, insert

from ledger.staff.tables import staff_audit


def audit(
    tx: Connection, staff_id: int | None, village_id: int | None, action: str, detail: str, now: datetime
) -> None:
    """Append one line. ``action`` is a snake_case word, ``staff_id`` None is the console or a stranger."""
    line = {"audit_id": uuid6.uuid7(), "at": now, "staff_id": staff_id, "village_id": village_id}
    tx.execute(insert(staff_audit).values(**line, action=action, detail=detail))
