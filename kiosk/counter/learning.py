"""What the counter is told: a register and price list, how the line is, what was under way before a restart."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter import resting
from kiosk.counter.book import CounterBook
from kiosk.counter.events import Rebooted
from kiosk.counter.values import Confirm, HouseholdShown, Line, NoSnapshot, Note, Till
from schemas.kiosk_api import Snapshot

NOBODY = "kiosk"  # the clerk of entries while the village has named none


def snapshot_came(till: Till, snapshot: Snapshot) -> Till:
    """A book on that snapshot. Who is served stays, unless the household is gone; so does who serves."""
    book = books.open_book(snapshot, till.book.sold if till.book else ())
    clerks = [clerk.login for clerk in snapshot.clerks]
    serving = [clerk.login for clerk in snapshot.clerks if clerk.serves]
    clerk = till.clerk if till.clerk in clerks else next(iter(serving), NOBODY)
    till = replace(till, book=book, clerk=clerk, idle_ms=snapshot.limits.idle_s * 1000)
    match till.face:
        case NoSnapshot():
            return resting.rest(till)
        case HouseholdShown(customer) if customer.household not in book.households:
            return resting.rest(till)
        case _:
            return till


def line_changed(till: Till, line: Line) -> Till:
    """A confirm button says where the sale will be kept, so a change of the line is a new question."""
    face = till.face
    if isinstance(face, Confirm):
        face = replace(face, offline=not line.sells_online)
    return replace(till, line=line, face=face)


def rebooted(till: Till, event: Rebooted) -> Till:
    """What was under way comes up again, one after the other; what was sold and the snapshot lacks counts."""
    book: CounterBook | None = till.book
    clerk = till.clerk
    if book is not None:
        book = books.open_book(book.snapshot, (*book.sold, *event.sold))
        clerk = event.clerk if any(known.login == event.clerk for known in book.snapshot.clerks) else clerk
    told_now = Note.CART_LOST if event.cart_lost else till.notice
    return replace(till, book=book, pending=event.pending, clerk=clerk, notice=told_now, slips=till.slips | event.slips)
