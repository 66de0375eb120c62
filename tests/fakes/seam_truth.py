"""The end of a seam history, held against what must be true: the ledger against the reckoning, each counter against its own journal."""

from __future__ import annotations

import json
from collections import Counter as Tally
from uuid import UUID

from sqlalchemy import Connection, func, select

from kiosk.journal.recall import recalled
from ledger.book.tables import accounts, transfers
from ledger.book.verify import verify
from ledger.kiosks.tables import day_closes, entries, forks
from ledger.shop.goods import all_goods, stock_by_moves
from ledger.shop.tables import redemptions
from ledger.villages.store import open_cases
from schemas.entries import ENTRY, Asked, CalledOff, Collected, HandedOver, Printed, Sale, SlipEntered, Voided
from tests.fakes.seam import Counter
from tests.fakes.seam_faults import Found, faults
from tests.fakes.seam_ground import OPENING, PEN, SHELF, SLIPS
from tests.fakes.seam_history import History
from tests.fakes.seam_log import Entered
from tests.fakes.seam_reckoning import Reckoning
from tests.fakes.seam_world import World


def check(history: History) -> Reckoning:
    """Everything that must be true at the end of any history; what it was held against."""
    world = history.world
    must = Reckoning(Tally(OPENING), dict(SHELF), range(SLIPS.start, SLIPS.stop)).take(world.log)
    found = what_is_there(world)
    taken = [item for item in world.log if isinstance(item, Entered)]
    ids = {(item.kiosk, item.number): item.outcome.id for item in taken if item.outcome.id is not None}
    assert faults(must, found, ids) == []
    nothing_is_lost(world, PEN, [entry.text for entry in history.pen.pen.journal])
    for counter in history.counters:
        nothing_is_lost(world, counter.identity.kiosk, [entry.text for entry in counter.journal.entries(1)])
        counter_agrees(counter, must, found, world)
    history.did.update(what_it_was_about(must, taken))
    return must


def counter_agrees(counter: Counter, must: Reckoning, found: Found, world: World) -> None:
    """Nothing is left to ask about, papers say what they are, and a counter that still serves knows what the book knows."""
    papers_are_marked_truly(counter)
    left = recalled(counter.journal, counter.journal.snapshot()).pending
    assert left == (), "a sale or its paper was forgotten: nobody was asked about it"
    if counter.identity.kiosk not in world.revoked:
        heard_everything(counter, must, found)
        goods_out_are_paid_for(counter, must)
        days_agree(counter, must, world)


def whole_book_holds(world: World) -> None:
    report = verify(world.scene.database, world.ground.village.village_id)
    assert report.ok, report.problems


def what_is_there(world: World) -> Found:
    """The ledger's tables, read in one go; accounts are added up a second time from single transfers."""
    village_id = world.ground.village.village_id
    return world.scene.database.read(lambda tx: _found(tx, village_id, world))


def _found(tx: Connection, village_id: int, world: World) -> Found:
    rows = tx.execute(select(accounts).where(accounts.c.village_id == village_id)).all()
    codes = {row.account_id: row.code for row in rows}
    sums: Tally[str] = Tally()
    for side, sign in ((transfers.c.debit_id, -1), (transfers.c.credit_id, 1)):
        query = select(side, func.sum(transfers.c.amount)).where(transfers.c.village_id == village_id).group_by(side)
        for account, amount in tx.execute(query):
            sums[codes[account]] += sign * int(amount)
    sold = tx.execute(
        select(redemptions).where(redemptions.c.village_id == village_id, redemptions.c.state == "posted")
    )
    amounts = {row.id: (codes[row.debit_id], row.amount) for row in tx.execute(select(transfers))}
    cases = open_cases(tx, village_id)
    days = tx.execute(select(day_closes).where(day_closes.c.village_id == village_id))
    return Found(
        balances={row.code: row.balance for row in rows},
        sums=sums,
        standing={
            row.redemption_id: (
                amounts[row.redemption_id][0].partition(":")[2],
                amounts[row.redemption_id][1],
                row.cash_fen,
            )
            for row in sold
        },
        shelf={good.barcode: good.stock for good in all_goods(tx, village_id)},
        moves=stock_by_moves(tx, village_id),
        cases=frozenset((case.kind, case.document_id) for case in cases),
        households=frozenset((case.kind, case.household) for case in cases),
        days={(row.kiosk_id, row.number): row.matches for row in days},
        held={row.code.partition(":")[2]: row.held for row in rows if row.held},
        now=world.scene.clock.now(),
    )


