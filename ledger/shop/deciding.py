"""What a sale, an order or a stock paper does to the shop as it stands. Pure: ``Shop`` is changed, and nothing else.

Each decision sees the effects of those before it; a refused or broken one leaves everything as it was. What is decided gathers in
``Work``, which the store writes in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.book.rules import examine
from ledger.book.values import (
    Account,
    Hold,
    HoldRequest,
    HoldState,
    Kind,
    ReleaseRequest,
    Request,
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
from ledger.shop.values import (
    Good,
    Move,
    NewCase,
    Order,
    Ordered,
    RedeemedLine,
    Redemption,
    Reversed,
    Sale,
    Sold,
    StockLine,
    StockPaper,
    Wish,
)
from ledger.villages.values import Village
from schemas.canonical import MAX_INTEGER
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal, RefusalCode

POSTED, REVERSED = "posted", "reversed"


@dataclass(slots=True)
class Work:
    """What was decided and is to be written, in order."""

    requests: list[Request] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)
    reversed: list[Reversed] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    papers: list[StockPaper] = field(default_factory=list)
    slips: list[tuple[int, UUID, str]] = field(default_factory=list)
    cases: list[NewCase] = field(default_factory=list)


@dataclass(slots=True)
class Shop:
    """The shop as one unit of work sees it: accounts, shelf, what was spent on which day, sales and orders that were named.

    ``taken`` are ids, receipts' hashes and 单号 that something has already.
    """

    village: Village
    now: datetime
    accounts: dict[str, Account]
    shelf: dict[str, Good]
    spent: dict[tuple[int, date], int] = field(default_factory=dict)
    redemptions: dict[UUID, Redemption] = field(default_factory=dict)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    orders: dict[UUID, Order] = field(default_factory=dict)
    slips: set[int] = field(default_factory=set)
    printed_slips: tuple[range, ...] = ()
    taken: set[UUID | bytes | str] = field(default_factory=set)
    work: Work = field(default_factory=Work)


def sell(shop: Shop, sale: Sale, *, below_floor: bool) -> Refusal | None:
    """None when points, goods and receipt move, else why not. ``below_floor``: the goods are gone, nothing refuses; what then
    lacks, or should have been asked before, becomes a case. BrokenContract for a sale that is none."""
    account = _account(shop, sale.household.number, sale_faults(sale) + _taken(shop, sale))
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
    _post(shop, request)
    if captured is not None:
        _end(shop, captured, HoldState.CAPTURED)
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
        _case(shop, "slip_twice", sale.id, {"slip": f"{slip:04}", "clerk": sale.clerk}, sale.household.number)
        return False
    sell(shop, sale, below_floor=True)
    shop.slips.add(slip)
    shop.work.slips.append((slip, sale.id, sale.actor))
    if not any(slip in printed for printed in shop.printed_slips):
        _case(shop, "slip_unknown", sale.id, {"slip": f"{slip:04}"}, sale.household.number)
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
    _post(shop, request)
    shop.taken.add(reversal_id)
    shop.redemptions[redemption.redemption_id] = replace(redemption, state=REVERSED)
    shop.work.reversed.append((redemption.redemption_id, reversal_id))
    back: dict[str, int] = {}
    for line in redemption.lines:
        back[line.barcode] = back.get(line.barcode, 0) + line.quantity
    _move(shop, reversal_id, "returned", back)
    day = shop.village.today(redemption.redeemed_at)
    if (redemption.household_id, day) in shop.spent:
        shop.spent[redemption.household_id, day] -= redemption.total


def order(shop: Shop, wish: Wish) -> Refusal | None:
    """None when the points are held, else why not. BrokenContract for an order that is none."""
    account = _account(shop, wish.household.number, sale_faults(wish) + _taken(shop, wish))
    today = shop.village.today(shop.now)
    if wish.until < today:
        return Refusal(RefusalCode.HOLD_OVER)
    if wish.until > today + timedelta(days=max(1, shop.village.order_days)):
        raise BrokenContract([Fault("until", f"订的货最多留 {shop.village.order_days} 天")])
    if (refusal := judge_wish(wish, shop.shelf, account, shop.village)) is not None:
        return refusal
    until = datetime.combine(wish.until + timedelta(days=1), time.min, ZoneInfo(shop.village.timezone))
    request = HoldRequest(wish.id, account.code, wish.total, until, wish.actor, wish.id)
    _well_made(shop, request)
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
    _well_made(shop, request)
    shop.work.requests.append(request)
    shop.taken.add(release_id)
    _end(shop, hold, HoldState.RELEASED)
    return True


def put_on_paper(shop: Shop, paper: StockPaper) -> None:
    """Goods came in or were written off: the shelf follows. What is on no price list has no shelf and becomes a case."""
    pieces: dict[str, int] = {}
    for line in paper.lines:
        pieces[line.barcode] = pieces.get(line.barcode, 0) + line.quantity
    unknown = sorted(barcode for barcode in pieces if barcode not in shop.shelf)
    _keep_paper(shop, paper)
    _move(shop, paper.paper_id, paper.kind, pieces)
    if unknown:
        _case(shop, "goods_not_listed", paper.paper_id, {"number": paper.number, "goods": "，".join(unknown)})
    short = [shop.shelf[barcode] for barcode in pieces if barcode in shop.shelf and shop.shelf[barcode].stock < 0]
    if short and paper.kind == "written_off":
        lacking = "，".join(f"{good.name} −{-good.stock} {good.unit}" for good in short)
        _case(shop, "stock_negative", paper.paper_id, {"number": paper.number, "goods": lacking})


def count_shelf(shop: Shop, paper: StockPaper, counted: Mapping[str, tuple[int, int, str | None]]) -> None:
    """The shelf was counted: by barcode what the counter's book said, what was counted, and why they differ. The shelf follows the
    count; where the book here said another figure than the counter's, a person has to look."""
    lines, pieces, differs = [], {}, []
    for barcode, (booked, there, reason) in counted.items():
        good = shop.shelf.get(barcode)
        on_book = good.stock if good else 0
        lines.append(StockLine(barcode, there - on_book if good else 0, on_book=on_book, reason=reason))
        if good is None:
            continue
        pieces[barcode] = there - on_book
        if on_book != booked:
            differs.append(f"{good.name} 机上 {booked}、这里 {on_book}、数到 {there}")
    _keep_paper(shop, replace(paper, lines=tuple(lines)))
    _move(shop, paper.paper_id, "counted", pieces)
    if differs:
        _case(shop, "count_differs", paper.paper_id, {"number": paper.number, "goods": "；".join(differs)})
    if unknown := sorted(barcode for barcode in counted if barcode not in shop.shelf):
        _case(shop, "goods_not_listed", paper.paper_id, {"number": paper.number, "goods": "，".join(unknown)})


