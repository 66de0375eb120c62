"""One-time codes: made in the office, shown once, good for ten minutes and one kiosk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nacl.bindings import crypto_core_ed25519_is_valid_point
from sqlalchemy import Connection, insert, select, update

from ledger.book.store import lock_book
from ledger.kiosks.store import Kiosk, add_kiosk, kiosk_by_token
from ledger.kiosks.tables import enrolments
from ledger.villages.store import Village, village_by_code
from schemas.kiosk_api import EnrolAnswer, EnrolRequest
from schemas.problems import BrokenContract, Fault
from schemas.tokens import ALPHABET, TOKEN_BYTES, make_token, token_hash

GOOD_FOR = timedelta(minutes=10)
CODE_CHARACTERS = (
    8  # 40 bits: a guesser would need a million tries a second for three days to hit a code of ten minutes once
)
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A fresh code, to be shown once: only its hash is kept."""

    code: str = field(repr=False)
    expires_at: datetime


def make_code(tx: Connection, village: Village, *, by: str, now: datetime, random_bytes: RandomBytes) -> EnrolmentCode:
    """A code ``SQ-7K2M9QXD`` that enrols one kiosk within ten minutes."""
    number = int.from_bytes(random_bytes(CODE_CHARACTERS))
    code = f"{village.code}-" + "".join(ALPHABET[(number >> (5 * i)) & 31] for i in range(CODE_CHARACTERS))
    row = {"village_id": village.village_id, "code_hash": _hash(code), "created_by": by, "created_at": now}
    tx.execute(insert(enrolments).values(**row, expires_at=now + GOOD_FOR, used_at=None))
    return EnrolmentCode(code, now + GOOD_FOR)


def enrol(tx: Connection, request: EnrolRequest, *, now: datetime, random_bytes: RandomBytes) -> EnrolAnswer | None:
    """Make the kiosk with its number and token. None for a code that is wrong, used or too old: nobody is told which.

    BrokenContract for a public key that is none.
    """
    village = village_by_code(tx, request.code.rpartition("-")[0])
    if village is None:
        return None
    lock_book(tx, village.village_id)
    if not _use(tx, village.village_id, _hash(request.code), now):
        return None
    public_key = bytes.fromhex(request.public_key)
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise BrokenContract([Fault("public_key", "这不是 Ed25519 的公钥")])
    token = make_token(village.code, random_bytes(TOKEN_BYTES))
    kiosk = add_kiosk(
        tx, village.village_id, public_key=public_key, token_hash=token_hash(token), version=request.version, now=now
    )
    return EnrolAnswer(village=village.code, village_name=village.name, kiosk=kiosk, token=token)


def kiosk_of_token(tx: Connection, token: str) -> tuple[Village, Kiosk] | None:
    """The village and kiosk of a bearer token, revoked and frozen ones too; None for any other text."""
    village = village_by_code(tx, token.partition("-")[0])
    kiosk = kiosk_by_token(tx, village.village_id, token_hash(token)) if village else None
    return (village, kiosk) if village and kiosk else None


def _use(tx: Connection, village_id: int, code_hash: bytes, now: datetime) -> bool:
    """Use a code up. False when there is none that is good."""
    here = (enrolments.c.village_id == village_id) & (enrolments.c.code_hash == code_hash)
    row = tx.execute(select(enrolments).where(here)).one_or_none()
    if row is None or row.used_at is not None or now >= row.expires_at:
        return False
    tx.execute(update(enrolments).where(here).values(used_at=now))
    return True


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
