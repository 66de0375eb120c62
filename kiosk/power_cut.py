"""Under test (``kill_at``, in the demo alone): the power goes at a point in the program's life."""

from __future__ import annotations

import os
import signal

from kiosk.clock import At, nowhere
from kiosk.config import Point
from kiosk.devices.ports import Printer, PrinterStatus, PrintResult


def kill_at(point: Point | None) -> At:
    """What ends this process with SIGKILL at that point, as a power cut would; nothing without a point."""
    if point is None:
        return nowhere

    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return at


class HalfPrinter:
    """Half a receipt leaves, then the power goes."""

    def __init__(self, printer: Printer, at: At) -> None:
        self._printer = printer
        self._at = at

    def status(self) -> PrinterStatus:
        return self._printer.status()

    def print(self, job: bytes) -> PrintResult:
        self._printer.print(job[: len(job) // 2])
        self._at("mid_print")
        raise AssertionError("the power did not go")
