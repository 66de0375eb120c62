"""A household's PIN: 4 to 6 digits for what is above the village's limit. Checked here only; kiosks never hold it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from ledger.people.tables import household_pins
from ledger.staff.passwords import hash_password
from ledger.staff.pins import pin_faults
from schemas.problems import BrokenContract


def set_household_pin(tx: Connection, village_id: int, household_id: int, pin: str, now: datetime) -> None:
    """A new PIN for a household. BrokenContract when it will not do."""
    if faults := pin_faults(pin):
        raise BrokenContract(faults)
    key = {"village_id": village_id, "household_id": household_id}
    tx.execute(delete(household_pins).where(*(household_pins.c[name] == value for name, value in key.items())))
    tx.execute(insert(household_pins).values(**key, pin_hash=hash_password(pin), set_at=now))


def household_pin_hash(tx: Connection, village_id: int, household_id: int) -> str | None:
    """The hash of a household's PIN; None when it has none."""
    here = (household_pins.c.village_id == village_id) & (household_pins.c.household_id == household_id)
    found = tx.execute(select(household_pins.c.pin_hash).where(here)).scalar_one_or_none()
    return str(found) if found is not None else None


def households_with_pin(tx: Connection, village_id: int) -> frozenset[int]:
    """Ids of the households that have a PIN."""
    query = select(household_pins.c.household_id).where(household_pins.c.village_id == village_id)
    return frozenset(tx.execute(query).scalars())