def _account(shop: Shop, household: str, faults: list[Fault]) -> Account:
    """The household's account. BrokenContract with these faults and that of a household without one."""
    found = shop.accounts.get(household_account(household))
    if found is None:
        faults = [*faults, Fault("household", f"户号 {household} 没有账户")]
    if faults:
        raise BrokenContract(faults)
    assert found is not None  # noqa: S101 - else there are faults
    return found


def _taken(shop: Shop, wanted: Sale | Wish) -> list[Fault]:
    if wanted.id in shop.taken:
        return [Fault("id", "编号用过一次了")]
    used = {wanted.number} | ({wanted.receipt_hash} if isinstance(wanted, Sale) else set())
    return [Fault("receipt", f"单号 {wanted.number} 或小票的码用过一次了")] if used & shop.taken else []


def _well_made(shop: Shop, request: Request) -> None:
    examined = examine(request, shop.now.date())
    if isinstance(examined, list):
        raise BrokenContract(examined)


def _post(shop: Shop, request: TransferRequest) -> None:
    """Both accounts as they are after it, and the request among the work. BrokenContract before anything has changed."""
    _well_made(shop, request)
    debit, credit = shop.accounts[request.debit], shop.accounts[request.credit]
    after = debit.balance - request.amount, credit.balance + request.amount
    if max(abs(amount) for amount in after) > MAX_INTEGER:
        raise BrokenContract([Fault("total", f"余额会超过 {MAX_INTEGER}")])
    shop.accounts[request.debit] = replace(debit, balance=after[0], version=debit.version + 1)
    shop.accounts[request.credit] = replace(credit, balance=after[1], version=credit.version + 1)
    shop.work.requests.append(request)


def _open_hold(shop: Shop, sale: Sale, account: Account) -> Hold | None:
    """The hold that the sale takes, if it is this household's and still open; after its time the sale acts without."""
    hold = shop.holds.get(sale.order) if sale.order else None
    return hold if hold is not None and hold.state is HoldState.OPEN and hold.account == account.code else None


def _end(shop: Shop, hold: Hold, state: HoldState) -> None:
    account = shop.accounts[hold.account]
    shop.accounts[hold.account] = replace(account, held=account.held - hold.amount)
    shop.holds[hold.id] = replace(hold, state=state)


def _sale_cases(shop: Shop, sale: Sale, after: Account, captured: Hold | None) -> None:
    figures: dict[str, str | int] = {"number": sale.number}
    hold = shop.holds.get(sale.order) if sale.order else None
    if sale.order and captured is None and (hold is None or hold.state is not HoldState.LAPSED):
        _case(shop, "order_gone", sale.id, figures, sale.household.number)
    if missing := overdrawn(after, sale.total):
        _case(shop, "below_floor", sale.id, figures | {"missing": missing}, sale.household.number)
    if why := passed_over(sale, shop.village):
        _case(shop, "against_rule", sale.id, figures | {"why": why}, sale.household.number)
    if lacking := short_of(sale.lines, shop.shelf):
        _case(shop, "stock_negative", sale.id, figures | {"goods": lacking}, sale.household.number)


def _take_goods(shop: Shop, sale: Sale) -> None:
    _move(
        shop,
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


def _keep_paper(shop: Shop, paper: StockPaper) -> None:
    if paper.number in shop.taken or paper.paper_id in shop.taken:
        raise BrokenContract([Fault("number", f"单号 {paper.number} 用过一次了")])
    shop.work.papers.append(paper)
    shop.taken |= {paper.paper_id, paper.number}


def _move(shop: Shop, document_id: UUID, kind: str, pieces: Mapping[str, int]) -> None:
    """Pieces by barcode, onto the shelf or off it; goods on no list have no shelf."""
    for barcode, many in pieces.items():
        good = shop.shelf.get(barcode)
        if good is None or not many:
            continue
        shop.shelf[barcode] = replace(good, stock=good.stock + many)
        shop.work.moves.append(Move(document_id, kind, barcode, many))


def _case(
    shop: Shop, kind: str, document_id: UUID, figures: Mapping[str, str | int], household: str | None = None
) -> None:
    shop.work.cases.append(NewCase(kind, document_id, dict(figures), household))
