"""A scanner that types: key events from a pipe, as the kernel would give them. A real one was not measured."""

from __future__ import annotations

import os
import queue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.framing import Repeats
from kiosk.devices.ports import (
    DeviceFault,
    Scan,
    ScanEvent,
    ScannerFound,
    ScannerLost,
    ScanUnreadable,
    UnreadableReason,
)
from kiosk.devices.scanner import ScannerReader, open_scanner
from kiosk.devices.wedge import EVENT, KEY, PRESSED, RELEASED, Keys, WedgeScanner, open_wedge

SHIFT, ENTER, SYNC, REPEATED = 42, 28, 0, 2
_ROWS = {2: "1234567890-=", 16: "qwertyuiop[]", 30: "asdfghjkl;'`", 43: "\\zxcvbnm,./"}
_CODES = {letter: first + at for first, row in _ROWS.items() for at, letter in enumerate(row)} | {" ": 57, "\r": ENTER}
_ABOVE = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))


def event(kind: int, code: int, value: int) -> bytes:
    return EVENT.pack(1_700_000_000, 1, kind, code, value)


def typed(text: str) -> bytes:
    """The events of a keyboard that types ``text``."""
    out = b""
    for char in text:
        shifted = char.isupper() or char in _ABOVE
        code = _CODES[_ABOVE.get(char, char.lower())]
        if shifted:
            out += event(KEY, SHIFT, PRESSED) + event(SYNC, 0, 0)
        out += event(4, 4, 458_756) + event(KEY, code, PRESSED) + event(SYNC, 0, 0) + event(KEY, code, RELEASED)
        if shifted:
            out += event(KEY, SHIFT, RELEASED)
    return out


printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@given(printable, st.integers(1, 60))
def test_what_is_typed_is_read_however_the_bytes_are_cut(text: str, size: int) -> None:
    keys, data = Keys(), typed(text)
    assert b"".join(keys.feed(data[at : at + size]) for at in range(0, len(data), size)).decode() == text


def test_a_key_held_down_types_once_and_other_keys_nothing() -> None:
    keys = Keys()
    assert keys.feed(event(KEY, 30, PRESSED) + event(KEY, 30, REPEATED) * 9 + event(KEY, 30, RELEASED)) == b"a"
    assert keys.feed(event(KEY, 59, PRESSED) + event(2, 0, 5)) == b""


def test_the_number_pad_types_figures() -> None:
    assert Keys().feed(b"".join(event(KEY, code, PRESSED) for code in (79, 80, 81, 82, 96))) == b"1230\r"


def test_a_card_from_a_keyboard_is_heard_and_a_pulled_cable_too() -> None:
    reading, writing = os.pipe()
    opened = iter([WedgeScanner(reading)])

    def open_it() -> WedgeScanner:
        try:
            return next(opened)
        except StopIteration:
            raise DeviceFault(open_it_code) from None

    from kiosk.devices.ports import FaultCode

    open_it_code = FaultCode.SCANNER_LOST
    events: queue.SimpleQueue[ScanEvent] = queue.SimpleQueue()
    reader = ScannerReader(open_it, events.put, monotonic_s=lambda: 0.0)
    reader.start()
    try:
        assert events.get(timeout=10) == ScannerFound()
        os.write(writing, typed("merit:/q/SQ9a-_B\r6901234567892\r"))
        assert events.get(timeout=10) == Scan("merit:/q/SQ9a-_B")
        assert events.get(timeout=10) == Scan("6901234567892")
        os.close(writing)
        assert events.get(timeout=10) == ScannerLost()
    finally:
        reader.stop()


def test_a_keyboard_that_somebody_else_has_is_lost(tmp_path: Path) -> None:
    def taken(_fd: int) -> None:
        raise OSError(16, "Device or resource busy")

    pipe = tmp_path / "keyboard"
    os.mkfifo(pipe)
    with pytest.raises(DeviceFault, match="busy"):
        open_wedge(str(pipe), grab=taken)
    with open_wedge_of(pipe) as scanner:
        assert scanner.read() in (b"",)


class open_wedge_of:  # noqa: N801 - reads like the function it wraps
    """A keyboard made of a named pipe, with somebody at the other end."""

    def __init__(self, pipe: Path) -> None:
        self._scanner = open_wedge(str(pipe), grab=lambda _fd: None)
        self._other = os.open(pipe, os.O_WRONLY)

    def __enter__(self) -> WedgeScanner:
        return self._scanner

    def __exit__(self, *_: object) -> None:
        self._scanner.close()
        os.close(self._other)


def test_a_plain_file_is_no_keyboard_and_a_missing_one_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "missing"):
        with pytest.raises(DeviceFault):
            open_scanner(f"evdev:{path}")


@pytest.mark.parametrize("url", ["evdev:", "evdev:relative", "evdev:/dev/input/event0?baud=1"])
def test_a_bad_keyboard_address_is_said_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not a scanner's address"):
        open_scanner(url)


def test_a_card_left_lying_counts_once_and_the_same_goods_a_second_later_twice() -> None:
    repeats, soap, card = Repeats(0.7), Scan("6901234567892"), Scan("merit:/q/A")
    heard = [
        (card, 0.0),
        (card, 0.3),
        (card, 0.9),
        (card, 1.4),
        (soap, 1.5),
        (card, 1.6),
        (soap, 1.7),
        (soap, 2.5),
        (soap, 2.6),
    ]
    assert [repeats.is_one(frame, at) for frame, at in heard] == [
        False,
        True,
        True,
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    unreadable = ScanUnreadable(UnreadableReason.NOT_TEXT)
    assert [repeats.is_one(unreadable, 9.0), repeats.is_one(unreadable, 9.0)] == [False, False]
    assert not any(Repeats(0.0).is_one(soap, 0.0) for _ in range(5))


def test_what_was_scanned_is_in_no_repr() -> None:
    assert "28212345" not in repr(Scan("282123456789012345"))
