"""Signing what the log holds, and never two histories: compare with what was signed last, sign, remember, publish.

Only what is committed gets signed, so signing opens its own snapshot and is no part of a posting. The new checkpoint is on disk
beside the key before anybody sees it; a crash in between costs nothing, the next call publishes the same note.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from ledger.book.keys import KeyFolder, KeyRecord, LogKey, RandomBytes, new_key, rotated, started_over
from ledger.book.log_tables import checkpoints, countersignatures, log_keys
from ledger.book.proofs import root_at
from ledger.book.reading import book_head
from ledger.storage.database import Database
from schemas.canonical import MAX_INTEGER, instant_text
from schemas.notes import (
    Checkpoint,
    Signature,
    SignedNote,
    VerifierKey,
    read_checkpoint,
    read_note,
    read_vkey,
    sign,
    signers,
)
from schemas.problems import BrokenContract, Fault


class SigningFault(Exception):
    """Nothing was signed, and trying again changes nothing until a person has acted. ``words`` tell what to do."""

    code = "signing_fault"

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class RestoreFirst(SigningFault):
    """The database is older than, or other than, what the key has signed."""

    code = "restore_first"


class KeyLost(SigningFault):
    """The log has a key, but its file is not in the folder."""

    code = "log_key_lost"


def sign_checkpoint(
    database: Database,
    village_id: int,
    village: str,
    folder: KeyFolder,
    *,
    now: datetime,
    random_bytes: RandomBytes = os.urandom,
) -> SignedNote:
    """The signed checkpoint of the book as it is; makes the key on first use. Asked again with nothing new, the same note.

    RestoreFirst when the book does not go on from what was signed before, KeyLost when the key's file is gone.
    """
    with folder.held(village):
        key = folder.load(village) or _first_key(database, village_id, village, random_bytes, now)
        checkpoint = database.read(lambda tx: _to_sign(tx, village_id, key))
        note = sign(checkpoint.text, key.signer)
        if note != key.last:
            folder.save(village, replace(key, last=note))
        database.write(lambda tx: _publish(tx, village_id, key, note, now))
    return note


def rotate_key(
    database: Database,
    village_id: int,
    village: str,
    folder: KeyFolder,
    *,
    now: datetime,
    random_bytes: RandomBytes = os.urandom,
    lost: str | None = None,
) -> LogKey:
    """A new key, named by the old. With ``lost`` (why), the old one is gone or the book was broken, and nobody names the new one.

    KeyLost when there is no key to rotate and nothing was said to be lost.
    """
    with folder.held(village):
        if lost is None:
            key = folder.load(village)
            if key is None:
                raise KeyLost(f"{village} 在这台机器上没有封账密钥，换不了")
            fresh = rotated(village, key, random_bytes, now)
        else:
            known = database.read(lambda tx: key_history(tx, village_id))
            fresh = started_over(village, known, random_bytes, now, lost)
        folder.save(village, fresh)
        database.write(lambda tx: publish_keys(tx, village_id, fresh.history))
    return fresh


def latest_checkpoint(
    tx: Connection, village_id: int, *, at_least: int = 0, at_most: int = MAX_INTEGER
) -> SignedNote | None:
    """The newest published note of that many transfers with the countersignatures that hold; None when there is none."""
    here = (checkpoints.c.village_id == village_id) & checkpoints.c.size.between(at_least, at_most)
    newest = checkpoints.c.size.desc(), checkpoints.c.signed_at.desc()
    row = tx.execute(select(checkpoints.c.note, checkpoints.c.size).where(here).order_by(*newest).limit(1)).first()
    if row is None:
        return None
    note = read_note(row.note)
    beside = (countersignatures.c.village_id == village_id) & (countersignatures.c.size == row.size)
    lines = select(countersignatures.c.vkey, countersignatures.c.line).where(beside)
    found = tx.execute(lines.order_by(countersignatures.c.added_at)).all()
    return note.with_signatures(signature for vkey, line in found for signature in _under(note, vkey, line))


def _under(note: SignedNote, vkey: str, line: str) -> Sequence[Signature]:
    """A countersignature of this very note. One of another note of that size (a book that began anew), or a spoiled one, is none."""
    try:
        signed = read_note(f"{note.text}\n{line}\n")
        return signed.signatures if signers(signed, [read_vkey(vkey)]) else ()
    except BrokenContract:
        return ()


def published(tx: Connection, village_id: int) -> list[SignedNote]:
    """Every checkpoint of the village, smallest first, as the database has them: whoever reads them checks the signatures."""
    query = select(checkpoints.c.note).where(checkpoints.c.village_id == village_id)
    return [read_note(note) for note in tx.execute(query.order_by(checkpoints.c.size)).scalars()]


def key_history(tx: Connection, village_id: int) -> list[KeyRecord]:
    """The log's public keys, oldest first; the last one signs now."""
    query = select(log_keys).where(log_keys.c.village_id == village_id).order_by(log_keys.c.number)
    return [
        KeyRecord(row["vkey"], instant_text(row["since"]), row["reason"], row["endorsement"])
        for row in tx.execute(query).mappings()
    ]


