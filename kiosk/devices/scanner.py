"""The serial scanner, and the thread that listens to it for as long as the kiosk runs."""

import contextlib
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import serial

from kiosk.devices.framing import Framer, Repeats
from kiosk.devices.ports import DeviceFault, FaultCode, ScanEvent, Scanner, ScannerFound, ScannerLost
from kiosk.devices.wedge import open_wedge

_READ_TIMEOUT_S = 0.05
_REOPEN_PAUSE_S = 0.5
_FIRST_TRY_S = 2.0


def open_scanner(url: str) -> Scanner:
    """Open `serial:/dev/scanner?baud=9600` or the keyboard `evdev:/dev/input/by-id/…`, for this process alone, or any URL that pyserial
    knows (`socket://host:port`).

    Raises DeviceFault(SCANNER_LOST) if nothing is there or another process has it, ValueError for a bad URL.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query, strict_parsing=bool(parts.query)) if parts.scheme == "serial" else {}
    if not parts.scheme or options.keys() - {"baud"}:
        raise ValueError(f"not a scanner's address: {url}")
    if parts.scheme == "evdev":
        return _open_keyboard(url, parts.path, parts.query)
    baud = int(options.get("baud", ["9600"])[-1])
    try:
        if parts.scheme == "serial":
            return _SerialScanner(serial.Serial(parts.path, baud, timeout=_READ_TIMEOUT_S, exclusive=True))
        return _SerialScanner(serial.serial_for_url(url, timeout=_READ_TIMEOUT_S))
    except (serial.SerialException, OSError) as error:
        raise DeviceFault(FaultCode.SCANNER_LOST, str(error)) from error


def _open_keyboard(url: str, path: str, query: str) -> Scanner:
    if not path.startswith("/") or query:
        raise ValueError(f"not a scanner's address: {url}")
    return open_wedge(path)


class _SerialScanner:
    """A `Scanner` over pyserial. `in_waiting` of an unplugged port is a bare OSError, `read` a SerialException."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def read(self) -> bytes:
        try:
            return bytes(self._port.read(self._port.in_waiting or 1))
        except (serial.SerialException, OSError) as error:
            raise DeviceFault(FaultCode.SCANNER_LOST, str(error)) from error

    def close(self) -> None:
        with contextlib.suppress(Exception):  # pyserial lets termios.error out when the device is gone
            self._port.close()


class ScannerReader:
    """Reads codes in a thread of its own and hands each on as a `ScanEvent`; comes back by itself after an unplug.

    `on_event` runs in that thread and should only put the event into a queue. The first event says whether the scanner
    is there; after that, lost and found come in turns. Within `same_code_s` the same code again is no event.
    """

    def __init__(
        self,
        open_it: Callable[[], Scanner],
        on_event: Callable[[ScanEvent], None],
        *,
        same_code_s: float = 0.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repeats = Repeats(same_code_s)
        self._open_it = open_it
        self._on_event = on_event
        self._monotonic_s = monotonic_s
        self._alive_s = monotonic_s()
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._there: bool | None = None
        self._heard_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to listen. Comes back when the scanner was opened or is known to be away, after 2 s at the latest: opening a port
        throws away what was scanned before, so the counter shall not look ready any earlier."""
        self._thread.start()
        self._tried.wait(_FIRST_TRY_S)

    def stop(self) -> None:
        """End the thread and let the scanner go."""
        self._stop.set()
        self._thread.join(timeout=5)

    def alive(self) -> float:
        """When the thread last went round, on the clock it was given: what a watchdog looks at. At most 0.5 s ago."""
        return self._alive_s

    def heard(self) -> float | None:
        """When the last code was handed on, on the same clock; None before the first."""
        return self._heard_s

    def _run(self) -> None:
        while not self._stop.is_set():
            self._alive_s = self._monotonic_s()
            try:
                scanner = self._open_it()
            except DeviceFault:
                self._tell(there=False)
                self._stop.wait(_REOPEN_PAUSE_S)
                continue
            self._tell(there=True)
            try:
                self._listen(scanner)
            except DeviceFault:
                self._tell(there=False)
                self._stop.wait(_REOPEN_PAUSE_S)
            finally:
                scanner.close()

    def _listen(self, scanner: Scanner) -> None:
        """Until stopped. A new framer, so that half a code from before an unplug is forgotten."""
        framer = Framer()
        while not self._stop.is_set():
            data = scanner.read()
            now_s = self._alive_s = self._monotonic_s()
            # Only a read that found nothing may end a code by time: after a stall the rest is already waiting.
            for frame in framer.feed(data, now_s) if data else framer.tick(now_s):
                if not self._repeats.is_one(frame, now_s):
                    self._heard_s = now_s
                    self._on_event(frame)

    def _tell(self, *, there: bool) -> None:
        if there is not self._there:
            self._there = there
            self._on_event(ScannerFound() if there else ScannerLost())
        self._tried.set()
