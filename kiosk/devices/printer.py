"""The receipt printer: sends a whole job and finds out, as far as the printer lets it, what became of it."""

import time

from kiosk.devices import dle_eot
from kiosk.devices.connectors import Connect, Wire, connector
from kiosk.devices.ports import (
    Cover,
    Cutter,
    DeviceFault,
    FaultCode,
    Online,
    PaperState,
    Printer,
    PrinterStatus,
    PrintResult,
)

_ANSWER_S = 0.5
_STALE_READS = 64
_FENCE_S = 3.0  # a receipt takes under 2 s to print; a printer that does not know GS r costs this much a job


def open_printer(url: str, *, timeout_s: float) -> Printer:
    """The printer at `url` (see `connectors.connector`), which is looked for anew at each job.

    No call takes longer than about `timeout_s`. Raises ValueError for a bad address; there is no default one.
    """
    return _EscposPrinter(connector(url), timeout_s)


class _EscposPrinter:
    def __init__(self, connect: Connect, timeout_s: float) -> None:
        self._connect = connect
        self._timeout_s = timeout_s

    def status(self) -> PrinterStatus:
        deadline_s = time.monotonic() + self._timeout_s
        wire = self._connect(deadline_s)
        try:
            return _ask(wire, deadline_s)
        except OSError as error:
            raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error
        finally:
            wire.close()

    def print(self, job: bytes) -> PrintResult:
        deadline_s = time.monotonic() + self._timeout_s
        wire = self._connect(deadline_s)
        try:
            before = _ask(wire, deadline_s)
            _stop_if_ill(before)
            taken = wire.write(job, deadline_s)
            if job and not taken:
                raise DeviceFault(FaultCode.PRINTER_LOST, "it takes no bytes")
        except OSError as error:
            wire.close()
            raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error
        except DeviceFault:
            wire.close()
            raise
        try:
            return _outcome(wire, before, sent_all=taken == len(job), deadline_s=deadline_s)
        except OSError:
            return PrintResult.UNKNOWN
        finally:
            wire.close()


def _ask(wire: Wire, deadline_s: float) -> PrinterStatus:
    """Put the four questions; the first silence ends them."""
    if not wire.can_answer:
        return PrinterStatus()
    answers: dict[int, int] = {}
    wire.write(dle_eot.STATUS_BACK_OFF, deadline_s)
    for n in dle_eot.QUESTIONS:
        _drain(wire)
        wire.write(dle_eot.question(n), deadline_s)
        answer = _answer(wire, min(deadline_s, time.monotonic() + _ANSWER_S))
        if answer is None:
            break
        answers[n] = answer
    return dle_eot.status_of(answers)


def _stop_if_ill(status: PrinterStatus) -> None:
    """Raise what the shopkeeper can mend, before anything is sent."""
    if status.paper is PaperState.OUT:
        raise DeviceFault(FaultCode.PRINTER_NO_PAPER)
    if status.cover is Cover.OPEN:
        raise DeviceFault(FaultCode.PRINTER_COVER_OPEN)
    if status.cutter is Cutter.FAILED:
        raise DeviceFault(FaultCode.PRINTER_CUTTER)
    if status.online is Online.OFFLINE:
        raise DeviceFault(FaultCode.PRINTER_UNKNOWN, "offline, and does not say why")


def _outcome(wire: Wire, before: PrinterStatus, *, sent_all: bool, deadline_s: float) -> PrintResult:
    """What became of a job of which at least one byte has left."""
    if not wire.can_answer:
        return PrintResult.SENT if sent_all else PrintResult.UNKNOWN
    if not sent_all or before.online is Online.UNKNOWN:
        _drain(wire)  # closing a socket with unread answers would reset it, and cut off what is still on its way
        return PrintResult.UNKNOWN
    _await_fence(wire, min(deadline_s - _ANSWER_S, time.monotonic() + _FENCE_S))
    after = _ask(wire, deadline_s)
    well = (
        after.online is Online.ONLINE
        and after.cover is Cover.CLOSED
        and after.paper in (PaperState.OK, PaperState.NEAR_END)
    )
    return PrintResult.PRINTED if well else PrintResult.UNKNOWN


def _await_fence(wire: Wire, deadline_s: float) -> None:
    """Wait until the printer has worked off what it was sent. `DLE EOT` overtakes the job; this does not.

    A printer that knows no fence gets the same time to print in, and its status says the rest.
    """
    _drain(wire)
    wire.write(dle_eot.FENCE, deadline_s)
    while received := wire.read(deadline_s):
        if dle_eot.fence_in(received):
            return


def _answer(wire: Wire, deadline_s: float) -> int | None:
    while received := wire.read(deadline_s):
        if (answer := dle_eot.answer_in(received)) is not None:
            return answer
    return None


def _drain(wire: Wire) -> None:
    """Throw away what came unasked or too late."""
    for _ in range(_STALE_READS):
        if not wire.read(time.monotonic()):
            return
