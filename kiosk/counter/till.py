"""The till: ``step(state, event, moment)`` → the next state and what is to be done. No clock, no chance, no I/O."""

from __future__ import annotations

from dataclasses import fields, replace

from kiosk.counter import aloud, day, persons, sales, voids
from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import PaperSlip
from kiosk.counter.desk import (
    CountTogether,
    Filing,
    Persons,
    PinPad,
    Sealing,
    SlipDays,
    SlipHousehold,
    SlipPad,
    StockDonor,
    StockGoods,
    StockPad,
    StockReasons,
    StockSheet,
)
from kiosk.counter.effects import Effect, PrintPassbook, ReadOverturned
from kiosk.counter.events import (
    Answered,
    AnswersChanged,
    Cared,
    DayAddedUp,
    Device,
    DeviceTrouble,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
    Overturned,
    PaperState,
    PassbookCame,
    PinAnswered,
    PinChecked,
    Rebooted,
    SalesFound,
    Scanned,
    SealCame,
    SlipEnded,
    SnapshotCame,
    Tap,
    Tick,
    Unheard,
    Written,
)
from kiosk.counter.scans import scanned
from kiosk.counter.taps import tapped
from kiosk.counter.telling import told
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    Line,
    NoSnapshot,
    Note,
    NotEnrolled,
    Printing,
    PrintUnknown,
    Saving,
    Till,
    Waiting,
)
from schemas.kiosk_api import Passbook, Snapshot

Step = tuple[Till, tuple[Effect, ...]]

COUNTING = 10  # goods are counted at the shelf, slips read from paper: they wait longer than a customer's figures
NOBODY = "kiosk"  # the clerk of entries while the village has named none
_UNSEEN = frozenset({"version", "face_since", "touched_ms", "book", "wall"})


def step(till: Till, event: Event, moment: Moment) -> Step:
    """The state after the event, its version raised if anything on the screen changed, and the effects in order."""
    book = till.book
    today = books.day_of(book, moment.wall) if book is not None and moment.clock_trusted else None
    timed = replace(till, clock_trusted=moment.clock_trusted, today=today, wall=moment.wall)
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
        case SalesFound():
            return voids.found(till, event), ()
        case DayAddedUp():
            return day.added_up(till, event), ()
        case SealCame():
            return day.sealed(till, event)
        case PinChecked():
            return persons.checked(till, event, moment)
        case PinAnswered():
            return persons.own_answered(till, event, moment)
        case PassbookCame(_, passbook):
            return _passbook(till, passbook)
        case SlipEnded(trouble):
            return (till, ()) if trouble is None else told(till, trouble)
        case Unheard():
            return aloud.unheard(till)
        case Answered(outcome):
            return sales.answered(till, outcome)
        case AnswersChanged():
            return till, (ReadOverturned(),)
        case Overturned():
            return sales.overturned(till, event, moment)
        case NoAnswer(sale):
            return sales.no_answer(till, sale)
        case PaperState():
            return sales.paper_came(till, event, moment)
        case DeviceTrouble(device, trouble):
            return (replace(till, printer=trouble) if device is Device.PRINTER else replace(till, scanner=trouble)), ()
        case Cared(troubles):
            return replace(till, troubles=troubles), ()
        case Tick():
            return _ticked(till, moment), ()
        case Rebooted():
            return _rebooted(till, event), (ReadOverturned(),)


def _passbook(till: Till, passbook: Passbook | None) -> Step:
    return told(till, Note.NO_PASSBOOK) if passbook is None else (till, (PrintPassbook(passbook),))


def _snapshot(till: Till, snapshot: Snapshot) -> Till:
    book = books.open_book(snapshot, till.book.sold if till.book else ())
    clerks = [clerk.login for clerk in snapshot.clerks]
    serving = [clerk.login for clerk in snapshot.clerks if clerk.serves]
    clerk = till.clerk if till.clerk in clerks else next(iter(serving), NOBODY)
    till = replace(till, book=book, clerk=clerk, idle_ms=snapshot.limits.idle_s * 1000)
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
        case Saving() | Filing() | Sealing() | Waiting() | AskHandOver() | Printing() | PrintUnknown():
            return till  # what is under way is never put away
        case Done() if still_ms >= till.done_ms:
            return sales.rest(till)
        case Idle() if till.notice is not None and still_ms >= till.idle_ms + till.done_ms:
            return replace(till, notice=None)
        case Idle() | Done() | NotEnrolled() | NoSnapshot():
            return till
        case StockDonor() | Persons(CountTogether()) | PinPad(CountTogether()) if still_ms < COUNTING * till.idle_ms:
            return till
        case StockSheet() | StockGoods() | StockPad() | StockReasons() if still_ms < COUNTING * till.idle_ms:
            return till
        case SlipPad() | SlipHousehold() | SlipDays() if still_ms < COUNTING * till.idle_ms:
            return till
        case Cart(slip=PaperSlip()) | Confirm(Cart(slip=PaperSlip())) if still_ms < COUNTING * till.idle_ms:
            return till
        case _ if still_ms >= till.idle_ms:
            return replace(sales.rest(till), notice=Note.CLEARED)
        case _:
            return till


def _rebooted(till: Till, event: Rebooted) -> Till:
    book: CounterBook | None = till.book
    clerk = till.clerk
    if book is not None:
        book = books.open_book(book.snapshot, (*book.sold, *event.sold))
        clerk = event.clerk if any(known.login == event.clerk for known in book.snapshot.clerks) else clerk
    told_now = Note.CART_LOST if event.cart_lost else till.notice
    return replace(till, book=book, pending=event.pending, clerk=clerk, notice=told_now, slips=till.slips | event.slips)


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
