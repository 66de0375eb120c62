"""What a printer is asked, and what its answers to `DLE EOT n` add up to. Pure."""

from typing import TypeVar

from kiosk.devices.ports import Cover, Cutter, Online, PaperState, PrinterStatus

STATUS_BACK_OFF = b"\x1d\x61\x00"  # GS a 0: no unasked status bytes between the answers
FENCE = b"\x1d\x72\x01"  # GS r 1: queued behind the job, so its answer means that the job was worked off
WHO = (
    b"\x1d\x49\x43\x1b\x40"  # GS I 67: its name. ESC @ throws away the letters that a printer without GS I takes it for
)
# 1 and 4 first: the simplest printers know only these. Asking ends at the first silence, so that a late answer is
# never taken for the answer to another question.
QUESTIONS = (1, 4, 2, 3)

_State = TypeVar("_State", Online, Cover, Cutter)


def question(n: int) -> bytes:
    """`DLE EOT n`."""
    return bytes((0x10, 0x04, n))


def confirm(job: bytes) -> bytes:
    """`GS ( H`, function 48: say so once everything before it has been printed. `job` is four printable ASCII bytes."""
    return b"\x1d\x28\x48\x06\x00\x30\x30" + job


def status_of(answers: dict[int, int]) -> PrinterStatus:
    """The status that answers to questions 1 to 4 add up to; what was not answered is unknown."""
    return PrinterStatus(
        online=_choose(answers.get(1), 0x08, Online.OFFLINE, Online.ONLINE, Online.UNKNOWN),
        paper=_paper(answers.get(4), answers.get(2)),
        cover=_choose(answers.get(2), 0x04, Cover.OPEN, Cover.CLOSED, Cover.UNKNOWN),
        cutter=_choose(answers.get(3), 0x08, Cutter.FAILED, Cutter.OK, Cutter.UNKNOWN),
    )


def _choose(answer: int | None, bit: int, if_set: _State, if_clear: _State, silent: _State) -> _State:
    if answer is None:
        return silent
    return if_set if answer & bit else if_clear


def _paper(roll: int | None, cause: int | None) -> PaperState:
    if (roll is not None and roll & 0x60) or (cause is not None and cause & 0x20):
        return PaperState.OUT
    if roll is None:
        return PaperState.UNKNOWN
    return PaperState.NEAR_END if roll & 0x0C else PaperState.OK
