"""From what the journal holds to what its paper says. Pure; rows and bytes are made by ``kiosk.receipts``."""

from __future__ import annotations

from kiosk.counter.checks import Figures
from kiosk.counter.deals import CartLine, DayClose, Deal, Filed, Sale, Stock, Voiding
from kiosk.counter.drafts import PROXY_NAME
from kiosk.counter.occasion import Occasion, dated
from kiosk.counter.work_slips import counted, day_close, received, written_off
from kiosk.receipts.every import Slip
from kiosk.receipts.slips import PassbookRow, PassbookSlip, VoidSlip
from kiosk.receipts.values import BalanceSlip, CashNote, ProxyNote, ReceiptLine, RedemptionReceipt, SlipNote
from schemas.cash import fen_text
from schemas.kiosk_api import Passbook, SnapshotHousehold
from schemas.reasons import PROXY_REASONS, VOID_REASONS
from schemas.tokens import CodeKind, code_text

TITLE, PROXY_TITLE, SLIP_TITLE = "兑换小票", "代兑小票", "补录小票"


def slip_of(deal: Deal, at: Occasion) -> Slip:
    """The paper of anything that the journal holds. The figures are those of its own moment, whenever it is printed."""
    match deal:
        case Sale():
            return receipt_of(deal, at)
        case Filed(what=Voiding() as voiding):
            return _void(deal, voiding, at)
        case Filed(what=DayClose() as closed):
            return day_close(deal, closed, at)
        case Filed(what=Stock(kind="bought" | "donated") as stock):
            return received(deal, stock, at)
        case Filed(what=Stock(kind="counted") as stock):
            return counted(deal, stock, at)
        case Filed(what=Stock() as stock):
            return written_off(deal, stock, at)
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
        slip=SlipNote(sale.slip.number, dated(sale.slip.day)) if sale.slip else None,
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
    return ProxyNote(sale.way.proxy_name or PROXY_NAME, PROXY_REASONS[sale.way.proxy], limit)


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
