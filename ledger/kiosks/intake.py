"""Taking a kiosk's journal: in order, each entry once, each with an outcome that is frozen beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from sqlalchemy import Connection

from ledger.book.store import lock_book
from ledger.book.values import Outcome
from ledger.kiosks.cases import entry_document, kiosk_document, raise_case
from ledger.kiosks.days import close_days
from ledger.kiosks.desk import Done
from ledger.kiosks.loading import open_desk
from ledger.kiosks.names import keep_names
from ledger.kiosks.reading import ReadEntry, read_entry
from ledger.kiosks.rules import QUARANTINED, Place, chain_faults, place_of
from ledger.kiosks.store import (
    KeptEntry,
    Kiosk,
    append_entries,
    freeze,
    ids_used,
    keep_aside,
    kiosk_by_id,
    links_held,
    outcomes_held,
)
from ledger.people.cards import card_scanned
from ledger.shop.store import apply
from ledger.villages.store import Village, open_case_count
from schemas.journal import head_message
from schemas.kiosk_api import EntryOutcome, Upload, UploadedEntry
from schemas.problems import BrokenContract, Fault

STUMBLED = "账本程序没能记上（告诉镇里）"


@dataclass(frozen=True, slots=True)
class Taken:
    """The ledger holds the journal up to ``taken_up_to``; one outcome for each entry that was sent, in order. ``to_look_at``: how
    many cases of the village were open then."""

    taken_up_to: int
    outcomes: tuple[EntryOutcome, ...]
    to_look_at: int = 0

    def then(self, later: Taken) -> Taken:
        """What was taken in two units of work, one after the other."""
        return replace(later, outcomes=(*self.outcomes, *later.outcomes))


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries in between are missing: nothing was taken, the next to send is ``taken_up_to + 1``."""

    taken_up_to: int


@dataclass(frozen=True, slots=True)
class Forked:
    """The number has two histories. The kiosk is frozen; what was sent lies aside."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """The village has stopped this kiosk. What was sent lies aside."""


def check_upload(village: Village, kiosk: Kiosk, upload: Upload) -> None:
    """BrokenContract unless the entries are chained and their head is signed with the kiosk's key. Reads and writes nothing."""
    faults = chain_faults(upload.entries)
    last = upload.entries[-1]
    message = head_message(village.code, kiosk.kiosk_id, last.number, bytes.fromhex(last.link))
    try:
        VerifyKey(kiosk.public_key).verify(message, bytes.fromhex(upload.signature))
    except (BadSignatureError, ValueError):
        faults.append(Fault("signature", "签名和这台机登记的对不上"))
    if faults:
        raise BrokenContract(faults, code="bad_chain")


def take(
    tx: Connection, village: Village, kiosk_id: int, sent: Sequence[UploadedEntry], now: datetime
) -> Taken | Gap | Forked | Revoked:
    """Take entries that ``check_upload`` let pass: effects, outcomes and the journal's new end in this one unit of work.

    BrokenContract when the first text does not give its link; nothing is written then.
    """
    return _place_and(_take_all, tx, village, kiosk_id, sent, now)


def put_aside(
    tx: Connection, village: Village, kiosk_id: int, entry: UploadedEntry, now: datetime
) -> Taken | Gap | Forked | Revoked:
    """The same for an entry over which ``take`` stumbles: it becomes part of the journal, in quarantine, and does nothing."""
    return _place_and(_quarantine, tx, village, kiosk_id, [entry], now)


def _place_and(
    work: Callable[[Connection, Village, Kiosk, Sequence[UploadedEntry], datetime], Taken],
    tx: Connection, village: Village, kiosk_id: int, sent: Sequence[UploadedEntry], now: datetime,
) -> Taken | Gap | Forked | Revoked:  # fmt: skip
    """``work`` with entries that fit the journal as it is held; what does not fit is dealt with here."""
    lock_book(tx, village.village_id)
    kiosk = kiosk_by_id(tx, village.village_id, kiosk_id)
    assert kiosk is not None  # noqa: S101 - kiosks are never deleted
    if kiosk.revoked_at is not None:
        return _after_revoking(tx, village, kiosk, sent, now)
    held = links_held(tx, village.village_id, kiosk_id, sent[0].number - 1, sent[-1].number)
    place = Place.FORK if kiosk.frozen_at is not None else place_of(sent, kiosk.taken_up_to, held)
    match place:
        case Place.GAP:
            return Gap(kiosk.taken_up_to)
        case Place.FORK:
            other = [entry for entry in sent if held.get(entry.number, b"").hex() != entry.link]
            return _fork(tx, village, kiosk, other, now)
        case Place.BROKEN:
            raise BrokenContract(
                [Fault("entries.0.link", f"第 {sent[0].number} 笔的内容和校验对不上")], code="bad_chain"
            )
    taken = work(tx, village, kiosk, sent, now)
    return replace(taken, to_look_at=open_case_count(tx, village.village_id))


