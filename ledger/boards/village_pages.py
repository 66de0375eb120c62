"""A village's public board: the notices that hang, and the price list. Notices come down when their days are over."""

from __future__ import annotations

from flask import abort, g, render_template

from ledger.awards.noticing import notice_sheet, notice_summaries
from ledger.boards.pages import blueprint
from ledger.shop.goods import all_goods
from ledger.shop.values import Good
from ledger.villages.store import Village, village_by_code
from ledger.web.services import services


@blueprint.get("/v/<village_code>/notices")
def notices(village_code: str) -> str:
    """The notices that hang today."""
    village = _village(village_code)
    today = village.today(services().clock.now())
    found = services().database.read(lambda tx: notice_summaries(tx, village.village_id))
    return render_template("boards/notices.html", hanging=[one for one in found if one.hangs(today)])


@blueprint.get("/v/<village_code>/notices/<int:notice_id>")
def notice(village_code: str, notice_id: int) -> str:
    """One notice while it hangs, from its first day to its last; before and after, 404 in words."""
    village = _village(village_code)
    today = village.today(services().clock.now())
    sheet = services().database.read(lambda tx: notice_sheet(tx, village, notice_id))
    if sheet is None or not sheet.notice.first_day <= today <= sheet.notice.last_day:
        abort(404)
    return render_template("boards/notice.html", sheet=sheet)


@blueprint.get("/v/<village_code>/goods")
def goods(village_code: str) -> str:
    """积分价目: what there is at the shop, and for how many points."""
    village = _village(village_code)
    found = services().database.read(lambda tx: all_goods(tx, village.village_id))
    categories: dict[str, list[Good]] = {}
    for good in found:
        if good.on_sale:
            categories.setdefault(good.category, []).append(good)
    return render_template("boards/goods.html", categories=categories, now=services().clock.now())


def _village(code: str) -> Village:
    village = services().database.read(lambda tx: village_by_code(tx, code.upper()))
    if village is None:
        abort(404)
    g.village = village
    return village
