"""``merit-kiosk selftest`` and ``spare``: the machine on the work bench, while no counter is running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kiosk.care.facts import Papers, selftest_slip
from kiosk.care.history import last_papers
from kiosk.care.learned import keep_abilities
from kiosk.care.looking import devices_are_virtual, free_bytes
from kiosk.care.rules import nearly_full
from kiosk.config import KioskSettings
from kiosk.devices.ports import Abilities, Capability, DeviceFault, PrinterStatus, PrintResult
from kiosk.devices.printer import learn_abilities, open_printer
from kiosk.devices.scanner import open_scanner
from kiosk.journal.journal import Journal
from kiosk.printing import Encode
from kiosk.receipts.slips import SpareSlip
from kiosk.uplink.identity import Identity
from schemas.kiosk_api import Snapshot
from schemas.points import points_text
from schemas.refusals import FaultCode

_CAME_OUT = (PrintResult.PRINTED, PrintResult.SENT)
_PRINT = {
    PrintResult.PRINTED: "打出来了",
    PrintResult.SENT: "送去了，打印机不回话，看一眼",
    PrintResult.UNKNOWN: "不知道打没打出来，看一眼",
}
_FAULT_WORDS = {fault.code: fault.seen for fault in FaultCode}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, label and value; ``well`` when nothing needs a hand."""

    facts: tuple[tuple[str, str], ...]
    well: bool


def examine(
    settings: KioskSettings,
    identity: Identity | None,
    journal: Journal | None,
    encode: Encode,
    now: datetime,
    *,
    on_paper: bool,
) -> Report:
    """Try everything once. What the printer answered is kept in the data directory."""
    facts: list[tuple[str, str]] = [
        ("机器", f"{identity.village_name} {identity.kiosk} 号机" if identity else "还没装：merit-kiosk enrol 装机码")
    ]
    free = free_bytes(settings.data_dir)
    full = nearly_full(free, before=False)
    facts.append(("存储", f"剩 {free / 1024**3:.1f} GB{'，快满了' if full else ''}"))
    if journal is not None:
        journal.probe()
        facts.append(("记录", f"{journal.taken_up_to() + journal.unsent()} 笔，校验全对，写得进去"))
    scanner = _scanner(settings)
    facts.append(("扫码器", scanner or "好"))
    papers = last_papers(journal) if journal is not None else None
    printer, words = _printer(settings, identity.kiosk if identity else 0, encode, now, papers, on_paper=on_paper)
    facts += words
    virtual = not settings.demo and devices_are_virtual(settings.printer, settings.scanner) is True
    if virtual:
        facts.append(("假设备", FaultCode.VIRTUAL_DEVICE.seen))
    return Report(tuple(facts), well=printer and not scanner and not full and not virtual)


def _scanner(settings: KioskSettings) -> str:
    try:
        open_scanner(settings.scanner).close()
    except DeviceFault as fault:
        return f"{_FAULT_WORDS[fault.code.value]}（{fault.detail}）"
    return ""


def _printer(
    settings: KioskSettings, kiosk: int, encode: Encode, now: datetime, papers: Papers | None, *, on_paper: bool
) -> tuple[bool, list[tuple[str, str]]]:
    try:
        abilities = learn_abilities(settings.printer, timeout_s=settings.printer_timeout_s)
        keep_abilities(settings.data_dir, settings.printer, abilities)
        printer = open_printer(settings.printer, timeout_s=settings.printer_timeout_s, abilities=abilities)
        status = PrinterStatus() if abilities.status is Capability.NONE else printer.status()
        slip = selftest_slip(kiosk, now, now.astimezone().tzinfo, abilities, status, papers)
        if not on_paper:
            return True, list(slip.facts)
        result = printer.print(encode(slip))
        return result is not PrintResult.UNKNOWN or _mute(abilities), [*slip.facts, ("自检页", _PRINT[result])]
    except DeviceFault as fault:
        return False, [("打印机", f"{_FAULT_WORDS[fault.code.value]} {fault.detail}".strip())]


def _mute(abilities: Abilities) -> bool:
    """A printer that never answers cannot be blamed for not answering."""
    return abilities.status is Capability.NONE


@dataclass(frozen=True, slots=True)
class Spares:
    """How many spare slips came out, and why it stopped there: ``trouble`` in words, ``unsure`` when the next may be on paper as well."""

    done: int
    trouble: str = ""
    unsure: bool = False


def print_spares(
    settings: KioskSettings, snapshot: Snapshot, first: int, count: int, encode: Encode, said: Callable[[int], None]
) -> Spares:
    """Print that many spare slips. Stops at the first that does not come out, or of which nobody knows."""
    village, limits = snapshot.village, snapshot.limits
    limit = points_text(limits.offline_household_day, village.decimals)
    printer = open_printer(settings.printer, timeout_s=settings.printer_timeout_s)
    for done in range(count):
        slip = SpareSlip(village.shop_name, first + done, limit, village.phone)
        try:
            if printer.print(encode(slip)) not in _CAME_OUT:
                return Spares(done, FaultCode.PRINTER_UNKNOWN.seen, unsure=True)
        except DeviceFault as fault:  # nothing of it has left
            return Spares(done, f"{_FAULT_WORDS[fault.code.value]} {fault.detail}".strip())
        said(first + done)
    return Spares(count)
