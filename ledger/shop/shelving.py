"""What a stock paper does to the shelf: goods came in, were written off or counted. Pure: ``Shop`` is changed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ledger.shop.shop import Shop
from ledger.shop.values import StockLine, StockPaper
from schemas.problems import BrokenContract, Fault


def put_on_paper(shop: Shop, paper: StockPaper) -> None:
    """Goods came in or were written off: the shelf follows. What is on no price list has no shelf and becomes a case."""
    pieces: dict[str, int] = {}
    for line in paper.lines:
        pieces[line.barcode] = pieces.get(line.barcode, 0) + line.quantity
    unknown = sorted(barcode for barcode in pieces if barcode not in shop.shelf)
    _keep_paper(shop, paper)
    shop.move(paper.paper_id, paper.kind, pieces)
    if unknown:
        shop.open_case("goods_not_listed", paper.paper_id, {"number": paper.number, "goods": "，".join(unknown)})
    short = [shop.shelf[barcode] for barcode in pieces if barcode in shop.shelf and shop.shelf[barcode].stock < 0]
    if short and paper.kind == "written_off":
        lacking = "，".join(f"{good.name} −{-good.stock} {good.unit}" for good in short)
        shop.open_case("stock_negative", paper.paper_id, {"number": paper.number, "goods": lacking})


def count_shelf(shop: Shop, paper: StockPaper, counted: Mapping[str, tuple[int, int, str | None]]) -> None:
    """The shelf was counted: by barcode what the counter's book said, what was counted, and why they differ. The shelf follows the
    count; where the book here said another figure than the counter's, a person has to look."""
    lines, pieces, differs = [], {}, []
    for barcode, (booked, there, reason) in counted.items():
        good = shop.shelf.get(barcode)
        on_book = good.stock if good else 0
        lines.append(StockLine(barcode, there - on_book if good else 0, on_book=on_book, reason=reason))
        if good is None:
            continue
        pieces[barcode] = there - on_book
        if on_book != booked:
            differs.append(f"{good.name} 机上 {booked}、这里 {on_book}、数到 {there}")
    _keep_paper(shop, replace(paper, lines=tuple(lines)))
    shop.move(paper.paper_id, "counted", pieces)
    if differs:
        shop.open_case("count_differs", paper.paper_id, {"number": paper.number, "goods": "；".join(differs)})
    if unknown := sorted(barcode for barcode in counted if barcode not in shop.shelf):
        shop.open_case("goods_not_listed", paper.paper_id, {"number": paper.number, "goods": "，".join(unknown)})


def _keep_paper(shop: Shop, paper: StockPaper) -> None:
    if paper.number in shop.taken or paper.paper_id in shop.taken:
        raise BrokenContract([Fault("number", f"单号 {paper.number} 用过一次了")])
    shop.work.papers.append(paper)
    shop.taken |= {paper.paper_id, paper.number}
