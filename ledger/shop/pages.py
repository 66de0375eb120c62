"""Office page: what is on the shelf, at which price, and what is running out."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from ledger.shop.goods import all_goods
from ledger.staff.guards import Answer, office
from ledger.web.services import services

blueprint = Blueprint("shop", __name__, template_folder="templates")


@blueprint.get("/office/<village_code>/goods")
@office()
def goods() -> Answer:
    """Every good with price and stock; what is short stands on top in words too."""
    listed = services().database.read(lambda tx: all_goods(tx, g.village.village_id))
    below = [good for good in listed if good.stock < 0]
    few = [good for good in listed if 0 <= good.stock <= g.village.low_stock]
    return render_template("shop/goods.html", goods=listed, below=below, few=few, low=g.village.low_stock)
