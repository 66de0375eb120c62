"""What the papers of stock and of the day's close say. Pure."""

from __future__ import annotations

from kiosk.counter.deals import DayClose, Filed, SealSeen, Stock, StockLine, number_text
from kiosk.counter.occasion import Occasion, dated
from kiosk.receipts.slips import (
    CountedRow,
    CountedSlip,
    DayCloseSlip,
    ReceivedRow,
    ReceivedSlip,
    SealNote,
    WrittenOffRow,
    WrittenOffSlip,
)
from schemas.cash import fen_text
from schemas.reasons import COUNT_REASONS, WRITE_OFF_REASONS

WRITTEN_BY_HAND = ""  # the donor's name: the paper leaves room for it


def received(filed: Filed, stock: Stock, at: Occasion) -> ReceivedSlip:
    """入库单, for goods bought and given."""
    return ReceivedSlip(
        shop_name=at.village.shop_name,
        number=filed.number_text + at.again,
        when_text=at.when(filed.at),
        clock_trusted=filed.clock_trusted,
        donor=(stock.donor or WRITTEN_BY_HAND) if stock.kind == "donated" else None,
        rows=tuple(
            ReceivedRow(
                x.name,
                x.quantity,
                x.unit,
                fen_text(x.cost_fen),
                fen_text(x.cost_fen * x.quantity),
                x.best_before.isoformat() if x.best_before else None,
            )
            for x in stock.lines
        ),
        amount_text=fen_text(sum(line.cost_fen * line.quantity for line in stock.lines)),
        clerk=at.mark(filed.clerk),
        check=filed.check,
        demo=at.demo,
    )


def counted(filed: Filed, stock: Stock, at: Occasion) -> CountedSlip:
    """盘点单."""
    return CountedSlip(
        shop_name=at.village.shop_name,
        number=filed.number_text + at.again,
        when_text=at.when(filed.at),
        clock_trusted=filed.clock_trusted,
        rows=tuple(CountedRow(line.name, line.booked, line.quantity, _why(line)) for line in stock.lines),
        kinds=len(stock.lines),
        clerk=at.mark(filed.clerk),
        check=filed.check,
        second=at.marked(stock.second),
        demo=at.demo,
    )


def written_off(filed: Filed, stock: Stock, at: Occasion) -> WrittenOffSlip:
    """报损单."""
    return WrittenOffSlip(
        shop_name=at.village.shop_name,
        number=filed.number_text + at.again,
        when_text=at.when(filed.at),
        clock_trusted=filed.clock_trusted,
        rows=tuple(WrittenOffRow(x.name, x.booked, x.quantity, x.unit, _why(x) or "") for x in stock.lines),
        clerk=at.mark(filed.clerk),
        check=filed.check,
        second=at.marked(stock.second),
        demo=at.demo,
    )


def _why(line: StockLine) -> str | None:
    words = dict[str, str]([*COUNT_REASONS.items(), *WRITE_OFF_REASONS.items()])
    return words[line.reason] if line.reason else None


def day_close(filed: Filed, closed: DayClose, at: Occasion) -> DayCloseSlip:
    """日结单."""
    added, figures = closed.sum, closed.sum.figures
    return DayCloseSlip(
        shop_name=at.village.shop_name,
        day_text=f"{dated(added.day)}{at.again}",
        kiosk=str(filed.kiosk),
        sales=figures.sales,
        points_text=at.points(figures.points),
        offline_sales=figures.offline_sales,
        offline_points_text=at.points(figures.offline_points),
        voids=figures.voids,
        voided_points_text=at.points(figures.voided_points),
        cash_sales=figures.cash_sales,
        cash_text=fen_text(figures.cash_fen),
        received=figures.received,
        received_pieces=figures.received_pieces,
        reprints=figures.reprints,
        net_text=at.points(figures.points - figures.voided_points),
        first_number=None if added.first is None else number_text(filed.kiosk, added.first),
        last_number=None if added.last is None else number_text(filed.kiosk, added.last),
        unsent=figures.unsent,
        to_look_at=closed.seal.to_look_at if closed.seal else None,
        seal=_seal(closed.seal, at) if closed.seal else None,
        demo=at.demo,
    )


def _seal(seal: SealSeen, at: Occasion) -> SealNote:
    one, two, three, four = seal.words
    return SealNote(seal.size, f"{at.local(seal.sealed_at):%H:%M}", (one, two, three, four), seal.slip)
