"""One door for whoever prints: any paper's value → its rows."""

from typing import TypeAlias

from kiosk.receipts import layout, machine, papers
from kiosk.receipts.slips import (
    CountedSlip,
    DayCloseSlip,
    DiagnosticsSlip,
    PassbookSlip,
    ReceivedSlip,
    SelfTestSlip,
    SpareSlip,
    VoidSlip,
    WrittenOffSlip,
)
from kiosk.receipts.values import BalanceSlip, Line, Paper, RedemptionReceipt

Slip: TypeAlias = (
    RedemptionReceipt | VoidSlip | BalanceSlip | PassbookSlip | ReceivedSlip | CountedSlip | DayCloseSlip | SpareSlip
    | SelfTestSlip | DiagnosticsSlip | WrittenOffSlip
)  # fmt: skip


def rows_of(slip: Slip, paper: Paper) -> tuple[Line, ...]:
    """The rows of that slip on that paper."""
    match slip:
        case RedemptionReceipt():
            return layout.redemption(slip, paper)
        case VoidSlip():
            return layout.void(slip, paper)
        case BalanceSlip():
            return layout.balance(slip, paper)
        case PassbookSlip():
            return layout.passbook(slip, paper)
        case ReceivedSlip():
            return papers.received(slip, paper)
        case CountedSlip():
            return papers.counted(slip, paper)
        case WrittenOffSlip():
            return papers.written_off(slip, paper)
        case DayCloseSlip():
            return papers.day_close(slip, paper)
        case SpareSlip():
            return papers.spare(slip, paper)
        case SelfTestSlip():
            return machine.selftest(slip, paper)
        case DiagnosticsSlip():
            return machine.diagnostics(slip, paper)
