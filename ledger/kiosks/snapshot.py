"""What a counter needs to serve for days without network, read from one state of the village."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from ledger.awards.tables import claims, notices
from ledger.awards.values import ClaimState
from ledger.book.reading import balances, book_head
from ledger.book.values import Account, AccountKind, household_account
from ledger.kiosks.desk import SUPERVISING
from ledger.kiosks.donors import donor_names
from ledger.people.cards import Card, all_cards
from ledger.people.memberships import staff_with_role
from ledger.people.pins import households_with_pin
from ledger.people.store import Household, all_households
from ledger.shop.goods import all_goods
from ledger.shop.orders import open_orders
from ledger.shop.redemptions import last_visits, spent_by_household
from ledger.shop.stock import best_before
from ledger.shop.values import Good, Order
from ledger.staff.pins import pin_hashes
from ledger.staff.roles import Role
from ledger.villages.store import Village
from schemas.cursor import Parts, part_of
from schemas.kiosk_api import (
    Limits,
    Snapshot,
    SnapshotCard,
    SnapshotClerk,
    SnapshotGood,
    SnapshotHousehold,
    SnapshotOrder,
    SnapshotOrderLine,
    SnapshotVillage,
)

Pending = dict[int, tuple[int, date]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One state of a village as it was read: the snapshot but for households and cards, and the rows that these are made of."""

    rest: Snapshot
    households: Sequence[Household]
    accounts: Mapping[str, Account]
    spent: Mapping[int, int]
    pending: Pending
    visits: Mapping[int, datetime]
    pins: Collection[int]
    cards: Sequence[Card]


def read_village(tx: Connection, village: Village, now: datetime) -> Seen:
    """All that must be of one moment. A reader delays COMMIT, so that nothing is made of it here that can be made afterwards."""
    village_id = village.village_id
    seq, _ = book_head(tx, village_id)
    rest = Snapshot(
        seq=seq,
        taken_at=now,
        village=_village(village),
        limits=_limits(village),
        goods=_price_list(tx, village_id),
        households=[],
        cards=[],
        clerks=_clerks(tx, village_id),
        orders=[_order(one) for one in open_orders(tx, village_id)],
        donors=donor_names(tx, village_id),
    )
    return Seen(
        rest,
        households=all_households(tx, village_id),
        accounts=balances(tx, village_id, AccountKind.HOUSEHOLD),
        spent=spent_by_household(tx, village, village.today(now)),
        pending=pending_by_household(tx, village_id),
        visits=last_visits(tx, village_id),
        pins=households_with_pin(tx, village_id),
        cards=all_cards(tx, village_id),
    )


def composed(village: Village, seen: Seen) -> Snapshot:
    """The village as of its last transfer, without a cursor: names masked, cards by hash, nothing that the counter has no use for. Pure."""
    households = [_household(village, seen, one) for one in seen.households]
    return seen.rest.model_copy(update={"households": households, "cards": _cards(seen)})


def changed_since(whole: Snapshot, cursor: str) -> Snapshot:
    """The answer to who holds what that cursor says: of households and cards only the parts that are others now, these whole. A
    cursor that is none gets everything. Pure."""
    parts = Parts.of(whole.households, whole.cards)
    changed = parts.changed_since(cursor)
    if changed is None:
        return whole.model_copy(update={"cursor": parts.cursor})
    households = [one for one in whole.households if part_of(one.number) in changed]
    cards = [card for card in whole.cards if part_of(card.hash) in changed]
    return whole.model_copy(update={"cursor": parts.cursor, "whole": False, "households": households, "cards": cards})


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


def _household(village: Village, seen: Seen, one: Household) -> SnapshotHousehold:
    account = seen.accounts[household_account(one.number)]
    points, until = seen.pending.get(one.household_id, (0, None))
    visit = seen.visits.get(one.household_id)
    return SnapshotHousehold(
        number=one.number,
        masked_name=one.masked_name,
        group=one.group_name,
        balance=account.balance - account.held,  # points held for ordered goods are not the counter's to spend
        floor=account.floor or 0,
        spent_today=seen.spent.get(one.household_id, 0),
        on_notice=points,
        on_notice_until=until.isoformat() if until else None,
        state="closed" if one.closed or account.closed else "blocked" if account.blocked else "open",
        held=account.held,
        last_visit=village.today(visit) if visit is not None else None,
        pin=one.household_id in seen.pins,
    )


def _cards(seen: Seen) -> list[SnapshotCard]:
    """Every card, by hash: an order that a kiosk can keep when it gets only some of them."""
    numbers = {one.household_id: one.number for one in seen.households}
    made = [
        SnapshotCard(
            hash=card.token_hash.hex(),
            household=numbers[card.household_id],
            tail=card.tail,
            state=_card_state(card.state),
        )
        for card in seen.cards
    ]
    return sorted(made, key=lambda card: card.hash)


def _card_state(state: str) -> Literal["active", "lost", "replaced"]:
    match state:
        case "active" | "lost" | "replaced":
            return state
    raise AssertionError(state)


def _price_list(tx: Connection, village_id: int) -> list[SnapshotGood]:
    listed = [good for good in all_goods(tx, village_id) if good.on_sale]
    keeps = {batch.barcode: batch.best_before for batch in reversed(best_before(tx, village_id, listed))}
    return [_good(good, keeps.get(good.barcode)) for good in listed]


def _good(good: Good, keeps_until: date | None) -> SnapshotGood:
    return SnapshotGood(
        barcode=good.barcode, name=good.name, unit=good.unit, price=good.price, stock=good.stock,
        limit_visit=good.limit_visit, picture=good.category, best_before=keeps_until,
    )  # fmt: skip


def _clerks(tx: Connection, village_id: int) -> list[SnapshotClerk]:
    """Who serves, and who may allow what a clerk alone may not."""
    held = {role: staff_with_role(tx, village_id, role) for role in (Role.SHOPKEEPER, *sorted(SUPERVISING))}
    serving = {one.staff_id for one in held[Role.SHOPKEEPER]}
    watching = {one.staff_id for role in SUPERVISING for one in held[role]}
    people = {one.staff_id: one for found in held.values() for one in found}
    pins = pin_hashes(tx, people)
    return [
        SnapshotClerk(
            login=one.login, name=one.name, serves=id_ in serving, supervises=id_ in watching, pin_hash=pins.get(id_)
        )
        for id_, one in people.items()
        if id_ in serving or pins.get(id_)
    ]


def _order(one: Order) -> SnapshotOrder:
    lines = [
        SnapshotOrderLine(barcode=x.barcode, name=x.name, unit=x.unit, quantity=x.quantity, price=x.price)
        for x in one.lines
    ]
    return SnapshotOrder(
        id=one.order_id, number=one.number, household=one.household, lines=lines, total=one.total, until=one.until_day
    )


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
        no_card=village.limit_no_card,
        proxy=village.limit_proxy,
        pin_above=village.pin_above,
        cash_allowed=village.cash_allowed,
        fen_per_point=village.fen_per_point,
        open_weekdays=sorted(village.weekdays),
        order_days=village.order_days,
        substitute=village.substitute,
        clerk_pin=village.clerk_pin,
        signature_stub=village.signature_stub,
        low_stock=village.low_stock,
        idle_s=village.idle_s,
    )
