"""What a counter needs to serve for days without network, read from one state of the village."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from ledger.awards.tables import claims, notices
from ledger.awards.values import ClaimState
from ledger.book.reading import balances, book_head
from ledger.book.values import Account, AccountKind, household_account
from ledger.people.cards import all_cards
from ledger.people.memberships import staff_with_role
from ledger.people.store import Household, all_households
from ledger.shop.goods import all_goods
from ledger.shop.redemptions import spent_by_household
from ledger.shop.values import Good
from ledger.staff.roles import Role
from ledger.villages.store import Village
from schemas.kiosk_api import (
    Limits,
    Snapshot,
    SnapshotCard,
    SnapshotClerk,
    SnapshotGood,
    SnapshotHousehold,
    SnapshotVillage,
)

Pending = dict[int, tuple[int, date]]


def take_snapshot(tx: Connection, village: Village, now: datetime) -> Snapshot:
    """The village as of its last transfer: names masked, cards by hash, nothing that the counter has no use for."""
    village_id = village.village_id
    seq, _ = book_head(tx, village_id)
    known = all_households(tx, village_id)
    return Snapshot(
        seq=seq,
        taken_at=now,
        village=_village(village),
        limits=_limits(village),
        goods=[_good(good) for good in all_goods(tx, village_id) if good.on_sale],
        households=_households(tx, village, known, now),
        cards=_cards(tx, village_id, known),
        clerks=[
            SnapshotClerk(login=one.login, name=one.name) for one in staff_with_role(tx, village_id, Role.SHOPKEEPER)
        ],
    )


def pending_by_household(tx: Connection, village_id: int) -> Pending:
    """Points on notice by household id, with the last day on which any of them can be objected to."""
    hangs = (notices.c.village_id == claims.c.village_id) & (notices.c.notice_id == claims.c.notice_id)
    query = (
        select(
            claims.c.household_id,
            func.sum(claims.c.points).label("points"),
            func.max(notices.c.last_day).label("until"),
        )
        .join(notices, hangs)
        .where(claims.c.village_id == village_id, claims.c.state == ClaimState.ON_NOTICE.value, claims.c.points > 0)
        .group_by(claims.c.household_id)
    )
    return {row.household_id: (int(row.points), row.until) for row in tx.execute(query)}


def _households(tx: Connection, village: Village, known: Iterable[Household], now: datetime) -> list[SnapshotHousehold]:
    accounts = balances(tx, village.village_id, AccountKind.HOUSEHOLD)
    spent = spent_by_household(tx, village, village.today(now))
    pending = pending_by_household(tx, village.village_id)
    return [
        _household(one, accounts[household_account(one.number)], spent.get(one.household_id, 0), pending)
        for one in known
    ]


def _household(one: Household, account: Account, spent_today: int, pending: Pending) -> SnapshotHousehold:
    points, until = pending.get(one.household_id, (0, None))
    return SnapshotHousehold(
        number=one.number,
        masked_name=one.masked_name,
        group=one.group_name,
        balance=account.balance - account.held,  # points held for ordered goods are not the counter's to spend
        floor=account.floor or 0,
        spent_today=spent_today,
        on_notice=points,
        on_notice_until=until.isoformat() if until else None,
        state="closed" if one.closed or account.closed else "blocked" if account.blocked else "open",
    )


def _cards(tx: Connection, village_id: int, known: Iterable[Household]) -> list[SnapshotCard]:
    numbers = {one.household_id: one.number for one in known}
    return [
        SnapshotCard(
            hash=card.token_hash.hex(),
            household=numbers[card.household_id],
            tail=card.tail,
            state=_card_state(card.state),
        )
        for card in all_cards(tx, village_id)
    ]


def _card_state(state: str) -> Literal["active", "lost", "replaced"]:
    match state:
        case "active" | "lost" | "replaced":
            return state
    raise AssertionError(state)


def _good(good: Good) -> SnapshotGood:
    return SnapshotGood(
        barcode=good.barcode, name=good.name, unit=good.unit, price=good.price, stock=good.stock,
        limit_visit=good.limit_visit, picture=good.category,
    )  # fmt: skip


def _village(village: Village) -> SnapshotVillage:
    return SnapshotVillage(
        code=village.code, name=village.name, shop_name=village.shop_name, phone=village.phone, base=village.base,
        timezone=village.timezone, decimals=village.decimals,
    )  # fmt: skip


def _limits(village: Village) -> Limits:
    return Limits(
        household_day=village.limit_household_day,
        visit=village.limit_visit,
        offline_household_day=village.offline_household_day,
        offline_kiosk_total=village.offline_kiosk_total,
        offline_days=village.offline_days,
    )
