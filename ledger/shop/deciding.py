"""What a sale, a paper slip, a return or an order does to the shop as it stands. Pure: ``Shop`` is changed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.book.values import (
    Account,
    Hold,
    HoldRequest,
    HoldState,
    Kind,
    ReleaseRequest,
    TransferRequest,
    household_account,
    shop_account,
)
from ledger.shop.rules import (
    document_of,
    judge,
    judge_wish,
    lines_as_sold,
    overdrawn,
    passed_over,
    sale_faults,
    short_of,
    taken_from_shelf,
)
from ledger.shop.shop import POSTED, REVERSED, Shop
from ledger.shop.values import Order, RedeemedLine, Redemption, Sale, Wish
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal, RefusalCode


def sell(shop: Shop, sale: Sale, *, below_floor: bool) -> Refusal | None:
    """None when points, goods and receipt move, else why not. ``below_floor``: the goods are gone, nothing refuses; what then
    lacks, or should have been asked before, becomes a case. BrokenContract for a sale that is none."""
    account = shop.account_of(sale.household.number, sale_faults(sale) + shop.used(sale))
    day = shop.village.today(sale.at)
    spent = shop.spent.get((sale.household.household_id, day), 0)
    if not below_floor and (refusal := judge(sale, shop.shelf, account, spent, shop.village, day)) is not None:
        return refusal
    lines = lines_as_sold(sale.lines, shop.shelf)
    captured = _open_hold(shop, sale, account)
    request = TransferRequest(
        id=sale.id,
        kind=Kind.REDEMPTION,
        debit=account.code,
        credit=shop_account(),
        amount=sale.total,
        done_on=day,
        actor=sale.actor,
        document_id=sale.id,
        document=document_of(sale, {line.barcode: line.name for line in lines}),
        second=f"user:{sale.second}" if sale.second else None,
        below_floor=below_floor,
        captures=captured.id if captured else None,
    )
    shop.post(request)
    if captured is not None:
        shop.end_hold(captured, HoldState.CAPTURED)
    if below_floor:
        _sale_cases(shop, sale, shop.accounts[account.code], captured)
    _take_goods(shop, sale)
    _know(shop, sale, lines)
    shop.spent[sale.household.household_id, day] = spent + sale.total
    return None


def enter_slip(shop: Shop, sale: Sale) -> bool:
    """A paper slip is entered: its sale is posted, whatever lacks. False, with a case, when that slip was entered before."""
    slip = sale.slip
    assert slip is not None  # noqa: S101 - the caller's own kind of sale
    if slip in shop.slips:
        shop.open_case("slip_twice", sale.id, {"slip": f"{slip:04}", "clerk": sale.clerk}, sale.household.number)
        return False
    sell(shop, sale, below_floor=True)
    shop.slips.add(slip)
    shop.work.slips.append((slip, sale.id, sale.actor))
    if not any(slip in printed for printed in shop.printed_slips):
        shop.open_case("slip_unknown", sale.id, {"slip": f"{slip:04}"}, sale.household.number)
    return True


def take_back(
    shop: Shop, redemption: Redemption, *, reversal_id: UUID, actor: str, done_at: datetime, second: str | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Points back to the household and goods back on the shelf. The redemption is posted and not reversed yet."""
    request = TransferRequest(
        id=reversal_id,
        kind=Kind.REVERSAL,
        debit=shop_account(),
        credit=household_account(redemption.household),
        amount=redemption.total,
        done_on=shop.village.today(done_at),
        actor=actor,
        document_id=reversal_id,
        document={"reverses": redemption.number} | ({"reason": reason} if reason else {}),
        second=f"user:{second}" if second else None,
        reverses=redemption.redemption_id,
    )
    shop.post(request)
    shop.taken.add(reversal_id)
    shop.redemptions[redemption.redemption_id] = replace(redemption, state=REVERSED)
    shop.work.reversed.append((redemption.redemption_id, reversal_id))
    back: dict[str, int] = {}
    for line in redemption.lines:
        back[line.barcode] = back.get(line.barcode, 0) + line.quantity
    shop.move(reversal_id, "returned", back)
    day = shop.village.today(redemption.redeemed_at)
    if (redemption.household_id, day) in shop.spent:
        shop.spent[redemption.household_id, day] -= redemption.total


