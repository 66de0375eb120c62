"""The shop's one door. ``open_shop`` loads what a unit of work is about, ``deciding`` and ``shelving`` decide on it, ``apply`` writes:
points, stock and receipts move together or not at all. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, bindparam, insert, update

from ledger.book.store import lapse_holds, load_accounts, lock_book, post
from ledger.book.values import (
    HoldRequest,
    Kind,
    Outcome,
    ReleaseRequest,
    Request,
    TransferRequest,
    household_account,
    shop_account,
)
from ledger.shop.deciding import sell
from ledger.shop.deciding import take_back as decide_take_back
from ledger.shop.goods import shelf_of, write_moves
from ledger.shop.named import holds_named, ids_decided, papers_named, spent_by_day
from ledger.shop.orders import orders_named
from ledger.shop.redemptions import redemptions_named
from ledger.shop.rules import document_of
from ledger.shop.shop import POSTED, REVERSED, Shop, Work
from ledger.shop.slips import entered_slips, printed_ranges
from ledger.shop.tables import order_lines, orders, redemption_lines, redemptions, slips, stock_lines, stock_papers
from ledger.shop.values import RedeemedLine, Redemption, Sale, StockPaper
from ledger.storage.bulk import Columns, insert_columns
from ledger.villages.store import Village, open_new_cases
from ledger.villages.values import Case

__all__ = ["POSTED", "REVERSED", "Named", "Shop", "apply", "open_shop", "redeem", "take_back"]


@dataclass(slots=True)
class Named:
    """What a unit of work is about, by the names it goes by. ``ids`` are those that will become documents of their own."""

    ids: set[UUID] = field(default_factory=set)
    households: set[str] = field(default_factory=set)
    barcodes: set[str] = field(default_factory=set)
    sales: set[UUID] = field(default_factory=set)
    orders: set[UUID] = field(default_factory=set)
    receipts: set[bytes] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    slips: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


def open_shop(tx: Connection, village: Village, named: Named, now: datetime) -> Shop:
    """The shop as it stands, as far as ``named`` goes, with the book locked; holds whose time is over are ended first."""
    village_id = village.village_id
    if named.orders or named.households:
        lapse_holds(tx, village_id, now=now)
    else:
        lock_book(tx, village_id)
    sold = redemptions_named(tx, village_id, named.sales | named.ids, named.receipts, named.numbers)
    known = {one.redemption_id: one for one, _ in sold}
    orders_here = orders_named(tx, village_id, named.orders)
    households = (
        named.households | {one.household for one in known.values()} | {o.household for o in orders_here.values()}
    )
    accounts = load_accounts(tx, village_id, {shop_account(), *map(household_account, households)})
    barcodes = named.barcodes | {line.barcode for one in known.values() for line in one.lines}
    taken: set[UUID | bytes | str] = {
        *ids_decided(tx, village_id, named.ids),
        *papers_named(tx, village_id, named.numbers),
    }
    for one, receipt in sold:
        taken |= {one.redemption_id, one.number, receipt}
    return Shop(
        village=village,
        now=now,
        accounts=accounts,
        shelf=shelf_of(tx, village_id, sorted(barcodes)),
        spent=spent_by_day(tx, village, named.households, named.days),
        redemptions=known,
        holds=holds_named(tx, village_id, named.orders),
        orders=orders_here,
        slips=entered_slips(tx, village_id, named.slips),
        printed_slips=printed_ranges(tx, village_id) if named.slips else (),
        taken=taken,
    )


def apply(tx: Connection, shop: Shop) -> dict[UUID, Outcome]:
    """Write what was decided: points, then goods, receipts, papers and cases. The book's outcomes by id.

    The decisions foresee the book's own; an outcome that is another is a mistake of ours, and nothing of the unit is kept.
    """
    village_id, work = shop.village.village_id, shop.work
    outcomes = {one.id: one for group in _groups(work.requests) for one in post(tx, village_id, group, now=shop.now)}
    for outcome in outcomes.values():
        if not outcome.done or outcome.repeated:
            raise AssertionError(f"decided otherwise than the book: {outcome}")
    _write_sales(tx, village_id, work, outcomes)
    _write_orders(tx, village_id, work)
    write_moves(tx, village_id, work.moves, shop.now)
    _write_papers(tx, village_id, work.papers)
    if work.slips:
        keys = {"village_id": village_id, "entered_at": shop.now}
        rows = [{**keys, "slip": slip, "redemption_id": sale, "entered_by": by} for slip, sale, by in work.slips]
        tx.execute(insert(slips), rows)
    new = [
        Case(uuid5(one.document_id, one.kind), one.kind, one.household, one.figures, one.document_id, shop.now)
        for one in work.cases
    ]
    open_new_cases(tx, village_id, new)
    return outcomes


def redeem(tx: Connection, village: Village, sale: Sale, *, now: datetime, below_floor: bool) -> Outcome:
    """Points for goods: the book's outcome, or the refusal that the counter's own check gives before the book is asked.

    ``below_floor``: the goods are gone, so nothing refuses; what then lacks on the account or on the shelf becomes a case.
    A refusal from here is not in the book's outcomes: whoever called freezes it. BrokenContract for a sale that is none, for
    a household without an account and for a receipt that was used before.
    """
    shop = open_shop(tx, village, names_of(village, sale), now)
    if sale.id in shop.redemptions:
        return _again(tx, village, sale, shop.redemptions[sale.id], now=now, below_floor=below_floor)
    refusal = sell(shop, sale, below_floor=below_floor)
    return Outcome(sale.id, refusal.code.code, refusal.figures) if refusal else apply(tx, shop)[sale.id]


def take_back(
    tx: Connection,
    village: Village,
    redemption: Redemption,
    *,
    reversal_id: UUID,
    actor: str,
    done_at: datetime,
    now: datetime,
) -> Outcome:
    """Give the points back and put the goods on the shelf again, once; ``reversal_id`` becomes the transfer's."""
    shop = open_shop(tx, village, Named(ids={reversal_id}, sales={redemption.redemption_id}), now)
    standing = shop.redemptions[redemption.redemption_id]
    if standing.state == REVERSED or reversal_id in shop.taken:
        [outcome] = post(tx, village.village_id, [_reversal(village, standing, reversal_id, actor, done_at)], now=now)
        return outcome
    decide_take_back(shop, standing, reversal_id=reversal_id, actor=actor, done_at=done_at)
    return apply(tx, shop)[reversal_id]


