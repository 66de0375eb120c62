"""What was under way when the power went: read back from the journal, so that it is asked about and never done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

from pydantic import TypeAdapter

from kiosk.counter.book import POSTED, QUARANTINED, RECORDED, CounterBook, SoldHere, open_book
from kiosk.counter.deals import Deal, Filed, Sale
from kiosk.counter.events import Overturned, Rebooted
from kiosk.counter.filing import moved_by
from kiosk.counter.orders import collected_here
from kiosk.counter.sales import answered_sale, sold_here
from kiosk.counter.values import OpenPaper, OpenSale, Pending
from kiosk.journal.reading import JournalReader
from kiosk.journal.values import FactRow, KeptReceipt, SaleRow
from schemas.journal import check_text
from schemas.kiosk_api import EntryOutcome, Snapshot

_SALE: TypeAdapter[Sale] = TypeAdapter(Sale)
_FILED: TypeAdapter[Filed] = TypeAdapter(Filed)

_SETTLED = "handed_over IS NOT NULL OR called_off IS NOT NULL"
_OPEN_SALE = f"kind = 'asked' AND (answer IS NULL OR answer ->> 'outcome' = '{QUARANTINED}') AND NOT ({_SETTLED})"
_KNOWN_SLIP = (
    f"kind = 'slip_entered' AND answer ->> 'outcome' = '{RECORDED}'"  # the ledger had that number already: no sale
)
_HOLDS = (
    f"called_off IS NULL AND NOT coalesce({_KNOWN_SLIP}, 0)"
    f" AND (kind IN ('collected', 'slip_entered') OR handed_over IS NOT NULL OR answer ->> 'outcome' = '{POSTED}')"
)
_UNSEEN = "(paper IS NULL OR paper NOT IN ('printed', 'closed'))"
_OPEN_PAPER = f"{_HOLDS} AND {_UNSEEN}"
_MAYBE_UNKNOWN = (
    f"called_off IS NULL AND (answer IS NULL OR handed_over IS NOT NULL AND hand_answer IS NULL"
    f" OR answer ->> 'outcome' = '{QUARANTINED}' OR coalesce(answer ->> 'seq', 0) > ? OR coalesce(hand_answer ->> 'seq', 0) > ?)"
)
_FILED_UNKNOWN = f"answer IS NULL OR answer ->> 'outcome' = '{QUARANTINED}' OR coalesce(answer ->> 'seq', 0) > ?"
_ANSWERED_TWICE = "number IN (SELECT o.number FROM outcomes AS o GROUP BY o.number HAVING count(*) > 1)"
_FIRST = "(SELECT o.text ->> 'outcome' FROM outcomes AS o WHERE o.number = sales.number ORDER BY o.rowid LIMIT 1)"
_NOW = "answer ->> 'outcome'"
_OTHERWISE = f"({_FIRST} = '{POSTED}') <> ({_NOW} = '{POSTED}') AND '{QUARANTINED}' NOT IN ({_FIRST}, {_NOW})"
_OVERTURNED = f"kind = 'asked' AND NOT ({_SETTLED}) AND voided IS NULL AND {_ANSWERED_TWICE} AND {_OTHERWISE}"
_VOIDABLE = f"{_HOLDS} AND voided IS NULL AND number > ?"
VOIDABLE_ENTRIES = 2_000


def receipt_text(deal: Deal) -> KeptReceipt:
    """The deal as it is kept beside its entry."""
    if isinstance(deal, Sale):
        return KeptReceipt(deal.id, deal.token, _SALE.dump_json(deal).decode())
    return KeptReceipt(deal.id, "", _FILED.dump_json(deal).decode())


def recalled(journal: JournalReader, snapshot: Snapshot | None) -> Rebooted:
    """The event with which the till takes up where it was: open sales first, then paper that nobody has seen."""
    sales: list[Pending] = [OpenSale(_sale(row)) for row in journal.sales(_OPEN_SALE)]
    papers: list[Pending] = [OpenPaper(_sale(row), row.copy) for row in journal.sales(_OPEN_PAPER)]
    papers += [OpenPaper(_filed(row), row.copy) for row in journal.filed(_UNSEEN)]
    sold = tuple(_sold(journal, snapshot)) if snapshot else ()
    return Rebooted((*sales, *papers), sold, journal.last_clerk(), journal.cart_open(), frozenset(_slips(journal)))


def voidable(journal: JournalReader) -> tuple[Sale, ...]:
    """The sales that hold and were not voided, newest first, of the last ``VOIDABLE_ENTRIES`` entries."""
    head = journal.head()
    first = head.number - VOIDABLE_ENTRIES if head else 0
    return tuple(_sale(row) for row in reversed(journal.sales(_VOIDABLE, first)))


def overturned(journal: JournalReader) -> tuple[Overturned, ...]:
    """The sales of which the ledger said one thing first, on which the counter acted, and says another now; none that is settled."""
    return tuple(Overturned(_sale(row), gone=not _posted(row)) for row in journal.sales(_OVERTURNED))


def _sold(journal: JournalReader, snapshot: Snapshot) -> Iterator[SoldHere]:
    book = open_book(snapshot)
    for row in journal.sales(_MAYBE_UNKNOWN, snapshot.seq, snapshot.seq):
        sale = _sale(row)
        here = collected_here(sale) if row.kind == "collected" else sold_here(book, sale)
        yield _answered_row(row, here)
    for row in journal.filed(_FILED_UNKNOWN, snapshot.seq):
        yield from _moved(book, row)
    orders = "e.kind IN ('ordered', 'order_cancelled') AND NOT EXISTS (SELECT 1 FROM outcomes AS o WHERE o.number = e.number)"
    yield from (_order(row) for row in journal.facts(orders))


def _moved(book: CounterBook, row: SaleRow) -> Iterator[SoldHere]:
    moved = moved_by(book, _filed(row))
    if moved is not None:
        outcome = _outcome(row.answer)
        known = outcome is not None and outcome.outcome != QUARANTINED
        yield replace(moved, taken=known, seq=outcome.seq if outcome is not None and known else None)


def _order(row: FactRow) -> SoldHere:
    """An order, or the end of one, that the ledger has not answered."""
    entry = json.loads(row.text)
    id_ = UUID(entry["id"])
    if row.kind == "ordered":
        return SoldHere(id_, entry["household"], entry["total"], (), date.min)
    return SoldHere(id_, "", 0, (), date.min, fact=True, ordered=UUID(entry["ordered"]))


def _answered_row(row: SaleRow, sold: SoldHere) -> SoldHere:
    taken = [
        outcome
        for outcome in (_outcome(row.answer), _outcome(row.hand_answer))
        if outcome and outcome.outcome == POSTED
    ]
    handed = row.handed_over if row.kind == "asked" else sold.handed_over
    return replace(sold, handed_over=handed, taken=bool(taken), seq=taken[0].seq if taken else None)


def _slips(journal: JournalReader) -> Iterator[int]:
    """The numbers of the paper slips that were entered here: of all entries, as a journal made from its copy has no receipts."""
    return (int(json.loads(row.text)["slip"]) for row in journal.facts("e.kind = 'slip_entered'"))


def _sale(row: SaleRow) -> Sale:
    sale = _SALE.validate_json(row.receipt)
    outcome = _outcome(row.answer)
    posted = outcome is not None and outcome.outcome == POSTED
    offline = row.handed_over is not None if row.kind == "asked" else sale.offline
    offline = offline or (
        row.kind == "slip_entered" and not posted
    )  # its paper may come only now, and nobody has answered
    sale = replace(sale, number=row.number, check=check_text(row.link), offline=offline)
    return answered_sale(sale, outcome) if outcome is not None and posted and not offline else sale


def _filed(row: SaleRow) -> Filed:
    return replace(_FILED.validate_json(row.receipt), number=row.number, check=check_text(row.link))


def _posted(row: SaleRow) -> bool:
    outcome = _outcome(row.answer)
    return outcome is not None and outcome.outcome == POSTED


def _outcome(text: str | None) -> EntryOutcome | None:
    return EntryOutcome.model_validate_json(text) if text else None
