"""Between two customers: nobody is served, and what a restart left over comes up, one thing after the other."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter.effects import Effect, Send
from kiosk.counter.values import Idle, NoSnapshot, OpenSale, PrintUnknown, Till, Waiting

Step = tuple[Till, tuple[Effect, ...]]


def rest(till: Till) -> Till:
    """Waiting for a card, nothing told."""
    return replace(till, face=NoSnapshot() if till.book is None else Idle(), notice=None)


def take_up(till: Till) -> Step:
    """At rest, the next thing left over from before a restart comes first."""
    if not till.pending or not isinstance(till.face, Idle | NoSnapshot):
        return till, ()
    first, *others = till.pending
    till = replace(till, pending=tuple(others), notice=None)
    if isinstance(first, OpenSale):
        return replace(till, face=Waiting(first.sale, True)), (Send(first.sale.id),)
    return replace(till, face=PrintUnknown(first.sale, first.copy, None, True)), ()
