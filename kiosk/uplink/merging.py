"""A snapshot of what changed, put into the one that is held. Pure.

A kiosk names what it holds by a cursor (``schemas.cursor``); the ledger sends the parts that differ, whole. So a household or card
of such a part that is not among what came is gone. What cannot be right is found out by the parts' hashes, and fetched whole.
"""

from __future__ import annotations

from schemas.cursor import Parts, part_of
from schemas.kiosk_api import Snapshot


def cursor_of(held: Snapshot | None) -> str:
    """The cursor to ask with; "" for the whole: with nothing held, with an older ledger, and when what is held is not what its cursor
    says (a part was passed over by an older program, or the ledger is newer than this one)."""
    if held is None or not held.whole or Parts.of(held.households, held.cards).cursor != held.cursor:
        return ""
    return held.cursor


def merged(held: Snapshot | None, answer: Snapshot) -> Snapshot | None:
    """The whole snapshot after that answer; None when only a whole one will do. ``held`` is what was asked with, if anything was."""
    if answer.whole:
        return answer
    now = Parts.read(answer.cursor)
    changed = now.changed_since(held.cursor) if now is not None and held is not None else None
    if now is None or held is None or changed is None or not _fits(now, changed, answer):
        return None
    if not changed:
        return answer.model_copy(update={"whole": True, "households": held.households, "cards": held.cards})
    households = [one for one in held.households if part_of(one.number) not in changed] + answer.households
    cards = [card for card in held.cards if part_of(card.hash) not in changed] + answer.cards
    by_number = sorted(households, key=lambda one: one.number)
    by_hash = sorted(cards, key=lambda card: card.hash)
    return answer.model_copy(update={"whole": True, "households": by_number, "cards": by_hash})


def _fits(now: Parts, changed: frozenset[int], answer: Snapshot) -> bool:
    """True when what came is all of the parts that changed, as the cursor says they are now, and of no other part."""
    came = Parts.of(answer.households, answer.cards).hashes
    nothing = Parts.of([], []).hashes
    return came == tuple(now.hashes[n] if n in changed else nothing[n] for n in range(len(came)))