def _take_all(tx: Connection, village: Village, kiosk: Kiosk, sent: Sequence[UploadedEntry], now: datetime) -> Taken:
    """One load, pure decisions in the journal's order, one posting; then the entries with what became of them."""
    again = _outcomes_again(tx, village, kiosk, sent)
    fresh = [read_entry(entry) for entry in sent if entry.number > kiosk.taken_up_to]
    if not fresh:
        return Taken(kiosk.taken_up_to, tuple(again))
    desk = open_desk(tx, village, kiosk, fresh, now)
    used = set(desk.used)
    decided = [(read, desk.take(read)) for read in fresh]
    posted = apply(tx, desk.shop)
    for token_hash in desk.scanned:
        card_scanned(tx, village.village_id, token_hash, now)
    kept = [_kept(read, _outcome(read, done, posted), used) for read, done in decided]
    append_entries(tx, village.village_id, kiosk.kiosk_id, kept, now)
    keep_names(tx, village.village_id, fresh)
    close_days(tx, village, kiosk, fresh, now)
    return Taken(sent[-1].number, (*again, *(entry.outcome for _, entry in kept)))


def _quarantine(tx: Connection, village: Village, kiosk: Kiosk, sent: Sequence[UploadedEntry], now: datetime) -> Taken:
    if again := _outcomes_again(tx, village, kiosk, sent):
        return Taken(kiosk.taken_up_to, tuple(again))
    [read] = [read_entry(entry) for entry in sent]
    used = ids_used(tx, village.village_id, {read.entry_id} if read.entry_id else set())
    kept = [_kept(read, _outcome(read, Done(QUARANTINED), {}), used)]
    append_entries(tx, village.village_id, kiosk.kiosk_id, kept, now)
    document = entry_document(village, kiosk.kiosk_id, read.sent.number)
    figures: dict[str, str | int] = {"kiosk": kiosk.kiosk_id, "entry": read.sent.number, "why": STUMBLED, "stumbled": 1}
    raise_case(tx, village, "entry_quarantined", document, figures, now)
    return Taken(read.sent.number, (kept[0][1].outcome,))


def _outcome(read: ReadEntry, done: Done, posted: Mapping[UUID, Outcome]) -> EntryOutcome:
    return EntryOutcome(
        number=read.sent.number,
        id=read.entry_id,
        outcome=done.outcome,
        figures=dict(done.figures),
        balance=done.balance,
        seq=posted[done.transfer].seq if done.transfer else None,
    )


def _outcomes_again(
    tx: Connection, village: Village, kiosk: Kiosk, sent: Sequence[UploadedEntry]
) -> list[EntryOutcome]:
    """The first outcomes of entries that were taken before."""
    last = min(sent[-1].number, kiosk.taken_up_to)
    if last < sent[0].number:
        return []
    held = outcomes_held(tx, village.village_id, kiosk.kiosk_id, sent[0].number, last)
    return [held[number].model_copy(update={"repeated": True}) for number in sorted(held)]


def _kept(read: ReadEntry, outcome: EntryOutcome, used: set[UUID]) -> tuple[UploadedEntry, KeptEntry]:
    """An id that another entry has stays with that one."""
    mine = None if read.entry_id in used else read.entry_id
    used |= {read.entry_id} if read.entry_id else set()
    return read.sent, KeptEntry(read.sent.number, mine, read.kind, read.follows, outcome)


def _fork(tx: Connection, village: Village, kiosk: Kiosk, sent: Sequence[UploadedEntry], now: datetime) -> Forked:
    if kiosk.frozen_at is None:
        freeze(tx, village.village_id, kiosk.kiosk_id, now)
    keep_aside(tx, village.village_id, kiosk.kiosk_id, sent, now)
    document = kiosk_document(village, kiosk.kiosk_id)
    raise_case(tx, village, "journal_fork", document, {"kiosk": kiosk.kiosk_id}, now)
    return Forked()


def _after_revoking(
    tx: Connection, village: Village, kiosk: Kiosk, sent: Sequence[UploadedEntry], now: datetime
) -> Revoked:
    new = [entry for entry in sent if entry.number > kiosk.taken_up_to]
    if new:
        keep_aside(tx, village.village_id, kiosk.kiosk_id, new, now)
        figures: dict[str, str | int] = {"kiosk": kiosk.kiosk_id, "entry": new[0].number, "why": "这台机停用以后才传来"}
        raise_case(tx, village, "entry_quarantined", kiosk_document(village, kiosk.kiosk_id), figures, now)
    return Revoked()
