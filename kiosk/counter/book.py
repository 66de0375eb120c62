"""The counter's own reckoning: the ledger's snapshot, and what was sold here since. Pure functions of ``CounterBook``.

A sale counts from the moment it was asked for until a snapshot holds it, so that two sales in a row, and two days without a
line, never spend the same points or the same goods twice at one counter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.kiosk_api import EntryOutcome, Snapshot, SnapshotCard, SnapshotGood, SnapshotHousehold, SnapshotOrder
from schemas.limits import Purse

POSTED = "posted"
RECORDED = "recorded"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class SoldHere:
    """A sale that the snapshot may not know. ``on`` is the village's day, None when the clock was not trusted.

    ``handed_over`` is the id of that entry when the goods went without an answer. ``taken``: the ledger holds it, as of its
    transfer ``seq`` (None: it did not say). ``fact``: whatever the ledger says it happened (a void, stock, collected goods); what
    came back or came in counts below zero. ``ordered`` is the order that it fulfils or gives up.
    """

    sale: UUID
    household: str
    total: int
    goods: tuple[tuple[str, int], ...]
    on: date | None
    handed_over: UUID | None = None
    taken: bool = False
    seq: int | None = None
    fact: bool = False
    ordered: UUID | None = None

    @property
    def is_hold(self) -> bool:
        """Points kept for goods ordered ahead: no goods go with them, and the ledger may refuse."""
        return not self.fact and not self.goods


@dataclass(frozen=True, slots=True)
class CounterBook:
    """The snapshot with its indexes, and what was sold here since."""

    snapshot: Snapshot
    sold: tuple[SoldHere, ...]
    households: Mapping[str, SnapshotHousehold]
    cards: Mapping[str, SnapshotCard]
    goods: Mapping[str, SnapshotGood]


def open_book(snapshot: Snapshot, sold: Iterable[SoldHere] = ()) -> CounterBook:
    """A book on that snapshot; sales that the snapshot holds already are left out."""
    return CounterBook(
        snapshot=snapshot,
        sold=tuple(sale for sale in sold if not _held(sale, snapshot)),
        households={household.number: household for household in snapshot.households},
        cards={card.hash: card for card in snapshot.cards},
        goods={good.barcode: good for good in snapshot.goods},
    )


def _held(sale: SoldHere, snapshot: Snapshot) -> bool:
    return sale.taken and (sale.seq is None or sale.seq <= snapshot.seq)


# ── what changes it ─────────────────────────────────────────────────────────────────────────────────────────────────


def sell(book: CounterBook, sale: SoldHere) -> CounterBook:
    """The book with one more sale. A sale it has already changes nothing."""
    known = any(other.sale == sale.sale for other in book.sold)
    return book if known else replace(book, sold=(*book.sold, sale))


def hand_over(book: CounterBook, sale: UUID, entry: UUID) -> CounterBook:
    """The goods of that sale went without an answer."""
    return _with(book, sale, lambda sold: replace(sold, handed_over=entry))


def forget(book: CounterBook, sale: UUID) -> CounterBook:
    """The sale was refused or called off: it takes neither points nor goods."""
    return replace(book, sold=tuple(other for other in book.sold if other.sale != sale))


def unanswered_holds(book: CounterBook) -> frozenset[UUID]:
    """The orders of which the ledger has not said whether it keeps the points."""
    return frozenset(sold.sale for sold in book.sold if sold.is_hold and not sold.taken)


def answered(book: CounterBook, *outcomes: EntryOutcome) -> CounterBook:
    """The book after the ledger's outcomes of some entries, in any order and as often as they come.

    What was sold is gone through once for all of them: after days without a line there are thousands of both.
    """
    heard = {outcome.id: outcome for outcome in outcomes if outcome.id is not None}
    sold = tuple(after for sale in book.sold if (after := _after(sale, heard)) is not None)
    return book if sold == book.sold else replace(book, sold=sold)


def _after(sale: SoldHere, heard: Mapping[UUID, EntryOutcome]) -> SoldHere | None:
    """The sale once these outcomes are known, its own and its hand-over's; None when it takes neither points nor goods."""
    own = heard.get(sale.sale)
    gone = heard.get(sale.handed_over) if sale.handed_over is not None else None
    if own is not None and own.outcome == QUARANTINED:
        if sale.is_hold:
            return None  # the ledger keeps no points for what it could not read
    elif own is not None and (sale.fact or own.outcome == POSTED):
        return replace(sale, taken=True, seq=own.seq)
    elif own is not None and sale.handed_over is None:
        return None
    if gone is not None and gone.outcome != QUARANTINED and not sale.taken:
        return replace(sale, taken=True, seq=gone.seq)
    return sale


