"""What the stock page shows: the shelf's papers with the words of their goods, and the donors' names as far as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.kiosks.names import names_of
from ledger.people.memberships import names_by_login
from ledger.shop.goods import all_goods
from ledger.shop.stock import Batch, best_before, donations, papers, value_of
from ledger.shop.values import Good, StockLine, StockPaper
from ledger.villages.store import Village
from schemas.cash import fen_text
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS

NEWEST, SOONEST = 30, 40
TITLES = {"received": "入库", "counted": "盘点", "written_off": "报损"}
REASONS: dict[str, str] = {
    **{str(k): v for k, v in COUNT_REASONS.items()},
    **{str(k): v for k, v in WRITE_OFF_REASONS.items()},
}


@dataclass(frozen=True, slots=True)
class PaperSeen:
    """A stock paper: its title (入库, 盘点, 报损), from whom, its lines in words, what the goods are worth ("" for none), who did it.

    ``donor`` is "" for goods that were bought, and while nobody entered the name.
    """

    paper: StockPaper
    title: str
    origin: str
    lines: tuple[str, ...]
    value: str
    people: str
    donor: str = ""


@dataclass(frozen=True, slots=True)
class StockSeen:
    """The page's parts."""

    low: list[Good]
    soon: list[tuple[Good, Batch]]
    papers: list[PaperSeen]
    gifts: list[PaperSeen]
    gifts_value: str


def read_stock(tx: Connection, village: Village) -> StockSeen:
    """The newest papers, the shelf's low and soon-to-go goods, and every donation."""
    village_id = village.village_id
    shelf = all_goods(tx, village_id)
    goods = {good.barcode: good for good in shelf}
    newest, gifts = papers(tx, village_id, limit=NEWEST), donations(tx, village_id)
    seen = _seer(tx, village_id, goods, (*newest, *gifts))
    soon = [(goods[batch.barcode], batch) for batch in best_before(tx, village_id, shelf)][:SOONEST]
    return StockSeen(
        low=[good for good in shelf if good.on_sale and good.stock <= village.low_stock],
        soon=soon,
        papers=[seen(paper) for paper in newest],
        gifts=[seen(paper) for paper in gifts],
        gifts_value=fen_text(sum(value_of(paper) for paper in gifts)),
    )


def see_paper(tx: Connection, village: Village, paper: StockPaper) -> PaperSeen:
    """One paper as the page shows it."""
    goods = {good.barcode: good for good in all_goods(tx, village.village_id)}
    return _seer(tx, village.village_id, goods, (paper,))(paper)


def _seer(
    tx: Connection, village_id: int, goods: Mapping[str, Good], papers_: Sequence[StockPaper]
) -> Callable[[StockPaper], PaperSeen]:
    """How these papers are shown, their names looked up once."""
    donors = names_of(tx, village_id, {paper.paper_id for paper in papers_})
    staff = names_by_login(tx, village_id)

    def seen(paper: StockPaper) -> PaperSeen:
        donor = donors.get((paper.paper_id, "donor"), "") if paper.source == "donated" else ""
        given = f"{donor} 捐的" if donor else "还没写谁捐的"
        origin = given if paper.source == "donated" else "买的" if paper.source else ""
        lines = tuple(_line(paper, line, goods) for line in paper.lines)
        value = fen_text(value_of(paper)) if paper.source else ""
        return PaperSeen(paper, TITLES[paper.kind], origin, lines, value, _people(paper, staff), donor)

    return seen


def _people(paper: StockPaper, staff: Mapping[str, str]) -> str:
    """Who did it; for what takes two, with whom, or that it was one."""
    clerk = staff.get(paper.clerk, paper.clerk)
    if paper.second is not None:
        return f"{clerk}、{staff.get(paper.second, paper.second)} 两人办的"
    differs = paper.kind == "written_off" or (paper.kind == "counted" and any(line.quantity for line in paper.lines))
    return f"{clerk} 一人办的，看单子上的签字" if differs else f"{clerk} 办的"


def _line(paper: StockPaper, line: StockLine, goods: Mapping[str, Good]) -> str:
    good = goods.get(line.barcode)
    name, unit = (good.name, good.unit) if good else (line.barcode, "件")
    why = f"，{REASONS[line.reason]}" if line.reason in REASONS else ""
    match paper.kind:
        case "received":
            until = f"，保质到 {line.best_before.isoformat()}" if line.best_before else ""
            return f"{name} {line.quantity} {unit}{until}"
        case "written_off":
            return f"{name} {-line.quantity} {unit}{why}"
        case _:
            on_book = line.on_book or 0
            differs = f"，差 {line.quantity:+}".replace("-", "−") if line.quantity else "，对上"
            return f"{name} 账上 {on_book}、实点 {on_book + line.quantity}{differs}{why}"
