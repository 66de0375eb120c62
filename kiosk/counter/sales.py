"""The life of one sale: asked, written, sent, answered or not, handed over or called off, and its paper."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter import cart as carts
from kiosk.counter import filing, orders
from kiosk.counter.book import CounterBook, SoldHere
from kiosk.counter.checks import barred, refusal_of
from kiosk.counter.deals import Deal
from kiosk.counter.desk import Filing
from kiosk.counter.effects import (
    AskedDraft,
    Beep,
    CalledOffDraft,
    Draft,
    Effect,
    GiveUpPaper,
    HandedOverDraft,
    OrderedDraft,
    PrintedDraft,
    PrintReceipt,
    Send,
    SlipDraft,
    WriteEntries,
)
from kiosk.counter.events import Moment, Overturned, Paper, PaperState, WrittenEntry
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    Idle,
    NoSnapshot,
    Note,
    Notice,
    OpenSale,
    Printing,
    PrintUnknown,
    Recording,
    Refused,
    Sale,
    Saving,
    Till,
    Waiting,
)
from schemas.cash import cash_for
from schemas.journal import check_text
from schemas.kiosk_api import EntryOutcome
from schemas.refusals import FaultCode, Refusal, RefusalCode
from schemas.tokens import TOKEN_BYTES, make_token

Step = tuple[Till, tuple[Effect, ...]]

MOST_COPIES = 999  # schemas.entries.Printed.copy_number


# ── before ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def why_not(till: Till, book: CounterBook, cart: Cart, moment: Moment) -> Notice | None:
    """Why that cart may not be sold now, None when it may."""
    if cart.slip is not None:  # it happened: only a kiosk that writes nothing new says no
        return barred(till)
    household = cart.customer.household
    return barred(till) or refusal_of(
        till, book, household, cart.lines, moment.wall, way=cart.way, ordering=cart.ordering
    )


def review(till: Till, book: CounterBook, cart: Cart, moment: Moment) -> Step:
    """选好了: the question, or the no that would come later."""
    if not cart.lines:
        return replace(till, notice=Note.CART_EMPTY), (Beep.REFUSED,)
    if (why := why_not(till, book, cart, moment)) is not None:
        return refused(till, book, why, cart)
    return replace(till, face=Confirm(cart, offline=not till.line.sells_online)), ()


def refused(till: Till, book: CounterBook, why: Notice, cart: Cart) -> Step:
    """The no, with the cart kept; after a change of price the cart holds the new one."""
    kept = carts.repriced(book, cart) if isinstance(why, Refusal) and why.code is RefusalCode.PRICE_CHANGED else cart
    return replace(till, face=Refused(why, kept)), (Beep.REFUSED,)


def begin(till: Till, book: CounterBook, face: Confirm, moment: Moment) -> Step:
    """The confirmed sale, to be written before anything else; without a line together with its hand-over."""
    if (why := why_not(till, book, face.cart, moment)) is not None:
        return refused(till, book, why, face.cart)
    sale = _sale(till, book, face, moment)
    if face.cart.ordering:
        return _order(till, book, face, sale, moment)
    if face.cart.slip is not None:
        return _write(till, Saving(sale, Recording.SLIP, sale.id), moment, SlipDraft(sale))
    if not face.offline:
        return _write(till, Saving(sale, Recording.ASK, sale.id), moment, AskedDraft(sale))
    saving = Saving(sale, Recording.ASK_AND_HAND_OVER, sale.id)
    return _write(till, saving, moment, AskedDraft(sale), HandedOverDraft(moment.ids[1], sale))


def _order(till: Till, book: CounterBook, face: Confirm, sale: Sale, moment: Moment) -> Step:
    if face.offline:
        return replace(till, notice=Note.ORDERS_NEED_LINE), (Beep.REFUSED,)
    sale = replace(sale, until=orders.until(book, moment))
    return _write(till, Saving(sale, Recording.ORDER, sale.id), moment, OrderedDraft(sale, orders.until(book, moment)))


def _sale(till: Till, book: CounterBook, face: Confirm, moment: Moment) -> Sale:
    customer, village, way = face.cart.customer, book.snapshot.village, face.cart.way
    return Sale(
        id=moment.ids[0],
        kiosk=till.kiosk,
        customer=customer,
        lines=face.cart.lines,
        before=_available(till, book, customer.household),
        snapshot=book.snapshot.seq,
        contact_at=book.snapshot.taken_at,
        token=make_token(village.code, moment.chance),
        clerk=till.clerk,
        at=moment.wall,
        clock_trusted=moment.clock_trusted,
        offline=face.offline,
        way=way,
        cash_fen=cash_for(way.cash_points, book.snapshot.limits.fen_per_point, village.decimals),
        salt=moment.chance[TOKEN_BYTES:].hex() if way.proxy is not None else "",
        slip=face.cart.slip,
    )


def _available(till: Till, book: CounterBook, household: str) -> int:
    """As the counter knows it; a slip may be of a household that left the register meanwhile."""
    return books.purse(book, household, till.today).available if household in book.households else 0


def _write(till: Till, saving: Saving, moment: Moment, *drafts: Draft) -> Step:
    return replace(till, face=saving), (WriteEntries(drafts, moment, till.clerk),)


# ── written ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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
            sale = _numbered(face.sale, entries)
            book = books.sell(held, sold_here(held, sale))
            return replace(till, face=Waiting(sale), book=book), (Send(sale.id),)
        case Recording.ASK_AND_HAND_OVER:
            sale = _numbered(face.sale, entries)
            book = books.hand_over(books.sell(held, sold_here(held, sale)), sale.id, entries[-1].id)
            return _print(replace(till, book=book), sale, 0, Beep.OFFLINE)
        case Recording.HAND_OVER:
            book = books.hand_over(held, face.sale.id, entries[-1].id)
            return _print(replace(till, book=book), face.sale, 0, Beep.OFFLINE)
        case Recording.CALL_OFF:
            return replace(rest(till), book=books.forget(held, face.sale.id)), (Beep.OK,)
        case Recording.ORDER:
            sale = _numbered(face.sale, entries)
            book = books.sell(held, orders.held_here(sale))
            return replace(till, face=Waiting(sale), book=book), (Send(sale.id),)
        case Recording.COLLECT:
            sale = _numbered(face.sale, entries)
            book = books.sell(held, orders.collected_here(sale))
            return _print(replace(till, book=book), sale, 0, Beep.OFFLINE if sale.offline else Beep.OK)
        case Recording.SLIP:
            return _slip_written(till, held, _numbered(face.sale, entries))
        case Recording.CANCEL_ORDER:
            book = books.sell(held, orders.cancelled_here(face.sale))
            return replace(rest(till), book=book, notice=Note.ORDER_OFF), (Beep.OK,)


def _slip_written(till: Till, held: CounterBook, sale: Sale) -> Step:
    """A paper slip holds: with a line the ledger is heard first, as another kiosk or the office may have entered it before."""
    slips = till.slips | ({sale.slip.number} if sale.slip else set())
    till = replace(till, slips=slips, book=books.sell(held, sold_here(held, sale)))
    if sale.offline:
        return _print(till, sale, 0, Beep.OFFLINE)
    return replace(till, face=Waiting(sale)), (Send(sale.id),)


def not_written(till: Till, entry: UUID, fault: FaultCode) -> Step:
    """Nothing was written, so nothing happened: back to the question, with the fault told."""
    match till.face:
        case Saving(sale, Recording.ASK | Recording.ASK_AND_HAND_OVER, saving) if saving == entry:
            return replace(till, face=Refused(fault, cart_again(sale))), (Beep.REFUSED,)
        case Saving(sale, Recording.ORDER | Recording.SLIP, saving) if saving == entry:
            return replace(till, face=Refused(fault, cart_again(sale))), (Beep.REFUSED,)
        case Saving(sale, Recording.COLLECT | Recording.CANCEL_ORDER, saving) if saving == entry:
            return replace(rest(till), notice=fault), (Beep.REFUSED,)
        case Filing(filed) if filed.id == entry:
            return filing.not_filed(till, filed, fault)
        case Saving(sale, _, saving, power_cut) if saving == entry:
            return replace(till, face=AskHandOver(sale, None, power_cut), notice=fault), (Beep.REFUSED,)
        case _:
            return replace(till, notice=fault), ()


def cart_again(sale: Sale) -> Cart:
    """The cart that the sale came from; a PIN that was shown for it is shown again."""
    way = replace(sale.way, pin_checked=False)
    return Cart(sale.customer, sale.lines, way=way, ordering=sale.until is not None, slip=sale.slip)


def _numbered(sale: Sale, entries: tuple[WrittenEntry, ...]) -> Sale:
    return replace(sale, number=entries[0].number, check=check_text(entries[0].link))


def sold_here(book: CounterBook, sale: Sale) -> SoldHere:
    """The sale as the counter's book counts it."""
    goods = tuple((line.barcode, line.quantity) for line in sale.lines)
    if sale.slip is not None:
        handed = sale.id if sale.offline else None
        return SoldHere(sale.id, sale.customer.household, sale.total, goods, sale.slip.day, handed, fact=True)
    on = books.day_of(book, sale.at) if sale.clock_trusted else None
    return SoldHere(sale.id, sale.customer.household, sale.total, goods, on)


