"""Putting goods into the cart and taking them out. Pure; a change that is not possible says why."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter.book import CounterBook
from kiosk.counter.checks import goods_refusal
from kiosk.counter.deals import Cart, CartLine, Way
from kiosk.counter.values import Note, Notice
from schemas.refusals import Refusal, RefusalCode

MOST_LINES = 60  # schemas.entries.Sale.lines
MOST_OF_ONE = 99  # schemas.entries.Line.quantity


def add(book: CounterBook, cart: Cart, barcode: str) -> tuple[Cart, Notice | None]:
    """One more of those goods at today's price, and what is to be said: a refusal leaves the cart as it was, but a changed price
    is taken over and told."""
    good = book.goods.get(barcode)
    if good is None:
        return cart, Refusal(RefusalCode.GOODS_UNKNOWN, {"good": barcode})
    old = next((line for line in cart.lines if line.barcode == barcode), None)
    line = CartLine(barcode, good.name, good.unit, (old.quantity if old else 0) + 1, good.price)
    if line.quantity > MOST_OF_ONE or (old is None and len(cart.lines) >= MOST_LINES):
        return cart, Note.CART_FULL
    taken_from_shelf = not cart.ordering and cart.slip is None  # a slip's goods are gone already
    if taken_from_shelf and (refusal := goods_refusal(book, line)) is not None:
        return cart, refusal
    told = _price_change(old, line) if old else None
    return with_lines(cart, _put(cart.lines, line)), told


def with_lines(cart: Cart, lines: tuple[CartLine, ...]) -> Cart:
    """Other goods are another reckoning: what was to be paid in cash is asked anew, and for more points so is who agreed to fewer."""
    changed = replace(cart, lines=lines, way=paid_in_points(cart.way))
    return replace(changed, way=asked_anew(changed.way)) if changed.total > cart.total else changed


def paid_in_points(way: Way) -> Way:
    """The same way without cash."""
    return replace(way, cash_points=0)


def asked_anew(way: Way) -> Way:
    """The same way without the PIN that was shown and the second person who stood by. Who vouches for a household that came without its
    card stays."""
    return replace(way, pin_checked=False, second=way.second if way.without_card else None)


def less(cart: Cart, barcode: str) -> Cart:
    """One fewer of those goods; the last one takes the line away."""
    fewer = (replace(line, quantity=line.quantity - 1) if line.barcode == barcode else line for line in cart.lines)
    return with_lines(cart, tuple(line for line in fewer if line.quantity > 0))


def remove(cart: Cart, barcode: str) -> Cart:
    """None of those goods."""
    return with_lines(cart, tuple(line for line in cart.lines if line.barcode != barcode))


def repriced(book: CounterBook, cart: Cart) -> Cart:
    """The same goods at the price list's prices; goods that left the list keep theirs."""
    priced = (
        replace(line, price=book.goods[line.barcode].price) if line.barcode in book.goods else line
        for line in cart.lines
    )
    return with_lines(cart, tuple(priced))


def turn(book: CounterBook, cart: Cart, size: str, pages: int) -> Cart:
    """So many pages of ``size`` tiles on or back; the ends of the list hold, another size than 8 or 12 turns nothing."""
    if size not in ("8", "12"):
        return cart
    first = cart.first + pages * int(size)
    return replace(cart, first=max(0, first)) if first < len(book.snapshot.goods) else cart


def _price_change(old: CartLine, new: CartLine) -> Notice | None:
    if old.price == new.price:
        return None
    return Refusal(RefusalCode.PRICE_CHANGED, {"good": new.name, "shown": old.price, "price": new.price})


def _put(lines: tuple[CartLine, ...], line: CartLine) -> tuple[CartLine, ...]:
    if all(other.barcode != line.barcode for other in lines):
        return (*lines, line)
    return tuple(line if other.barcode == line.barcode else other for other in lines)
