"""The ways to a printer, as wires with a deadline on every byte: a socket, a serial port, a device file, USB, or `lp`.

USB devices are found and opened by python-escpos, which takes 0.2 s and 15 MB to load, on a Pi more; the others are one call of the
system's or of pyserial's. Nothing else of it is used: its text, status and writes know no deadline and no Chinese. It has no types; this
file is where that ends.
"""

import contextlib
import errno
import os
import re
import select
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import serial

from kiosk.devices.ports import DeviceFault, FaultCode

_CHUNK_BYTES = 1024
_READ_BYTES = 64


class Wire(Protocol):
    """An open way to a printer. Deadlines are on `time.monotonic()`; OSError means that the printer is gone."""

    can_answer: bool

    def write(self, data: bytes, deadline_s: float) -> int:
        """How many bytes the device took before the deadline or before it went. OSError only if it took none."""
        ...

    def read(self, deadline_s: float) -> bytes:
        """What has come, as soon as something has; b"" at the deadline, or when the printer has hung up."""
        ...

    def close(self) -> None:
        """Let go at once, without waiting for what is unsent. Never raises."""
        ...


Connect = Callable[[float], Wire]  # takes the deadline; raises DeviceFault(PRINTER_LOST)


def connector(url: str) -> Connect:
    """How to reach `tcp://host:port`, `serial:/dev/ttyUSB1?baud=9600&flow=none|xonxoff|rtscts`, `usb:0416:5011?in=82&out=01`,
    `file:/dev/usb/lp0`, or `cups:QUEUE`. Opens nothing yet. Raises ValueError for a bad address.
    """
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    try:
        kind, known = _KINDS[parts.scheme]
        if options.keys() - known:
            raise ValueError(f"unknown settings: {', '.join(sorted(options.keys() - known))}")
        return kind(parts.netloc, parts.path, options)
    except (KeyError, ValueError) as error:
        raise ValueError(f"not a printer's address: {url}") from error


def _tcp(netloc: str, _path: str, _options: dict[str, str]) -> Connect:
    parts = urlsplit(f"tcp://{netloc}")
    if not parts.hostname:
        raise ValueError("no host")
    address = (parts.hostname, parts.port or 9100)

    def connect(deadline_s: float) -> Wire:
        with _lost_if_it_fails():
            device = socket.create_connection(address, timeout=_left_s(deadline_s))
            return _FdWire(device.fileno(), device.close)

    return connect


def _serial(_netloc: str, path: str, options: dict[str, str]) -> Connect:
    baud, flow = int(options.get("baud", "9600")), options.get("flow", "none")
    if not path or flow not in ("none", "xonxoff", "rtscts"):
        raise ValueError("no device, or an unknown flow control")

    def connect(_deadline_s: float) -> Wire:
        with _lost_if_it_fails():
            port = serial.Serial(
                path, baudrate=baud, timeout=0, xonxoff=flow == "xonxoff", rtscts=flow == "rtscts", exclusive=True
            )

            def close() -> None:
                with contextlib.suppress(Exception):  # what is unsent goes, else the system waits for it
                    port.reset_output_buffer()
                port.close()

            return _FdWire(port.fileno(), close, unsent=lambda: port.out_waiting)

    return connect


def _file(_netloc: str, path: str, _options: dict[str, str]) -> Connect:
    if not path:
        raise ValueError("no device")

    def connect(_deadline_s: float) -> Wire:
        with _lost_if_it_fails():
            if not stat.S_ISCHR(Path(path).stat().st_mode):
                raise OSError(errno.ENODEV, "not a character device", path)
            device = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            return _FdWire(device, partial(os.close, device), can_answer=False)

    return connect


def _usb(_netloc: str, path: str, options: dict[str, str]) -> Connect:
    vendor, product = (int(part, 16) for part in path.split(":"))
    endpoints = int(options.get("in", "82"), 16), int(options.get("out", "01"), 16)

    def connect(_deadline_s: float) -> Wire:
        from escpos.printer import Usb

        with _lost_if_it_fails():
            if not Usb.is_usable():
                raise OSError(errno.ENODEV, "pyusb is not installed")
            printer = Usb(vendor, product)
            printer.open()
            return _UsbWire(printer.device, *endpoints, printer.close)

    return connect