# ── answered, or not ────────────────────────────────────────────────────────────────────────────────────────────────


def answered(till: Till, outcome: EntryOutcome) -> Step:
    """The book learns every outcome; the face moves only for the sale that waits for it, early or late."""
    book = till.book
    if book is None:
        return till, ()
    till = replace(till, book=books.answered(book, outcome))
    match till.face:
        case Waiting(sale, power_cut) | AskHandOver(sale, _, power_cut) if sale.id == outcome.id:
            return _outcome(till, book, sale, outcome, power_cut)
        case _ if books.unanswered_hold(book, outcome.id):
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
        return _posted(till, answered_sale(sale, outcome), power_cut)
    if outcome.outcome == books.QUARANTINED and sale.until is not None:
        return refused(
            till, book, Note.REFUSED_OTHERWISE, cart_again(sale)
        )  # no goods went, and no better answer will come
    if outcome.outcome == books.QUARANTINED:
        return no_answer(till, sale.id) if isinstance(till.face, Waiting) else (till, ())
    if sale.slip is not None:
        return _slip_known(till, sale, outcome)
    return refused(till, book, _refusal(outcome), cart_again(sale))


def _posted(till: Till, sale: Sale, power_cut: bool) -> Step:
    if sale.until is not None:
        return replace(till, face=Done(sale, False)), (Beep.OK,)
    if power_cut:
        return replace(till, face=PrintUnknown(sale, -1, None, True)), (Beep.OK,)
    return _print(till, sale, 0, Beep.OK)


