"""A small checker of histories: what callers were told against what the book holds. Pure.

A history is what each caller saw of each request: ``ok`` (posted or held), ``no`` (refused), or nothing at all because the program died
or the database failed while it waited: ``unknown``. Told means kept; unknown may be kept once or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

DONE = ("posted", "held", "released")


@dataclass(frozen=True, slots=True)
class Event:
    """``asked`` and ``told`` are moments of one clock that only rises; ``told`` and ``code`` are None when nobody answered."""

    id: UUID
    asked: int
    told: int | None = None
    code: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What the book holds: each decided id with code and seq, and the ids of its transfers in order."""

    outcomes: Mapping[UUID, tuple[str, int | None]]
    transfers: Sequence[UUID]


def problems(history: Sequence[Event], kept: Kept) -> list[str]:
    """Everything that cannot be; empty for a history that is right."""
    return [*_lost(history, kept), *_counted_wrong(history, kept), *_out_of_order(history)]


def _lost(history: Sequence[Event], kept: Kept) -> list[str]:
    return [
        f"{event.id} was told {event.code} {event.seq}, the book has {kept.outcomes.get(event.id)}"
        for event in history
        if event.code is not None and kept.outcomes.get(event.id) != (event.code, event.seq)
    ]


def _counted_wrong(history: Sequence[Event], kept: Kept) -> list[str]:
    known = {event.id for event in history}
    found = [f"{id_} is in the book twice" for id_ in set(kept.transfers) if kept.transfers.count(id_) > 1]
    found += [f"{id_} was never asked for" for id_ in kept.transfers if id_ not in known]
    posted = {id_: seq for id_, (code, seq) in kept.outcomes.items() if code == "posted"}
    if posted != {id_: seq for seq, id_ in enumerate(kept.transfers, start=1)}:
        found.append("posted outcomes and transfers are not the same")
    return found


def _out_of_order(history: Sequence[Event]) -> list[str]:
    """Who asked after somebody else had been told comes after them in the book."""
    asked = sorted((e for e in history if e.seq is not None), key=lambda event: event.asked)
    told = sorted((e for e in history if e.seq is not None and e.told is not None), key=lambda event: event.told or 0)
    found, latest, place = [], 0, 0
    for event in asked:
        while place < len(told) and (told[place].told or 0) < event.asked:
            latest = max(latest, told[place].seq or 0)
            place += 1
        if (event.seq or 0) < latest:
            found.append(f"{event.id} was asked after {latest} had been told, and got {event.seq}")
    return found
