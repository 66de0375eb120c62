"""日结: added up from the journal, written, signed by the ledger if it answers, printed either way."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import DayClose
from kiosk.counter.desk import DayShown, Sealing
from kiosk.counter.effects import AddUpDay, Beep, Effect, PrintReceipt
from kiosk.counter.events import DayAddedUp, Moment, SealCame
from kiosk.counter.filing import file
from kiosk.counter.values import Printing, Till

Step = tuple[Till, tuple[Effect, ...]]


def begin(till: Till, book: CounterBook, moment: Moment) -> Step:
    """今天的账: the journal is asked. Without a trusted clock it is the machine's day, and the entry says so."""
    return replace(till, face=DayShown()), (AddUpDay(books.day_of(book, moment.wall)),)


def added_up(till: Till, event: DayAddedUp) -> Till:
    """The figures, for the face that waits for them."""
    return replace(till, face=DayShown(event.sum)) if till.face == DayShown() else till


def close(till: Till, face: DayShown, moment: Moment) -> Step | None:
    """日结，打日结单."""
    return None if face.sum is None else file(till, moment, DayClose(face.sum))


def sealed(till: Till, event: SealCame) -> Step:
    """Signed or not, the slip comes; without a signature it says so."""
    match till.face:
        case Sealing(filed) if isinstance(filed.what, DayClose):
            filed = replace(filed, what=replace(filed.what, seal=event.seal))
            beep = Beep.OK if event.seal is not None else Beep.OFFLINE
            return replace(till, face=Printing(filed, 0)), (beep, PrintReceipt(filed, 0))
        case _:
            return till, ()
