"""作废: by the same clerk on the same day; else with a supervisor's PIN. Written before anything is given back."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter import persons
from kiosk.counter.book import CounterBook
from kiosk.counter.deals import Sale, Voiding
from kiosk.counter.desk import AllowVoid, SalesList, VoidAsked, VoidReasons
from kiosk.counter.effects import Effect, ReadSales
from kiosk.counter.events import Moment, SalesFound
from kiosk.counter.filing import file
from kiosk.counter.telling import told
from kiosk.counter.values import Till
from schemas.reasons import VOID_REASONS
from schemas.refusals import Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]

SHOWN = 4  # sales a page


def begin(till: Till) -> Step:
    """退一笔: the sales are looked up."""
    return replace(till, face=SalesList()), (ReadSales(),)


def found(till: Till, event: SalesFound) -> Till:
    """They are there, for the list that waits for them."""
    if isinstance(till.face, SalesList) and till.face.sales is None:
        return replace(till, face=SalesList(event.sales))
    return till


def turn(face: SalesList, pages: int) -> SalesList:
    """So many pages on or back; the ends of the list hold."""
    first = face.first + pages * SHOWN
    return replace(face, first=first) if 0 <= first < len(face.sales or ()) else face


def chosen(till: Till, face: SalesList, id_: str) -> Step | None:
    """That sale: why?"""
    sale = next((sale for sale in face.sales or () if str(sale.id) == id_), None)
    return None if sale is None else (replace(till, face=VoidReasons(sale)), ())


def because(till: Till, sale: Sale, reason: str) -> Step | None:
    """For that reason: the question. A reason that is not on the list is none."""
    if reason not in VOID_REASONS:
        return None
    return replace(till, face=VoidAsked(sale, reason)), ()


def needs_supervisor(till: Till, book: CounterBook, sale: Sale) -> bool:
    """True unless the same clerk sold it today; a clock that is not trusted, then or now, can only be stricter."""
    if sale.slip is not None:  # the ledger has it on the slip's own day
        return sale.clerk != till.clerk or sale.slip.day != till.today
    same_day = sale.clock_trusted and till.today is not None and books.day_of(book, sale.at) == till.today
    return sale.clerk != till.clerk or not same_day


def allow(till: Till, face: VoidAsked) -> Step:
    """叫监督的人来按密码."""
    return persons.ask(till, AllowVoid(face.sale, face.reason))


def void(till: Till, book: CounterBook, face: VoidAsked, moment: Moment) -> Step:
    """作废 1-000486，退 53 分."""
    sale = face.sale
    if needs_supervisor(till, book, sale) and face.supervisor is None:
        return told(till, Refusal(RefusalCode.VOID_NEEDS_SUPERVISOR))
    known = sale.customer.household in book.households
    before = books.purse(book, sale.customer.household, till.today).available if known else None
    unanswered = any(sold.sale == sale.id and sold.handed_over is not None for sold in book.sold)
    return file(till, moment, Voiding(sale, face.reason, face.supervisor, before, unanswered))
