"""The receipt printer: sends a whole job and finds out, as far as the printer lets it, what became of it."""

import time
from collections.abc import Iterator

from kiosk.devices import dle_eot
from kiosk.devices.answers import Answer, Confirmed, Fence, Named, Status, last_words, split
from kiosk.devices.connectors import Connect, Wire, connector
from kiosk.devices.ports import (
    Abilities,
    Capability,
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
_CONFIRM_S = 5.0  # a long receipt on a slow head
_STALE_READS = 64
_FENCE_S = 3.0  # a receipt takes under 2 s to print; a printer that does not know GS r costs this much a job


def open_printer(url: str, *, timeout_s: float, abilities: Abilities | None = None) -> Printer:
    """The printer at `url` (see `connectors.connector`), which is looked for anew at each job.

    `abilities` is what a self-test learned of it; without, it is asked everything every time. No call takes longer than about
    `timeout_s`. Raises ValueError for a bad address; there is no default one.
    """
    return _EscposPrinter(connector(url), timeout_s, abilities)


def learn_abilities(url: str, *, timeout_s: float) -> Abilities:
    """Ask a printer that is at rest everything it might answer. Raises ValueError for a bad address, DeviceFault if it is away."""
    deadline_s = time.monotonic() + timeout_s
    wire = connector(url)(deadline_s)
    try:
        if not wire.can_answer:
            return Abilities(Capability.NONE)
        ear = Ear(wire)
        wire.write(dle_eot.STATUS_BACK_OFF, deadline_s)
        told = [n for n in dle_eot.QUESTIONS if _ask_one(ear, n, deadline_s) is not None]
        confirmed = _confirmed(ear, b"MLRN", min(deadline_s, time.monotonic() + 2 * _ANSWER_S))
        status = {0: Capability.NONE, len(dle_eot.QUESTIONS): Capability.FULL}.get(len(told), Capability.PARTIAL)
        return Abilities(status, confirmed, _name(ear, deadline_s))
    except OSError as error:
        raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error
    finally:
        wire.close()


def printer_name(url: str, *, timeout_s: float) -> str:
    """What the printer calls itself, "" if it does not say. Raises as `learn_abilities` does."""
    deadline_s = time.monotonic() + timeout_s
    wire = connector(url)(deadline_s)
    try:
        return _name(Ear(wire), deadline_s) if wire.can_answer else ""
    except OSError as error:
        raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error
    finally:
        wire.close()


class Ear:
    """Takes what comes over a wire apart, however it is cut into pieces."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._rest = b""

    def until(self, deadline_s: float) -> Iterator[Answer]:
        """Every answer as it comes, until the deadline or the hang-up."""
        while time.monotonic() < deadline_s and (received := self.wire.read(deadline_s)):
            answers, self._rest = split(self._rest + received)
            yield from answers
        held, self._rest = self._rest, b""
        yield from last_words(held)

    def drain(self) -> None:
        """Throw away what came unasked or too late."""
        self._rest = b""
        for _ in range(_STALE_READS):
            if not self.wire.read(time.monotonic()):
                return


class _EscposPrinter:
    def __init__(self, connect: Connect, timeout_s: float, abilities: Abilities | None) -> None:
        self._connect = connect
        self._timeout_s = timeout_s
        self._mute = abilities is not None and abilities.status is Capability.NONE
        self._confirms = abilities is not None and abilities.confirms
        self._jobs = 0

    def status(self) -> PrinterStatus:
        deadline_s = time.monotonic() + self._timeout_s
        wire = self._connect(deadline_s)
        try:
            return self._ask(Ear(wire), deadline_s)
        except OSError as error:
            raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error
        finally:
            wire.close()

    def print(self, job: bytes) -> PrintResult:
        deadline_s = time.monotonic() + self._timeout_s
        wire = self._connect(deadline_s)
        ear = Ear(wire)
        try:
            before = self._ask(ear, deadline_s)
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
            return self._outcome(ear, before, sent_all=taken == len(job), deadline_s=deadline_s)
        except OSError:
            return PrintResult.UNKNOWN
        finally:
            wire.close()

    def _ask(self, ear: Ear, deadline_s: float) -> PrinterStatus:
        return PrinterStatus() if self._mute else _ask(ear, deadline_s)

    def _outcome(self, ear: Ear, before: PrinterStatus, *, sent_all: bool, deadline_s: float) -> PrintResult:
        """What became of a job of which at least one byte has left."""
        if not ear.wire.can_answer:
            return PrintResult.SENT if sent_all else PrintResult.UNKNOWN
        if not sent_all or before.online is Online.UNKNOWN:
            ear.drain()  # closing a socket with unread answers would reset it, and cut off what is still on its way
            return PrintResult.UNKNOWN
        self._jobs += 1
        if self._confirms:
            if not _confirmed(ear, f"{self._jobs % 10_000:04d}".encode(), _before_the_end(deadline_s, _CONFIRM_S)):
                return PrintResult.UNKNOWN
        else:
            _await_fence(ear, _before_the_end(deadline_s, _FENCE_S))
        return PrintResult.PRINTED if _well(_ask(ear, deadline_s)) else PrintResult.UNKNOWN


def _before_the_end(deadline_s: float, most_s: float) -> float:
    """A deadline that leaves room for one more question."""
    return min(deadline_s - _ANSWER_S, time.monotonic() + most_s)


def _well(after: PrinterStatus) -> bool:
    return (
        after.online is Online.ONLINE
        and after.cover is Cover.CLOSED
        and after.paper in (PaperState.OK, PaperState.NEAR_END)
    )


def _ask(ear: Ear, deadline_s: float) -> PrinterStatus:
    """Put the four questions; the first silence ends them."""
    if not ear.wire.can_answer:
        return PrinterStatus()
    answers: dict[int, int] = {}
    ear.wire.write(dle_eot.STATUS_BACK_OFF, deadline_s)
    for n in dle_eot.QUESTIONS:
        answer = _ask_one(ear, n, deadline_s)
        if answer is None:
            break
        answers[n] = answer
    return dle_eot.status_of(answers)


def _ask_one(ear: Ear, n: int, deadline_s: float) -> int | None:
    ear.drain()
    ear.wire.write(dle_eot.question(n), deadline_s)
    for answer in ear.until(min(deadline_s, time.monotonic() + _ANSWER_S)):
        if isinstance(answer, Status):
            return answer.byte
    return None


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


def _await_fence(ear: Ear, deadline_s: float) -> None:
    """Wait until the printer has worked off what it was sent. `DLE EOT` overtakes the job; this does not.

    A printer that knows no fence gets the same time to print in, and its status says the rest.
    """
    ear.drain()
    ear.wire.write(dle_eot.FENCE, deadline_s)
    for answer in ear.until(deadline_s):
        if isinstance(answer, Fence):
            return


def _confirmed(ear: Ear, job: bytes, deadline_s: float) -> bool:
    """True when the printer says that everything up to here is on paper. Another job's confirmation, come late, is passed over."""
    ear.drain()
    ear.wire.write(dle_eot.confirm(job), deadline_s)
    return any(isinstance(answer, Confirmed) and answer.id == job for answer in ear.until(deadline_s))


def _name(ear: Ear, deadline_s: float) -> str:
    ear.drain()
    ear.wire.write(dle_eot.WHO, deadline_s)
    for answer in ear.until(min(deadline_s, time.monotonic() + _ANSWER_S)):
        if isinstance(answer, Named):
            return answer.name
    return ""