def names_of(village: Village, sale: Sale) -> Named:
    """What one sale is about."""
    return Named(
        ids={sale.id}, households={sale.household.number}, barcodes={line.barcode for line in sale.lines},
        receipts={sale.receipt_hash}, numbers={sale.number}, orders={sale.order} if sale.order else set(),
        slips={sale.slip} if sale.slip else set(), days={village.today(sale.at)},
    )  # fmt: skip


def _again(
    tx: Connection, village: Village, sale: Sale, first: Redemption, *, now: datetime, below_floor: bool
) -> Outcome:
    """The first outcome of a sale that is in the book, whatever prices and names are by now; IdReused for another body."""
    names = {line.barcode: line.barcode for line in sale.lines} | {line.barcode: line.name for line in first.lines}
    request = TransferRequest(
        id=sale.id, kind=Kind.REDEMPTION, debit=household_account(sale.household.number), credit=shop_account(),
        amount=sale.total, done_on=village.today(sale.at), actor=sale.actor, document_id=sale.id,
        document=document_of(sale, names), second=f"user:{sale.second}" if sale.second else None,
        below_floor=below_floor, captures=sale.order,
    )  # fmt: skip
    [outcome] = post(tx, village.village_id, [request], now=now)
    return outcome


def _groups(requests: Sequence[Request]) -> list[list[Request]]:
    """One posting for all, but what takes back, collects or cancels something goes after the posting that has it."""
    groups: list[list[Request]] = []
    there: set[UUID] = set()
    for request in requests:
        if not groups or _leans_on(request) in there:
            groups.append([])
            there = set()
        groups[-1].append(request)
        there.add(request.id)
    return groups


def _leans_on(request: Request) -> UUID | None:
    match request:
        case TransferRequest():
            return request.reverses or request.captures
        case ReleaseRequest():
            return request.hold
        case HoldRequest():
            return None


