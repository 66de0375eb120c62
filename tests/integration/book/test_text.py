"""Names in every writing: what is hashed are the bytes as they came, alike on every engine and in any other program (X5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from itertools import count
from uuid import UUID

from sqlalchemy import select

from ledger.book.reading import book_head, last_lines
from ledger.book.store import post
from ledger.book.tables import documents
from ledger.book.values import AccountKind, Kind, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import SEVEN, award
from tests.integration.book.seeing import leaves

NAMES = [
    "汤勇芳",
    "欧阳修文",
    "𠮷野家",  # a character beyond the basic plane
    "👩‍🌾🌾",  # joined by U+200D
    "é",  # composed, NFC
    "e\u0301",  # decomposed, NFD: another text, another hash
    "\"'`\\/",
    "a\u2028b\u2029c",
    "\x00\x01\x1f\x7f\x85",
    "\r\n\t",
    "\ufeff\u202eright to left\u202c",
    "'; DROP TABLE transfers; --",
    "%s %(id)s {name} :id ?",
    "ＦＵＬＬ　ｗｉｄｔｈ１２３",
    "",
    "村" * 10_000,
]
ROOT = "082f0252fda0d520a92240b1e8647f5a36e5e353dfcb9899c69d8f07e7dee4ef"


def requests() -> list[TransferRequest]:
    day = date(2026, 11, 16)
    return [
        TransferRequest(UUID(int=n), Kind.AWARD, "fund", SEVEN, n, day, "staff:1", UUID(int=1000 + n), {"name": name, "n": n})
        for n, name in enumerate(NAMES, start=1)
    ]  # fmt: skip


def salts() -> Callable[[], bytes]:
    numbers = count(1)
    return lambda: next(numbers).to_bytes(16, "big")


def test_the_same_texts_give_the_same_root_everywhere(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """The root is fixed here: whatever engine, release or machine makes another one has broken the format."""
    made = salts()
    database.write(lambda tx: post(tx, village.village_id, requests(), now=clock.now(), salts=made))
    size, root = database.read(lambda tx: book_head(tx, village.village_id))
    assert (size, root.hex()) == (len(NAMES), ROOT)
    assert verify(database, village.village_id).ok


def test_a_texts_bytes_come_back_as_they_were_given(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(*requests())
    lines = database.read(lambda tx: last_lines(tx, village.village_id, SEVEN, limit=99))
    kept = [json.loads(line.document or b"")["name"] for line in reversed(lines)]
    assert kept == NAMES


def test_another_program_finds_the_same_hashes(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """Written out from the format's description alone: JSON with sorted keys, a salt before it, SHA-256, the leaf's last line."""
    made = salts()
    database.write(lambda tx: post(tx, village.village_id, requests(), now=clock.now(), salts=made))
    for n, (name, leaf) in enumerate(zip(NAMES, leaves(database, village.village_id), strict=True), start=1):
        body = json.dumps({"n": n, "name": name}, separators=(",", ":"), ensure_ascii=False).encode()
        expected = hashlib.sha256(n.to_bytes(16, "big") + body).hexdigest()
        assert leaf.decode("ascii").splitlines()[-1] == expected


def test_texts_that_look_alike_are_two_bodies(door: Door, clock: FixedClock) -> None:
    composed, decomposed = requests()[4], requests()[5]
    assert composed.document["name"] != decomposed.document["name"]
    assert [outcome.seq for outcome in door(composed, decomposed)] == [1, 2]


def test_the_villages_kinds_are_spelled_as_the_log_spells_them() -> None:
    assert {kind.value for kind in AccountKind} == {"grant", "fund", "household", "shop", "settled"}
    assert all(kind.value.isascii() for kind in Kind)


def test_the_same_paper_twice_has_two_salts(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """Without a salt of its own, a hash in the log would say which papers are alike, and a short one could be guessed."""
    door(award(5, clock), award(5, clock))
    door(award(5, clock))
    salts = set(database.read(lambda tx: tx.execute(select(documents.c.salt)).scalars().all()))
    assert len(salts) == 3
    assert all(len(salt) == 16 and any(salt) for salt in salts)
