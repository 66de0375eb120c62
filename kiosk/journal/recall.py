"""What was under way when the power went: read back from the journal, so that it is asked about and never done twice."""

from __future__ import annotations

from dataclasses import replace

from pydantic import TypeAdapter

from kiosk.counter.book import POSTED, QUARANTINED, SoldHere, open_book
from kiosk.counter.events import Rebooted
from kiosk.counter.sales import answered_sale, sold_here
from kiosk.counter.values import OpenPaper, OpenSale, Pending, Sale
from kiosk.journal.journal import Journal, KeptReceipt, SaleRow
from schemas.journal import check_text
from schemas.kiosk_api import EntryOutcome, Snapshot

_SALE: TypeAdapter[Sale] = TypeAdapter(Sale)

_SETTLED = "handed_over IS NOT NULL OR called_off IS NOT NULL"
_OPEN_SALE = f"(answer IS NULL OR answer ->> 'outcome' = '{QUARANTINED}') AND NOT ({_SETTLED})"
_HOLDS = f"called_off IS NULL AND (handed_over IS NOT NULL OR answer ->> 'outcome' = '{POSTED}')"
_OPEN_PAPER = f"{_HOLDS} AND (paper IS NULL OR paper NOT IN ('printed', 'closed'))"
_MAYBE_UNKNOWN = (
    f"called_off IS NULL AND (answer IS NULL OR handed_over IS NOT NULL AND hand_answer IS NULL"
    f" OR answer ->> 'outcome' = '{QUARANTINED}' OR coalesce(answer ->> 'seq', 0) > ? OR coalesce(hand_answer ->> 'seq', 0) > ?)"
)


def receipt_text(sale: Sale) -> KeptReceipt:
    """The sale as it is kept beside its ``asked``."""
    return KeptReceipt(sale.id, sale.token, _SALE.dump_json(sale).decode())


def recalled(journal: Journal, snapshot: Snapshot | None) -> Rebooted:
    """The event with which the till takes up where it was: open sales first, then paper that nobody has seen."""
    sales: list[Pending] = [OpenSale(_sale(row)) for row in journal.sales(_OPEN_SALE)]
    papers: list[Pending] = [OpenPaper(_sale(row), row.copy) for row in journal.sales(_OPEN_PAPER)]
    return Rebooted((*sales, *papers), _sold(journal, snapshot) if snapshot else ())


def _sold(journal: Journal, snapshot: Snapshot) -> tuple[SoldHere, ...]:
    book = open_book(snapshot)
    rows = journal.sales(_MAYBE_UNKNOWN, snapshot.seq, snapshot.seq)
    return tuple(_sold_row(row, sold_here(book, _sale(row))) for row in rows)


def _sold_row(row: SaleRow, sold: SoldHere) -> SoldHere:
    taken = [
        outcome
        for outcome in (_outcome(row.answer), _outcome(row.hand_answer))
        if outcome and outcome.outcome == POSTED
    ]
    return replace(sold, handed_over=row.handed_over, taken=bool(taken), seq=taken[0].seq if taken else None)


def _sale(row: SaleRow) -> Sale:
    sale = _SALE.validate_json(row.receipt)
    sale = replace(sale, number=row.number, check=check_text(row.link), offline=row.handed_over is not None)
    outcome = _outcome(row.answer)
    posted = outcome is not None and outcome.outcome == POSTED and not sale.offline
    return answered_sale(sale, outcome) if outcome is not None and posted else sale


def _outcome(text: str | None) -> EntryOutcome | None:
    return EntryOutcome.model_validate_json(text) if text else None