def _cups(_netloc: str, path: str, _options: dict[str, str]) -> Connect:
    if not _QUEUE.fullmatch(path):
        raise ValueError("no name of a print queue")

    def connect(_deadline_s: float) -> Wire:
        with _lost_if_it_fails():
            program = shutil.which("lp")
            if program is None:
                raise OSError(errno.ENOENT, "lp is not installed")
            return _LpWire(program, path)

    return connect


_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}")
_KINDS: dict[str, tuple[Callable[[str, str, dict[str, str]], Connect], frozenset[str]]] = {
    "tcp": (_tcp, frozenset()),
    "serial": (_serial, frozenset({"baud", "flow"})),
    "file": (_file, frozenset()),
    "usb": (_usb, frozenset({"in", "out"})),
    "cups": (_cups, frozenset()),
}


class _FdWire:
    """A socket, serial port or device file, by its descriptor: `select` keeps the deadline, nothing ever blocks."""

    def __init__(
        self, fd: int, close: Callable[[], None], *, can_answer: bool = True, unsent: Callable[[], int] = lambda: 0
    ) -> None:
        self.can_answer = can_answer
        self._fd = fd
        self._close = close
        self._unsent = unsent
        os.set_blocking(fd, False)

    def write(self, data: bytes, deadline_s: float) -> int:
        taken = unsent = 0
        try:
            while taken < len(data) and select.select([], [self._fd], [], _left_s(deadline_s))[1]:
                with contextlib.suppress(BlockingIOError):
                    taken += os.write(self._fd, data[taken : taken + _CHUNK_BYTES])
            while (unsent := self._unsent()) and time.monotonic() < deadline_s:
                time.sleep(0.01)
        except OSError:
            if not taken:
                raise
        return max(0, taken - unsent)

    def read(self, deadline_s: float) -> bytes:
        if self.can_answer and select.select([self._fd], [], [], _left_s(deadline_s))[0]:
            with contextlib.suppress(BlockingIOError):
                return os.read(self._fd, _READ_BYTES)
        return b""

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._close()


class _UsbWire:
    """A USB printer's two endpoints. pyusb's errors are OSErrors; a time-out is one of them."""

    can_answer = True

    def __init__(self, device: Any, in_endpoint: int, out_endpoint: int, close: Callable[[], None]) -> None:
        self._device = device
        self._in = in_endpoint
        self._out = out_endpoint
        self._close = close

    def write(self, data: bytes, deadline_s: float) -> int:
        taken = 0
        try:
            while taken < len(data) and time.monotonic() < deadline_s:
                with _timeouts_are_silence():
                    taken += self._device.write(self._out, data[taken : taken + _CHUNK_BYTES], _left_ms(deadline_s))
        except OSError:
            if not taken:
                raise
        return taken

    def read(self, deadline_s: float) -> bytes:
        while time.monotonic() < deadline_s:
            with _timeouts_are_silence():
                if received := bytes(self._device.read(self._in, _READ_BYTES, _left_ms(deadline_s))):
                    return received
        return b""

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._close()


class _LpWire:
    """A CUPS queue, through `lp`: it takes a job whole or not at all, and nobody says what became of it."""

    can_answer = False

    def __init__(self, program: str, queue: str) -> None:
        self._command = [program, "-d", queue, "-o", "raw", "-s"]

    def write(self, data: bytes, deadline_s: float) -> int:
        if not data:
            return 0
        try:
            done = subprocess.run(  # noqa: S603 - the queue's name holds letters only, and no shell reads it
                self._command, input=data, capture_output=True, timeout=max(0.1, _left_s(deadline_s)), check=False
            )
        except subprocess.TimeoutExpired:
            return len(data) - 1  # it may be in the queue or not: never called whole, never called nothing
        if done.returncode:
            raise OSError(errno.EIO, done.stderr.decode("utf-8", "replace").strip())
        return len(data)

    def read(self, deadline_s: float) -> bytes:  # noqa: ARG002 - the protocol's name
        return b""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _lost_if_it_fails() -> Iterator[None]:
    """Whatever goes wrong while opening, bare asserts and missing libraries included: the printer cannot be had."""
    try:
        yield
    except Exception as error:
        raise DeviceFault(FaultCode.PRINTER_LOST, str(error)) from error


@contextlib.contextmanager
def _timeouts_are_silence() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ETIMEDOUT:
            raise


def _left_s(deadline_s: float) -> float:
    return max(0.0, deadline_s - time.monotonic())


def _left_ms(deadline_s: float) -> int:
    return max(1, int(_left_s(deadline_s) * 1000))  # 0 would mean for ever