def _slip_known(till: Till, sale: Sale, outcome: EntryOutcome) -> Step:
    """The ledger has that slip already and moved nothing: nothing was used here either, and there is no paper."""
    note = Note.SLIP_TWICE if outcome.outcome == books.RECORDED else Note.REFUSED_OTHERWISE
    book = books.forget(till.book, sale.id) if till.book is not None else None
    return replace(rest(till), book=book, notice=note), (Beep.REFUSED, GiveUpPaper(sale.id, -1))


def answered_sale(sale: Sale, outcome: EntryOutcome) -> Sale:
    """The sale with the ledger's own balance after it, and so before it; without one, the counter's figures stay."""
    if outcome.balance is None:
        return sale
    return replace(sale, after=outcome.balance, before=outcome.balance + sale.total)


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
        till = replace(till, book=books.hand_over(books.sell(book, sold_here(book, sale)), sale.id, id_))
    return till, (WriteEntries((HandedOverDraft(id_, sale),), moment, till.clerk),)


def no_answer(till: Till, sale_id: UUID) -> Step:
    """The deadline passed: ask about the goods. After a restart they may be gone already, so nothing bars."""
    match till.face:
        case Waiting(sale) if sale.id == sale_id and sale.until is not None:
            return replace(rest(till), notice=Note.ORDER_LATER), (Beep.OFFLINE,)
        case Waiting(sale) if sale.id == sale_id and sale.slip is not None:
            book = books.hand_over(till.book, sale.id, sale.id) if till.book is not None else None
            return _print(replace(till, book=book), replace(sale, offline=True), 0, Beep.OFFLINE)
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
    return _write(till, saving, moment, HandedOverDraft(moment.ids[0], sale))


