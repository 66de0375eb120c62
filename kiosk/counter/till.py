"""The till: ``step(state, event, moment)`` → the next state and what is to be done. No clock, no chance, no I/O."""

from __future__ import annotations

from dataclasses import fields, replace

from kiosk.counter import book as books
from kiosk.counter import sales
from kiosk.counter.book import CounterBook, SoldHere
from kiosk.counter.effects import Effect
from kiosk.counter.events import (
    Answered,
    Device,
    DeviceTrouble,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
    PaperState,
    Rebooted,
    Scanned,
    SnapshotCame,
    Tap,
    Tick,
    Written,
)
from kiosk.counter.scans import scanned
from kiosk.counter.taps import tapped
from kiosk.counter.values import (
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    Line,
    NoSnapshot,
    Note,
    NotEnrolled,
    Pending,
    Refused,
    Till,
)
from schemas.kiosk_api import Snapshot

Step = tuple[Till, tuple[Effect, ...]]

NOBODY = "kiosk"  # the clerk of entries while the village has named none
_UNSEEN = frozenset({"version", "face_since", "touched_ms", "book"})


def step(till: Till, event: Event, moment: Moment) -> Step:
    """The state after the event, its version raised if anything on the screen changed, and the effects in order."""
    book = till.book
    today = books.day_of(book, moment.wall) if book is not None and moment.clock_trusted else None
    timed = replace(till, clock_trusted=moment.clock_trusted, today=today)
    if isinstance(event, Tap | Scanned):
        timed = replace(timed, touched_ms=moment.monotonic_ms)
    after, effects = _happen(timed, event, moment)
    after, more = sales.take_up(after)
    return _versioned(till, after, moment), (*effects, *more)


def _happen(till: Till, event: Event, moment: Moment) -> Step:
    match event:
        case Tap():
            return tapped(till, event, moment)
        case Scanned(code):
            return scanned(till, code)
        case Enrolled(kiosk):
            return replace(
                till, kiosk=kiosk, face=NoSnapshot() if isinstance(till.face, NotEnrolled) else till.face
            ), ()
        case SnapshotCame(snapshot):
            return _snapshot(till, snapshot), ()
        case LineChanged(line):
            return _line(till, line), ()
        case Written(entries):
            return sales.written(till, entries)
        case NotWritten(entry, fault):
            return sales.not_written(till, entry, fault)
        case Answered(outcome):
            return sales.answered(till, outcome)
        case NoAnswer(sale):
            return sales.no_answer(till, sale)
        case PaperState():
            return sales.paper_came(till, event, moment)
        case DeviceTrouble(device, trouble):
            return (replace(till, printer=trouble) if device is Device.PRINTER else replace(till, scanner=trouble)), ()
        case Tick():
            return _ticked(till, moment), ()
        case Rebooted(pending, sold):
            return _rebooted(till, pending, sold), ()


def _snapshot(till: Till, snapshot: Snapshot) -> Till:
    book = books.open_book(snapshot, till.book.sold if till.book else ())
    clerks = [clerk.login for clerk in snapshot.clerks]
    clerk = till.clerk if till.clerk in clerks else next(iter(clerks), NOBODY)
    till = replace(till, book=book, clerk=clerk)
    match till.face:
        case NoSnapshot():
            return sales.rest(till)
        case HouseholdShown(customer) if customer.household not in book.households:
            return sales.rest(till)
        case _:
            return till


def _line(till: Till, line: Line) -> Till:
    """A confirm button says where the sale will be kept, so a change of the line is a new question."""
    face = till.face
    if isinstance(face, Confirm):
        face = replace(face, offline=not line.sells_online)
    return replace(till, line=line, face=face)


def _ticked(till: Till, moment: Moment) -> Till:
    still_ms = moment.monotonic_ms - till.touched_ms
    match till.face:
        case HouseholdShown() | Cart() | Confirm() | Refused() if still_ms >= till.idle_ms:
            return replace(sales.rest(till), notice=Note.CLEARED)
        case Done() if still_ms >= till.done_ms:
            return sales.rest(till)
        case Idle() if till.notice is not None and still_ms >= till.idle_ms + till.done_ms:
            return replace(till, notice=None)
        case _:
            return till


def _rebooted(till: Till, pending: tuple[Pending, ...], sold: tuple[SoldHere, ...]) -> Till:
    book: CounterBook | None = till.book
    if book is not None:
        book = books.open_book(book.snapshot, (*book.sold, *sold))
    return replace(till, book=book, pending=pending)


def _versioned(before: Till, after: Till, moment: Moment) -> Till:
    if not _visibly(before, after):
        return after
    version = before.version + 1
    moved = after.face != before.face
    touched = moment.monotonic_ms if isinstance(after.face, Done) and moved else after.touched_ms
    return replace(after, version=version, face_since=version if moved else before.face_since, touched_ms=touched)


def _visibly(before: Till, after: Till) -> bool:
    names = (field.name for field in fields(Till) if field.name not in _UNSEEN)
    return any(getattr(before, name) != getattr(after, name) for name in names) or _book_moved(before.book, after.book)


def _book_moved(before: CounterBook | None, after: CounterBook | None) -> bool:
    if before is after or before is None or after is None:
        return before is not after
    return before.sold != after.sold or not books.same_but_for_time(before.snapshot, after.snapshot)
