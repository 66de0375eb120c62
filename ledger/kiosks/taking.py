"""Taking a part of a journal so that an entry over which the program stumbles holds nothing else up.

A part is one unit of work. When it fails for a reason that lies in an entry (a bug, a constraint), its entries go one by one, and the one
that fails alone as well is put into quarantine, with a case. What lies in the machine (database away, disk full, memory) is a fault
and puts nothing aside: the kiosk sends again.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from ledger.kiosks.intake import Forked, Gap, Revoked, Taken, put_aside, take
from ledger.storage.database import Database
from ledger.villages.store import Village, open_cases
from schemas.kiosk_api import UploadedEntry

# Entries of a kiosk that nobody has looked at yet: with more of them it is the program, not the entries.
MOST_STUMBLES = 10
_THEIR_SQLSTATES = ("22", "23", "P0")  # data, constraint, a trigger's own refusal
_THEIR_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_log = structlog.get_logger("ledger.kiosks")

Result = Taken | Gap | Forked | Revoked


def take_part(
    database: Database, village: Village, kiosk_id: int, part: Sequence[UploadedEntry], now: datetime
) -> Result:
    """``intake.take`` in as few units of work as it needs; what was taken before a Gap or a fault stays taken.

    Raises what lies in the machine (StorageFault and the like), BrokenContract, and, for more stumbles than can lie in the entries,
    the error itself.
    """
    try:
        return database.write(lambda tx: take(tx, village, kiosk_id, part, now))
    except Exception as error:
        if not lies_in_an_entry(error):
            raise
        _say("part_stumbled", village, kiosk_id, part[0].number, error)
    return _one_by_one(database, village, kiosk_id, part, now)


def lies_in_an_entry(error: Exception) -> bool:
    """True when the same entry would fail in the same way on a healthy machine. What is not known is the machine's."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return str(state)[:2] in _THEIR_SQLSTATES if state else isinstance(error, IntegrityError | DataError)
    cause = error.orig if isinstance(error, StatementError) else error
    return isinstance(cause, _THEIR_ERRORS)


def _one_by_one(
    database: Database, village: Village, kiosk_id: int, part: Sequence[UploadedEntry], now: datetime
) -> Result:
    taken = Taken(0, ())
    for entry in part:
        match _take_one(database, village, kiosk_id, entry, now):
            case Taken() as one:
                taken = taken.then(one)
            case other:
                return other
    return taken


def _take_one(database: Database, village: Village, kiosk_id: int, entry: UploadedEntry, now: datetime) -> Result:
    try:
        return database.write(lambda tx: take(tx, village, kiosk_id, [entry], now))
    except Exception as error:
        if not lies_in_an_entry(error) or database.read(_many_stumbles(village, kiosk_id)):
            raise
        _say("entry_quarantined", village, kiosk_id, entry.number, error)
    return database.write(lambda tx: put_aside(tx, village, kiosk_id, entry, now))


def _many_stumbles(village: Village, kiosk_id: int) -> Callable[[Connection], bool]:
    def work(tx: Connection) -> bool:
        mine = [case for case in open_cases(tx, village.village_id) if case.kind == "entry_quarantined"]
        stumbles = [case for case in mine if case.figures.get("stumbled") and case.figures.get("kiosk") == kiosk_id]
        return len(stumbles) >= MOST_STUMBLES

    return work


def _say(event: str, village: Village, kiosk_id: int, number: int, error: Exception) -> None:
    """Loudly, with the place in the program. No message of the error: it may hold names and tokens."""
    frames = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]
    kinds = [type(error).__name__, *([type(error.orig).__name__] if isinstance(error, StatementError) else [])]
    _log.error(event, village=village.code, kiosk=kiosk_id, number=number, kinds=kinds, frames=frames)
