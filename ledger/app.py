"""Composition root of the service: the shell, every room's pages, and what lower rooms are handed from higher ones."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from flask import Blueprint, Flask
from sqlalchemy import Connection

from ledger.awards import award_pages, claim_pages, review_pages  # noqa: F401 - their views hang on pages.blueprint
from ledger.awards import pages as awards_pages
from ledger.awards.reading import claims_by_id
from ledger.awards.words import deed_text
from ledger.boards import log_api, log_pages, village_pages  # noqa: F401 - the latter two's views hang likewise
from ledger.boards import pages as boards_pages
from ledger.kiosks import api as kiosks_api
from ledger.kiosks import donor_pages  # noqa: F401 - its views hang on kiosks_pages.blueprint
from ledger.kiosks import pages as kiosks_pages
from ledger.kiosks.first_steps import tasks as steps_to_begin
from ledger.people import card_pages, import_pages
from ledger.people import pages as people_pages
from ledger.people.households_import import HouseholdsImporter
from ledger.people.import_pages import register_importers
from ledger.people.importing import Importer
from ledger.people.memberships import roles_of, villages_of
from ledger.scheme import pages as scheme_pages
from ledger.scheme.rulebook_import import RuleBookImporter
from ledger.shop import money_pages, slip_pages  # noqa: F401 - the latter's views hang on shop_pages.blueprint
from ledger.shop import pages as shop_pages
from ledger.shop.goods_import import GoodsImporter
from ledger.shop.money_rules import CONFIRMERS
from ledger.staff import pages as staff_pages
from ledger.staff.roles import Role, RoleGrant
from ledger.villages.store import village_by_code, village_by_id
from ledger.web.menu import MenuEntry
from ledger.web.services import Services
from ledger.web.shell import create_shell

PAGES: tuple[Blueprint, ...] = (
    staff_pages.blueprint,
    people_pages.blueprint,
    card_pages.blueprint,
    import_pages.blueprint,
    scheme_pages.blueprint,
    awards_pages.blueprint,
    shop_pages.blueprint,
    money_pages.blueprint,
    kiosks_pages.blueprint,
    boards_pages.blueprint,
    log_api.blueprint,
)
APIS: tuple[Blueprint, ...] = (kiosks_api.blueprint,)  # programs send bearer tokens, not forms: no form token
IMPORTERS: tuple[Importer, ...] = (HouseholdsImporter(), GoodsImporter(), RuleBookImporter())
MENU = (
    MenuEntry("今天", "staff.home"),
    MenuEntry("给一户加分", "awards.award", frozenset({Role.RECORDER})),
    MenuEntry("复核", "awards.review", frozenset(awards_pages.READERS), "别人记的，同意不同意"),
    MenuEntry("公示", "awards.notices", frozenset(awards_pages.READERS), "要贴的、贴着的、到账的"),
    MenuEntry("户和卡", "people.households", hint="积分、卡、以前的账"),
    MenuEntry("印卡", "cards.choose", frozenset({Role.VILLAGE_ADMIN}), "A4 纸，一页 10 张"),
    MenuEntry("爱心超市", "shop.goods", hint="有什么货，几分，还有多少"),
    MenuEntry("账", "money.money", CONFIRMERS, "钱、货、分，够不够兑"),
    MenuEntry("库存", "kiosks.stock", hint="进了多少，兑了多少"),
    MenuEntry("备用小票", "shop.slips", frozenset({Role.VILLAGE_ADMIN}), "柜台机坏了，用纸办"),
    MenuEntry("评分表", "scheme.rule_book", hint="做什么事，加多少分"),
    MenuEntry("柜台机", "kiosks.kiosks", frozenset({Role.VILLAGE_ADMIN, Role.SUPERVISOR}), "店里的机器，联着没有"),
    MenuEntry("导入", "imports.kinds", frozenset({Role.VILLAGE_ADMIN}), "户名册、价目和库存、评分表"),
)


def create_app(given: Services) -> Flask:
    """The whole service on these services. Reads no table; makes the secret key's file if it is not there."""
    app = create_shell(given)
    app.extensions["merit_roles"] = role_grant
    app.extensions["merit_grants"] = role_grants
    app.extensions["merit_home"] = awards_pages.home
    app.extensions["merit_deeds"] = deeds
    app.extensions["merit_menu"] = MENU
    app.extensions["merit_tasks"] = (steps_to_begin, money_pages.tasks)
    register_importers(app, IMPORTERS)
    for blueprint in (*PAGES, *APIS):
        app.register_blueprint(blueprint)
    for blueprint in APIS:
        app.extensions["merit_csrf"].exempt(blueprint)
    return app


def role_grant(tx: Connection, staff_id: int, village_code: str) -> RoleGrant | None:
    """What a staff member may do in a village; None where there is no such village or no role."""
    village = village_by_code(tx, village_code)
    roles = roles_of(tx, village.village_id, staff_id) if village else frozenset()
    return RoleGrant(village, roles) if village and roles else None


def role_grants(tx: Connection, staff_id: int) -> list[RoleGrant]:
    """Every village where a staff member has a role."""
    villages = [village_by_id(tx, village_id) for village_id in villages_of(tx, staff_id)]
    return [RoleGrant(village, roles_of(tx, village.village_id, staff_id)) for village in villages if village]


def deeds(tx: Connection, village_id: int, transfer_ids: Collection[UUID]) -> dict[UUID, str]:
    """What those of the transfers that are awards were for, in the office's words: an award's id is its claim's."""
    found = claims_by_id(tx, village_id, transfer_ids)
    return {claim_id: deed_text(claim.item_name, claim.quantity, claim.unit) for claim_id, claim in found.items()}
