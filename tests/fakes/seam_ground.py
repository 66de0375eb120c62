"""The village of the seam's histories, furnished once: every history begins from a copy of it, in the same open database.

Staff with PINs, goods, households with points and cards, printed slips, two counters that are enrolled and have an empty journal each,
and a third whose entries a pen writes. A copy is SQLite's own backup, so that engines and their compiled statements live on.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from nacl.signing import SigningKey
from sqlalchemy import Connection, Engine

from kiosk.journal.making import create_journal
from kiosk.journal.values import Owner
from kiosk.uplink.identity import Identity
from ledger.kiosks.enrolment import enrol, make_code
from ledger.kiosks.store import Kiosk, kiosk_by_id
from ledger.migrations.runner import upgrade
from ledger.people.memberships import grant_role
from ledger.shop.slips import print_batch
from ledger.staff.pins import set_pin
from ledger.staff.roles import Role
from ledger.staff.store import add_staff
from ledger.storage.database import Database
from ledger.storage.writer import Writer
from ledger.villages.store import NewVillage, Village, add_village
from schemas.kiosk_api import EnrolRequest, Snapshot
from tests.conftest import FixedClock
from tests.fakes.shop_scene import DISH, LAST, OIL, RICE, SOAP, SOY, Scene
from tests.fakes.whole_snapshot import whole_snapshot

T = TypeVar("T")
COUNTERS = (1, 2)
PEN = 3
OPENING = {"0007": 60, "0011": 12, "0012": 200}
SHELF = {SOAP: 40, DISH: 30, SOY: 40, RICE: 60, OIL: 0, LAST: 1}
SLIPS = range(1, 13)
# Whatever a snapshot is made of: what differs between two of a village differs in one of these.
STATE = """SELECT last_seq,
    (SELECT count(*) FROM holds), (SELECT count(*) FROM hold_ends), (SELECT count(*) FROM stock_lines),
    (SELECT group_concat(balance || '/' || held || '/' || blocked) FROM accounts),
    (SELECT group_concat(price || '/' || stock) FROM goods),
    (SELECT group_concat(number || state) FROM cards)
    FROM books"""
PINS = {"zhou": "2580", "sun": "1470", "li": "3690"}
STAFF = (("zhou", "周玉兰", Role.SHOPKEEPER), ("sun", "孙小梅", Role.SHOPKEEPER), ("li", "李秀文", Role.SUPERVISOR))
SETTINGS = {"cash_allowed": True, "fen_per_point": 50, "order_days": 2, "limit_proxy": 20, "offline_household_day": 60}


class StillWriter(Writer):
    """The ledger's writer without its thread: each unit of work is committed, and answered, before ``submit`` comes back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = engine.connect()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        self._commit_group(self._connection, [(work, future)])
        return future

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Ground:
    """A furnished village. ``file`` is the ledger's, ``pristine`` its first state."""

    folder: Path
    file: Path
    database: Database
    pristine: sqlite3.Connection
    glance: sqlite3.Connection
    village: Village
    cards: dict[str, str]
    identities: dict[int, Identity]
    kiosks: dict[int, Kiosk]
    snapshots: dict[object, Snapshot] = field(default_factory=dict)  # of the first state, the same in every history

    def begin(self) -> None:
        """The ledger's file as it was at first."""
        put_back(self.pristine, self.file)
        if not self.snapshots:
            now = FixedClock().now()
            self.snapshots[self.village.today(now), self.state()] = self.snapshot(now)

    def state(self) -> tuple[object, ...]:
        """What the snapshot depends on, as it is now."""
        found: tuple[object, ...] = self.glance.execute(STATE).fetchone()
        return found

    def snapshot(self, now: datetime) -> Snapshot:
        """The whole village as it is now."""
        return self.database.read(lambda tx: whole_snapshot(tx, self.village, now))

    def journal(self, kiosk: int, folder: Path) -> Owner:
        """An empty journal for that counter in ``folder``."""
        folder.mkdir(parents=True)
        for file in (self.folder / f"kiosk-{kiosk}").iterdir():
            shutil.copy2(file, folder / file.name)
        return owner_of(self.identities[kiosk])


