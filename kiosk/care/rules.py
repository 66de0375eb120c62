"""What the machine makes of what it finds out about itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.refusals import FaultCode

LEAST_FREE_BYTES = 64 * 1024 * 1024  # a year of a busy shop's journal; what SQLite needs to end what it began
WELL_AGAIN_BYTES = 96 * 1024 * 1024  # a little more, so that the bar does not come and go
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Beat:
    """When a thread last went round, and how long it may take; seconds of one monotonic clock."""

    name: str
    last_s: float
    limit_s: float


def silent(beats: Iterable[Beat], now_s: float) -> tuple[str, ...]:
    """The threads that have not gone round in time: while there is one, the system's watchdog is not fed."""
    return tuple(beat.name for beat in beats if now_s - beat.last_s > beat.limit_s)


def nearly_full(free_bytes: int, before: bool) -> bool:
    """Whether to begin no new sale. ``before`` is what was said last."""
    return free_bytes < (WELL_AGAIN_BYTES if before else LEAST_FREE_BYTES)


def may_be_virtual(printer_url: str) -> bool:
    """Whether to ask that printer for its name: a virtual one lives on this machine, and no other is bothered."""
    parts = urlsplit(printer_url)
    return parts.scheme == "tcp" and parts.hostname in _LOOPBACK


def virtual_scanner(url: str, device: str) -> bool:
    """Whether a scanner is none: ``device`` is what the address's path leads to in the end. A pseudo-terminal has no cable."""
    parts = urlsplit(url)
    if parts.scheme in ("serial", "evdev"):
        return device.startswith(("/dev/pts/", "/dev/pty"))
    return parts.scheme == "loop" or parts.hostname in _LOOPBACK


@dataclass(frozen=True, slots=True)
class Findings:
    """One look at the machine. ``stick_there`` is None where no second copy is wanted."""

    virtual: bool = False
    full: bool = False
    stick_there: bool | None = None


def troubles(found: Findings, *, demo: bool) -> tuple[FaultCode, ...]:
    """What to show, the gravest first. In the demo virtual devices are what is wanted."""
    told: list[FaultCode] = []
    if found.virtual and not demo:
        told.append(FaultCode.VIRTUAL_DEVICE)
    if found.full:
        told.append(FaultCode.DISK_NEARLY_FULL)
    if found.stick_there is False:
        told.append(FaultCode.STICK_MISSING)
    return tuple(told)
