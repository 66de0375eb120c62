"""A village's log on the bench: sealed, then changed behind the book's back by somebody with the database file and SQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, text
from uuid6 import uuid7

from ledger.book.against import AgainstReport, verify_against
from ledger.book.checkpoints import sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, Kind, TransferRequest
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.merkle import append, leaf_hash, pack
from schemas.notes import VerifierKey
from schemas.slip import slip_text
from tests.conftest import FixedClock

_TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"


class LogBench:
    """The village's book and its key; what its people do, and what the owner of the file can do."""

    def __init__(self, database: Database, village: Village, clock: FixedClock, keys: Path) -> None:
        self.database, self.village, self.clock, self.folder = database, village, clock, KeyFolder(keys)
        database.write(
            lambda tx: open_account(tx, village.village_id, "household:0007", AccountKind.HOUSEHOLD, floor=0)
        )

    def post(self, count: int) -> None:
        day = self.clock.now().date()
        made = [
            TransferRequest(uuid7(), Kind.AWARD, "fund", "household:0007", 1, day, "staff:1", uuid7(), {"n": n})
            for n in range(count)
        ]
        self.database.write(lambda tx: post(tx, self.village.village_id, made, now=self.clock.now()))

    def seal(self) -> str:
        note = sign_checkpoint(self.database, self.village.village_id, "SQ", self.folder, now=self.clock.now())
        return slip_text("merit:", note, self.key)

    @property
    def key(self) -> VerifierKey:
        key = self.folder.load("SQ")
        assert key is not None
        return key.signer.verifier

    def against(self, paper: str) -> AgainstReport:
        return verify_against(self.database, self.village.village_id, "SQ", paper, [self.key])

    def sql(self, *statements: str) -> None:
        """As the file's owner: triggers dropped, foreign keys off, then whatever one likes, and the triggers put back."""

        def work(tx: Connection) -> None:
            tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for statement in statements:
                tx.exec_driver_sql(statement)

        self.unguarded(work)

    def unguarded(self, work: Callable[[Connection], None]) -> None:
        """Do it without triggers; afterwards they are as they were."""
        kept = self.database.read(lambda tx: list(tx.execute(text(_TRIGGERS)).scalars()))
        drop_triggers(self.database)
        self.database.write(work)
        for sql in kept:
            self.database.write(lambda tx, sql=sql: tx.exec_driver_sql(sql).close())  # type: ignore[misc]


def drop_triggers(database: Database) -> None:
    """What the owner of the file can always do."""

    def work(tx: Connection) -> None:
        for name in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            tx.exec_driver_sql(f"DROP TRIGGER {name}")

    database.write(work)


def cut(bench: LogBench, left: int) -> None:
    """The tail goes, and everything inside the book that remembers it."""

    def work(tx: Connection) -> None:
        rows = tx.execute(text("SELECT leaf FROM transfers WHERE seq <= :left ORDER BY seq"), {"left": left}).scalars()
        frontier: tuple[bytes, ...] = ()
        for index, leaf in enumerate(rows):
            frontier = append(frontier, index, leaf_hash(leaf))
        tx.execute(text("UPDATE books SET frontier = :f, last_seq = :left"), {"f": pack(frontier), "left": left})
        tx.execute(
            text("UPDATE accounts SET balance = :left, version = :left WHERE code = 'household:0007'"), {"left": left}
        )
        tx.execute(text("UPDATE accounts SET balance = -:left, version = :left WHERE code = 'fund'"), {"left": left})

    rest = f"WHERE seq > {left}"
    bench.sql(f"DELETE FROM outcomes {rest}", f"DELETE FROM documents {rest}", f"DELETE FROM transfers {rest}",
              f"DELETE FROM log_tiles WHERE (tile + 1) * 256 > {left}")  # fmt: skip
    bench.unguarded(work)