def nothing_is_lost(world: World, kiosk: int, journal: list[str]) -> None:
    """The ledger holds the whole journal; of a counter that was revoked the rest lies aside."""
    village_id = world.ground.village.village_id

    def texts(tx: Connection) -> list[str]:
        mine = (entries.c.village_id == village_id) & (entries.c.kiosk_id == kiosk)
        return list(tx.execute(select(entries.c.text).where(mine).order_by(entries.c.number)).scalars())

    def aside(tx: Connection) -> list[str]:
        mine = (forks.c.village_id == village_id) & (forks.c.kiosk_id == kiosk)
        return list(tx.execute(select(forks.c.text).where(mine).order_by(forks.c.number)).scalars())

    held = world.scene.database.read(texts)
    assert held == journal[: len(held)]
    rest = world.scene.database.read(aside) if kiosk in world.revoked else []
    assert held + rest == journal, f"kiosk {kiosk} wrote {len(journal)}, held are {len(held)} and {len(rest)} aside"


def first_outcome(counter: Counter, number: int) -> str:
    row = counter.journal._row("SELECT text FROM outcomes WHERE number = ? ORDER BY rowid LIMIT 1", number)
    assert row is not None, f"entry {number} has no outcome"
    return str(json.loads(str(row[0]))["outcome"])


def latest_outcome(counter: Counter, number: int) -> str:
    """Which of two entries of one slip counts may change when the book was put back; the slip counts once."""
    row = counter.journal._row("SELECT text FROM outcomes WHERE number = ? ORDER BY rowid DESC LIMIT 1", number)
    assert row is not None
    return str(json.loads(str(row[0]))["outcome"])


def goods_out_are_paid_for(counter: Counter, must: Reckoning) -> None:
    """What the counter gave out, by its own journal and the outcomes it first heard, is what the book holds of it."""
    written = [ENTRY.validate_json(entry.text) for entry in counter.journal.entries(1)]
    handed = {entry.asked for entry in written if isinstance(entry, HandedOver)}
    back = {entry.asked for entry in written if isinstance(entry, CalledOff)}
    back |= {entry.sale for entry in written if isinstance(entry, Voided)}
    out: set[UUID] = set()
    for entry in written:
        match entry:
            case Collected():
                out.add(entry.id)
            case Asked() if entry.id in handed or first_outcome(counter, entry.number) == "posted":
                out.add(entry.id)
            case SlipEntered() if latest_outcome(counter, entry.number) == "posted":
                out.add(entry.id)
    booked = {id_ for id_, sale in must.standing.items() if sale.kiosk == counter.identity.kiosk}
    assert out - back == booked


def heard_everything(counter: Counter, must: Reckoning, found: Found) -> None:
    """A counter that heard everything knows the book's own figures and reckons nothing of its own any more."""
    book = counter.till.book
    assert book is not None
    assert book.sold == ()
    for household, points in must.points.items():
        assert book.households[household].balance == points - found.held.get(household, 0)
    for barcode, pieces in must.shelf.items():
        assert book.goods[barcode].stock == pieces


def days_agree(counter: Counter, must: Reckoning, world: World) -> None:
    """A counter that had heard everything when it closed its day has the book's own figures, unless the book was put back since."""
    if world.restored:
        return
    for entry in counter.journal.entries(1):
        said = json.loads(entry.text)
        if said["kind"] == "day_closed" and said["figures"]["unsent"] == 0:
            assert must.days[counter.identity.kiosk, entry.number], said["figures"]


def papers_are_marked_truly(counter: Counter) -> None:
    """No sale has two papers that do not say which one they are, and the journal never claims a paper that there is not."""
    copies = Tally((paper.sale, paper.copy) for paper in counter.port.out)
    assert [paper for paper, many in copies.items() if many > 1] == [], (
        "two papers of one sale say the same of themselves"
    )
    for entry in counter.journal.entries(1):
        said = ENTRY.validate_json(entry.text)
        if isinstance(said, Printed) and said.state == "printed":
            assert counter.seen_on_paper(said.sale)


def what_it_was_about(must: Reckoning, taken: list[Entered]) -> Tally[str]:
    """So that a run can show that its histories were not all about nothing."""
    kinds = Tally(kind for kind, _ in must.cases)
    entries_of = Tally(f"entry: {item.entry.kind}" for item in taken if item.entry is not None)
    return entries_of + Tally(
        {
            "below its floor": kinds["below_floor"],
            "collected late": kinds["order_gone"],
            "slip twice": kinds["slip_twice"],
            "quarantined": kinds["entry_quarantined"],
            "proxy": sum(1 for item in taken if isinstance(item.entry, Sale) and item.entry.proxy is not None),
            "cash": sum(1 for sale in must.moved.values() if sale.cash_fen),
            "second person": sum(1 for sale in must.moved.values() if sale.second),
        }
    )
