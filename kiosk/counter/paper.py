"""A deal's paper: its copies one after another, how each ended, and what somebody saw of it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from kiosk.counter.deals import Deal
from kiosk.counter.effects import Beep, Effect, GiveUpPaper, PrintedDraft, PrintReceipt, WriteEntries
from kiosk.counter.events import Moment, Paper, PaperState
from kiosk.counter.values import Done, Printing, PrintUnknown, Till
from schemas.refusals import FaultCode

Step = tuple[Till, tuple[Effect, ...]]

MOST_COPIES = 999  # schemas.entries.Printed.copy_number


def print_copy(till: Till, sale: Deal, copy: int, beep: Beep) -> Step:
    """That copy goes to the printer."""
    return replace(till, face=Printing(sale, copy)), (beep, PrintReceipt(sale, copy))


def came(till: Till, event: PaperState, moment: Moment) -> Step:
    """The end of a copy: a fact to write, and for the copy in hand the next question or none."""
    write = _paper_fact(till, moment, event.sale, event.copy, event.state)
    match till.face:
        case Printing(sale, copy) if sale.id == event.sale and copy == event.copy:
            if event.state is Paper.PRINTED:
                return replace(till, face=Done(sale, True)), (write,)
            trouble = event.trouble or FaultCode.PRINTER_UNKNOWN
            return replace(till, face=PrintUnknown(sale, copy, trouble)), (write, Beep.REFUSED)
        case _:
            return till, (write,)


def seen(till: Till, face: PrintUnknown, moment: Moment, state: Paper) -> Step:
    """Somebody looked: it is there, or it is given up. Either way nobody asks again."""
    done = replace(till, face=Done(face.sale, state is Paper.PRINTED))
    over = GiveUpPaper(face.sale.id, face.copy)
    if face.copy < 0:
        return done, (over,)
    return done, (_paper_fact(till, moment, face.sale.id, face.copy, state), over)


def reprint(till: Till, face: PrintUnknown) -> Step:
    """The next copy: marked 补打 and numbered, unless no copy ever went to the printer."""
    if face.copy >= MOST_COPIES:
        return till, ()
    copy = face.copy + 1
    return replace(till, face=Printing(face.sale, copy)), (PrintReceipt(face.sale, copy),)


def _paper_fact(till: Till, moment: Moment, sale: UUID, copy: int, state: Paper) -> WriteEntries:
    return WriteEntries((PrintedDraft(moment.ids[0], sale, copy, state),), moment, till.clerk)
