"""A scanner that is a keyboard (HID-KBW), read from its own input device and taken away from everybody else.

Without the grab it would type into whatever has the focus, through the input method. Bytes are Linux `struct input_event`; the layout
is the US one, which these scanners type unless they are told otherwise. Only the standard library is needed.
"""

import contextlib
import errno
import fcntl
import os
import select
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from kiosk.devices.ports import DeviceFault, FaultCode

EVENT = struct.Struct("@llHHi")  # two native longs of time, then type, code, value (linux/input.h)
KEY = 1
PRESSED, RELEASED = 1, 0
_EVIOCGRAB = 0x40044590
_SHIFTS = frozenset({42, 54})
_READ_EVENTS = 64
_SILENCE_S = 0.05
_PLAIN = {
    **dict(zip(range(2, 14), "1234567890-=", strict=True)), **dict(zip(range(16, 28), "qwertyuiop[]", strict=True)),
    **dict(zip(range(30, 42), "asdfghjkl;'`", strict=True)), **dict(zip(range(43, 54), "\\zxcvbnm,./", strict=True)),
    **dict(zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82), "7894561230", strict=True)),
    28: "\r", 96: "\r", 15: "\r", 57: " ", 55: "*", 74: "-", 78: "+", 83: ".", 98: "/",
}  # fmt: skip
_SHIFTED = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))


class Keys:
    """Key events → the ASCII they type. Pure: one call after another, half events wait for their rest."""

    def __init__(self) -> None:
        self._rest = b""
        self._shifts: set[int] = set()

    def feed(self, data: bytes) -> bytes:
        """What these bytes type. A key with no letter of ours types nothing."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        typed = (self._typed(*event[2:]) for event in EVENT.iter_unpack(data[:whole]))
        return "".join(typed).encode("ascii")

    def _typed(self, kind: int, code: int, value: int) -> str:
        if kind != KEY:
            return ""
        if code in _SHIFTS:
            (self._shifts.discard if value == RELEASED else self._shifts.add)(code)
        if value != PRESSED or code not in _PLAIN:
            return ""
        letter = _PLAIN[code]
        return _SHIFTED.get(letter, letter.upper()) if self._shifts else letter


def open_wedge(path: str, *, grab: Callable[[int], None] | None = None) -> "WedgeScanner":
    """The keyboard at `/dev/input/by-id/…`, for this process alone.

    Raises DeviceFault(SCANNER_LOST) if it is not there, is no device, or another process has grabbed it.
    """
    try:
        if not stat.S_ISCHR(Path(path).stat().st_mode) and grab is None:
            raise OSError(errno.ENODEV, "not a character device", path)
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DeviceFault(FaultCode.SCANNER_LOST, str(error)) from error
    try:
        (grab or _grab)(fd)
    except OSError as error:
        os.close(fd)
        raise DeviceFault(FaultCode.SCANNER_LOST, str(error)) from error
    return WedgeScanner(fd)


class WedgeScanner:
    """A `Scanner` over a grabbed input device. The grab ends with the descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._keys = Keys()

    def read(self) -> bytes:
        try:
            if not select.select([self._fd], [], [], _SILENCE_S)[0]:
                return b""
            data = os.read(self._fd, _READ_EVENTS * EVENT.size)
        except OSError as error:
            raise DeviceFault(FaultCode.SCANNER_LOST, str(error)) from error
        if not data:
            raise DeviceFault(FaultCode.SCANNER_LOST, "hung up")
        return self._keys.feed(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._fd)


def _grab(fd: int) -> None:
    fcntl.ioctl(fd, _EVIOCGRAB, 1)