def call_off(till: Till, face: AskHandOver, moment: Moment) -> Step:
    """不拿了，这单取消."""
    saving = Saving(face.sale, Recording.CALL_OFF, moment.ids[0], face.power_cut)
    return _write(till, saving, moment, CalledOffDraft(moment.ids[0], face.sale.id))


# ── paper ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _print(till: Till, sale: Deal, copy: int, beep: Beep) -> Step:
    return replace(till, face=Printing(sale, copy)), (beep, PrintReceipt(sale, copy))


def paper_came(till: Till, event: PaperState, moment: Moment) -> Step:
    """The end of a copy: a fact to write, and for the copy in hand the next question or none."""
    write = _paper_fact(till, moment, event.sale, event.copy, event.state)
    match till.face:
        case Printing(sale, copy) if sale.id == event.sale and copy == event.copy:
            if event.state is Paper.PRINTED:
                return replace(till, face=Done(sale, True)), (write,)
            trouble = event.trouble or FaultCode.PRINTER_UNKNOWN
            return replace(till, face=PrintUnknown(sale, copy, trouble)), (write, Beep.REFUSED)
        case _:
            return till, (write,)


def paper_seen(till: Till, face: PrintUnknown, moment: Moment, state: Paper) -> Step:
    """Somebody looked: it is there, or it is given up. Either way nobody asks again."""
    done = replace(till, face=Done(face.sale, state is Paper.PRINTED))
    over = GiveUpPaper(face.sale.id, face.copy)
    if face.copy < 0:
        return done, (over,)
    return done, (_paper_fact(till, moment, face.sale.id, face.copy, state), over)


def reprint(till: Till, face: PrintUnknown) -> Step:
    """The next copy: marked 补打 and numbered, unless no copy ever went to the printer."""
    if face.copy >= MOST_COPIES:
        return till, ()
    copy = face.copy + 1
    return replace(till, face=Printing(face.sale, copy)), (PrintReceipt(face.sale, copy),)


def _paper_fact(till: Till, moment: Moment, sale: UUID, copy: int, state: Paper) -> WriteEntries:
    return WriteEntries((PrintedDraft(moment.ids[0], sale, copy, state),), moment, till.clerk)


# ── at rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def rest(till: Till) -> Till:
    """Waiting for a card, nothing told."""
    return replace(till, face=NoSnapshot() if till.book is None else Idle(), notice=None)


def take_up(till: Till) -> Step:
    """At rest, the next thing left over from before a restart comes first."""
    if not till.pending or not isinstance(till.face, Idle | NoSnapshot):
        return till, ()
    first, *others = till.pending
    till = replace(till, pending=tuple(others), notice=None)
    if isinstance(first, OpenSale):
        return replace(till, face=Waiting(first.sale, True)), (Send(first.sale.id),)
    return replace(till, face=PrintUnknown(first.sale, first.copy, None, True)), ()