def order(shop: Shop, wish: Wish) -> Refusal | None:
    """None when the points are held, else why not. BrokenContract for an order that is none."""
    account = shop.account_of(wish.household.number, sale_faults(wish) + shop.used(wish))
    today = shop.village.today(shop.now)
    if wish.until < today:
        return Refusal(RefusalCode.HOLD_OVER)
    if wish.until > today + timedelta(days=max(1, shop.village.order_days)):
        raise BrokenContract([Fault("until", f"订的货最多留 {shop.village.order_days} 天")])
    if (refusal := judge_wish(wish, shop.shelf, account, shop.village)) is not None:
        return refusal
    until = datetime.combine(wish.until + timedelta(days=1), time.min, ZoneInfo(shop.village.timezone))
    request = HoldRequest(wish.id, account.code, wish.total, until, wish.actor, wish.id)
    shop.well_made(request)
    shop.work.requests.append(request)
    shop.accounts[account.code] = replace(account, held=account.held + wish.total)
    shop.holds[wish.id] = Hold(wish.id, account.code, wish.total, until, HoldState.OPEN)
    lines = lines_as_sold(wish.lines, shop.shelf)
    shop.orders[wish.id] = Order(wish.id, wish.number, wish.household.number, wish.total, wish.until, lines)
    shop.work.orders.append((wish, lines))
    shop.taken |= {wish.id, wish.number}
    return None


def cancel_order(shop: Shop, order_id: UUID, *, release_id: UUID, actor: str) -> bool:
    """Give an open order's points back. False when it is none, or is over: nothing is left to give back."""
    hold = shop.holds.get(order_id)
    if hold is None or hold.state is not HoldState.OPEN:
        return False
    request = ReleaseRequest(release_id, order_id, actor)
    shop.well_made(request)
    shop.work.requests.append(request)
    shop.taken.add(release_id)
    shop.end_hold(hold, HoldState.RELEASED)
    return True


def _open_hold(shop: Shop, sale: Sale, account: Account) -> Hold | None:
    """The hold that the sale takes, if it is this household's and still open; after its time the sale acts without."""
    hold = shop.holds.get(sale.order) if sale.order else None
    return hold if hold is not None and hold.state is HoldState.OPEN and hold.account == account.code else None


def _sale_cases(shop: Shop, sale: Sale, after: Account, captured: Hold | None) -> None:
    figures: dict[str, str | int] = {"number": sale.number}
    hold = shop.holds.get(sale.order) if sale.order else None
    if sale.order and captured is None and (hold is None or hold.state is not HoldState.LAPSED):
        shop.open_case("order_gone", sale.id, figures, sale.household.number)
    if missing := overdrawn(after, sale.total):
        shop.open_case("below_floor", sale.id, figures | {"missing": missing}, sale.household.number)
    if why := passed_over(sale, shop.village):
        shop.open_case("against_rule", sale.id, figures | {"why": why}, sale.household.number)
    if lacking := short_of(sale.lines, shop.shelf):
        shop.open_case("stock_negative", sale.id, figures | {"goods": lacking}, sale.household.number)


def _take_goods(shop: Shop, sale: Sale) -> None:
    shop.move(
        sale.id,
        "redeemed",
        {move.good.barcode: move.quantity for move in taken_from_shelf(sale.lines, shop.shelf)},
    )


def _know(shop: Shop, sale: Sale, lines: tuple[RedeemedLine, ...]) -> None:
    shop.work.sold.append((sale, lines))
    shop.taken |= {sale.id, sale.receipt_hash, sale.number}
    shop.redemptions[sale.id] = Redemption(
        redemption_id=sale.id, number=sale.number, household_id=sale.household.household_id,
        household=sale.household.number, total=sale.total, seq=0, state=POSTED, offline=sale.offline,
        redeemed_at=sale.at, clerk=sale.clerk, cash_fen=sale.cash_fen, lines=lines,
    )  # fmt: skip
