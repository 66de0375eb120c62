"""What comes back from a printer, taken apart: answers, unasked status, confirmations, names. Pure.

All of it shares one stream. Fixed bits tell the kinds apart (Epson's ESC/POS reference; facts of the trade):
`DLE EOT n` is one byte with 0x12 under 0x93; automatic status (ASB) is four bytes, the first with 0x10 under 0x93 and three with bits 4
and 7 clear; `GS ( H` comes back as 37 22 id 00; `GS I` as 5F text 00; `GS r` is one byte with bits 4 and 7 clear.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_NAME = 80
_CONFIRMATION_BYTES = 7


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to a `DLE EOT`."""

    byte: int


@dataclass(frozen=True, slots=True)
class Unasked:
    """Automatic status: four bytes that nobody asked for."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Everything before the `GS ( H` with this id has been printed."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Named:
    """What the printer calls itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Fence:
    """The answer to a `GS r`: everything before it has been worked off."""

    byte: int


Answer = Status | Unasked | Confirmed | Named | Fence


def split(received: bytes) -> tuple[list[Answer], bytes]:
    """The whole answers in `received`, and the bytes at its end that may be the start of another. What is neither is noise."""
    answers: list[Answer] = []
    at = 0
    while at < len(received):
        step = _one(received, at)
        if step is None:
            break
        answer, length = step
        answers += answer
        at += length
    return answers, received[at:]


def last_words(rest: bytes) -> Iterator[Answer]:
    """What `split` left over, once it is clear that nothing follows: single bytes that looked like the start of more."""
    for byte in rest:
        if byte & 0x90 == 0:
            yield Fence(byte)


def _one(received: bytes, at: int) -> tuple[list[Answer], int] | None:
    """The answer that starts at `at`, and its bytes; None if its end has not come yet."""
    byte, rest = received[at], received[at:]
    if byte & 0x93 == 0x12:
        return [Status(byte)], 1
    if byte & 0x93 == 0x10:
        return _unasked(rest)
    if byte == 0x37:
        return _confirmation(rest)
    if byte == 0x5F:
        return _name(rest)
    return ([Fence(byte)] if byte & 0x90 == 0 else []), 1


def _unasked(rest: bytes) -> tuple[list[Answer], int] | None:
    following = rest[1:4]
    if any(byte & 0x90 for byte in following):
        return [], 1
    return ([Unasked(rest[:4])], 4) if len(following) == 3 else None


def _confirmation(rest: bytes) -> tuple[list[Answer], int] | None:
    if len(rest) > 1 and rest[1] != 0x22:
        return [Fence(rest[0])], 1
    if len(rest) < _CONFIRMATION_BYTES:
        return None
    if rest[_CONFIRMATION_BYTES - 1]:
        return [], 1
    return [Confirmed(rest[2 : _CONFIRMATION_BYTES - 1])], _CONFIRMATION_BYTES


def _name(rest: bytes) -> tuple[list[Answer], int] | None:
    end = rest.find(b"\x00")
    if end < 0:
        return None if len(rest) <= _LONGEST_NAME else ([], 1)
    return [Named(rest[1:end].decode("ascii", "replace"))], end + 1
