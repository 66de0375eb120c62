"""The ledger's answer to a sale, early, late or never: paid for, refused, handed over without it, or called off."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter import paper, resting, sales
from kiosk.counter.asking import refused
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred, refusal_of
from kiosk.counter.effects import Beep, CalledOffDraft, Effect, GiveUpPaper, HandedOverDraft, WriteEntries
from kiosk.counter.events import Moment, Overturned
from kiosk.counter.values import AskHandOver, Done, Note, Notice, PrintUnknown, Recording, Sale, Saving, Till, Waiting
from schemas.kiosk_api import EntryOutcome
from schemas.refusals import FaultCode, Refusal, RefusalCode

Step = tuple[Till, tuple[Effect, ...]]


def answered(till: Till, outcomes: tuple[EntryOutcome, ...]) -> Step:
    """The book learns every outcome; the face moves only for the sale that waits for it, early or late."""
    book = till.book
    if book is None:
        return till, ()
    till, holds = replace(till, book=books.answered(book, *outcomes)), books.unanswered_holds(book)
    effects: tuple[Effect, ...] = ()
    for outcome in outcomes:
        till, follows = _told_of(till, book, holds, outcome)
        till, next_one = resting.take_up(till)  # left over from before a restart: the next outcome may be of it
        effects = (*effects, *follows, *next_one)
    return till, effects


def _told_of(till: Till, book: CounterBook, holds: frozenset[UUID], outcome: EntryOutcome) -> Step:
    match till.face:
        case Waiting(sale, power_cut) | AskHandOver(sale, _, power_cut) if sale.id == outcome.id:
            return _outcome(till, book, sale, outcome, power_cut)
        case _ if outcome.id in holds:
            return _order_answered_late(till, outcome)
        case _:
            return till, ()


def _order_answered_late(till: Till, outcome: EntryOutcome) -> Step:
    """Nobody waits for it any more, so it is told wherever the counter is now."""
    if outcome.outcome == books.POSTED:
        return replace(till, notice=Note.ORDER_KEPT_LATE), (Beep.OK,)
    return replace(till, notice=Note.ORDER_NOT_KEPT), (Beep.REFUSED,)


def _outcome(till: Till, book: CounterBook, sale: Sale, outcome: EntryOutcome, power_cut: bool) -> Step:
    if outcome.outcome == books.POSTED:
        return _posted(till, sales.answered_sale(sale, outcome), power_cut)
    if outcome.outcome == books.QUARANTINED and sale.until is not None:
        # no goods went, and no better answer will come
        return refused(till, book, Note.REFUSED_OTHERWISE, sales.cart_again(sale))
    if outcome.outcome == books.QUARANTINED:
        return no_answer(till, sale.id) if isinstance(till.face, Waiting) else (till, ())
    if sale.slip is not None:
        return _slip_known(till, sale, outcome)
    return refused(till, book, _refusal(outcome), sales.cart_again(sale))


def _posted(till: Till, sale: Sale, power_cut: bool) -> Step:
    if sale.until is not None:
        return replace(till, face=Done(sale, False)), (Beep.OK,)
    if power_cut:
        return replace(till, face=PrintUnknown(sale, -1, None, True)), (Beep.OK,)
    return paper.print_copy(till, sale, 0, Beep.OK)


def _slip_known(till: Till, sale: Sale, outcome: EntryOutcome) -> Step:
    """The ledger has that slip already and moved nothing: nothing was used here either, and there is no paper."""
    note = Note.SLIP_TWICE if outcome.outcome == books.RECORDED else Note.REFUSED_OTHERWISE
    book = books.forget(till.book, sale.id) if till.book is not None else None
    return replace(resting.rest(till), book=book, notice=note), (Beep.REFUSED, GiveUpPaper(sale.id, -1))


def _refusal(outcome: EntryOutcome) -> Notice:
    """A ledger one release newer may know a refusal that this kiosk does not."""
    try:
        return Refusal(RefusalCode.of(outcome.outcome), outcome.figures)
    except KeyError:
        return Note.REFUSED_OTHERWISE


def overturned(till: Till, event: Overturned, moment: Moment) -> Step:
    """A ledger that was restored judges a sale anew; at the counter it is as it was. What happened is said once more, as a fact: the
    goods are gone, or nobody took them."""
    sale, id_ = event.sale, moment.ids[0]
    if not event.gone:
        return till, (WriteEntries((CalledOffDraft(id_, sale.id),), moment, till.clerk),)
    book = till.book
    if book is not None:
        till = replace(till, book=books.hand_over(books.sell(book, sales.sold_here(book, sale)), sale.id, id_))
    return till, (WriteEntries((HandedOverDraft(id_, sale),), moment, till.clerk),)


def no_answer(till: Till, sale_id: UUID) -> Step:
    """The deadline passed: ask about the goods. After a restart they may be gone already, so nothing bars."""
    match till.face:
        case Waiting(sale) if sale.id == sale_id and sale.until is not None:
            return replace(resting.rest(till), notice=Note.ORDER_LATER), (Beep.OFFLINE,)
        case Waiting(sale) if sale.id == sale_id and sale.slip is not None:
            book = books.hand_over(till.book, sale.id, sale.id) if till.book is not None else None
            return paper.print_copy(replace(till, book=book), replace(sale, offline=True), 0, Beep.OFFLINE)
        case Waiting(sale, power_cut) if sale.id == sale_id:
            why = None if power_cut else _bar(till, sale)
            return replace(till, face=AskHandOver(sale, why, power_cut)), (Beep.OFFLINE,)
        case _:
            return till, ()


def _bar(till: Till, sale: Sale) -> Notice | None:
    book = till.book
    if book is None:
        return None
    stops = barred(till)
    if stops is not None and stops is not FaultCode.DISK_NEARLY_FULL:  # which bars new sales: room is kept for this one
        return stops
    return refusal_of(till, book, sale.customer.household, sale.lines, sale.at, way=sale.way, without=sale.id)


def hand_over(till: Till, face: AskHandOver, moment: Moment) -> Step:
    """拿走，先记机上."""
    if face.barred is not None:
        return replace(till, notice=face.barred), (Beep.REFUSED,)
    sale = replace(face.sale, offline=True)
    saving = Saving(sale, Recording.HAND_OVER, moment.ids[0], face.power_cut)
    return sales.save(till, saving, moment, HandedOverDraft(moment.ids[0], sale))


def call_off(till: Till, face: AskHandOver, moment: Moment) -> Step:
    """不拿了，这单取消."""
    saving = Saving(face.sale, Recording.CALL_OFF, moment.ids[0], face.power_cut)
    return sales.save(till, saving, moment, CalledOffDraft(moment.ids[0], face.sale.id))
