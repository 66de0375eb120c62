"""From what the journal holds to what its paper says. Pure; rows and bytes are made by ``kiosk.receipts``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kiosk.counter.checks import Figures
from kiosk.counter.deals import CartLine, DayClose, Deal, Filed, Sale, SealSeen, Stock, StockLine, Voiding, number_text
from kiosk.counter.drafts import PROXY_NAME
from kiosk.counter.names import mark_of
from kiosk.receipts.every import Slip
from kiosk.receipts.slips import (
    CountedRow,
    CountedSlip,
    DayCloseSlip,
    PassbookRow,
    PassbookSlip,
    ReceivedRow,
    ReceivedSlip,
    SealNote,
    VoidSlip,
    WrittenOffRow,
    WrittenOffSlip,
)
from kiosk.receipts.values import BalanceSlip, CashNote, ProxyNote, ReceiptLine, RedemptionReceipt, SlipNote
from schemas.cash import fen_text
from schemas.kiosk_api import Limits, Passbook, SnapshotClerk, SnapshotHousehold, SnapshotVillage
from schemas.points import points_text
from schemas.reasons import COUNT_REASONS, PROXY_REASONS, VOID_REASONS, WRITE_OFF_REASONS
from schemas.tokens import CodeKind, code_text

TITLE, PROXY_TITLE, SLIP_TITLE = "兑换小票", "代兑小票", "补录小票"
WRITTEN_BY_HAND = ""  # the donor's name: the paper leaves room for it
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where a paper is printed: the village and its limits, the copy's number, the time, whether nothing counts, and who may
    have served."""

    village: SnapshotVillage
    limits: Limits
    copy: int
    printed_at: datetime
    demo: bool = False
    clerks: tuple[SnapshotClerk, ...] = ()

    def mark(self, login: str) -> str:
        """Who that is, as papers say it: 经手 周**. The entry keeps the login."""
        return mark_of(login, self.clerks)

    def marked(self, login: str | None) -> str | None:
        """The same of somebody who may not have been there."""
        return None if login is None else self.mark(login)

    @property
    def again(self) -> str:
        """What a further copy says beside its number, where the paper has no line of its own for it."""
        return f" 补打第{self.copy}次" if self.copy else ""

    def points(self, amount: int) -> str:
        """In the village's unit, without 分."""
        return points_text(amount, self.village.decimals)

    def local(self, instant: datetime) -> datetime:
        """On the village's clock."""
        return instant.astimezone(ZoneInfo(self.village.timezone))

    def when(self, instant: datetime) -> str:
        """ "2026-11-18 10:24"."""
        return f"{self.local(instant):%Y-%m-%d %H:%M}"


def slip_of(deal: Deal, at: Occasion) -> Slip:
    """The paper of anything that the journal holds. The figures are those of its own moment, whenever it is printed."""
    match deal:
        case Sale():
            return receipt_of(deal, at)
        case Filed(what=Voiding() as voiding):
            return _void(deal, voiding, at)
        case Filed(what=DayClose() as closed):
            return _day_close(deal, closed, at)
        case Filed(what=Stock(kind="bought" | "donated") as stock):
            return _received(deal, stock, at)
        case Filed(what=Stock(kind="counted") as stock):
            return _counted(deal, stock, at)
        case Filed(what=Stock() as stock):
            return _written_off(deal, stock, at)
        case _:
            raise AssertionError("a paper without a form")


# ── a sale and its void ─────────────────────────────────────────────────────────────────────────────────────────────


def receipt_of(sale: Sale, at: Occasion) -> RedemptionReceipt:
    """兑换小票, 代兑小票 for a proxy, 补录小票 for a paper slip that was entered."""
    way = sale.way
    return RedemptionReceipt(
        shop_name=at.village.shop_name,
        title=SLIP_TITLE if sale.slip else TITLE if way.proxy is None else PROXY_TITLE,
        number=sale.number_text,
        when_text=at.when(sale.at),
        clock_trusted=sale.clock_trusted,
        who=_who(sale),
        card_tail=sale.customer.tail,
        lines=tuple(_line(bought, at) for bought in sale.lines),
        total_text=at.points(sale.total),
        before_text=at.points(sale.before),
        after_text=at.points(sale.balance_after),
        code=code_text(at.village.base, CodeKind.RECEIPT, sale.token),
        phone=at.village.phone,
        clerk=at.mark(sale.clerk),
        check=sale.check,
        offline=sale.offline,
        last_contact_text=f"{at.local(sale.contact_at):%m-%d %H:%M}" if sale.offline else None,
        copy=at.copy,
        reprinted_at_text=_reprinted(at),
        demo=at.demo,
        cash=_cash(sale, at),
        proxy=_proxy(sale, at),
        second=at.marked(way.second),
        signature=at.limits.signature_stub,
        slip=SlipNote(sale.slip.number, _day(sale.slip.day)) if sale.slip else None,
    )


