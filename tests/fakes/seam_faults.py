"""The ledger at the end of a seam history, held against what must be. Pure: each difference is one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tests.fakes.seam_reckoning import Case, Reckoning


@dataclass(frozen=True)
class Found:
    """The ledger as it is. ``sums`` are the accounts added up from single transfers; ``standing`` the redemptions that are not
    reversed: (household, points, fen) by the id of the entry that moved them; ``cases`` by kind and document."""

    balances: Mapping[str, int]
    sums: Mapping[str, int]
    standing: Mapping[UUID, tuple[str, int, int]]
    shelf: Mapping[str, int]
    moves: Mapping[str, int]
    cases: frozenset[Case]
    households: frozenset[tuple[str, str | None]]
    days: Mapping[tuple[int, int], bool]
    held: Mapping[str, int]
    now: datetime


def faults(must: Reckoning, found: Found, entry_of: Mapping[tuple[int, int], UUID]) -> list[str]:
    """Everything in which the ledger differs from what must be, in words; empty when nothing does. ``entry_of``: ids by place."""
    return [
        *must.wrong,
        *_points(must, found),
        *_sales(must, found, entry_of),
        *_shelf(must, found),
        *_cases(must, found),
        *(f"day {place}: agrees {found.days.get(place)}, not {right}" for place, right in must.days.items()
          if found.days.get(place) is not right),
    ]  # fmt: skip


def _points(must: Reckoning, found: Found) -> Iterable[str]:
    if total := sum(found.balances.values()):
        yield f"the book's sum is {total}"
    for account in sorted(found.balances.keys() | found.sums.keys()):
        if found.balances.get(account, 0) != found.sums.get(account, 0):
            yield f"{account} says {found.balances.get(account)}, its transfers {found.sums.get(account)}"
    for household, points in must.points.items():
        here = found.balances.get(f"household:{household}")
        if here != points:
            yield f"{household} has {here}, not {points}"
        if found.held.get(household, 0) != must.held(household, found.now):
            yield f"{household}: {found.held.get(household)} points are held, not {must.held(household, found.now)}"
        if points < 0 and household not in must.sunk_by_office and ("below_floor", household) not in found.households:
            yield f"{household} is at {points} and nobody was told"


def _sales(must: Reckoning, found: Found, entry_of: Mapping[tuple[int, int], UUID]) -> Iterable[str]:
    right = {
        entry_of[sale.kiosk, sale.number]: (sale.household, sale.total, sale.cash_fen)
        for sale in must.standing.values()
    }
    for id_ in right.keys() - found.standing.keys():
        yield f"the sale {id_} is lost: {right[id_]}"
    for id_ in found.standing.keys() - right.keys():
        yield f"a sale that was none, or twice: {id_} {found.standing[id_]}"
    for id_ in right.keys() & found.standing.keys():
        if right[id_] != found.standing[id_]:
            yield f"the sale {id_} is {found.standing[id_]}, not {right[id_]}"
    if (cash := sum(fen for _, _, fen in found.standing.values())) != must.cash_fen:
        yield f"cash is {cash}, not {must.cash_fen}"


def _shelf(must: Reckoning, found: Found) -> Iterable[str]:
    for barcode, pieces in must.shelf.items():
        if not found.shelf.get(barcode) == found.moves.get(barcode, 0) == pieces:
            yield f"{barcode}: {found.shelf.get(barcode)} on the shelf, {found.moves.get(barcode)} by moves, not {pieces}"


def _cases(must: Reckoning, found: Found) -> Iterable[str]:
    """Every case that must be is, and of these kinds there is no other."""
    kinds = {kind for kind, _ in found.cases}
    for kind, document in must.cases:
        if (kind not in kinds) if document is None else ((kind, document) not in found.cases):
            yield f"nobody was told: {kind} {document}"
    exact = (
        "stock_negative",
        "order_gone",
        "slip_twice",
        "slip_unknown",
        "day_differs",
        "count_differs",
        "void_without_sale",
    )
    for kind, document in found.cases:
        if kind in exact and (kind, document) not in must.cases:
            yield f"somebody was told for nothing: {kind} {document}"
