"""The edges of a seam history's kiosk: a line that loses requests and answers, a printer that knows what really came out on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from kiosk.devices.ports import DeviceFault, FaultCode, PrinterStatus, PrintResult
from kiosk.printing import Job
from kiosk.receipts.every import Slip
from kiosk.receipts.slips import VoidSlip
from kiosk.receipts.values import RedemptionReceipt
from kiosk.uplink.client import NoAnswerCame, Stopped
from schemas.kiosk_api import Passbook, PinAnswer, PinRequest, Seal, Snapshot, Upload, UploadAnswer
from tests.fakes.seam_world import World


class Line:
    """The line between one kiosk and the ledger. ``mode`` holds for the next exchange: well, before, after, twice, part."""

    def __init__(self, world: World, kiosk: int) -> None:
        self._world = world
        self._kiosk = kiosk
        self.mode = "well"

    def snapshot(self, token: str, since: str = "", unsent: int | None = None) -> Snapshot:
        self._cut()
        return self._world.snapshot(self._kiosk, since)

    def upload(self, token: str, upload: Upload) -> UploadAnswer:
        return self._world.upload(self._kiosk, upload, self.mode)

    def passbook(self, token: str, household: str) -> Passbook:
        raise NoAnswerCame(f"{token} {household}")

    def pin(self, token: str, request: PinRequest) -> PinAnswer:
        raise NoAnswerCame(f"{token} {request.household}")

    def seal(self, token: str) -> Seal:
        self._cut()
        return self._world.seal()

    def _cut(self) -> None:
        if self._kiosk in self._world.revoked:
            raise Stopped("revoked")
        if self.mode in ("before", "after"):
            raise NoAnswerCame("cut")


@dataclass
class Paper:
    """One piece of paper that somebody can hold in the hand. ``copy`` is what stands on it: 0 unmarked, n 补打第n次."""

    sale: UUID
    copy: int


def copy_on(slip: Slip) -> int:
    """The mark on that paper, by what the paper says."""
    if isinstance(slip, RedemptionReceipt | VoidSlip):
        return slip.copy
    found = re.search(r"补打第(\d+)次", repr(slip))
    return int(found[1]) if found else 0


class Port:
    """The printer: ``fate`` of the next job is drawn before it, and ``out`` is what really came out."""

    def __init__(self) -> None:
        self.out: list[Paper] = []
        self.fate = "printed"
        self.job: Job | None = None

    def status(self) -> PrinterStatus:
        return PrinterStatus()

    def print(self, _job: bytes) -> PrintResult:
        assert self.job is not None
        if self.fate == "fault":
            raise DeviceFault(FaultCode.PRINTER_NO_PAPER)
        if self.fate != "lost" and self.job.sale is not None:
            self.out.append(Paper(self.job.sale, copy_on(self.job.receipt)))
        return PrintResult.PRINTED if self.fate == "printed" else PrintResult.UNKNOWN