def _with(book: CounterBook, sale: UUID, change: Callable[[SoldHere], SoldHere]) -> CounterBook:
    return replace(book, sold=tuple(change(sold) if sold.sale == sale else sold for sold in book.sold))


# ── what is read from it ────────────────────────────────────────────────────────────────────────────────────────────


def day_of(book: CounterBook, instant: datetime) -> date:
    """The village's day of an aware instant."""
    return instant.astimezone(ZoneInfo(book.snapshot.village.timezone)).date()


def purse(book: CounterBook, household: str, today: date | None, *, without: UUID | None = None) -> Purse:
    """What that household may spend now, as far as this counter knows. KeyError for a household that is not in the snapshot.

    ``today`` None: the clock is not trusted, and every sale here counts against the day. ``without`` leaves one sale out.
    """
    known = book.households[household]
    here = [sale for sale in book.sold if sale.household == household and sale.sale != without]
    same_day = today is None or day_of(book, book.snapshot.taken_at) == today
    return Purse(
        available=known.balance - sum(sale.total for sale in here),
        floor=known.floor,
        spent_today=(known.spent_today if same_day else 0) + sum(sale.total for sale in here if _on(sale, today)),
        blocked=known.state == "blocked",
        closed=known.state == "closed",
    )


def _on(sale: SoldHere, today: date | None) -> bool:
    """An untrusted clock, then or now, can only count more against the day, never less; nor can what came back."""
    if sale.total < 0:
        return today is not None and sale.on == today
    return today is None or sale.on is None or sale.on == today


def spent_offline(book: CounterBook, household: str, today: date | None, *, without: UUID | None = None) -> int:
    """Points of goods that went to that household without an answer on that day."""
    here = (sale for sale in book.sold if sale.handed_over is not None and sale.household == household)
    return sum(sale.total for sale in here if sale.sale != without and _on(sale, today))


def sold_offline(book: CounterBook, *, without: UUID | None = None) -> int:
    """Points of all goods that went without an answer and that the ledger does not hold yet."""
    return sum(s.total for s in book.sold if s.handed_over is not None and not s.taken and s.sale != without)


def stock_left(book: CounterBook, barcode: str, *, without: UUID | None = None) -> int:
    """What should be on the shelf. KeyError for goods that are not on the price list."""
    gone = sum(
        quantity
        for sale in book.sold
        if sale.sale != without
        for sold_barcode, quantity in sale.goods
        if sold_barcode == barcode
    )
    return book.goods[barcode].stock - gone


def open_orders(book: CounterBook, household: str) -> tuple[SnapshotOrder, ...]:
    """The household's orders that were neither collected nor given up here since."""
    over = {sale.ordered for sale in book.sold if sale.ordered is not None}
    return tuple(order for order in book.snapshot.orders if order.household == household and order.id not in over)


def goods_page(book: CounterBook, first: int, size: int) -> tuple[SnapshotGood, ...]:
    """The tiles from ``first`` (an index into the price list), at most ``size``."""
    return tuple(book.snapshot.goods[first : first + size])


def same_but_for_time(one: Snapshot, other: Snapshot) -> bool:
    """True when a newer snapshot shows nothing new, so that the screen may stay as it is."""
    return one.model_copy(update={"taken_at": other.taken_at}) == other
