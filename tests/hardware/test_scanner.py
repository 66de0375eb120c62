"""A scanner on a real pty: every tail, every cut, noise, and the cable pulled out and put back."""

import queue
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.devices.ports import (
    DeviceFault,
    FaultCode,
    Scan,
    ScanEvent,
    Scanner,
    ScannerFound,
    ScannerLost,
    ScanUnreadable,
    UnreadableReason,
)
from kiosk.devices.scanner import ScannerReader, open_scanner
from kiosk.devices.virtual_scanner import VirtualScanner

CARD = "https://jf.shiqiao.example/q/SQ3k9vT0qX7uYwB2mR8dLz5AeQ"


class Listening:
    """A reader on a virtual scanner, and the events it gave.

    Its clock stands still unless a test wants silence to count: a busy test machine may stall between two writes.
    """

    def __init__(self, link: Path, monotonic_s: Callable[[], float] = lambda: 0.0) -> None:
        self.scanner = VirtualScanner(link)
        self.events: queue.SimpleQueue[ScanEvent] = queue.SimpleQueue()
        self.reader = ScannerReader(lambda: open_scanner(self.scanner.url), self.events.put, monotonic_s=monotonic_s)

    def __enter__(self) -> Self:
        self.reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.stop()
        self.scanner.unplug()

    def next(self) -> ScanEvent:
        return self.events.get(timeout=30)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path / "scanner") as it:
        assert it.next() == ScannerFound()
        yield it


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
def test_a_card_is_read_whatever_ends_it(listening: Listening, end: str) -> None:
    for text in (CARD, "6901234567892"):
        listening.scanner.scan(text, end)
        assert listening.next() == Scan(text)


def test_a_card_is_read_when_only_silence_ends_it(tmp_path: Path) -> None:
    with Listening(tmp_path / "scanner", time.monotonic) as it:
        assert it.next() == ScannerFound()
        for text in (CARD, "6901234567892"):
            it.scanner.scan(text, end="")
            assert it.next() == Scan(text)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["\r", "\n", "\r\n"]), st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_cards_come_whole_however_the_bytes_are_cut(listening: Listening, end: str, cuts: list[int]) -> None:
    data = (CARD + end).encode() * 3
    while data:
        size = cuts[len(data) % len(cuts)]
        listening.scanner.send(data[:size])
        data = data[size:]
    assert [listening.next() for _ in range(3)] == [Scan(CARD)] * 3


@pytest.mark.parametrize(
    ("noise", "reason"),
    [
        (bytes(byte for byte in range(256) if byte not in b"\r\n"), UnreadableReason.NOT_TEXT),
        ("汤".encode("gbk"), UnreadableReason.NOT_TEXT),
        (b"\x1bp\x00\x10\x14\x01", UnreadableReason.NOT_TEXT),
        (b"x" * 10_000, UnreadableReason.TOO_LONG),
        (b"\xff" * 10_000, UnreadableReason.TOO_LONG),
    ],
    ids=["every byte", "GBK", "printer commands", "10 kB", "10 kB of noise"],
)
def test_noise_is_reported_once_and_the_next_scan_works(
    listening: Listening, noise: bytes, reason: UnreadableReason
) -> None:
    listening.scanner.send(noise + b"\r")
    assert listening.next() == ScanUnreadable(reason)
    listening.scanner.scan(CARD)
    assert listening.next() == Scan(CARD)


def test_a_reply_to_a_setup_command_is_not_heard(listening: Listening) -> None:
    listening.scanner.send(b"\x02\x00\x00\x01\x00\x33\x31")
    listening.scanner.scan(CARD)
    assert listening.next() == Scan(CARD)


def test_the_cable_pulled_and_put_back(listening: Listening) -> None:
    for _ in range(2):
        listening.scanner.send(b"HALF-A-CO")
        listening.scanner.unplug()
        assert listening.next() == ScannerLost()
        listening.scanner.plug()
        assert listening.next() == ScannerFound()
        listening.scanner.scan(CARD)
        assert listening.next() == Scan(CARD)


