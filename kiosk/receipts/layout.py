"""Which rows each paper of a sale has, in which order: `design/paper/receipts.md`, word for word. The rest is in `papers`, `machine`."""

from collections.abc import Iterator

from kiosk.receipts.sheet import Sheet, when_words
from kiosk.receipts.slips import PassbookSlip, VoidSlip
from kiosk.receipts.values import BalanceSlip, CashNote, Cut, Line, Paper, Qr, RedemptionReceipt, Rule, SlipNote, Style


def redemption(receipt: RedemptionReceipt, paper: Paper) -> tuple[Line, ...]:
    """The rows of a redemption receipt: whose shop, what, which and whose, goods, used, left, code, whom to ask."""
    return tuple(_redemption(receipt, Sheet(paper)))


def void(slip: VoidSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a void slip."""
    return tuple(_void(slip, Sheet(paper)))


def balance(slip: BalanceSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a balance slip."""
    return tuple(_balance(slip, Sheet(paper)))


def passbook(slip: PassbookSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a passbook slip."""
    return tuple(_passbook(slip, Sheet(paper)))


# ── a sale ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _redemption(receipt: RedemptionReceipt, sheet: Sheet) -> Iterator[Line]:
    yield from _head(receipt, receipt.title, sheet)
    yield Rule()
    yield from _which(receipt, sheet)
    yield Rule()
    yield from sheet.goods(receipt.lines)
    yield Rule()
    yield from _points(receipt, sheet)
    if receipt.proxy is not None:
        yield from sheet.thumb("代领人签字或按手印：")
    elif receipt.signature and receipt.slip is None:
        yield from sheet.thumb("领货人签字或按手印：")
    yield Qr(receipt.code)
    yield from sheet.centred("联网后扫码看入账结果" if receipt.offline else "扫码看这张小票")
    yield Rule()
    yield from sheet.plain(f"有疑问打村务电话 {receipt.phone}")
    yield from sheet.pair(f"经手 {receipt.clerk}", f"校验 {receipt.check}")
    yield from _foot(receipt, sheet)


def _head(slip: RedemptionReceipt | VoidSlip, title: str, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.demo(slip.demo)
    if slip.copy:
        yield from sheet.centred(f"补打 第{slip.copy}次", Style.BIG)
    yield from sheet.centred(title, Style.TALL if slip.copy else Style.BIG)
    if slip.offline:
        yield from sheet.centred("离  线", Style.BIG)


def _foot(slip: RedemptionReceipt | VoidSlip, sheet: Sheet) -> Iterator[Line]:
    if slip.copy:
        yield from sheet.plain(f"补打于 {slip.reprinted_at_text}")
        yield from sheet.centred(f"补打 第{slip.copy}次", Style.TALL)
    yield from sheet.demo(slip.demo)
    yield Cut()


def _which(receipt: RedemptionReceipt, sheet: Sheet) -> Iterator[Line]:
    when = when_words(receipt.when_text, receipt.clock_trusted)
    if receipt.slip is not None:
        yield from _entered(receipt, receipt.slip, when, sheet)
        return
    if sheet.wide:
        yield from sheet.pair(f"单号 {receipt.number}", when)
    else:
        yield from sheet.pair("单号", receipt.number)
        yield from sheet.plain(when)
    yield from sheet.who(receipt.who, receipt.card_tail)
    if receipt.proxy is not None:
        yield from sheet.pair("代领人", receipt.proxy.name)
        yield from sheet.pair("事由", receipt.proxy.reason)
    if receipt.second is not None:
        yield from sheet.pair("在场的另一位", receipt.second)


def _entered(receipt: RedemptionReceipt, slip: SlipNote, when: str, sheet: Sheet) -> Iterator[Line]:
    """Both numbers, the day of the goods and the time of the entry; nobody can say here whether a card was shown that day."""
    yield from sheet.pair("单号", receipt.number)
    yield from sheet.pair("备用小票", f"No.{slip.number:04}")
    yield from sheet.pair("拿东西的日子", slip.day_text)
    yield from sheet.plain(f"录入 {when}")
    yield from sheet.plain(receipt.who)


def _points(receipt: RedemptionReceipt, sheet: Sheet) -> Iterator[Line]:
    if receipt.cash is None:
        yield from sheet.pair("共用", f"{receipt.total_text} 分", Style.TALL)
    else:
        yield from _cash(receipt.cash, receipt.total_text, sheet)
    if receipt.proxy is not None and receipt.proxy.limit_text is not None:
        yield from sheet.pair("代兑一次最多", f"{receipt.proxy.limit_text} 分")
    if receipt.offline:
        yield from sheet.pair("机上原有", f"{receipt.before_text} 分")
        yield from sheet.pair("机上剩余", f"{receipt.after_text} 分", Style.TALL)
        yield from sheet.plain("余额以入账为准", Style.BOLD)
        contact = f"上次联网 {receipt.last_contact_text}，" if receipt.last_contact_text else ""
        yield from sheet.plain(f"{contact}联网后自动入账。这张小票就是凭据，收好它。")
    else:
        yield from sheet.pair("原有", f"{receipt.before_text} 分")
        yield from sheet.pair("剩余", f"{receipt.after_text} 分", Style.BIG)
    if receipt.copy:
        yield from sheet.plain("和第一张是同一笔，没有再扣分。")


def _cash(cash: CashNote, points_text: str, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.pair("货品合计", f"{cash.goods_text} 分")
    yield from sheet.pair("用积分", f"{points_text} 分", Style.TALL)
    yield from sheet.pair("补现金", f"{cash.cash_text} 元", Style.TALL)
    yield from sheet.plain(f"村里规定 1 分抵 {cash.rate_text} 元")


# ── a sale taken back ───────────────────────────────────────────────────────────────────────────────────────────────


def _void(slip: VoidSlip, sheet: Sheet) -> Iterator[Line]:
    yield from _head(slip, "作  废", sheet)
    yield Rule()
    yield from sheet.pair("作废单号", slip.number)
    yield from sheet.pair("作废的是", slip.voided_number, Style.TALL)
    yield from sheet.when(slip.when_text, slip.clock_trusted)
    yield from sheet.who(slip.who, slip.card_tail)
    yield Rule()
    yield from sheet.goods(slip.lines, before_quantity="退")
    yield Rule()
    yield from sheet.pair("退回积分", f"{slip.back_text} 分", Style.TALL)
    if slip.cash_text is not None:
        yield from sheet.pair("退回现金", f"{slip.cash_text} 元", Style.TALL)
    on = "机上" if slip.offline else ""
    yield from sheet.pair(f"{on}作废前", f"{slip.before_text} 分")
    yield from sheet.pair(f"{on}现在", f"{slip.after_text} 分", Style.TALL if slip.offline else Style.BIG)
    if slip.offline:
        yield from sheet.plain("余额以入账为准", Style.BOLD)
    yield from sheet.plain(f"原因 {slip.reason}")
    yield from sheet.phrases("货已收回上架。原小票作废，", "不能再用。")
    yield Rule()
    yield from sheet.plain(f"有疑问打村务电话 {slip.phone}")
    by = f"经手 {slip.clerk} 当天本人作废" if slip.supervisor is None else f"经手 {slip.clerk} 监督 {slip.supervisor}"
    yield from sheet.pair(by, slip.check)
    yield from _foot(slip, sheet)


# ── without buying ──────────────────────────────────────────────────────────────────────────────────────────────────


def _balance(slip: BalanceSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.demo(slip.demo)
    yield from sheet.centred("余额条", Style.BIG)
    yield Rule()
    yield from sheet.when(slip.when_text, slip.clock_trusted)
    yield from sheet.who(slip.who, slip.card_tail)
    yield Rule()
    yield from sheet.pair("可用", f"{slip.available_text} 分", Style.BIG)
    yield Rule()
    yield from sheet.pair("公示中，还没到账", f"{slip.on_notice_text} 分")
    if slip.on_notice_note:
        yield from sheet.plain(f"  {slip.on_notice_note}")
    yield from sheet.pair("订货占用", f"{slip.held_text} 分")
    yield from sheet.pair("今天最多可兑", f"{slip.today_text} 分")
    yield Rule()
    yield from sheet.plain(slip.year_note)
    yield from _as_of(slip, sheet)


def _passbook(slip: PassbookSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.demo(slip.demo)
    yield from sheet.centred("积分存折", Style.BIG)
    yield Rule()
    yield from sheet.who(slip.who, slip.card_tail)
    yield from sheet.when(slip.when_text, slip.clock_trusted)
    yield Rule()
    columns = (8, 9) if sheet.wide else (6, 7)
    yield from sheet.figures("月-日 事由", ("分", "余额"), columns)
    yield Rule()
    for row in slip.rows:
        yield from sheet.figures(f"{row.day_text} {row.words}", (row.amount_text, row.balance_text), columns)
    yield Rule()
    yield from sheet.pair("现在可用", f"{slip.available_text} 分", Style.BIG)
    yield from sheet.plain("更早的可到村务室查。")
    yield from _as_of(slip, sheet)


def _as_of(slip: BalanceSlip | PassbookSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.plain(f"有疑问打村务电话 {slip.phone}")
    yield from sheet.pair(f"柜台机 {slip.kiosk}", f"截至 村账第 {slip.as_of_seq} 笔")
    yield from sheet.demo(slip.demo)
    yield Cut()
