"""Reading what the page 账 shows: the money behind points now, and the three columns of a month. One snapshot, by place in the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from ledger.book.accounts import load_accounts
from ledger.book.checkpoints import key_history
from ledger.book.money import Totals, totals
from ledger.book.months import Position, flows_between, last_seq_before, position_at
from ledger.book.reading import book_head, total_of_accounts
from ledger.book.seals import Seal, newest_seal, slip_of
from ledger.book.tables import transfers
from ledger.book.values import FUND
from ledger.shop.goods import all_goods
from ledger.shop.money_columns import Column, Cover, money_column, near_limit, points_column
from ledger.shop.money_parts import (
    AreaLine,
    OverrideLine,
    answered_overrides,
    awards_by_area,
    cash_on_top,
    goods_of_month,
    grants_by_source,
)
from ledger.villages.store import Village
from schemas.notes import read_vkey


@dataclass(frozen=True, slots=True)
class Standing:
    """Now: the book's totals, whether issuing is tied to grants, what is on the shelf in points, and what does not agree.

    ``sum`` is that over all accounts, 0 in a right book.
    """

    totals: Totals
    sum: int
    tied: bool
    stock: int
    trouble: tuple[str, ...]

    @property
    def left(self) -> int:
        """What may still be issued while issuing is tied; below 0 when more was issued than granted."""
        return self.totals.granted - self.totals.issued

    @property
    def near(self) -> bool:
        """True when issuing is tied and nearly all, or more, was issued."""
        return self.tied and near_limit(self.totals.granted, self.totals.issued)


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """收支公示 of a month; of the present one as far as it has come. Amounts in the minor unit, ``cash_fen`` in fen."""

    month: date
    current: bool
    begin: Position
    end: Position
    money: Column
    goods: Column
    points: Column
    areas: tuple[AreaLine, ...]
    overrides: tuple[OverrideLine, ...]
    cash_fen: int
    seal: Seal | None

    @property
    def cover(self) -> Cover:
        """够不够兑 at its end."""
        return Cover(self.end.households, self.end.shop, self.goods.closing, self.money.closing)

    @property
    def trouble(self) -> tuple[str, ...]:
        """The columns that do not add up."""
        named = (("钱", self.money), ("货", self.goods), ("分", self.points))
        return tuple(name for name, column in named if not column.adds_up)

    @property
    def awarded(self) -> int:
        """Points awarded after notice in the month."""
        return sum(line.points for line in self.areas)


def standing(tx: Connection, village: Village) -> Standing:
    """The money behind points now."""
    village_id = village.village_id
    found = totals(tx, village_id)
    total, trouble = total_of_accounts(tx, village_id), []
    if not found.ties or total != 0:
        trouble.append("各账户加起来不是 0")
    if found.owed - found.debts != position_at(tx, village_id, book_head(tx, village_id)[0]).households:
        trouble.append("各户的余额和最后一笔留下的不一样")
    fund = load_accounts(tx, village_id, [FUND])[FUND]
    stock = sum(good.price * good.stock for good in all_goods(tx, village_id))
    return Standing(found, total, fund.floor is not None, stock, tuple(trouble))


def month_sheet(tx: Connection, village: Village, month: date, now: datetime) -> MonthSheet:
    """The sheet of the month that begins on ``month``."""
    village_id, (begins, ends) = village.village_id, month_bounds(village, month)
    before, last = last_seq_before(tx, village_id, begins), last_seq_before(tx, village_id, ends)
    begin, end = position_at(tx, village_id, before), position_at(tx, village_id, last)
    flows = flows_between(tx, village_id, before + 1, last)
    current = begins <= now < ends
    return MonthSheet(
        month=month,
        current=current,
        begin=begin,
        end=end,
        money=money_column(begin, flows, grants_by_source(tx, village_id, before + 1, last), end),
        goods=goods_of_month(tx, village_id, begins, ends, current=current),
        points=points_column(begin, flows, end),
        areas=awards_by_area(tx, village_id, before + 1, last),
        overrides=answered_overrides(tx, village_id, before + 1, last),
        cash_fen=cash_on_top(tx, village_id, before + 1, last),
        seal=newest_seal(tx, village_id, at_least=0 if current else last),
    )


def seal_slip(tx: Connection, village: Village, seal: Seal | None) -> str | None:
    """The 封账码 of a seal, for a QR on paper; None without one."""
    if seal is None:
        return None
    return slip_of(village.base, seal, [read_vkey(record.vkey) for record in key_history(tx, village.village_id)])


def months_of(tx: Connection, village: Village, now: datetime) -> list[date]:
    """The months that have a sheet, the present one first; back to the first transfer."""
    first = select(transfers.c.posted_at).where(transfers.c.village_id == village.village_id, transfers.c.seq == 1)
    begun = village.today(tx.execute(first).scalar() or now).replace(day=1)
    month, found = village.today(now).replace(day=1), []
    while month >= begun:
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def month_bounds(village: Village, month: date) -> tuple[datetime, datetime]:
    """The village's midnights at which the month begins and ends."""
    after = (month + timedelta(days=31)).replace(day=1)
    begin, end = (datetime.combine(day, time.min, ZoneInfo(village.timezone)) for day in (month, after))
    return begin, end
