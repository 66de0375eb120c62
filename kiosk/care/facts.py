"""What the diagnostics page and the 诊断条 say of this machine: no name, no card, no token. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from kiosk.counter.values import LineStatus, Till
from kiosk.devices.ports import Abilities, Capability, Cover, Cutter, Online, PaperState, PrinterStatus
from kiosk.receipts.slips import DiagnosticsSlip, SelfTestSlip
from schemas.points import points_text
from schemas.refusals import FaultCode

_CAPABILITY = {
    Capability.FULL: "全能（缺纸开盖都报）",
    Capability.PARTIAL: "只报一部分",
    Capability.NONE: "不回话，打完要看一眼",
}
_PAPER = {PaperState.OK: "够", PaperState.NEAR_END: "快没了", PaperState.OUT: "没了", PaperState.UNKNOWN: "不知道"}
_COVER = {Cover.CLOSED: "关着", Cover.OPEN: "开着", Cover.UNKNOWN: "不知道"}
_CUTTER = {Cutter.OK: "好", Cutter.FAILED: "卡住了", Cutter.UNKNOWN: "不知道"}
_LINE = {
    LineStatus.ONLINE: "通", LineStatus.CATCHING_UP: "通，正在传", LineStatus.OFFLINE: "断", LineStatus.REVOKED: "村里停用了",
    LineStatus.FORKED: "两台机同号，停用",
}  # fmt: skip
_GIB = 1024**3
_SCREEN_S = 90.0


@dataclass(frozen=True, slots=True)
class Papers:
    """How the last papers ended: the printer or a person saw them, or nobody knows."""

    seen: int
    unsure: int


@dataclass(frozen=True, slots=True)
class Known:
    """All that goes in. ``head`` is the journal's last number and check; ``stick_number`` None without a stick that is there."""

    village: str
    kiosk: int
    version: str
    up_s: float
    starts: int
    clock_off: timedelta | None
    till: Till
    taken_up_to: int
    unsent_points: int
    head: tuple[int, str]
    printer: PrinterStatus | None
    abilities: Abilities | None
    papers: Papers
    scanned_ago_s: float | None
    scanner_device: str
    screen_ago_s: float | None
    now: datetime
    free_bytes: int
    wants_stick: bool
    stick_number: int | None
    throttled: bool | None
    celsius: int | None
    voice: str = ""


def zone_of(till: Till) -> ZoneInfo:
    """The village's, before it is known that of Beijing."""
    return ZoneInfo(till.book.snapshot.village.timezone if till.book else "Asia/Shanghai")


def facts_of(known: Known) -> tuple[tuple[str, str], ...]:
    """Label and value, in the order of the slip."""
    till, zone = known.till, zone_of(known.till)
    book = till.book
    contact = f"{book.snapshot.taken_at.astimezone(zone):%m-%d %H:%M}" if book else ""
    printer = "好" if till.printer is None else till.printer.code
    paper = f"  纸{_PAPER[known.printer.paper]}" if known.printer else ""
    rows = [
        ("机器", f"柜台机 {known.kiosk}（村码 {known.village}）"),
        ("版本", known.version),
        ("开机", f"第 {known.starts} 次 {int(known.up_s) // 3600:02d}:{int(known.up_s) // 60 % 60:02d} 前"),
        ("时钟", "对准了" if till.clock_trusted else f"未校准{_off(known.clock_off)}"),
        ("网", _LINE[till.line.status] + (f"，上次 {contact}" if contact else "")),
        ("没上传", _unsent(known)),
        ("上传到", f"{known.kiosk}-{known.taken_up_to:06d}"),
        ("账链头", f"{known.kiosk}-{known.head[0]:06d} {known.head[1]}" if known.head[0] else "还没有记录"),
        ("名册", f"{contact} {len(book.snapshot.households)} 户" if book else "还没到"),
        ("打印机", printer + paper),
        ("扫码器", _scanner(known)),
        ("扫码口", known.scanner_device),
        ("屏幕", _screen(known.screen_ago_s)),
        ("存储", f"剩 {known.free_bytes / _GIB:.1f} GB"),
        ("U盘副本", _stick(known)),
    ]
    if known.abilities is not None:
        rows.append(("打印机回话", _CAPABILITY[known.abilities.status]))
    rows.append(last_papers_row(known.papers))
    if known.voice:
        rows.append(("乡音", known.voice))
    if known.throttled is not None:
        rows.append(("电压", "低过，换电源" if known.throttled else "正常"))
    if known.celsius is not None:
        rows.append(("温度", f"{known.celsius} 度"))
    return tuple(rows)