def _who(sale: Sale) -> str:
    return f"{sale.customer.masked_name}户 {sale.customer.household}"


def _line(bought: CartLine, at: Occasion) -> ReceiptLine:
    return ReceiptLine(bought.name, bought.quantity, bought.unit, at.points(bought.amount), at.points(bought.price))


def _reprinted(at: Occasion) -> str | None:
    return at.when(at.printed_at) if at.copy else None


def _cash(sale: Sale, at: Occasion) -> CashNote | None:
    if not sale.way.cash_points:
        return None
    return CashNote(at.points(sale.worth), fen_text(sale.cash_fen), rate_text(at.limits.fen_per_point))


def rate_text(fen_per_point: int) -> str:
    """How many 元 one point is: "1", "0.5"."""
    return fen_text(fen_per_point).rstrip("0").rstrip(".")


def _proxy(sale: Sale, at: Occasion) -> ProxyNote | None:
    if sale.way.proxy is None:
        return None
    limit = None if at.limits.proxy is None else at.points(at.limits.proxy)
    return ProxyNote(PROXY_NAME, PROXY_REASONS[sale.way.proxy], limit)


def _void(filed: Filed, voiding: Voiding, at: Occasion) -> VoidSlip:
    sale = voiding.sale
    before = voiding.before
    return VoidSlip(
        shop_name=at.village.shop_name,
        number=filed.number_text,
        voided_number=sale.number_text,
        when_text=at.when(filed.at),
        clock_trusted=filed.clock_trusted,
        who=_who(sale),
        card_tail=sale.customer.tail,
        lines=tuple(_line(bought, at) for bought in sale.lines),
        back_text=at.points(sale.total),
        before_text="—" if before is None else at.points(before),
        after_text="—" if before is None else at.points(before + sale.total),
        reason=VOID_REASONS[voiding.reason],
        phone=at.village.phone,
        clerk=at.mark(filed.clerk),
        check=filed.check,
        supervisor=at.marked(voiding.supervisor),
        cash_text=fen_text(sale.cash_fen) if sale.cash_fen else None,
        offline=voiding.offline,
        copy=at.copy,
        reprinted_at_text=_reprinted(at),
        demo=at.demo,
    )


# ── without an entry ────────────────────────────────────────────────────────────────────────────────────────────────


def balance_of(
    known: SnapshotHousehold, shown: Figures, kiosk: int, seq: int, trusted: bool, at: Occasion
) -> BalanceSlip:
    """余额条. The card's tail stays off: the card's code and number are never on this paper."""
    note = f"没有人提意见，公示到 {known.on_notice_until}" if known.on_notice and known.on_notice_until else None
    return BalanceSlip(
        shop_name=at.village.shop_name,
        when_text=at.when(at.printed_at),
        clock_trusted=trusted,
        who=f"{known.masked_name}户 {known.number}",
        card_tail="",
        available_text=at.points(shown.balance),
        on_notice_text=at.points(known.on_notice),
        on_notice_note=note,
        held_text=at.points(known.held),
        today_text=at.points(shown.left_today),
        year_note="机上算得的，以入账为准。" if shown.offline else "和村里的账对得上。",
        phone=at.village.phone,
        kiosk=str(kiosk),
        as_of_seq=seq,
        demo=at.demo,
    )


def passbook_of(book: Passbook, who: str, kiosk: int, trusted: bool, at: Occasion) -> PassbookSlip:
    """积分存折, newest first."""
    return PassbookSlip(
        shop_name=at.village.shop_name,
        who=who,
        card_tail="",
        when_text=at.when(at.printed_at),
        clock_trusted=trusted,
        rows=tuple(
            PassbookRow(
                f"{line.day:%m-%d}",
                line.words,
                ("+" if line.amount > 0 else "") + at.points(line.amount),
                at.points(line.balance),
            )
            for line in book.lines
        ),
        available_text=at.points(book.balance),
        phone=at.village.phone,
        kiosk=str(kiosk),
        as_of_seq=book.seq,
        demo=at.demo,
    )


# ── stock and day ───────────────────────────────────────────────────────────────────────────────────────────────────


def _received(filed: Filed, stock: Stock, at: Occasion) -> ReceivedSlip:
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


def _counted(filed: Filed, stock: Stock, at: Occasion) -> CountedSlip:
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


def _written_off(filed: Filed, stock: Stock, at: Occasion) -> WrittenOffSlip:
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


def _day_close(filed: Filed, closed: DayClose, at: Occasion) -> DayCloseSlip:
    added, figures = closed.sum, closed.sum.figures
    return DayCloseSlip(
        shop_name=at.village.shop_name,
        day_text=f"{_day(added.day)}{at.again}",
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


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}（周{_WEEKDAYS[day.weekday()]}）"


def _seal(seal: SealSeen, at: Occasion) -> SealNote:
    one, two, three, four = seal.words
    return SealNote(seal.size, f"{at.local(seal.sealed_at):%H:%M}", (one, two, three, four), seal.slip)
