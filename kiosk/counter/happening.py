"""What happens to the till, sorted by where it comes from, to those who know what follows."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import aloud, answering, day, keeping, learning, paper, patience, persons, voids
from kiosk.counter.effects import Effect, PrintPassbook, ReadOverturned
from kiosk.counter.events import (
    Answered,
    AnswersChanged,
    ByHand,
    Cared,
    DayAddedUp,
    Device,
    DeviceTrouble,
    Enrolled,
    Event,
    FromJournal,
    FromLedger,
    FromMachine,
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
from kiosk.counter.values import NoSnapshot, Note, NotEnrolled, Till
from schemas.kiosk_api import Passbook

Step = tuple[Till, tuple[Effect, ...]]


def happened(till: Till, event: Event, moment: Moment) -> Step:
    """The state after the event, and what is to be done."""
    if isinstance(event, ByHand):
        return tapped(till, event, moment) if isinstance(event, Tap) else scanned(till, event.code, moment)
    if isinstance(event, FromJournal):
        return _from_the_journal(till, event, moment)
    if isinstance(event, FromLedger):
        return _from_the_ledger(till, event, moment)
    return _from_the_machine(till, event, moment)


def _from_the_journal(till: Till, event: FromJournal, moment: Moment) -> Step:
    match event:
        case Written(entries):
            return keeping.written(till, entries)
        case NotWritten(entry, fault):
            return keeping.not_written(till, entry, fault)
        case Rebooted():
            return learning.rebooted(till, event), (ReadOverturned(),)
        case Overturned():
            return answering.overturned(till, event, moment)
        case SalesFound():
            return voids.found(till, event), ()
        case DayAddedUp():
            return day.added_up(till, event), ()


def _from_the_ledger(till: Till, event: FromLedger, moment: Moment) -> Step:
    match event:
        case SnapshotCame(snapshot):
            return learning.snapshot_came(till, snapshot), ()
        case LineChanged(line):
            return learning.line_changed(till, line), ()
        case Answered(outcomes):
            return answering.answered(till, outcomes)
        case AnswersChanged():
            return till, (ReadOverturned(),)
        case NoAnswer(sale):
            return answering.no_answer(till, sale)
        case SealCame():
            return day.sealed(till, event)
        case PassbookCame(_, passbook):
            return _passbook(till, passbook)
        case PinAnswered():
            return persons.own_answered(till, event, moment)


def _from_the_machine(till: Till, event: FromMachine, moment: Moment) -> Step:
    match event:
        case Enrolled(kiosk):
            face = NoSnapshot() if isinstance(till.face, NotEnrolled) else till.face
            return replace(till, kiosk=kiosk, face=face), ()
        case Tick():
            return patience.ticked(till, moment), ()
        case PaperState():
            return paper.came(till, event, moment)
        case SlipEnded(trouble):
            return (till, ()) if trouble is None else told(till, trouble)
        case DeviceTrouble(device, trouble):
            return (replace(till, printer=trouble) if device is Device.PRINTER else replace(till, scanner=trouble)), ()
        case Cared(troubles):
            return replace(till, troubles=troubles), ()
        case PinChecked():
            return persons.checked(till, event, moment)
        case Unheard():
            return aloud.unheard(till)


def _passbook(till: Till, passbook: Passbook | None) -> Step:
    return told(till, Note.NO_PASSBOOK) if passbook is None else (till, (PrintPassbook(passbook),))
