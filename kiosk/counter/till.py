"""The till: ``step(state, event, moment)`` → the next state and what is to be done. No clock, no chance, no I/O."""

from __future__ import annotations

from dataclasses import fields, replace

from kiosk.counter import book as books
from kiosk.counter import resting
from kiosk.counter.book import CounterBook
from kiosk.counter.effects import Effect
from kiosk.counter.events import Event, Moment, Scanned, Tap
from kiosk.counter.happening import happened
from kiosk.counter.values import Done, Till

Step = tuple[Till, tuple[Effect, ...]]

_UNSEEN = frozenset({"version", "face_since", "touched_ms", "book", "wall"})


def step(till: Till, event: Event, moment: Moment) -> Step:
    """The state after the event, its version raised if anything on the screen changed, and the effects in order."""
    book = till.book
    today = books.day_of(book, moment.wall) if book is not None and moment.clock_trusted else None
    timed = replace(till, clock_trusted=moment.clock_trusted, today=today, wall=moment.wall)
    if isinstance(event, Tap | Scanned):
        timed = replace(timed, touched_ms=moment.monotonic_ms)
    after, effects = happened(timed, event, moment)
    after, more = resting.take_up(after)
    return _versioned(till, after, moment), (*effects, *more)


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
