"""Office pages: choose households, issue their cards, and show the sheets to print. The tokens are in that one answer only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import segno
from flask import Blueprint, g, make_response, render_template, request
from markupsafe import Markup
from sqlalchemy import Connection

from ledger.people.cards import IssuedCard, households_without_card, issue_cards
from ledger.people.rules import half_width
from ledger.people.store import Household, all_households, household_by_number
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.villages.rules import KIOSK_ONLY
from ledger.villages.store import Village
from ledger.web.services import services
from schemas.problems import BrokenContract, Fault
from schemas.tokens import CodeKind, code_text

blueprint = Blueprint("cards", __name__, template_folder="templates")

A_SHEET = 10


@dataclass(frozen=True, slots=True)
class PaperCard:
    """A card as it is printed. ``qr`` is the code as SVG."""

    number: str
    household: Household
    qr: Markup


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen from: how many households there are, how many have no card, and the groups with theirs."""

    households: int
    without: int
    groups: tuple[tuple[str, int], ...]


@blueprint.get("/office/<village_code>/cards")
@office(Role.VILLAGE_ADMIN)
def choose() -> Answer:
    """For whom? Everyone without a card, a group, or one household."""
    number = request.args.get("number", "")[:12]
    return _form({}, who="one" if number else "without", number=number, group="")


@blueprint.post("/office/<village_code>/cards")
@office(Role.VILLAGE_ADMIN)
def issue() -> Answer:
    """New cards on A4 sheets. What was chosen wrongly comes back as the form, filled in."""
    who, group, number = (request.form.get(name, "") for name in ("who", "group", "number"))
    given, village, staff_id = services(), g.village, g.staff.staff_id
    by, now = f"staff:{staff_id}", given.clock.now()

    def work(tx: Connection) -> list[IssuedCard]:
        chosen = [household.household_id for household in _chosen(tx, village, who, group, number)]
        issued = issue_cards(tx, village, chosen, by=by, now=now, random_bytes=given.random_bytes)
        numbers = f"{len(issued)} cards, {issued[0].household.number} to {issued[-1].household.number}"
        audit(tx, staff_id, village.village_id, "cards_issued", numbers, given.wall.now())
        return issued

    try:
        issued = given.database.write(work)
    except BrokenContract as broken:
        faults = {fault.field: fault.words for fault in broken.faults}
        return make_response(_form(faults, who=who, number=number, group=group), 400)
    return _sheets(village, issued)


def qr_svg(text: str) -> Markup:
    """The code as an SVG of one path without any style, level M or better, with its quiet zone."""
    code = segno.make_qr(text, error="m")
    return Markup(code.svg_inline(border=4, omitsize=True, light="white", svgclass=None, lineclass=None))  # noqa: S704 - segno's


def _sheets(village: Village, issued: Sequence[IssuedCard]) -> str:
    paper = [
        PaperCard(card.number, card.household, qr_svg(code_text(village.base, CodeKind.CARD, card.token)))
        for card in issued
    ]
    sheets = [paper[place : place + A_SHEET] for place in range(0, len(paper), A_SHEET)]
    today = village.today(services().clock.now())
    kiosk_only = village.base == KIOSK_ONLY
    return render_template(
        "people/card_sheets.html", sheets=sheets, total=len(paper), today=today, kiosk_only=kiosk_only
    )


def _chosen(tx: Connection, village: Village, who: str, group: str, number: str) -> list[Household]:
    """The households that were meant. BrokenContract when there is none."""
    if who == "one":
        return [_one(tx, village, number)]
    if who == "group":
        there = all_households(tx, village.village_id)
        if found := [one for one in there if one.group_name == group and not one.closed]:
            return found
        raise BrokenContract([Fault("group", "还没选哪一组" if not group else f"没有“{group}”这一组，再选一次")])
    if who != "without":
        raise BrokenContract([Fault("who", "还没选给谁印")])
    if found := households_without_card(tx, village.village_id):
        return found
    raise BrokenContract([Fault("who", "每一户都有卡了。要换旧卡，选一组或写户号")])


def _one(tx: Connection, village: Village, number: str) -> Household:
    wanted = half_width(number)
    if not wanted:
        raise BrokenContract([Fault("number", "还没写户号")])
    candidates = [wanted, wanted.zfill(4)] if wanted.isdigit() else [wanted]
    for candidate in candidates:
        found = household_by_number(tx, village.village_id, candidate)
        if found is not None and not found.closed:
            return found
    raise BrokenContract([Fault("number", f"户号 {wanted} 村里没有，再看一眼")])


def _form(faults: dict[str, str], *, who: str, number: str, group: str) -> str:
    choice = services().database.read(lambda tx: _choice(tx, g.village))
    return render_template("people/cards.html", choice=choice, faults=faults, who=who, number=number, group=group)


def _choice(tx: Connection, village: Village) -> Choice:
    there = [one for one in all_households(tx, village.village_id) if not one.closed]
    counts: dict[str, int] = {}
    for one in there:
        if one.group_name:
            counts[one.group_name] = counts.get(one.group_name, 0) + 1
    return Choice(len(there), len(households_without_card(tx, village.village_id)), tuple(counts.items()))
