"""The shop's own papers: stock in, stocktake, day close, spare slips. Rows and words: `design/paper/receipts.md`."""

from collections.abc import Iterator

from kiosk.receipts.sheet import Sheet
from kiosk.receipts.slips import CountedSlip, DayCloseSlip, ReceivedSlip, SealNote, SpareSlip, WrittenOffSlip
from kiosk.receipts.text import clean, width
from kiosk.receipts.values import Blank, Cut, Line, Paper, Qr, Rule, Style

_SPARE_LINES = 4


def received(slip: ReceivedSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a stock-in slip."""
    return tuple(_received(slip, Sheet(paper)))


def counted(slip: CountedSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a stocktake slip."""
    return tuple(_counted(slip, Sheet(paper)))


def written_off(slip: WrittenOffSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a write-off slip."""
    return tuple(_written_off(slip, Sheet(paper)))


def day_close(slip: DayCloseSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a day-close slip, with the checkpoint as QR and as four words."""
    return tuple(_day_close(slip, Sheet(paper)))


def spare(slip: SpareSlip, paper: Paper) -> tuple[Line, ...]:
    """The rows of a spare slip: two parts with one number, cut apart."""
    sheet = Sheet(paper)
    return (*_spare("上联 店里留", slip, sheet), *_spare("下联 给村民", slip, sheet))


# ── stock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _received(slip: ReceivedSlip, sheet: Sheet) -> Iterator[Line]:
    yield from _head(slip, "入库单", sheet)
    yield from sheet.pair("来源", "买进" if slip.donor is None else "捐赠")
    if slip.donor:
        yield from sheet.plain(f"捐赠人 {slip.donor}")
    elif slip.donor is not None:
        yield from sheet.signature("捐赠人（写全名）")
    yield Rule()
    columns = (9, 10, 11) if sheet.wide else (7, 7, 7)
    yield from sheet.figures("品名", ("数量", "单价元", "金额元"), columns)
    for row in slip.rows:
        yield from sheet.figures(row.name, (f"{row.quantity}{row.unit}", row.cost_text, row.amount_text), columns)
    yield Rule()
    pieces = sum(row.quantity for row in slip.rows)
    yield from sheet.pair(f"共 {len(slip.rows)} 种 {pieces} 件", f"{slip.amount_text} 元", Style.TALL)
    yield from _best_before(slip, sheet)
    for label in ("送货人签字", "收货人签字", "见证人签字"):
        yield from sheet.signature(label)
    yield from _foot(slip, sheet)


def _best_before(slip: ReceivedSlip, sheet: Sheet) -> Iterator[Line]:
    """Few goods in one row, many one below the other; nothing where nothing goes bad."""
    dated = [row for row in slip.rows if row.best_before_text is not None]
    words = (f"{row.name}{'无' if row.best_before_text is None else f' {row.best_before_text}'}" for row in slip.rows)
    whole = " ".join(words)
    if dated and width(clean(f"最早到期{whole}")) < sheet.columns:
        yield from sheet.pair("最早到期", whole)
    elif dated:
        yield from sheet.plain("最早到期")
        for row in dated:
            yield from sheet.pair(f"  {row.name}", row.best_before_text or "")


def _counted(slip: CountedSlip, sheet: Sheet) -> Iterator[Line]:
    yield from _head(slip, "盘点单", sheet)
    yield Rule()
    columns = (9, 9, 9) if sheet.wide else (6, 6, 6)
    yield from sheet.figures("品名", ("账上", "实点", "差"), columns)
    for row in slip.rows:
        found = row.counted - row.booked
        yield from sheet.figures(
            row.name, (str(row.booked), str(row.counted), f"{found:+d}" if found else "0"), columns
        )
    yield Rule()
    wrong = [row for row in slip.rows if row.counted != row.booked]
    yield from sheet.pair(f"{slip.kinds} 种，对上 {slip.kinds - len(wrong)} 种", f"差 {len(wrong)} 种", Style.TALL)
    for row in wrong:
        much = f"少{row.booked - row.counted}" if row.counted < row.booked else f"多{row.counted - row.booked}"
        yield from sheet.plain(f"{row.name} {much}：{row.reason or '原因没写'}")
    if slip.kinds > len(slip.rows):
        yield from sheet.plain(f"没列出的 {slip.kinds - len(slip.rows)} 种都对上。")
    yield from _second(slip, sheet)
    for label in ("盘点人签字", "监督人签字"):
        yield from sheet.signature(label)
    yield from _foot(slip, sheet)


def _written_off(slip: WrittenOffSlip, sheet: Sheet) -> Iterator[Line]:
    yield from _head(slip, "报损单", sheet)
    yield Rule()
    columns = (9, 9, 9) if sheet.wide else (6, 6, 6)
    yield from sheet.figures("品名", ("账上", "报损", "还有"), columns)
    for row in slip.rows:
        yield from sheet.figures(row.name, (str(row.booked), str(row.gone), str(row.booked - row.gone)), columns)
    yield Rule()
    yield from sheet.pair(f"{len(slip.rows)} 种", f"报损 {sum(row.gone for row in slip.rows)} 件", Style.TALL)
    for row in slip.rows:
        yield from sheet.plain(f"{row.name} {row.gone}{row.unit}：{row.reason or '原因没写'}")
    yield from _second(slip, sheet)
    for label in ("报损人签字", "监督人签字"):
        yield from sheet.signature(label)
    yield from _foot(slip, sheet)


def _second(slip: CountedSlip | WrittenOffSlip, sheet: Sheet) -> Iterator[Line]:
    if slip.second is not None:
        yield from sheet.pair("一起点的，按过密码", slip.second)


def _head(slip: ReceivedSlip | CountedSlip | WrittenOffSlip, title: str, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.demo(slip.demo)
    yield from sheet.centred(title, Style.BIG)
    yield Rule()
    yield from sheet.pair("单号", slip.number)
    yield from sheet.when(slip.when_text, slip.clock_trusted)


def _foot(slip: ReceivedSlip | CountedSlip | WrittenOffSlip, sheet: Sheet) -> Iterator[Line]:
    yield Rule()
    yield from sheet.pair(f"经手 {slip.clerk}", f"校验 {slip.check}")
    yield from sheet.demo(slip.demo)
    yield Cut()


# ── the day ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _day_close(slip: DayCloseSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.demo(slip.demo)
    yield from sheet.centred("日 结 单", Style.BIG)
    yield from sheet.plain(f"{slip.day_text} 柜台机 {slip.kiosk}")
    yield Rule()
    yield from _day_figures(slip, sheet)
    yield Rule()
    yield from sheet.pair("今天净兑", f"{slip.net_text} 分", Style.TALL)
    if slip.first_number is not None and slip.last_number is not None:
        last = slip.last_number.rpartition("-")[2]
        yield from sheet.pair("单号", f"{slip.first_number} 到 {last}")
    yield from sheet.pair("没上传的", f"{slip.unsent} 笔")
    if slip.to_look_at is not None:
        yield from sheet.pair("要村里看的", f"{slip.to_look_at} 件")
    yield Rule()
    yield from _seal(slip.seal, sheet)
    for label in ("店主签字", "监督签字"):
        yield from sheet.signature(label)
    yield from sheet.demo(slip.demo)
    yield Cut()


def _day_figures(slip: DayCloseSlip, sheet: Sheet) -> Iterator[Line]:
    rows = (
        ("兑换", slip.sales, f"{slip.points_text} 分"),
        ("  其中离线", slip.offline_sales, f"{slip.offline_points_text} 分"),
        ("作废", slip.voids, f"{'-' if slip.voids else ''}{slip.voided_points_text} 分"),
        ("现金补差", slip.cash_sales, f"{slip.cash_text} 元"),
        ("入库", slip.received, f"{slip.received_pieces} 件"),
    )
    for label, times, much in rows:
        yield from sheet.figures(label, (f"{times} 笔", much), (9, 13 if sheet.wide else 9))
    yield from sheet.pair("补打", f"{slip.reprints} 次")


def _seal(seal: SealNote | None, sheet: Sheet) -> Iterator[Line]:
    if seal is None:
        yield from sheet.centred("这次没有封上账", Style.TALL)
        yield from sheet.phrases("村里没有回话。", "联网以后再打一张日结单，上面有封账四词。")
        return
    yield from sheet.pair("村账到第", f"{seal.size} 笔", Style.TALL)
    yield from sheet.pair("封账时间", f"{seal.sealed_at_text} 北京时间")
    yield Blank()
    yield from sheet.centred("封账四词", Style.TALL)
    for two in (seal.words[:2], seal.words[2:]):
        yield from sheet.centred("  ".join(two), Style.BIG)
    yield from sheet.phrases("念给邻居听，四词和笔数都对上，", "说明大家看的是同一本账。")
    yield Qr(seal.code, level="L", module_dots=6)
    yield from sheet.centred("封账码")


# ── the day the machine is dead ─────────────────────────────────────────────────────────────────────────────────────


def _spare(part: str, slip: SpareSlip, sheet: Sheet) -> Iterator[Line]:
    yield from sheet.centred(slip.shop_name, Style.TALL)
    yield from sheet.pair("备用小票", f"No.{slip.number:04d}", Style.TALL)
    yield from sheet.pair(part, "机器坏了才用")
    yield Rule()
    yield from sheet.plain("户号 □□□□ 卡号 □□□□□□")
    yield from sheet.plain("户主 ________  __月__日__时__分")
    columns = (8, 10) if sheet.wide else (7, 9)
    yield from sheet.figures("品名", ("数量", "积分"), columns)
    for _ in range(_SPARE_LINES):
        yield Blank()
        yield from sheet.plain(f"{'_' * (sheet.columns - 18)}  ______  _______")
    yield Blank()
    yield from sheet.pair("共用积分", "________ 分", Style.TALL)
    for label in ("领货人签字或手印", "店主签字"):
        yield from sheet.signature(label)
    most = "" if slip.limit_text is None else f"，一户一天最多 {slip.limit_text} 分"
    yield from sheet.plain(f"只凭卡发货{most}。")
    yield from sheet.plain("机器修好后录入，以入账为准。")
    yield from sheet.plain(f"有疑问打村务电话 {slip.phone}")
    yield Cut()
