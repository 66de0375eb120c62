"""The shop's one door: ``redeem`` and ``take_back``. Points, stock and receipt move together or not at all; nothing commits here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert, update

from ledger.book.store import load_accounts, lock_book, post
from ledger.book.values import Account, Kind, Outcome, TransferRequest, household_account, shop_account
from ledger.shop.goods import move_stock, shelf_of
from ledger.shop.redemptions import POSTED, REVERSED, claimants, redemption_by_id, spent_today
from ledger.shop.rules import Shelf, judge, lines_as_sold, overdrawn, sale_faults, short_of, taken_from_shelf
from ledger.shop.tables import redemption_lines, redemptions
from ledger.shop.values import Redemption, Sale
from ledger.villages.store import Village, open_case
from schemas.canonical import Json
from schemas.limits import VisitLimits
from schemas.problems import BrokenContract, Fault

_ADD_REDEMPTION, _ADD_LINES = insert(redemptions), insert(redemption_lines)


def redeem(tx: Connection, village: Village, sale: Sale, *, now: datetime, below_floor: bool) -> Outcome:
    """Points for goods: the book's outcome, or the refusal that the counter's own check gives before the book is asked.

    ``below_floor``: the goods are gone, so nothing refuses; what then lacks on the account or on the shelf becomes a case.
    A refusal from here is not in the book's outcomes: whoever called freezes it. BrokenContract for a sale that is none, for
    a household without an account and for a receipt that was used before.
    """
    lock_book(tx, village.village_id)
    account, known = _account_for(tx, village, sale)
    shelf = shelf_of(tx, village.village_id, [line.barcode for line in sale.lines])
    if not (below_floor or known):
        spent = spent_today(tx, village, sale.household.household_id, village.today(sale.at))
        limits = VisitLimits(household_day=village.limit_household_day, visit=village.limit_visit)
        if (refusal := judge(sale, shelf, account, spent, limits)) is not None:
            return Outcome(sale.id, refusal.code.code, refusal.figures)
    names = _names(tx, village, sale, shelf, known=known)
    [outcome] = post(tx, village.village_id, [_transfer(village, sale, names, below_floor)], now=now)
    if outcome.posted and not outcome.repeated:
        _write_down(tx, village, sale, outcome, shelf, now)
        _open_cases(tx, village, sale, outcome, account, shelf, now)
    return outcome


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
    request = TransferRequest(
        id=reversal_id,
        kind=Kind.REVERSAL,
        debit=shop_account(),
        credit=household_account(redemption.household),
        amount=redemption.total,
        done_on=village.today(done_at),
        actor=actor,
        document_id=reversal_id,
        document={"reverses": redemption.number},
        reverses=redemption.redemption_id,
    )
    [outcome] = post(tx, village.village_id, [request], now=now)
    if outcome.posted and not outcome.repeated:
        here = (redemptions.c.village_id == village.village_id) & (
            redemptions.c.redemption_id == redemption.redemption_id
        )
        tx.execute(update(redemptions).where(here).values(state=REVERSED))
        known = shelf_of(tx, village.village_id, [line.barcode for line in redemption.lines])
        back = [(line.barcode, line.quantity) for line in redemption.lines if line.barcode in known]
        move_stock(tx, village.village_id, reversal_id, "returned", back, now)
    return outcome


def _account_for(tx: Connection, village: Village, sale: Sale) -> tuple[Account, bool]:
    """The household's account, and whether this very sale is in the book: then the book's answer is the first one again."""
    faults = sale_faults(sale.lines)
    code = household_account(sale.household.number)
    found = load_accounts(tx, village.village_id, [code])
    if code not in found:
        faults.append(Fault("household", f"户号 {sale.household.number} 没有账户"))
    same = claimants(tx, village.village_id, sale.id, sale.receipt_hash, sale.number)
    if same - {sale.id}:
        faults.append(Fault("receipt", f"单号 {sale.number} 或小票的码用过一次了"))
    if faults:
        raise BrokenContract(faults)
    return found[code], sale.id in same


def _transfer(village: Village, sale: Sale, names: Mapping[str, str], below_floor: bool) -> TransferRequest:
    return TransferRequest(
        id=sale.id,
        kind=Kind.REDEMPTION,
        debit=household_account(sale.household.number),
        credit=shop_account(),
        amount=sale.total,
        done_on=village.today(sale.at),
        actor=sale.actor,
        document_id=sale.id,
        document=_document(sale, names),
        below_floor=below_floor,
    )


def _document(sale: Sale, names: Mapping[str, str]) -> dict[str, Json]:
    """What the receipt can be proved by: goods with their names, the receipt's hash, the 单号 and who served."""
    lines: list[Json] = [
        {"barcode": line.barcode, "name": names[line.barcode], "quantity": line.quantity, "price": line.price}
        for line in sale.lines
    ]
    return {"number": sale.number, "receipt": sale.receipt_hash.hex(), "clerk": sale.clerk, "lines": lines}


def _names(tx: Connection, village: Village, sale: Sale, shelf: Shelf, *, known: bool) -> dict[str, str]:
    """What the goods are called: in a replay by the names of then, so that it makes the same bytes."""
    first = redemption_by_id(tx, village.village_id, sale.id) if known else None
    then = {line.barcode: line.name for line in first.lines} if first else {}
    return {line.barcode: line.name for line in lines_as_sold(sale.lines, shelf)} | then


def _write_down(tx: Connection, village: Village, sale: Sale, outcome: Outcome, shelf: Shelf, now: datetime) -> None:
    keys = {"village_id": village.village_id, "redemption_id": sale.id}
    row = {"number": sale.number, "household_id": sale.household.household_id, "total": sale.total, "seq": outcome.seq}
    row |= {"state": POSTED, "offline": sale.offline, "receipt_hash": sale.receipt_hash, "redeemed_at": sale.at}
    tx.execute(_ADD_REDEMPTION, {**keys, **row})
    rows = [
        {
            **keys,
            "line": place,
            "barcode": line.barcode,
            "name": line.name,
            "unit": line.unit,
            "quantity": line.quantity,
            "price": line.price,
        }
        for place, line in enumerate(lines_as_sold(sale.lines, shelf), start=1)
    ]
    tx.execute(_ADD_LINES, rows)
    taken = [(move.good.barcode, move.quantity) for move in taken_from_shelf(sale.lines, shelf)]
    move_stock(tx, village.village_id, sale.id, "redeemed", taken, now)


def _open_cases(
    tx: Connection, village: Village, sale: Sale, outcome: Outcome, account: Account, shelf: Shelf, now: datetime
) -> None:
    missing = overdrawn(account, outcome.debit_balance or 0, sale.total)
    lacking = short_of(sale.lines, shelf)
    found: list[tuple[str, dict[str, str | int]]] = []
    if missing:
        found.append(("below_floor", {"missing": missing, "number": sale.number}))
    if lacking:
        found.append(("stock_negative", {"goods": lacking, "number": sale.number}))
    for kind, figures in found:
        open_case(
            tx, village.village_id, kind, case_id=uuid5(sale.id, kind), household=sale.household.number,
            figures=figures, document_id=sale.id, now=now,
        )  # fmt: skip
