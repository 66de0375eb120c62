"""What follows once the journal holds an entry, or could not be written."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter import filing, orders, paper, resting, sales
from kiosk.counter.book import CounterBook
from kiosk.counter.desk import Filing
from kiosk.counter.effects import Beep, Effect, Send
from kiosk.counter.events import WrittenEntry
from kiosk.counter.values import AskHandOver, Note, Recording, Refused, Sale, Saving, Till, Waiting
from schemas.refusals import FaultCode

Step = tuple[Till, tuple[Effect, ...]]

_FROM_A_CART = (Recording.ASK, Recording.ASK_AND_HAND_OVER, Recording.ORDER, Recording.SLIP)


def written(till: Till, entries: tuple[WrittenEntry, ...]) -> Step:
    """What follows once the journal holds it. Other entries than the face waits for (``printed``) change nothing."""
    face = till.face
    if isinstance(face, Filing) and till.book is not None and entries[0].id == face.filed.id:
        return filing.filed_written(till, till.book, face.filed, entries)
    if not isinstance(face, Saving) or till.book is None or entries[0].id != face.entry:
        return till, ()
    return _sale_written(till, till.book, face, entries)


def _sale_written(till: Till, held: CounterBook, face: Saving, entries: tuple[WrittenEntry, ...]) -> Step:
    match face.what:
        case Recording.ASK:
            sale = sales.numbered(face.sale, entries)
            book = books.sell(held, sales.sold_here(held, sale))
            return replace(till, face=Waiting(sale), book=book), (Send(sale.id),)
        case Recording.ASK_AND_HAND_OVER:
            sale = sales.numbered(face.sale, entries)
            book = books.hand_over(books.sell(held, sales.sold_here(held, sale)), sale.id, entries[-1].id)
            return paper.print_copy(replace(till, book=book), sale, 0, Beep.OFFLINE)
        case Recording.HAND_OVER:
            book = books.hand_over(held, face.sale.id, entries[-1].id)
            return paper.print_copy(replace(till, book=book), face.sale, 0, Beep.OFFLINE)
        case Recording.CALL_OFF:
            return replace(resting.rest(till), book=books.forget(held, face.sale.id)), (Beep.OK,)
        case Recording.ORDER:
            sale = sales.numbered(face.sale, entries)
            book = books.sell(held, orders.held_here(sale))
            return replace(till, face=Waiting(sale), book=book), (Send(sale.id),)
        case Recording.COLLECT:
            sale = sales.numbered(face.sale, entries)
            book = books.sell(held, orders.collected_here(sale))
            return paper.print_copy(replace(till, book=book), sale, 0, Beep.OFFLINE if sale.offline else Beep.OK)
        case Recording.SLIP:
            return _slip_written(till, held, sales.numbered(face.sale, entries))
        case Recording.CANCEL_ORDER:
            book = books.sell(held, orders.cancelled_here(face.sale))
            return replace(resting.rest(till), book=book, notice=Note.ORDER_OFF), (Beep.OK,)


def _slip_written(till: Till, held: CounterBook, sale: Sale) -> Step:
    """A paper slip holds: with a line the ledger is heard first, as another kiosk or the office may have entered it before."""
    slips = till.slips | ({sale.slip.number} if sale.slip else set())
    till = replace(till, slips=slips, book=books.sell(held, sales.sold_here(held, sale)))
    if sale.offline:
        return paper.print_copy(till, sale, 0, Beep.OFFLINE)
    return replace(till, face=Waiting(sale)), (Send(sale.id),)


def not_written(till: Till, entry: UUID, fault: FaultCode) -> Step:
    """Nothing was written, so nothing happened: back to the question, with the fault told."""
    match till.face:
        case Saving(sale, what, saving) if saving == entry and what in _FROM_A_CART:
            return replace(till, face=Refused(fault, sales.cart_again(sale))), (Beep.REFUSED,)
        case Saving(_, Recording.COLLECT | Recording.CANCEL_ORDER, saving) if saving == entry:
            return replace(resting.rest(till), notice=fault), (Beep.REFUSED,)
        case Filing(filed) if filed.id == entry:
            return filing.not_filed(till, filed, fault)
        case Saving(sale, _, saving, power_cut) if saving == entry:
            return replace(till, face=AskHandOver(sale, None, power_cut), notice=fault), (Beep.REFUSED,)
        case _:
            return replace(till, notice=fault), ()