def add_countersignature(
    tx: Connection, village_id: int, note: SignedNote, key: VerifierKey, now: datetime
) -> Checkpoint:
    """Keep ``key``'s signature under a checkpoint that we published; a second time changes nothing.

    BrokenContract when the note is not one of ours, or ``key`` did not sign it.
    """
    checkpoint = read_checkpoint(note.text)
    same = (checkpoints.c.village_id == village_id) & (checkpoints.c.size == checkpoint.size)
    ours = {read_note(full).text for full in tx.execute(select(checkpoints.c.note).where(same)).scalars()}
    if note.text not in ours:
        raise BrokenContract([Fault("note", f"这份不是本村第 {checkpoint.size} 笔的封账，没有收")])
    if signers(note, [key]) != [key]:
        raise BrokenContract([Fault("note", f"上面没有 {key.name} 的签名，没有收")])
    row = {"village_id": village_id, "size": checkpoint.size, "vkey": key.text}
    there = [countersignatures.c[name] == value for name, value in row.items()]
    if tx.execute(select(countersignatures.c.size).where(*there)).first() is None:
        line = next(s.line for s in note.signatures if (s.name, s.key_id) == (key.name, key.key_id))
        tx.execute(insert(countersignatures).values(**row, line=line, added_at=now))
    return checkpoint


def _first_key(database: Database, village_id: int, village: str, random_bytes: RandomBytes, now: datetime) -> LogKey:
    """A key for a log that never had one. A log that had one does not get another by itself."""
    if database.read(lambda tx: key_history(tx, village_id)):
        raise KeyLost(f"{village} 的封账密钥不在了。把 U 盘副本放回来；真丢了，跑 merit-ledger key rotate --lost 原因")
    return new_key(village, random_bytes, now)


def _to_sign(tx: Connection, village_id: int, key: LogKey) -> Checkpoint:
    """The book's head, once it is seen to go on from everything this key has signed."""
    size, root = book_head(tx, village_id)
    here = (checkpoints.c.village_id == village_id) & (checkpoints.c.key_id == key.signer.verifier.key_id)
    newest = select(checkpoints.c.note).where(here).order_by(checkpoints.c.size.desc()).limit(1)
    signed = [read_checkpoint(read_note(note).text) for note in tx.execute(newest).scalars()]
    if key.last_checkpoint is not None:
        signed.append(key.last_checkpoint)
    for before in signed:
        if before.size > size:
            raise RestoreFirst(
                f"签到过第 {before.size} 笔，账里只有 {size} 笔：这是旧的一份。先把新的一份放回来，再封账"
            )
        if _root_kept(tx, village_id, before.size) != before.root:
            raise RestoreFirst(f"账里头 {before.size} 笔和签过的不一样：不是原来那本。先 merit-ledger verify，不要封账")
    if _root_kept(tx, village_id, size) != root:
        raise RestoreFirst("账里各笔和存着的根对不上。先 merit-ledger verify，不要封账")
    return Checkpoint(key.signer.name, size, root)


def _root_kept(tx: Connection, village_id: int, size: int) -> bytes | None:
    try:
        return root_at(tx, village_id, size)
    except (LookupError, TypeError, ValueError):  # rows gone, or overwritten with something that is no bytes
        return None


def _publish(tx: Connection, village_id: int, key: LogKey, note: SignedNote, now: datetime) -> None:
    publish_keys(tx, village_id, key.history)
    record_note(tx, village_id, note, key.signer.verifier.key_id, now)


def record_note(tx: Connection, village_id: int, note: SignedNote, key_id: bytes, now: datetime) -> None:
    """Publish a checkpoint; one that is there already stays as it is."""
    checkpoint = read_checkpoint(note.text)
    row = {"village_id": village_id, "size": checkpoint.size, "key_id": key_id}
    there = [checkpoints.c[name] == value for name, value in row.items()]
    if tx.execute(select(checkpoints.c.size).where(*there)).first() is None:
        tx.execute(insert(checkpoints).values(**row, root=checkpoint.root, note=note.full, signed_at=now))


def publish_keys(tx: Connection, village_id: int, history: Sequence[KeyRecord]) -> None:
    """Write the public keys that the database does not have yet."""
    known = {record.vkey for record in key_history(tx, village_id)}
    for record in history:
        if record.vkey not in known:
            known.add(record.vkey)
            row = {"village_id": village_id, "number": len(known), "vkey": record.vkey, "reason": record.reason}
            since = datetime.fromisoformat(record.since).astimezone(UTC)
            tx.execute(insert(log_keys).values(**row, endorsement=record.endorsement, since=since))
