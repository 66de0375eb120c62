"""A village's public board: its front page, the notices that hang, and the price list. Notices come down when their days are over."""

from __future__ import annotations

from flask import abort, g, render_template
from sqlalchemy import Connection

from ledger.awards.noticing import NoticeSummary, notice_sheet, notice_summaries
from ledger.boards.pages import blueprint
from ledger.book.seals import Seal, newest_seal
from ledger.shop.goods import all_goods
from ledger.shop.values import Good
from ledger.villages.store import Village, village_by_code
from ledger.web.services import services


@blueprint.get("/v/<village_code>/")
def front(village_code: str) -> str:
    """What a village tells everybody: what hangs, that there are goods and where their prices are, how far the book is sealed."""
    village = village_of(village_code)

    def load(tx: Connection) -> tuple[list[NoticeSummary], int, Seal | None]:
        on_sale = sum(good.on_sale for good in all_goods(tx, village.village_id))
        return _hanging(tx, village), on_sale, newest_seal(tx, village.village_id)

    hanging, on_sale, seal = services().database.read(load)
    return render_template("boards/village.html", hanging=hanging, on_sale=on_sale, seal=seal)


@blueprint.get("/v/<village_code>/notices")
def notices(village_code: str) -> str:
    """The notices that hang today."""
    village = village_of(village_code)
    hanging = services().database.read(lambda tx: _hanging(tx, village))
    return render_template("boards/notices.html", hanging=hanging)


@blueprint.get("/v/<village_code>/notices/<int:notice_id>")
def notice(village_code: str, notice_id: int) -> str:
    """One notice while it hangs, from its first day to its last; before and after, 404 in words."""
    village = village_of(village_code)
    today = village.today(services().clock.now())
    sheet = services().database.read(lambda tx: notice_sheet(tx, village, notice_id))
    if sheet is None or not sheet.notice.first_day <= today <= sheet.notice.last_day:
        abort(404)
    return render_template("boards/notice.html", sheet=sheet)


@blueprint.get("/v/<village_code>/goods")
def goods(village_code: str) -> str:
    """积分价目: what there is at the shop, and for how many points."""
    village = village_of(village_code)
    found = services().database.read(lambda tx: all_goods(tx, village.village_id))
    categories: dict[str, list[Good]] = {}
    for good in found:
        if good.on_sale:
            categories.setdefault(good.category, []).append(good)
    return render_template("boards/goods.html", categories=categories, now=services().clock.now())


def village_of(code: str) -> Village:
    """The village this page is about; 404 for an unknown code."""
    village = services().database.read(lambda tx: village_by_code(tx, code.upper()))
    if village is None:
        abort(404)
    g.village = village
    return village


def _hanging(tx: Connection, village: Village) -> list[NoticeSummary]:
    today = village.today(services().clock.now())
    return [one for one in notice_summaries(tx, village.village_id) if one.hangs(today)]
