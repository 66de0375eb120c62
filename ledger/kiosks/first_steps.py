"""For 今天的事: what a village still lacks before points can be given, and goods be had for them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Table, func, select

from ledger.kiosks.tables import kiosks
from ledger.people.cards import ACTIVE
from ledger.people.tables import cards, households
from ledger.scheme.tables import rule_books
from ledger.shop.tables import goods
from ledger.staff.roles import Role
from ledger.web.menu import Task

_RULE_BOOK = Task("导入评分表", "有了评分表才能记分", "imports.kinds", 0)
_HOUSEHOLDS = Task("导入户名册", "还一户都没有，Excel 名册就能导", "imports.kinds", 0)
_GOODS = Task("导入价目和库存", "店里有什么货，几分换一样", "imports.kinds", 0)
_KIOSK = Task("登记柜台机", "店里有机器的，头一次联上时登记", "kiosks.kiosks", 0)


def tasks(tx: Connection, village_id: int, _staff_id: int, roles: Collection[str]) -> list[Task]:
    """What the village's own administrator has to set up first; nothing once it is there. A village may do without a kiosk: it is
    told of one only beside other steps."""
    if Role.VILLAGE_ADMIN not in roles:
        return []
    missing = [
        task
        for table, task in ((rule_books, _RULE_BOOK), (households, _HOUSEHOLDS), (goods, _GOODS))
        if not _some(tx, table, village_id)
    ]
    if without := _without_card(tx, village_id):
        missing.append(Task("印卡", "这些户还没有能用的卡", "cards.choose", without, "户"))
    if _HOUSEHOLDS in missing or _GOODS in missing:
        missing += [] if _some(tx, kiosks, village_id) else [_KIOSK]
    return missing


def _some(tx: Connection, table: Table, village_id: int) -> bool:
    return tx.execute(select(table.c.village_id).where(table.c.village_id == village_id).limit(1)).first() is not None


def _without_card(tx: Connection, village_id: int) -> int:
    """How many open households have no card that works."""
    theirs: ColumnElement[bool] = (cards.c.village_id == village_id) & (
        cards.c.household_id == households.c.household_id
    )
    having = select(cards.c.number).where(theirs, cards.c.state == ACTIVE).exists()
    here = (households.c.village_id == village_id) & households.c.closed_at.is_(None)
    return int(tx.execute(select(func.count()).select_from(households).where(here, ~having)).scalar_one())
