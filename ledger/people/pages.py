"""Office pages: the list of households, one household, and stopping a card."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.book.reading import StatementLine, account_of, balances, last_lines
from ledger.book.values import Account, AccountKind, household_account
from ledger.people.cards import ACTIVE, Card, all_cards, card_by_number, cards_of, report_lost
from ledger.people.lines import line_words
from ledger.people.store import Household, all_households, find_households, household_by_id, household_by_number
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.villages.store import Village
from ledger.web.services import services

blueprint = Blueprint("people", __name__, template_folder="templates")

Deeds = Callable[[Connection, int, Collection[UUID]], Mapping[UUID, str]]  # what the awards with those ids were for

A_PAGE = 50
LINES = 20
CARD_STOPPERS = (Role.VILLAGE_ADMIN, Role.RECORDER, Role.SHOPKEEPER)


@dataclass(frozen=True, slots=True)
class Listed:
    """A household in the list, with its balance in the minor unit and whether it has a card that works."""

    household: Household
    balance: int
    has_card: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A household's page."""

    household: Household
    account: Account
    lines: list[tuple[StatementLine, str]]
    cards: list[Card]


@blueprint.get("/office/<village_code>/households")
@office()
def households() -> Answer:
    """Every household, or those that a search finds; exactly one found is opened."""
    wanted = request.args.get("q", "").strip()[:40]
    listed = services().database.read(lambda tx: _listed(tx, g.village, wanted))
    if wanted and len(listed) == 1:
        return redirect(url_for("people.household", number=listed[0].household.number), 303)
    pages = max(1, -(-len(listed) // A_PAGE))
    page = min(max(1, request.args.get("page", 1, int)), pages)
    shown = listed[(page - 1) * A_PAGE : page * A_PAGE]
    counts = {"total": len(listed), "without_card": sum(not one.has_card for one in listed)}
    return render_template("people/households.html", shown=shown, wanted=wanted, page=page, pages=pages, **counts)


@blueprint.get("/office/<village_code>/households/<number>")
@office()
def household(number: str) -> Answer:
    """One household: balance, last lines, cards."""
    deeds = cast(Deeds, current_app.extensions["merit_deeds"])
    found = services().database.read(lambda tx: _opened(tx, g.village, number, deeds))
    if found is None:
        abort(404)
    may_stop = bool(g.roles.intersection(CARD_STOPPERS))
    return render_template("people/household.html", found=found, may_stop=may_stop)


@blueprint.get("/office/<village_code>/cards/<number>/stop")
@office(*CARD_STOPPERS)
def ask_stop_card(number: str) -> Answer:
    """Stop this card? Says whose it is, and what stays."""
    found = services().database.read(lambda tx: _card(tx, g.village, number))
    if found is None:
        abort(404)
    card, owner = found
    return render_template("people/stop_card.html", card=card, household=owner)


@blueprint.post("/office/<village_code>/cards/<number>/stop")
@office(*CARD_STOPPERS)
def stop_card(number: str) -> Answer:
    """Stop the card at once; sent twice, it is stopped once."""
    given, village_id, staff_id = services(), g.village.village_id, g.staff.staff_id

    def work(tx: Connection) -> Household | None:  # in the writer's thread: no g there
        before = card_by_number(tx, village_id, number)
        card = report_lost(tx, village_id, number, given.clock.now())
        if before is None or card is None:
            return None
        if before.state != card.state:
            audit(tx, staff_id, village_id, "card_stopped", number, given.wall.now())
        return household_by_id(tx, village_id, card.household_id)

    owner = given.database.write(work)
    if owner is None:
        abort(404)
    return redirect(url_for("people.household", number=owner.number), 303)


def _listed(tx: Connection, village: Village, wanted: str) -> list[Listed]:
    village_id = village.village_id
    found = find_households(tx, village_id, wanted) if wanted else _open(all_households(tx, village_id))
    points = balances(tx, village_id, AccountKind.HOUSEHOLD)
    having = {card.household_id for card in all_cards(tx, village_id) if card.state == ACTIVE}
    return [Listed(one, points[household_account(one.number)].balance, one.household_id in having) for one in found]


def _open(found: list[Household]) -> list[Household]:
    return [one for one in found if not one.closed]


def _opened(tx: Connection, village: Village, number: str, deeds: Deeds) -> Opened | None:
    found = household_by_number(tx, village.village_id, number)
    if found is None:
        return None
    code = household_account(found.number)
    newest = last_lines(tx, village.village_id, code, limit=LINES)
    told = deeds(tx, village.village_id, [line.reverses or line.id for line in newest])
    lines = [(line, line_words(line, told.get(line.reverses or line.id, ""))) for line in newest]
    account = account_of(tx, village.village_id, code)
    return Opened(found, account, lines, cards_of(tx, village.village_id, found.household_id))


def _card(tx: Connection, village: Village, number: str) -> tuple[Card, Household] | None:
    card = card_by_number(tx, village.village_id, number)
    owner = household_by_id(tx, village.village_id, card.household_id) if card else None
    return (card, owner) if card and owner else None