def test_a_scanner_missing_at_the_start_is_told_once_and_found_later(tmp_path: Path) -> None:
    it = Listening(tmp_path / "scanner")
    it.scanner.unplug()
    with it:
        assert it.next() == ScannerLost()
        it.scanner.plug()
        assert it.next() == ScannerFound()
        it.scanner.scan(CARD)
        assert it.next() == Scan(CARD)


class DyingScanner:
    """Fails at its second read, as a cable does that has a bad contact."""

    def __init__(self) -> None:
        self.reads = [b"A\r"]
        self.closed = False
        self.opened_s = time.monotonic()

    def read(self) -> bytes:
        if not self.reads:
            raise DeviceFault(FaultCode.SCANNER_LOST)
        return self.reads.pop()

    def close(self) -> None:
        self.closed = True


def test_a_failing_scanner_is_let_go_and_opened_again_without_spinning() -> None:
    opened: list[DyingScanner] = []
    events: queue.SimpleQueue[ScanEvent] = queue.SimpleQueue()

    def open_it() -> Scanner:
        opened.append(DyingScanner())
        return opened[-1]

    reader = ScannerReader(open_it, events.put)
    reader.start()
    heard = [events.get(timeout=30) for _ in range(6)]
    reader.stop()
    assert heard == [ScannerFound(), Scan("A"), ScannerLost()] * 2
    first, second, *_ = opened
    assert second.opened_s - first.opened_s >= 0.5, "a pause lies between two tries"
    assert all(scanner.closed for scanner in opened)


def test_the_watchdog_sees_the_reader_go_round(tmp_path: Path) -> None:
    def wait_until(true: Callable[[], bool]) -> None:
        for _ in range(1000):
            if true():
                return
            ticks.get(timeout=30)
        raise AssertionError("never")

    ticks: queue.SimpleQueue[float] = queue.SimpleQueue()
    clock = iter(range(1_000_000))

    def monotonic_s() -> float:
        now_s = float(next(clock))
        ticks.put(now_s)
        return now_s

    with VirtualScanner(tmp_path / "scanner") as scanner:
        reader = ScannerReader(lambda: open_scanner(scanner.url), lambda _: None, monotonic_s=monotonic_s)
        before = reader.alive()
        reader.start()
        wait_until(lambda: reader.alive() >= before + 3)
        reader.stop()


def test_two_programs_do_not_share_a_scanner(listening: Listening) -> None:
    with pytest.raises(DeviceFault) as fault:
        open_scanner(listening.scanner.url)
    assert fault.value.code is FaultCode.SCANNER_LOST


def test_a_scanner_may_be_at_the_end_of_a_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        scanner = open_scanner(f"socket://127.0.0.1:{server.getsockname()[1]}")
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"A")
            assert scanner.read() == b"A"
        with pytest.raises(DeviceFault):
            _read_until_it_fails(scanner)
        scanner.close()


def _read_until_it_fails(scanner: Scanner) -> None:
    for _ in range(10):
        scanner.read()


@pytest.mark.parametrize("url", ["", "/dev/scanner", "serial:/dev/scanner?speed=9600", "serial:/dev/scanner?baud=fast"])
def test_a_bad_address_is_said_at_once(url: str) -> None:
    with pytest.raises(ValueError):
        open_scanner(url)


def test_nothing_there_is_a_lost_scanner(tmp_path: Path) -> None:
    for url in (f"serial:{tmp_path / 'scanner'}", "socket://127.0.0.1:1"):
        with pytest.raises(DeviceFault) as fault:
            open_scanner(url)
        assert fault.value.code is FaultCode.SCANNER_LOST


def test_a_loop_is_an_empty_scanner() -> None:
    scanner = open_scanner("loop://")
    assert scanner.read() == b""
    scanner.close()