def last_papers_row(papers: Papers) -> tuple[str, str]:
    """How the last hundred papers ended, for both of the machine's own papers."""
    return "最近100张", f"确认 {papers.seen} 不明 {papers.unsure}"


def _off(off: timedelta | None) -> str:
    """How wrong the clock is, in the largest unit that says something."""
    if off is None:
        return ""
    minutes = round(off / timedelta(minutes=1))
    if abs(minutes) < 120:
        return f"，差约 {minutes:+d} 分"
    if abs(minutes) < 2 * 24 * 60:
        return f"，差约 {round(minutes / 60):+d} 小时"
    return f"，差约 {round(minutes / 60 / 24):+d} 天"


def _unsent(known: Known) -> str:
    book = known.till.book
    count = f"{known.till.line.unsent} 笔"
    if book is None or not known.till.line.unsent:
        return count
    return f"{count}  {points_text(known.unsent_points, book.snapshot.village.decimals)} 分"


def _scanner(known: Known) -> str:
    state = "好" if known.till.scanner is None else known.till.scanner.code
    if known.scanned_ago_s is None:
        return state
    last = (known.now - timedelta(seconds=known.scanned_ago_s)).astimezone(zone_of(known.till))
    return f"{state}  最近 {last:%H:%M}"


def _screen(ago_s: float | None) -> str:
    """The screen asks again within half a minute, whatever happens."""
    if ago_s is None:
        return "还没有打开过"
    return "好" if ago_s < _SCREEN_S else f"{int(ago_s // 60)} 分钟没有动静"


def _stick(known: Known) -> str:
    if not known.wants_stick:
        return "没设"
    return "不在" if known.stick_number is None else f"有  到 {known.kiosk}-{known.stick_number:06d}"


def code_of(known: Known) -> str:
    """The same in ASCII, short enough for a small code."""
    printer = known.till.printer.code if known.till.printer else "ok"
    scanner = known.till.scanner.code if known.till.scanner else "ok"
    parts = (
        known.village, known.kiosk, known.version, known.till.line.status.value, known.till.line.unsent, known.taken_up_to,
        *known.head, printer, scanner, int(known.till.clock_trusted), f"{known.free_bytes / _GIB:.1f}", known.celsius,
    )  # fmt: skip
    text = "D1;" + ";".join("" if part is None else str(part) for part in parts)
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in text)


def diagnostics_slip(known: Known, events: tuple[str, ...], now: datetime, phone: str) -> DiagnosticsSlip:
    """The 诊断条."""
    return DiagnosticsSlip(
        when_text=f"{now.astimezone(zone_of(known.till)):%Y-%m-%d %H:%M}",
        clock_trusted=known.till.clock_trusted,
        facts=facts_of(known),
        events=events,
        code=code_of(known),
        phone=phone,
    )


def selftest_slip(
    kiosk: int, now: datetime, zone: tzinfo | None, abilities: Abilities, status: PrinterStatus, papers: Papers | None
) -> SelfTestSlip:
    """The 自检页; ``papers`` is None before there is a journal."""
    local = now.astimezone(zone)
    facts = [("打印机回话", _CAPABILITY[abilities.status])]
    if abilities.confirms:
        facts.append(("打完会不会说", "会"))
    if abilities.status is not Capability.NONE:
        facts += [("纸", _PAPER[status.paper]), ("盖", _COVER[status.cover]), ("切刀", _CUTTER[status.cutter])]
    if status.online is Online.OFFLINE:
        facts.append(("打印机", "停着"))
    if papers is not None:
        facts.append(last_papers_row(papers))
    return SelfTestSlip(
        kiosk=str(kiosk),
        when_text=f"{local:%Y-%m-%d %H:%M}",
        code=f"SELFTEST-{kiosk}-{local:%Y%m%d%H%M}",
        facts=tuple(facts),
    )


def present(till: Till) -> frozenset[FaultCode]:
    """The faults that the counter shows now."""
    found = {till.printer, till.scanner, *till.troubles}
    if till.line.status in (LineStatus.OFFLINE, LineStatus.FORKED):
        found.add(FaultCode.LEDGER_UNREACHABLE if till.line.status is LineStatus.OFFLINE else FaultCode.JOURNAL_FORK)
    if not till.clock_trusted:
        found.add(FaultCode.CLOCK_NOT_TRUSTED)
    return frozenset(code for code in found if code is not None)


def happened(before: frozenset[FaultCode], after: frozenset[FaultCode], at_text: str) -> tuple[str, ...]:
    """What came and what went between two looks, as the slip says it."""
    came = tuple(f"{at_text} {code.code}" for code in FaultCode if code in after - before)
    return (*came, *(f"{at_text} {code.code} 已好" for code in FaultCode if code in before - after))
