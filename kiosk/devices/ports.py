"""What the kiosk sees of its devices: two protocols, the values they speak in, and one kind of fault."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class FaultCode(StrEnum):
    """Why a device could not do its work; the code that screens and diagnostics show."""

    PRINTER_NO_PAPER = "printer_no_paper"
    PRINTER_COVER_OPEN = "printer_cover_open"
    PRINTER_CUTTER = "printer_cutter"
    PRINTER_UNKNOWN = "printer_unknown"
    PRINTER_LOST = "printer_lost"
    SCANNER_LOST = "scanner_lost"


class DeviceFault(Exception):
    """A device is away or says that it cannot go on. Raised by a printer only while nothing of the job has left."""

    def __init__(self, code: FaultCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail


class Capability(StrEnum):
    """How well a printer answers for its health; learned by a self-test, never assumed."""

    FULL = "full"  # paper, cover, cutter, on line
    PARTIAL = "partial"  # some of it
    NONE = "none"  # it prints and says nothing: the person is asked


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a self-test learned of a printer. `confirms`: it says when a job is on paper (`GS ( H`). `name` is empty if it gave none."""

    status: Capability
    confirms: bool = False
    name: str = ""


class PrintResult(StrEnum):
    """How sure it is that a job came out on paper."""

    SENT = "sent"  # all bytes taken, by a device that can never answer
    PRINTED = "printed"  # and the printer says that it is well afterwards
    UNKNOWN = "unknown"  # perhaps, in part, or not at all: ask the person


class Online(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class PaperState(StrEnum):
    OK = "ok"
    NEAR_END = "near_end"
    OUT = "out"
    UNKNOWN = "unknown"


class Cover(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


class Cutter(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer said of itself just now. Silence is unknown, never well."""

    online: Online = Online.UNKNOWN
    paper: PaperState = PaperState.UNKNOWN
    cover: Cover = Cover.UNKNOWN
    cutter: Cutter = Cutter.UNKNOWN


class Printer(Protocol):
    """One receipt printer. For one thread at a time; every call ends within the printer's time limit."""

    def print(self, job: bytes) -> PrintResult:
        """Send a whole job. Raises DeviceFault if the printer is away or says it cannot print: nothing was sent then."""
        ...

    def status(self) -> PrinterStatus:
        """Ask how the printer is. Raises DeviceFault(PRINTER_LOST) if it is away."""
        ...


class Scanner(Protocol):
    """One open barcode scanner."""

    def read(self) -> bytes:
        """What has come, or b"" after a short silence. Raises DeviceFault(SCANNER_LOST) when the scanner is gone."""
        ...

    def close(self) -> None:
        """Let the device go. Never raises."""
        ...


class UnreadableReason(StrEnum):
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"


@dataclass(frozen=True, slots=True)
class Scan:
    """A code was read: printable ASCII, at least one character. Not in its repr: it may be somebody's card or payment code."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScanUnreadable:
    """Something came that is no code of ours. Its bytes are not kept: it may be somebody's payment code."""

    reason: UnreadableReason


@dataclass(frozen=True, slots=True)
class ScannerLost:
    """The scanner was pulled, or is not there at the start."""


@dataclass(frozen=True, slots=True)
class ScannerFound:
    """The scanner is there."""


ScanEvent = Scan | ScanUnreadable | ScannerLost | ScannerFound
