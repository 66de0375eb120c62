"""Office page: the rule book in force."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from sqlalchemy import Connection

from ledger.scheme.rules import cap_words, counts_points
from ledger.scheme.store import latest, rule_book_on
from ledger.scheme.values import Caps, RuleBook
from ledger.staff.guards import Answer, office
from ledger.web.services import services
from schemas.points import points_text

blueprint = Blueprint("scheme", __name__, template_folder="templates")

PUBLIC_WORDS = {"item": "写明事项", "area": "只写哪一类", "nothing": "不公开"}


@blueprint.get("/office/<village_code>/rulebook")
@office()
def rule_book() -> Answer:
    """What earns how many points today, and the next version if it is adopted already."""
    village, today = g.village, g.village.today(services().clock.now())

    def look(tx: Connection) -> tuple[RuleBook | None, RuleBook | None]:
        return rule_book_on(tx, village.village_id, today), latest(tx, village.village_id)

    book, newest = services().database.read(look)
    coming = newest if newest and newest.in_force_from > today else None
    return render_template(
        "scheme/rulebook.html", book=book, coming=coming, caps_told=caps_told, public_words=PUBLIC_WORDS
    )


def caps_told(caps: Caps, decimals: int) -> list[str]:
    """ "一户一月最多 40 分", "一件事最多 1 次"."""
    amounts = {
        name: f"{points_text(most, decimals)} 分" if counts_points(name) else f"{most} 次"
        for name, most in caps.items()
    }
    return [f"{cap_words(name)} {amounts[name]}" for name in sorted(amounts)]
