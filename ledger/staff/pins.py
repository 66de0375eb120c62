"""Counter PINs of staff: 4 to 6 digits, kept as argon2id, carried to the village's kiosks as a hash only."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, select, update

from ledger.staff.audit import audit
from ledger.staff.passwords import hash_password
from ledger.staff.store import StaffMember
from ledger.staff.tables import staff
from schemas.problems import BrokenContract, Fault

_PIN = re.compile(r"\d{4,6}", re.ASCII)


def pin_faults(pin: str) -> list[Fault]:
    """What is wrong with a PIN: no 4 to 6 digits, or one that everybody tries first."""
    if not _PIN.fullmatch(pin):
        return [Fault("pin", "密码是 4 到 6 位数字")]
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return [Fault("pin", "这样的密码一猜就中，换一个")] if steps in ({0}, {1}, {9}) else []


def set_pin(tx: Connection, member: StaffMember, pin: str, now: datetime) -> None:
    """A new counter PIN for somebody. BrokenContract when it will not do."""
    if faults := pin_faults(pin):
        raise BrokenContract(faults)
    tx.execute(update(staff).where(staff.c.staff_id == member.staff_id).values(pin_hash=hash_password(pin)))
    audit(tx, None, None, "pin_set", f"staff:{member.staff_id}", now)


def pin_hashes(tx: Connection, staff_ids: Collection[int]) -> dict[int, str]:
    """The hashes of those who have a PIN, by id."""
    if not staff_ids:
        return {}
    query = select(staff.c.staff_id, staff.c.pin_hash).where(staff.c.staff_id.in_(staff_ids))
    return {row.staff_id: row.pin_hash for row in tx.execute(query) if row.pin_hash is not None}
