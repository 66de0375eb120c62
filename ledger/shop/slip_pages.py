"""Office pages: print a numbered batch of 备用小票, and enter each slip once when the kiosk is alive again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection

from ledger.book.store import lock_book
from ledger.people.rules import half_width
from ledger.people.store import household_by_number
from ledger.shop.deciding import enter_slip
from ledger.shop.goods import all_goods
from ledger.shop.pages import blueprint
from ledger.shop.slip_form import SlipForm, SlipRead, read_slip_form
from ledger.shop.slips import MOST_A_BATCH, entered_slips, print_batch, printed_ranges
from ledger.shop.store import apply, names_of, open_shop
from ledger.shop.values import Good, Sale
from ledger.staff.guards import Answer, office
from ledger.staff.roles import Role
from ledger.staff.store import audit
from ledger.villages.store import Village
from ledger.web.services import services
from schemas.problems import BrokenContract

A_SHEET, USUAL = 3, 50


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a slip: ``balance`` is what it left."""

    slip: int
    household: str
    total: int
    balance: int


@blueprint.get("/office/<village_code>/slips")
@office(Role.VILLAGE_ADMIN)
def slips() -> Answer:
    """The batches, and the form for one slip; ``?done=31`` says which was entered last."""
    done = request.args.get("done", "")
    return _page(SlipForm(str(services().new_id())), {}, int(done) if done.isdigit() and len(done) < 6 else None)


@blueprint.post("/office/<village_code>/slips/print")
@office(Role.VILLAGE_ADMIN)
def print_slips() -> Answer:
    """A new batch on A4, three slips a page, each with the shop's part and the villager's."""
    typed = half_width(request.form.get("many", "")).strip()
    many = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
    given, village, staff_id = services(), g.village, g.staff.staff_id

    def work(tx: Connection) -> range:
        made = print_batch(tx, village.village_id, many, by=f"staff:{staff_id}", now=given.clock.now())
        audit(tx, staff_id, village.village_id, "slips_printed", f"{made[0]} to {made[-1]}", given.wall.now())
        return made

    try:
        made = given.database.write(work)
    except BrokenContract as broken:
        faults = {fault.field: fault.words for fault in broken.faults}
        return make_response(_page(SlipForm(str(given.new_id())), faults, None), 400)
    sheets = [made[start : start + A_SHEET] for start in range(0, len(made), A_SHEET)]
    return render_template("shop/slip_sheets.html", made=made, sheets=sheets)


@blueprint.post("/office/<village_code>/slips")
@office(Role.VILLAGE_ADMIN)
def enter() -> Answer:
    """Enter one slip: goods are gone, so nothing refuses. Sent twice, it is entered once."""
    given, village, staff = services(), g.village, g.staff
    form, now = SlipForm.of(request.form, given.new_id()), given.clock.now()

    def work(tx: Connection) -> Entered | dict[str, str]:
        lock_book(tx, village.village_id)
        household = household_by_number(tx, village.village_id, half_width(form.household).strip())
        shelf, entered = all_goods(tx, village.village_id), entered_slips(tx, village.village_id)
        read = read_slip_form(form, household, shelf, entered, village.today(now))
        if isinstance(read, dict):
            return read
        sale = _sale(village, read, f"staff:{staff.staff_id}", staff.login, now)
        shop = open_shop(tx, village, names_of(village, sale), now)
        enter_slip(shop, sale)
        balance = apply(tx, shop)[sale.id].debit_balance or 0
        audit(tx, staff.staff_id, village.village_id, "slip_entered", str(read.slip), given.wall.now())
        return Entered(read.slip, read.household.number, sale.total, balance)

    try:
        done = given.database.write(work)
    except BrokenContract as broken:
        done = {"form": "，".join(fault.words for fault in broken.faults)}
    if isinstance(done, dict):
        return make_response(_page(form, done, None), 400)
    return redirect(url_for("shop.slips", done=done.slip), 303)


def _sale(village: Village, read: SlipRead, actor: str, clerk: str, now: datetime) -> Sale:
    """The slip as a sale at noon of its day. It has no code of its own: the hash of its id stands in the receipt's place."""
    noon = datetime.combine(read.day, time(12), ZoneInfo(village.timezone))
    return Sale(
        id=read.id, number=f"0-{read.slip:06}", household=read.household, lines=read.lines,
        receipt_hash=hashlib.sha256(b"slip" + read.id.bytes).digest(), actor=actor, clerk=clerk, at=min(noon, now),
        offline=True, agreed_prices=True, card_shown=False, slip=read.slip,
    )  # fmt: skip


def _page(form: SlipForm, faults: dict[str, str], done: int | None) -> str:
    def read(tx: Connection) -> tuple[list[Good], tuple[range, ...], set[int]]:
        village_id = g.village.village_id
        return all_goods(tx, village_id), printed_ranges(tx, village_id), entered_slips(tx, village_id)

    goods, batches, entered = services().database.read(read)
    return render_template(
        "shop/slips.html", form=form, faults=faults, done=done, goods=goods, batches=batches, entered=entered,
        usual=USUAL, most=MOST_A_BATCH,
    )  # fmt: skip
