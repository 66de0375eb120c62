"""From the cart to the question, and from the confirm button to the entry that is written first."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import book as books
from kiosk.counter import cart as carts
from kiosk.counter import orders, sales
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred, refusal_of
from kiosk.counter.effects import AskedDraft, Beep, Effect, HandedOverDraft, OrderedDraft, SlipDraft
from kiosk.counter.events import Moment
from kiosk.counter.values import Cart, Confirm, Note, Notice, Recording, Refused, Sale, Saving, Till
from schemas.cash import cash_for
from schemas.refusals import Refusal, RefusalCode
from schemas.tokens import TOKEN_BYTES, make_token

Step = tuple[Till, tuple[Effect, ...]]


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
        return sales.save(till, Saving(sale, Recording.SLIP, sale.id), moment, SlipDraft(sale))
    if not face.offline:
        return sales.save(till, Saving(sale, Recording.ASK, sale.id), moment, AskedDraft(sale))
    saving = Saving(sale, Recording.ASK_AND_HAND_OVER, sale.id)
    return sales.save(till, saving, moment, AskedDraft(sale), HandedOverDraft(moment.ids[1], sale))


def _order(till: Till, book: CounterBook, face: Confirm, sale: Sale, moment: Moment) -> Step:
    if face.offline:
        return replace(till, notice=Note.ORDERS_NEED_LINE), (Beep.REFUSED,)
    until = orders.until(book, moment)
    sale = replace(sale, until=until)
    return sales.save(till, Saving(sale, Recording.ORDER, sale.id), moment, OrderedDraft(sale, until))


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
