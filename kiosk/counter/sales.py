"""One sale as others see it: the entry it becomes, the counter's book, the ledger's answer, the cart it came from."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook, SoldHere
from kiosk.counter.effects import Draft, Effect, WriteEntries
from kiosk.counter.events import Moment, WrittenEntry
from kiosk.counter.values import Cart, Sale, Saving, Till
from schemas.journal import check_text
from schemas.kiosk_api import EntryOutcome

Step = tuple[Till, tuple[Effect, ...]]


def save(till: Till, saving: Saving, moment: Moment, *drafts: Draft) -> Step:
    """Written before anything follows from it; ``keeping.written`` goes on."""
    return replace(till, face=saving), (WriteEntries(drafts, moment, till.clerk),)


def numbered(sale: Sale, entries: tuple[WrittenEntry, ...]) -> Sale:
    """The sale with the number and the check of its entry."""
    return replace(sale, number=entries[0].number, check=check_text(entries[0].link))


def sold_here(book: CounterBook, sale: Sale) -> SoldHere:
    """The sale as the counter's book counts it."""
    goods = tuple((line.barcode, line.quantity) for line in sale.lines)
    if sale.slip is not None:
        handed = sale.id if sale.offline else None
        return SoldHere(sale.id, sale.customer.household, sale.total, goods, sale.slip.day, handed, fact=True)
    on = books.day_of(book, sale.at) if sale.clock_trusted else None
    return SoldHere(sale.id, sale.customer.household, sale.total, goods, on)


def answered_sale(sale: Sale, outcome: EntryOutcome) -> Sale:
    """The sale with the ledger's own balance after it, and so before it; without one, the counter's figures stay."""
    if outcome.balance is None:
        return sale
    return replace(sale, after=outcome.balance, before=outcome.balance + sale.total)


def cart_again(sale: Sale) -> Cart:
    """The cart that the sale came from; a PIN that was shown for it is shown again."""
    way = replace(sale.way, pin_checked=False)
    return Cart(sale.customer, sale.lines, way=way, ordering=sale.until is not None, slip=sale.slip)
