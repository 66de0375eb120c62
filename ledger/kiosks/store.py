"""Kiosks and their journals as they were received: rows in, rows out. Nothing here decides what an entry does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Connection, RowMapping, Select, bindparam, func, insert, select, union, update

from ledger.kiosks.tables import entries, forks, kiosks
from ledger.storage.bulk import Columns, among, insert_columns
from schemas.journal import FIRST_LINK, fingerprint
from schemas.kiosk_api import EntryOutcome, UploadedEntry

CONTACT_EVERY = timedelta(minutes=1)  # how exactly 上次联网 is kept
MOST_ASIDE = 20_000_000  # characters of a stopped kiosk's entries: years of a shop's sales


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A kiosk as the ledger knows it: its journal is held up to ``taken_up_to``, which has ``link``."""

    kiosk_id: int
    public_key: bytes
    version: str
    enrolled_at: datetime
    revoked_at: datetime | None
    frozen_at: datetime | None
    last_contact_at: datetime
    unsent: int | None
    taken_up_to: int
    link: bytes

    @property
    def fingerprint(self) -> str:
        """Eight digits to compare with the kiosk's own screen."""
        return fingerprint(self.public_key)


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry of the journal with what became of it."""

    number: int
    entry_id: UUID | None
    kind: str
    follows: UUID | None
    outcome: EntryOutcome


def kiosk_by_token(tx: Connection, village_id: int, token_hash: bytes) -> Kiosk | None:
    """The kiosk whose bearer token has that SHA-256, revoked and frozen ones too, or None."""
    row = tx.execute(_BY_TOKEN, {"village": village_id, "hash": token_hash}).mappings().one_or_none()
    return _kiosk(row) if row is not None else None


def kiosk_by_id(tx: Connection, village_id: int, kiosk_id: int) -> Kiosk | None:
    """The kiosk with that number, or None."""
    row = tx.execute(_BY_ID, {"village": village_id, "kiosk": kiosk_id}).mappings().one_or_none()
    return _kiosk(row) if row is not None else None


def all_kiosks(tx: Connection, village_id: int) -> list[Kiosk]:
    """Every kiosk by number, revoked ones too."""
    query = select(kiosks).where(kiosks.c.village_id == village_id).order_by(kiosks.c.kiosk_id)
    return [_kiosk(row) for row in tx.execute(query).mappings()]


def add_kiosk(
    tx: Connection, village_id: int, *, public_key: bytes, token_hash: bytes, version: str, now: datetime
) -> int:
    """A new kiosk with an empty journal; its number, never given twice."""
    query = select(func.coalesce(func.max(kiosks.c.kiosk_id), 0)).where(kiosks.c.village_id == village_id)
    kiosk_id = int(tx.execute(query).scalar_one()) + 1
    row = {"village_id": village_id, "kiosk_id": kiosk_id, "public_key": public_key, "token_hash": token_hash}
    row |= {"version": version, "enrolled_at": now, "last_contact_at": now, "taken_up_to": 0, "link": FIRST_LINK}
    tx.execute(insert(kiosks).values(**row, revoked_at=None, frozen_at=None, unsent=None))
    return kiosk_id


def touch(tx: Connection, village_id: int, kiosk_id: int, now: datetime, unsent: int | None = None) -> None:
    """Note that the kiosk was in contact, and how many entries it said it has not sent yet (None: it did not say)."""
    _change(tx, village_id, kiosk_id, last_contact_at=now, unsent=unsent)


def revoke(tx: Connection, village_id: int, kiosk_id: int, now: datetime) -> bool:
    """Stop a kiosk for good. False when there is none, or it was stopped before."""
    kiosk = kiosk_by_id(tx, village_id, kiosk_id)
    if kiosk is None or kiosk.revoked_at is not None:
        return False
    _change(tx, village_id, kiosk_id, revoked_at=now)
    return True


def freeze(tx: Connection, village_id: int, kiosk_id: int, now: datetime) -> None:
    """Stop a kiosk whose number has two histories."""
    _change(tx, village_id, kiosk_id, frozen_at=now)


def links_held(tx: Connection, village_id: int, kiosk_id: int, first: int, last: int) -> dict[int, bytes]:
    """The links of entries ``first`` to ``last`` that are held; number 0 has the first link of all."""
    held = {row.number: row.link for row in tx.execute(_LINKS, _part(village_id, kiosk_id, first, last))}
    return {0: FIRST_LINK, **held} if first <= 0 else held


def outcomes_held(tx: Connection, village_id: int, kiosk_id: int, first: int, last: int) -> dict[int, EntryOutcome]:
    """The frozen outcomes of entries ``first`` to ``last`` that are held."""
    found = tx.execute(_OUTCOMES, _part(village_id, kiosk_id, first, last))
    return {row.number: EntryOutcome.model_validate_json(row.outcome) for row in found}


def entries_about(tx: Connection, village_id: int, kiosk_id: int, sales: Collection[UUID]) -> list[KeptEntry]:
    """This kiosk's entries that are or follow one of these sales, in order."""
    found = tx.execute(_about(tx.dialect.name), {"village": village_id, "sales": list(sales)}).mappings()
    mine = (_entry(row) for row in found if row["kiosk_id"] == kiosk_id)
    return sorted(mine, key=lambda kept: kept.number)


