"""Databases that are ready to be measured: a village of 220 households, and transfers by the thousand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from uuid6 import uuid7

from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, Kind, TransferRequest, household_account
from ledger.migrations.runner import upgrade
from ledger.storage.database import Database
from ledger.storage.engines import JournalMode
from ledger.villages.store import NewVillage, add_village

HOUSEHOLDS = 220
VILLAGE = "SQ"
VILLAGE_ID = 1


def found_village(database: Database) -> None:
    """All tables, the village, an account for every household."""
    upgrade(database)
    new = NewVillage(code=VILLAGE, name="石桥村", phone="555 0123", quorum=1)
    village = database.write(lambda tx: add_village(tx, new, datetime.now(UTC)))
    assert village.village_id == VILLAGE_ID

    def open_accounts() -> Iterator[str]:
        return (household_account(f"{number:04}") for number in range(1, HOUSEHOLDS + 1))

    database.write(
        lambda tx: [open_account(tx, VILLAGE_ID, code, AccountKind.HOUSEHOLD, floor=0) for code in open_accounts()]
    )


def sqlite_file(folder: Path, journal: JournalMode) -> Path:
    """A file with such a village."""
    path = folder / f"{journal}.sqlite"
    database = Database(f"sqlite:///{path}", journal=journal)
    found_village(database)
    database.close()
    return path


def awards() -> Iterator[TransferRequest]:
    """Awards to one household after another, each with a document as a claim's line makes it; without end."""
    for number in count():
        yield award(uuid7(), uuid7(), number)


def award(id_: UUID, document_id: UUID, number: int) -> TransferRequest:
    """One of them."""
    return TransferRequest(
        id_, Kind.AWARD, "fund", household_account(f"{number % HOUSEHOLDS + 1:04}"), 5, datetime.now(UTC).date(),
        "staff:1", document_id, {"claim": str(document_id), "item": "义务劳动", "line": number, "quantity": 1, "version": 3},
        "staff:2",
    )  # fmt: skip


def batches(size: int, many: int) -> list[list[TransferRequest]]:
    """So many batches of awards."""
    endless = awards()
    return [[next(endless) for _ in range(size)] for _ in range(many)]


def post_batch(database: Database, batch: list[TransferRequest]) -> None:
    """One unit of work, durable when this returns."""
    now = datetime.now(UTC)
    database.write(lambda tx: post(tx, VILLAGE_ID, batch, now=now))
