"""Reading the shelf's papers: what came in, was counted and written off, who gave, and what is best used first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from ledger.shop.tables import stock_lines, stock_papers
from ledger.shop.values import Good, StockLine, StockPaper


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces of a good that came in together and are still there, as far as what came first went first."""

    barcode: str
    best_before: date
    pieces: int


def papers(tx: Connection, village_id: int, *, limit: int) -> list[StockPaper]:
    """The newest stock papers of the village, at most ``limit``."""
    return _papers(tx, stock_papers.c.village_id == village_id, limit)


def donations(tx: Connection, village_id: int, *, limit: int = 1_000) -> list[StockPaper]:
    """What was given, newest first."""
    return _papers(tx, (stock_papers.c.village_id == village_id) & (stock_papers.c.source == "donated"), limit)


def paper_by_number(tx: Connection, village_id: int, number: str) -> StockPaper | None:
    """The paper with that 单号, None for none."""
    here = (stock_papers.c.village_id == village_id) & (stock_papers.c.number == number)
    return next(iter(_papers(tx, here, 1)), None)


def value_of(paper: StockPaper) -> int:
    """What the goods on a paper cost or are worth, in fen."""
    return sum(line.quantity * (line.cost_fen or 0) for line in paper.lines)


def best_before(tx: Connection, village_id: int, shelf: Sequence[Good]) -> list[Batch]:
    """What of the stock there is keeps until when, the earliest first; goods without a date are absent.

    What came first went first, so the stock that is left is what came last.
    """
    query = (
        select(stock_lines.c.barcode, stock_lines.c.quantity, stock_lines.c.best_before)
        .join(
            stock_papers,
            (stock_papers.c.village_id == stock_lines.c.village_id)
            & (stock_papers.c.paper_id == stock_lines.c.paper_id),
        )
        .where(stock_lines.c.village_id == village_id, stock_papers.c.kind == "received")
        .order_by(stock_papers.c.at.desc(), stock_papers.c.number.desc(), stock_lines.c.line.desc())
    )
    left = {good.barcode: good.stock for good in shelf}
    found: list[Batch] = []
    for barcode, quantity, until in tx.execute(query):
        there = min(quantity, max(0, left.get(barcode, 0)))
        left[barcode] = left.get(barcode, 0) - there
        if there and until is not None:
            found.append(Batch(barcode, until, there))
    return sorted(found, key=lambda batch: (batch.best_before, batch.barcode))


def _papers(tx: Connection, condition: ColumnElement[bool], limit: int) -> list[StockPaper]:
    newest = stock_papers.c.at.desc(), stock_papers.c.number.desc()
    rows = tx.execute(select(stock_papers).where(condition).order_by(*newest).limit(limit)).all()
    lines = _lines(tx, rows[0].village_id, [row.paper_id for row in rows]) if rows else {}
    return [
        StockPaper(
            row.paper_id, row.kind, row.number, row.at, row.clerk, tuple(lines[row.paper_id]), row.second, row.source
        )
        for row in rows
    ]


def _lines(tx: Connection, village_id: int, ids: Collection[UUID]) -> dict[UUID, list[StockLine]]:
    found: dict[UUID, list[StockLine]] = {id_: [] for id_ in ids}
    here = (stock_lines.c.village_id == village_id) & stock_lines.c.paper_id.in_(ids)
    for row in tx.execute(select(stock_lines).where(here).order_by(stock_lines.c.line)):
        line = StockLine(row.barcode, row.quantity, row.on_book, row.cost_fen, row.best_before, row.reason)
        found[row.paper_id].append(line)
    return found