def ids_used(tx: Connection, village_id: int, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that an entry of any kiosk of the village has already."""
    return set(tx.execute(_used(tx.dialect.name), {"village": village_id, "ids": list(ids)}).scalars())


def append_entries(
    tx: Connection,
    village_id: int,
    kiosk_id: int,
    taken: Sequence[tuple[UploadedEntry, KeptEntry]],
    now: datetime,
) -> None:
    """Keep entries with their outcomes at the end of the journal."""
    insert_columns(tx, entries, _columns(village_id, kiosk_id, taken, now))
    last = taken[-1][0]
    end = {"number": last.number, "link": bytes.fromhex(last.link), "now": now}
    tx.execute(_MOVE_END, {"village": village_id, "kiosk": kiosk_id, **end})


def keep_aside(tx: Connection, village_id: int, kiosk_id: int, sent: Sequence[UploadedEntry], now: datetime) -> None:
    """Keep entries that did not become part of the journal, each once. Beyond ``MOST_ASIDE`` none is added: whoever has a
    stopped kiosk's key must not fill the disk, and the kiosk itself keeps what was never taken."""
    if not sent:
        return
    here = (forks.c.village_id == village_id) & (forks.c.kiosk_id == kiosk_id)
    held = int(tx.execute(select(func.coalesce(func.sum(func.length(forks.c.text)), 0)).where(here)).scalar_one())
    between = forks.c.number.between(sent[0].number, sent[-1].number)
    known = {(row.number, row.link) for row in tx.execute(select(forks.c.number, forks.c.link).where(here, between))}
    fresh = [entry for entry in sent if (entry.number, bytes.fromhex(entry.link)) not in known]
    keys = {"village_id": village_id, "kiosk_id": kiosk_id, "received_at": now}
    rows = [{**keys, "number": e.number, "link": bytes.fromhex(e.link), "text": e.text} for e in fresh]
    if rows and held < MOST_ASIDE:
        tx.execute(insert(forks), rows)


def kept_aside(tx: Connection, village_id: int) -> dict[int, int]:
    """How many entries lie aside, by kiosk; kiosks without are absent."""
    query = select(forks.c.kiosk_id, func.count().label("many")).where(forks.c.village_id == village_id)
    return {row.kiosk_id: int(row.many) for row in tx.execute(query.group_by(forks.c.kiosk_id))}


def _change(tx: Connection, village_id: int, kiosk_id: int, **values: Any) -> None:
    here = (kiosks.c.village_id == village_id) & (kiosks.c.kiosk_id == kiosk_id)
    tx.execute(update(kiosks).where(here).values(**values))


def _part(village_id: int, kiosk_id: int, first: int, last: int) -> dict[str, int]:
    return {"village": village_id, "kiosk": kiosk_id, "first": first, "last": last}


def _columns(
    village_id: int, kiosk_id: int, taken: Sequence[tuple[UploadedEntry, KeptEntry]], now: datetime
) -> Columns:
    return {
        "village_id": [village_id] * len(taken),
        "kiosk_id": [kiosk_id] * len(taken),
        "number": [sent.number for sent, _ in taken],
        "entry_id": [kept.entry_id for _, kept in taken],
        "kind": [kept.kind for _, kept in taken],
        "follows": [kept.follows for _, kept in taken],
        "text": [sent.text for sent, _ in taken],
        "link": [bytes.fromhex(sent.link) for sent, _ in taken],
        "received_at": [now] * len(taken),
        "outcome": [kept.outcome.model_dump_json() for _, kept in taken],
    }


def _entry(row: RowMapping) -> KeptEntry:
    outcome = EntryOutcome.model_validate_json(row["outcome"])
    return KeptEntry(row["number"], row["entry_id"], row["kind"], row["follows"], outcome)


_FIELDS = tuple(Kiosk.__dataclass_fields__)

_BY_TOKEN = select(kiosks).where(kiosks.c.village_id == bindparam("village"), kiosks.c.token_hash == bindparam("hash"))
_BY_ID = select(kiosks).where(kiosks.c.village_id == bindparam("village"), kiosks.c.kiosk_id == bindparam("kiosk"))
_MOVE_END = (
    update(kiosks)
    .where(kiosks.c.village_id == bindparam("village"), kiosks.c.kiosk_id == bindparam("kiosk"))
    .values(taken_up_to=bindparam("number"), link=bindparam("link"), last_contact_at=bindparam("now"))
)
_PART = (
    (entries.c.village_id == bindparam("village"))
    & (entries.c.kiosk_id == bindparam("kiosk"))
    & entries.c.number.between(bindparam("first"), bindparam("last"))
)
_LINKS = select(entries.c.number, entries.c.link).where(_PART)
_OUTCOMES = select(entries.c.number, entries.c.outcome).where(_PART)


@cache
def _about(dialect: str) -> CompoundSelect[Any]:
    """A union, of every kiosk, in no order: so that each part goes by its own index, however long the journal is."""
    all_ = select(entries).where(entries.c.village_id == bindparam("village"))
    return union(*(all_.where(among(column, "sales", dialect)) for column in (entries.c.entry_id, entries.c.follows)))


@cache
def _used(dialect: str) -> Select[Any]:
    return select(entries.c.entry_id).where(
        entries.c.village_id == bindparam("village"), among(entries.c.entry_id, "ids", dialect)
    )


def _kiosk(row: RowMapping) -> Kiosk:
    return Kiosk(**{name: row[name] for name in _FIELDS})
