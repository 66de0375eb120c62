"""Money behind points: what was granted, issued, spent and settled, and what is still owed to households. All in the minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from ledger.book.accounts import load_accounts
from ledger.book.store import post
from ledger.book.tables import accounts
from ledger.book.values import FUND, GRANT, SETTLED, AccountKind, Kind, Outcome, TransferRequest, shop_account


@dataclass(frozen=True, slots=True)
class Totals:
    """The book's standing in five figures; ``granted − fund = issued``, and all accounts sum to 0.

    ``owed`` is what households may still spend (debts not set off), ``debts`` what some of them owe, both ≥ 0.
    """

    granted: int
    fund: int
    owed: int
    debts: int
    shop: int
    settled: int

    @property
    def issued(self) -> int:
        """Net points given to households: awards and openings less deductions, reversals and clearings."""
        return self.granted - self.fund

    @property
    def ties(self) -> bool:
        """True when everything issued is either with the households, the shop, or settled."""
        return self.issued == self.owed - self.debts + self.shop + self.settled


def totals(tx: Connection, village_id: int) -> Totals:
    """The standing now."""
    standing = load_accounts(tx, village_id, [GRANT, FUND, SETTLED])
    by_kind = (accounts.c.village_id == village_id) & (accounts.c.kind == AccountKind.HOUSEHOLD.value)
    owed = select(func.coalesce(func.sum(accounts.c.balance), 0)).where(by_kind, accounts.c.balance > 0)
    debts = select(func.coalesce(func.sum(-accounts.c.balance), 0)).where(by_kind, accounts.c.balance < 0)
    shops = (accounts.c.village_id == village_id) & (accounts.c.kind == AccountKind.SHOP.value)
    shop = select(func.coalesce(func.sum(accounts.c.balance), 0)).where(shops)
    return Totals(
        granted=-standing[GRANT].balance,
        fund=standing[FUND].balance,
        owed=int(tx.execute(owed).scalar_one()),
        debts=int(tx.execute(debts).scalar_one()),
        shop=int(tx.execute(shop).scalar_one()),
        settled=standing[SETTLED].balance,
    )


def grant(
    tx: Connection,
    village_id: int,
    *,
    id_: UUID,
    amount: int,
    day: date,
    source: str,
    actor: str,
    second: str,
    now: datetime,
) -> Outcome:
    """Put points behind money: grant → fund. ``source`` says whose money it is (村集体、捐款)."""
    request = TransferRequest(id_, Kind.GRANT, GRANT, FUND, amount, day, actor, id_, {"source": source}, second)
    return post(tx, village_id, [request], now=now)[0]


def settle(
    tx: Connection,
    village_id: int,
    *,
    id_: UUID,
    amount: int,
    day: date,
    actor: str,
    second: str,
    now: datetime,
    outlet: int = 1,
) -> Outcome:
    """The shop was paid for points it took: shop → settled."""
    request = TransferRequest(
        id_, Kind.SETTLEMENT, shop_account(outlet), SETTLED, amount, day, actor, id_, {"outlet": outlet}, second
    )
    return post(tx, village_id, [request], now=now)[0]
