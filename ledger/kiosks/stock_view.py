"""What the stock page shows: the shelf's papers with the words of their goods, and the donors' names as far as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.kiosks.names import names_of
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
    """A stock paper: its title (入库, 盘点, 报损), from whom, its lines in words, and what the goods are worth ("" for none)."""

    paper: StockPaper
    title: str
    origin: str
    lines: tuple[str, ...]
    value: str


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
    donors = names_of(tx, village_id, {paper.paper_id for paper in (*newest, *gifts)})
    names = {paper_id: name for (paper_id, key), name in donors.items() if key == "donor"}

    def seen(paper: StockPaper) -> PaperSeen:
        given_by = names.get(paper.paper_id, "名字没有留")
        origin = f"{given_by} 捐的" if paper.source == "donated" else "买的" if paper.source else ""
        lines = tuple(_line(paper, line, goods) for line in paper.lines)
        return PaperSeen(paper, TITLES[paper.kind], origin, lines, fen_text(value_of(paper)) if paper.source else "")

    soon = [(goods[batch.barcode], batch) for batch in best_before(tx, village_id, shelf)][:SOONEST]
    return StockSeen(
        low=[good for good in shelf if good.on_sale and good.stock <= village.low_stock],
        soon=soon,
        papers=[seen(paper) for paper in newest],
        gifts=[seen(paper) for paper in gifts],
        gifts_value=fen_text(sum(value_of(paper) for paper in gifts)),
    )


def _line(paper: StockPaper, line: StockLine, goods: Mapping[str, Good]) -> str:
    good = goods.get(line.barcode)
    name, unit = (good.name, good.unit) if good else (line.barcode, "件")
    why = f"，{REASONS[line.reason]}" if line.reason in REASONS else ""
    match paper.kind:
        case "received":
            return f"{name} {line.quantity} {unit}"
        case "written_off":
            return f"{name} {-line.quantity} {unit}{why}"
        case _:
            on_book = line.on_book or 0
            differs = f"，差 {line.quantity:+}".replace("-", "−") if line.quantity else "，对上"
            return f"{name} 账上 {on_book}、实点 {on_book + line.quantity}{differs}{why}"
