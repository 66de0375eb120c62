"""Reading in what a dead kiosk left on its stick: the copy's head is signed with its key, so it is taken as if the kiosk had sent it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ledger.kiosks.intake import Forked, Gap, Revoked, Taken
from ledger.kiosks.store import Kiosk, kiosk_by_id
from ledger.kiosks.taking import take_part
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.journal_copy import BrokenCopy, copied_entries, read_head, signed_by, whose_copy
from schemas.kiosk_api import EntryOutcome, UploadedEntry
from schemas.problems import BrokenContract, Fault

UNIT = 250  # entries a unit of work: others post in between


@dataclass(frozen=True, slots=True)
class SignedCopy:
    """What may be taken of a copy: its entries up to the signed head. ``unsigned`` came after it and are not taken."""

    kiosk: Kiosk
    entries: tuple[UploadedEntry, ...]
    unsigned: tuple[UploadedEntry, ...]


def read_signed_copy(database: Database, village: Village, path: Path) -> SignedCopy:
    """The copy at ``path``, with its head beside it, checked: village and kiosk by its name, chain, signature.

    BrokenContract with the words for whatever does not hold, OSError.
    """
    whose = whose_copy(path.name)
    if whose is None or whose[0] != village.code:
        raise _wrong(f"不是这个村的副本：{path.name}。副本叫 merit-{village.code}-机号.journal，不要改名")
    kiosk = database.read(lambda tx: kiosk_by_id(tx, village.village_id, whose[1]))
    if kiosk is None:
        raise _wrong(f"这个村没有 {whose[1]} 号机")
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            entries = tuple(copied_entries(lines))
    except BrokenCopy as broken:
        raise _wrong(f"第 {broken.number} 笔对不上校验，一笔也没有读进") from broken
    except UnicodeDecodeError as error:
        raise _wrong("里面有读不出的字，一笔也没有读进") from error
    signed = _signed_up_to(village, kiosk, path, entries)
    return SignedCopy(kiosk, entries[:signed], entries[signed:])


def _signed_up_to(village: Village, kiosk: Kiosk, path: Path, entries: tuple[UploadedEntry, ...]) -> int:
    head = None
    with suppress(FileNotFoundError):
        head = read_head(path.with_suffix(".head").read_text(encoding="ascii", errors="replace"))
    if head is None:
        raise _wrong(f"没有签名：{path.with_suffix('.head').name} 要和副本放在一起")
    if head.number > len(entries):
        raise _wrong(f"副本少了：签名签到第 {head.number} 笔，里面只到第 {len(entries)} 笔")
    signed = signed_by(head, village.code, kiosk.kiosk_id, kiosk.public_key)
    if not signed or entries[head.number - 1].link != head.link:
        raise _wrong("签名和这台机登记的对不上")
    return head.number


def take_copy(
    database: Database, village: Village, copy: SignedCopy, now: datetime
) -> tuple[EntryOutcome, ...] | Gap | Forked | Revoked:
    """Take what is not held yet, in units of ``UNIT``; the outcomes of what was new. May be done again, and moves nothing then.

    The last entry of it that is held goes along, so that another history under the same numbers is found out.
    """
    held = min(copy.kiosk.taken_up_to, len(copy.entries))
    rest = copy.entries[max(0, held - 1) :]
    outcomes: list[EntryOutcome] = []
    for start in range(0, len(rest), UNIT):
        part = rest[start : start + UNIT]
        taken = take_part(database, village, copy.kiosk.kiosk_id, part, now)
        if not isinstance(taken, Taken):
            return taken
        outcomes += [outcome for outcome in taken.outcomes if not outcome.repeated]
    return tuple(outcomes)


def _wrong(words: str) -> BrokenContract:
    return BrokenContract([Fault("FILE", words)])