def copied(file: Path) -> sqlite3.Connection:
    """The database file's state, kept in memory."""
    kept = sqlite3.connect(":memory:")
    source = sqlite3.connect(file)
    source.backup(kept)
    source.close()
    return kept


def put_back(kept: sqlite3.Connection, file: Path) -> None:
    """That state in the file again, under whoever has it open."""
    target = sqlite3.connect(file)
    target.execute("PRAGMA synchronous=OFF")
    kept.backup(target)
    target.close()


def owner_of(identity: Identity) -> Owner:
    return Owner(identity.village, identity.kiosk, identity.public_key)


@contextmanager
def furnished_in_memory() -> Iterator[Ground]:
    """The ground, in memory where this machine has some to write files to."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder, furnished(Path(folder)) as ground:
        yield ground


@contextmanager
def furnished(folder: Path) -> Iterator[Ground]:
    """The ground in ``folder``, until the block ends."""
    file = folder / "ledger.sqlite"
    database = Database(f"sqlite:///{file}", journal="delete")  # what most Pis have
    assert database._writer is not None
    database._writer.close()
    database._writer = StillWriter(database.engines.write)
    upgrade(database)
    clock = FixedClock()
    new = NewVillage(code="SQ", name="石桥村", phone="555 0123", quorum=1, **SETTINGS)  # type: ignore[arg-type]
    village = database.write(lambda tx: add_village(tx, new, clock.now()))
    scene = Scene(database, village, clock)
    scene.furnish()
    database.write(lambda tx: _staff(tx, village, clock))
    database.write(lambda tx: print_batch(tx, village.village_id, len(SLIPS), by="staff:1", now=clock.now()))
    identities = {number: _enrolled(scene, number) for number in (*COUNTERS, PEN)}
    for number in COUNTERS:
        kept = folder / f"kiosk-{number}"
        kept.mkdir()
        create_journal(kept, owner_of(identities[number]))
    kiosks = {number: _kiosk(database, village, number) for number in identities}
    pristine, glance = copied(file), sqlite3.connect(file, isolation_level=None)
    try:
        yield Ground(folder, file, database, pristine, glance, village, scene.cards, identities, kiosks)
    finally:
        pristine.close()
        glance.close()
        database.close()


def key_of(number: int) -> SigningKey:
    """The key of that counter, the same in every history."""
    return SigningKey(bytes([number]) * 32)


def _staff(tx: Connection, village: Village, clock: FixedClock) -> None:
    for login, name, role in STAFF:
        member = add_staff(tx, login, name, f"shiqiao-{login}-7351", clock.now())
        grant_role(tx, village.village_id, member.staff_id, role)
        set_pin(tx, member, PINS[login], clock.now())


def _enrolled(scene: Scene, number: int) -> Identity:
    key, now = key_of(number), scene.clock.now()
    code = scene.database.write(
        lambda tx: make_code(tx, scene.village, by="staff:1", now=now, random_bytes=scene.random_bytes)
    )
    request = EnrolRequest(code=code.code, public_key=key.verify_key.encode().hex(), version="test")
    answer = scene.database.write(lambda tx: enrol(tx, request, now=now, random_bytes=scene.random_bytes))
    assert answer is not None
    assert answer.kiosk == number
    return Identity(
        village=answer.village, village_name=answer.village_name, kiosk=answer.kiosk, token=answer.token,
        private_key=key.encode().hex(),
    )  # fmt: skip


def _kiosk(database: Database, village: Village, number: int) -> Kiosk:
    found = database.read(lambda tx: kiosk_by_id(tx, village.village_id, number))
    assert found is not None
    return found
