"""The shop as one unit of work sees it. Pure.

Decisions (``deciding``, ``shelving``) change it one after the other, each seeing the effects of those before it; a refused or broken one
leaves everything as it was. What was decided gathers in ``Work``, which the store writes in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from ledger.book.rules import examine
from ledger.book.values import Account, Hold, HoldState, Request, TransferRequest, household_account
from ledger.shop.values import (
    Good,
    Move,
    NewCase,
    Order,
    Ordered,
    Redemption,
    Reversed,
    Sale,
    Sold,
    StockPaper,
    Wish,
)
from ledger.villages.values import Village
from schemas.canonical import MAX_INTEGER
from schemas.problems import BrokenContract, Fault

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

    def account_of(self, household: str, faults: list[Fault]) -> Account:
        """The household's account. BrokenContract with these faults and that of a household without one."""
        found = self.accounts.get(household_account(household))
        if found is None:
            faults = [*faults, Fault("household", f"户号 {household} 没有账户")]
        if faults:
            raise BrokenContract(faults)
        assert found is not None  # noqa: S101 - else there are faults
        return found

    def used(self, wanted: Sale | Wish) -> list[Fault]:
        """What it would bring in that something else has already."""
        if wanted.id in self.taken:
            return [Fault("id", "编号用过一次了")]
        used = {wanted.number} | ({wanted.receipt_hash} if isinstance(wanted, Sale) else set())
        return [Fault("receipt", f"单号 {wanted.number} 或小票的码用过一次了")] if used & self.taken else []

    def well_made(self, request: Request) -> None:
        """BrokenContract with everything that the book would find wrong with the request by itself."""
        examined = examine(request, self.now.date())
        if isinstance(examined, list):
            raise BrokenContract(examined)

    def post(self, request: TransferRequest) -> None:
        """Both accounts as they are after it, and the request among the work. BrokenContract before anything has changed."""
        self.well_made(request)
        debit, credit = self.accounts[request.debit], self.accounts[request.credit]
        after = debit.balance - request.amount, credit.balance + request.amount
        if max(abs(amount) for amount in after) > MAX_INTEGER:
            raise BrokenContract([Fault("total", f"余额会超过 {MAX_INTEGER}")])
        self.accounts[request.debit] = replace(debit, balance=after[0], version=debit.version + 1)
        self.accounts[request.credit] = replace(credit, balance=after[1], version=credit.version + 1)
        self.work.requests.append(request)

    def end_hold(self, hold: Hold, state: HoldState) -> None:
        """The hold's points are the account's own again."""
        account = self.accounts[hold.account]
        self.accounts[hold.account] = replace(account, held=account.held - hold.amount)
        self.holds[hold.id] = replace(hold, state=state)

    def move(self, document_id: UUID, kind: str, pieces: Mapping[str, int]) -> None:
        """Pieces by barcode, onto the shelf or off it; goods on no list have no shelf."""
        for barcode, many in pieces.items():
            good = self.shelf.get(barcode)
            if good is None or not many:
                continue
            self.shelf[barcode] = replace(good, stock=good.stock + many)
            self.work.moves.append(Move(document_id, kind, barcode, many))

    def open_case(
        self, kind: str, document_id: UUID, figures: Mapping[str, str | int], household: str | None = None
    ) -> None:
        """Somebody has to look at it."""
        self.work.cases.append(NewCase(kind, document_id, dict(figures), household))
