"""ESC/POS bytes → commands. Pure, and our own on purpose: the encoder is not checked with the encoder's eyes.

Knows what receipts use, what asks for status, and the commands a receipt must never hold; everything else is UNKNOWN.
Sources: Epson's ESC/POS reference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    LINE_FEED = "LF"
    INITIALIZE = "ESC @"
    HANZI_ON = "FS &"
    HANZI_STYLE = "FS !"
    LETTER_STYLE = "GS !"
    BOLD = "ESC E"
    ALIGN = "ESC a"
    FEED_LINES = "ESC d"
    FEED_DOTS = "ESC J"
    CUT = "GS V"
    QR = "GS ( k"
    RASTER = "GS v 0"
    ASK_STATUS = "DLE EOT"
    STATUS_BACK = "GS a"
    FENCE = "GS r"
    CONFIRM = "GS ( H"
    WHO = "GS I"
    DRAWER = "ESC p"
    REAL_TIME = "DLE DC4"
    DESELECT = "ESC ="
    HANZI_OFF = "FS ."
    UNKNOWN = "unknown"


PRINTING = frozenset(
    {
        Kind.TEXT,
        Kind.LINE_FEED,
        Kind.INITIALIZE,
        Kind.HANZI_ON,
        Kind.HANZI_STYLE,
        Kind.LETTER_STYLE,
        Kind.BOLD,
        Kind.ALIGN,
        Kind.FEED_LINES,
        Kind.FEED_DOTS,
        Kind.CUT,
        Kind.QR,
        Kind.RASTER,
    }
)
STATUS = frozenset({Kind.ASK_STATUS, Kind.STATUS_BACK, Kind.FENCE, Kind.CONFIRM, Kind.WHO})


@dataclass(frozen=True, slots=True)
class Command:
    """One command or one run of text: its whole bytes, and those after the name."""

    kind: Kind
    raw: bytes
    body: bytes

    @property
    def text(self) -> str:
        """What a TEXT command prints."""
        return self.raw.decode("gb18030")


def decode(data: bytes) -> list[Command]:
    """All of `data` as commands; a command cut short at the end is UNKNOWN. Joined, their `raw` is `data` again."""
    commands, rest = split(data)
    return commands + ([Command(Kind.UNKNOWN, rest, b"")] if rest else [])


def split(data: bytes) -> tuple[list[Command], bytes]:
    """The complete commands at the start of `data`, and the bytes that need more to come."""
    commands: list[Command] = []
    at = 0
    while at < len(data):
        command = _command(data, at)
        if command is None:
            break
        commands.append(command)
        at += len(command.raw)
    return commands, data[at:]


_Size = Callable[[bytes, int], int]  # (data, where the body starts) → bytes of the body; IndexError: more must come


def _fixed(size: int) -> _Size:
    return lambda _data, _at: size


def _cut(data: bytes, at: int) -> int:
    return 2 if data[at] in (65, 66) else 1


def _function(data: bytes, at: int) -> int:
    return 2 + data[at] + 256 * data[at + 1]


def _raster(data: bytes, at: int) -> int:
    return 5 + (data[at + 1] + 256 * data[at + 2]) * (data[at + 3] + 256 * data[at + 4])


def _real_time(data: bytes, at: int) -> int:
    return 8 if data[at] == 8 else 3


_NAMES: dict[bytes, tuple[Kind, _Size]] = {
    b"\n": (Kind.LINE_FEED, _fixed(0)),
    b"\x1b@": (Kind.INITIALIZE, _fixed(0)),
    b"\x1c&": (Kind.HANZI_ON, _fixed(0)),
    b"\x1c.": (Kind.HANZI_OFF, _fixed(0)),
    b"\x1c!": (Kind.HANZI_STYLE, _fixed(1)),
    b"\x1d!": (Kind.LETTER_STYLE, _fixed(1)),
    b"\x1bE": (Kind.BOLD, _fixed(1)),
    b"\x1ba": (Kind.ALIGN, _fixed(1)),
    b"\x1bd": (Kind.FEED_LINES, _fixed(1)),
    b"\x1bJ": (Kind.FEED_DOTS, _fixed(1)),
    b"\x1dV": (Kind.CUT, _cut),
    b"\x1d(k": (Kind.QR, _function),
    b"\x1dv0": (Kind.RASTER, _raster),
    b"\x10\x04": (Kind.ASK_STATUS, _fixed(1)),
    b"\x1da": (Kind.STATUS_BACK, _fixed(1)),
    b"\x1dr": (Kind.FENCE, _fixed(1)),
    b"\x1d(H": (Kind.CONFIRM, _function),
    b"\x1dI": (Kind.WHO, _fixed(1)),
    b"\x1bp": (Kind.DRAWER, _fixed(3)),
    b"\x10\x14": (Kind.REAL_TIME, _real_time),
    b"\x1b=": (Kind.DESELECT, _fixed(1)),
}
_LONGEST_NAME = max(map(len, _NAMES))


def _command(data: bytes, at: int) -> Command | None:
    """The command at `at`, or None if its end has not come yet."""
    if length := _text_length(data, at):
        return Command(Kind.TEXT, data[at : at + length], data[at : at + length])
    for name_length in range(1, _LONGEST_NAME + 1):
        name = data[at : at + name_length]
        if name in _NAMES:
            return _named(data, at, name)
    head = data[at : at + _LONGEST_NAME]
    unfinished = at + len(head) == len(data) and (
        any(name.startswith(head) for name in _NAMES) or (len(head) == 1 and _is_lead(head[0]))
    )
    return None if unfinished else Command(Kind.UNKNOWN, head[:1], b"")


def _named(data: bytes, at: int, name: bytes) -> Command | None:
    kind, size = _NAMES[name]
    body = at + len(name)
    try:
        end = body + size(data, body)
    except IndexError:
        return None
    return Command(kind, data[at:end], data[body:end]) if end <= len(data) else None


def _text_length(data: bytes, at: int) -> int:
    """Bytes of ASCII and two-byte GBK from `at` on. A character of four bytes is no text: no printer has it."""
    end = at
    while end < len(data):
        if 0x20 <= data[end] <= 0x7E:
            end += 1
        elif (
            _is_lead(data[end]) and end + 1 < len(data) and data[end + 1] >= 0x40 and data[end + 1] not in (0x7F, 0xFF)
        ):
            end += 2
        else:
            break
    return end - at


def _is_lead(byte: int) -> bool:
    return 0x81 <= byte <= 0xFE