def _reversal(village: Village, redemption: Redemption, id_: UUID, actor: str, done_at: datetime) -> TransferRequest:
    return TransferRequest(
        id=id_, kind=Kind.REVERSAL, debit=shop_account(), credit=household_account(redemption.household),
        amount=redemption.total, done_on=village.today(done_at), actor=actor, document_id=id_,
        document={"reverses": redemption.number}, reverses=redemption.redemption_id,
    )  # fmt: skip


def _write_sales(tx: Connection, village_id: int, work: Work, outcomes: Mapping[UUID, Outcome]) -> None:
    undone = {redemption_id for redemption_id, _ in work.reversed}
    made = {sale.id for sale, _ in work.sold}
    if work.sold:
        states = [REVERSED if sale.id in undone else POSTED for sale, _ in work.sold]
        seqs = [outcomes[sale.id].seq for sale, _ in work.sold]
        insert_columns(tx, redemptions, _redemptions(village_id, [sale for sale, _ in work.sold], seqs, states))
        lines = [(sale.id, lines) for sale, lines in work.sold]
        insert_columns(tx, redemption_lines, _lines(village_id, "redemption_id", lines))
    before = [{"village": village_id, "redemption": redemption_id} for redemption_id in undone - made]
    if before:
        tx.execute(_REVERSE, before)


def _write_orders(tx: Connection, village_id: int, work: Work) -> None:
    if not work.orders:
        return
    rows = [
        {
            "village_id": village_id, "order_id": wish.id, "number": wish.number, "total": wish.total,
            "household_id": wish.household.household_id, "until_day": wish.until, "ordered_at": wish.at, "clerk": wish.clerk,
        }
        for wish, _ in work.orders
    ]  # fmt: skip
    tx.execute(insert(orders), rows)
    lines = [(wish.id, lines) for wish, lines in work.orders]
    insert_columns(tx, order_lines, _lines(village_id, "order_id", lines))


def _write_papers(tx: Connection, village_id: int, papers: Sequence[StockPaper]) -> None:
    if not papers:
        return
    heads = ("paper_id", "kind", "number", "at", "clerk", "second", "source")
    tx.execute(insert(stock_papers), [{"village_id": village_id, **_fields(paper, heads)} for paper in papers])
    columns = ("barcode", "quantity", "on_book", "cost_fen", "best_before", "reason")
    lines = [
        {"village_id": village_id, "paper_id": paper.paper_id, "line": place, **_fields(line, columns)}
        for paper in papers
        for place, line in enumerate(paper.lines, start=1)
    ]
    tx.execute(insert(stock_lines), lines)


def _fields(value: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _redemptions(village_id: int, sales: Sequence[Sale], seqs: Sequence[int | None], states: Sequence[str]) -> Columns:
    return {
        "village_id": [village_id] * len(sales),
        "redemption_id": [sale.id for sale in sales],
        "number": [sale.number for sale in sales],
        "household_id": [sale.household.household_id for sale in sales],
        "total": [sale.total for sale in sales],
        "seq": seqs,
        "state": states,
        "offline": [sale.offline for sale in sales],
        "receipt_hash": [sale.receipt_hash for sale in sales],
        "redeemed_at": [sale.at for sale in sales],
        "clerk": [sale.clerk for sale in sales],
        "cash_fen": [sale.cash_fen for sale in sales],
        "second": [sale.second for sale in sales],
        "proxy": [sale.proxy for sale in sales],
    }


def _lines(village_id: int, key: str, documents: Sequence[tuple[UUID, Sequence[RedeemedLine]]]) -> Columns:
    """The lines of sales or orders; ``key`` is the column of their document's id."""
    rows = [(id_, place, line) for id_, lines in documents for place, line in enumerate(lines, start=1)]
    return {
        "village_id": [village_id] * len(rows),
        key: [id_ for id_, _, _ in rows],
        "line": [place for _, place, _ in rows],
        "barcode": [line.barcode for _, _, line in rows],
        "name": [line.name for _, _, line in rows],
        "unit": [line.unit for _, _, line in rows],
        "quantity": [line.quantity for _, _, line in rows],
        "price": [line.price for _, _, line in rows],
    }


_REVERSE = (
    update(redemptions)
    .where(redemptions.c.village_id == bindparam("village"), redemptions.c.redemption_id == bindparam("redemption"))
    .values(state=REVERSED)
)
