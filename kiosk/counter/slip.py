"""From a sale to what its receipt says."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.counter.values import CartLine, Sale
from kiosk.receipts.values import ReceiptLine, RedemptionReceipt
from schemas.kiosk_api import SnapshotVillage
from schemas.points import points_text
from schemas.tokens import CodeKind, code_text

TITLE = "兑换小票"


def receipt_of(
    sale: Sale, village: SnapshotVillage, *, copy: int, printed_at: datetime, demo: bool = False
) -> RedemptionReceipt:
    """The receipt of that sale as copy ``copy``, times in the village's zone. The figures are those of the sale, whenever it is printed."""
    zone = ZoneInfo(village.timezone)

    def points(amount: int) -> str:
        return points_text(amount, village.decimals)

    def line(bought: CartLine) -> ReceiptLine:
        return ReceiptLine(bought.name, bought.quantity, bought.unit, points(bought.amount), points(bought.price))

    return RedemptionReceipt(
        shop_name=village.shop_name,
        title=TITLE,
        number=sale.number_text,
        when_text=f"{sale.at.astimezone(zone):%Y-%m-%d %H:%M}",
        clock_trusted=sale.clock_trusted,
        who=f"{sale.customer.masked_name}户 {sale.customer.household}",
        card_tail=sale.customer.tail,
        lines=tuple(line(bought) for bought in sale.lines),
        total_text=points(sale.total),
        before_text=points(sale.before),
        after_text=points(sale.balance_after),
        code=code_text(village.base, CodeKind.RECEIPT, sale.token),
        phone=village.phone,
        clerk=sale.clerk,
        check=sale.check,
        offline=sale.offline,
        last_contact_text=f"{sale.contact_at.astimezone(zone):%m-%d %H:%M}" if sale.offline else None,
        copy=copy,
        reprinted_at_text=f"{printed_at.astimezone(zone):%Y-%m-%d %H:%M}" if copy else None,
        demo=demo,
    )
