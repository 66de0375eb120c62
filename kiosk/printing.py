"""The printer's thread: one job at a time, written down as sent before its first byte leaves."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from kiosk.clock import At
from kiosk.counter.events import Paper, PaperState, SlipEnded
from kiosk.devices.ports import DeviceFault, Printer, PrintResult
from kiosk.journal.journal import Journal
from kiosk.receipts.every import Slip
from schemas.refusals import FaultCode

log = logging.getLogger("kiosk.printing")

BEAT_S = 1.0
Encode = Callable[[Slip], bytes]

_ENDS = {
    PrintResult.PRINTED: (Paper.PRINTED, None),
    PrintResult.SENT: (Paper.UNKNOWN, FaultCode.PRINTER_UNKNOWN),
    PrintResult.UNKNOWN: (Paper.UNKNOWN, FaultCode.PRINTER_UNKNOWN),
}
_FAULTS = {fault.code: fault for fault in FaultCode}


@dataclass(frozen=True, slots=True)
class Job:
    """One copy of one paper. ``sale`` is the entry that it is of, None for a balance slip or a passbook, of which nothing is kept."""

    sale: UUID | None
    copy: int
    receipt: Slip


class PrintThread:
    """Prints jobs in order and tells how each ended. A job is sent once, whatever happens."""

    def __init__(
        self,
        printer: Printer,
        encode: Encode,
        journal: Journal,
        tell: Callable[[PaperState | SlipEnded], None],
        *,
        at: At,
    ) -> None:
        self._printer = printer
        self._encode = encode
        self._journal = journal
        self._tell = tell
        self._at = at
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._alive_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the job under way."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def queue(self, job: Job) -> None:
        """Take a job. It is written down when its turn comes: if the power goes before, nothing of it was printed, and it is asked for."""
        self._jobs.put(job)

    @property
    def printer(self) -> Printer:
        """The printer itself, for who examines it."""
        return self._printer

    def alive(self) -> float:
        """When the thread last went round (``time.monotonic``): what the watchdog looks at. A job under way holds it up."""
        return self._alive_s

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self.work(job)

    def work(self, job: Job) -> None:
        """Print one job and tell how it ended; for the thread, and for tests without one."""
        state, trouble = self._end(job)
        self._tell(SlipEnded(trouble) if job.sale is None else PaperState(job.sale, job.copy, state, trouble))

    def _next(self) -> Job | None:
        while True:
            self._alive_s = time.monotonic()
            with contextlib.suppress(queue.Empty):
                return self._jobs.get(timeout=BEAT_S)

    def _end(self, job: Job) -> tuple[Paper, FaultCode | None]:
        """How the copy ended. Until bytes leave, a fault means that nothing was printed; after, that nobody knows."""
        left = False
        try:
            data = self._encode(job.receipt)
            if job.sale is not None:
                self._journal.paper(job.sale, job.copy, "queued", "sent")
            left = True
            self._at("before_print")
            result = self._printer.print(data)
            self._at("after_print")
            return _ENDS[result]
        except DeviceFault as fault:
            return Paper.NOT_PRINTED, _FAULTS.get(fault.code.value, FaultCode.PRINTER_UNKNOWN)
        except Exception:  # a bug must not leave the counter waiting for paper for ever: the person is asked
            log.exception("a receipt could not be printed")
            return (Paper.UNKNOWN if left else Paper.NOT_PRINTED), FaultCode.PRINTER_UNKNOWN
