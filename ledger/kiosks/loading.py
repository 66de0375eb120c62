"""One load for a unit of work of a journal: everything that its entries name, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from ledger.kiosks.desk import Desk
from ledger.kiosks.reading import ReadEntry
from ledger.kiosks.rules import SaleSoFar, happened_at, so_far_of
from ledger.kiosks.store import Kiosk, entries_about, ids_used
from ledger.people.cards import cards_by_hash
from ledger.people.memberships import roles_by_login
from ledger.people.store import households_by_number
from ledger.shop.store import Named, open_shop
from ledger.villages.store import Village
from schemas.entries import (
    AnyEntry,
    Collected,
    Counted,
    OrderCancelled,
    Ordered,
    Received,
    Sale,
    SlipEntered,
    WrittenOff,
)


def open_desk(tx: Connection, village: Village, kiosk: Kiosk, fresh: Sequence[ReadEntry], now: datetime) -> Desk:
    """The desk at which these entries are taken."""
    sales = sales_so_far(tx, village, kiosk, fresh)
    named = _named(village, fresh, kiosk, now)
    named.sales |= {one.transfer for one in sales.values() if one.transfer is not None}
    hashes = {
        bytes.fromhex(read.entry.card) for read in fresh if isinstance(read.entry, Sale | Ordered) and read.entry.card
    }
    return Desk(
        shop=open_shop(tx, village, named, now),
        kiosk=kiosk,
        households=households_by_number(tx, village.village_id, named.households),
        cards=cards_by_hash(tx, village.village_id, hashes),
        roles=roles_by_login(tx, village.village_id),
        sales=sales,
        used=ids_used(tx, village.village_id, named.ids),
    )


def sales_so_far(tx: Connection, village: Village, kiosk: Kiosk, fresh: Sequence[ReadEntry]) -> dict[UUID, SaleSoFar]:
    """What this kiosk's own journal has said of the sales that the entries are about: no kiosk settles another's sale."""
    about = {read.sale for read in fresh if read.sale}
    sales: dict[UUID, SaleSoFar] = {}
    for kept in entries_about(tx, village.village_id, kiosk.kiosk_id, about):
        sale = kept.follows or kept.entry_id
        if sale is not None:
            so_far = sales.get(sale, SaleSoFar())
            sales[sale] = so_far_of(so_far, kept.kind, kept.number, kept.outcome.outcome, kept.entry_id)
    return sales


def _named(village: Village, fresh: Sequence[ReadEntry], kiosk: Kiosk, now: datetime) -> Named:
    named = Named()
    for read in fresh:
        if read.entry_id is not None:
            named.ids.add(read.entry_id)
        named.numbers.add(f"{kiosk.kiosk_id}-{read.sent.number:06}")
        if read.follows is not None:
            named.sales.add(read.follows)
        if read.entry is not None:
            _name(named, read.entry)
        if isinstance(read.entry, Sale):
            named.days.add(village.today(happened_at(read.entry, now=now, enrolled_at=kiosk.enrolled_at)))
    return named


def _name(named: Named, entry: AnyEntry) -> None:
    """What one entry names, besides its own id and number."""
    if isinstance(entry, Sale | Ordered):
        named.households.add(entry.household)
        named.barcodes |= {line.barcode for line in entry.lines}
    if isinstance(entry, Sale):
        named.receipts.add(bytes.fromhex(entry.receipt))
    match entry:
        case Received() | Counted() | WrittenOff():
            named.barcodes |= {line.barcode for line in entry.lines}
        case Ordered():
            named.orders.add(entry.id)
        case OrderCancelled() | Collected():
            named.orders.add(entry.ordered)
        case SlipEntered():
            named.slips.add(entry.slip)
            named.numbers.add(f"0-{entry.slip:06}")
        case _:
            pass
