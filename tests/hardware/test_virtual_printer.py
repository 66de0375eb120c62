"""Printing over a real socket, a real pty and a device file, to printers that are well, ill, mute, deaf or gone."""

import errno
import io
import os
import pty
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import zxingcpp
from PIL import Image

from kiosk.devices import connectors
from kiosk.devices.picture import png, render
from kiosk.devices.ports import (
    Cover,
    Cutter,
    DeviceFault,
    FaultCode,
    Online,
    PaperState,
    Printer,
    PrinterStatus,
    PrintResult,
)
from kiosk.devices.printer import open_printer
from kiosk.devices.raster import drawer
from kiosk.devices.scanner import open_scanner
from kiosk.devices.virtual import VirtualDevices
from kiosk.devices.virtual_printer import VirtualPrinter
from kiosk.receipts.escpos import encode
from kiosk.receipts.layout import redemption
from kiosk.receipts.values import PAPER_58, PAPER_80, Cut, Paper, Qr, ReceiptLine, RedemptionReceipt, Text
from tests.fakes.papers import CODE, ONLINE

WELL = PrinterStatus(Online.ONLINE, PaperState.OK, Cover.CLOSED, Cutter.OK)
MUTE = PrinterStatus()


def receipt(goods: str = "酱油") -> RedemptionReceipt:
    return replace(ONLINE, lines=(ReceiptLine(goods, 1, "瓶", "5"),), total_text="5", after_text="60")


def job_of(goods: str = "酱油", paper: Paper = PAPER_58, *, native_qr: bool = True) -> bytes:
    return encode(redemption(receipt(goods), paper), paper, draw=drawer(paper), native_qr=native_qr)


@pytest.fixture
def virtual() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer


@pytest.fixture
def printer(virtual: VirtualPrinter) -> Printer:
    return open_printer(virtual.url, timeout_s=5)


def test_a_receipt_comes_out_and_is_confirmed(virtual: VirtualPrinter, printer: Printer) -> None:
    assert printer.status() == WELL
    assert printer.print(job_of()) is PrintResult.PRINTED
    assert printer.print(job_of("香皂")) is PrintResult.PRINTED
    assert virtual.jobs == [job_of(), job_of("香皂")]


def test_a_printer_short_of_paper_prints_and_says_so(virtual: VirtualPrinter, printer: Printer) -> None:
    virtual.paper = "near_end"
    assert printer.status().paper is PaperState.NEAR_END
    assert printer.print(job_of()) is PrintResult.PRINTED


def _no_paper(virtual: VirtualPrinter) -> None:
    virtual.paper = "out"


def _open_cover(virtual: VirtualPrinter) -> None:
    virtual.cover_open = True


def _stuck_cutter(virtual: VirtualPrinter) -> None:
    virtual.cutter_failed = True


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (_no_paper, FaultCode.PRINTER_NO_PAPER),
        (_open_cover, FaultCode.PRINTER_COVER_OPEN),
        (_stuck_cutter, FaultCode.PRINTER_CUTTER),
    ],
)
def test_an_ill_printer_gets_nothing_of_the_job(
    virtual: VirtualPrinter, printer: Printer, trouble: Callable[[VirtualPrinter], None], code: FaultCode
) -> None:
    trouble(virtual)
    with pytest.raises(DeviceFault) as fault:
        printer.print(job_of())
    assert fault.value.code is code
    virtual.paper, virtual.cover_open, virtual.cutter_failed = "ok", False, False
    assert printer.print(job_of("香皂")) is PrintResult.PRINTED
    assert virtual.jobs == [job_of("香皂")]


def test_a_roll_that_ends_in_the_job_is_unknown(virtual: VirtualPrinter, printer: Printer) -> None:
    virtual.paper_ends_in_job = True
    assert printer.print(job_of()) is PrintResult.UNKNOWN
    assert printer.status().paper is PaperState.OUT


def test_silence_is_unknown_and_never_well(virtual: VirtualPrinter, printer: Printer) -> None:
    virtual.silent = True
    assert printer.status() == MUTE
    assert printer.print(job_of()) is PrintResult.UNKNOWN
    assert virtual.wait_for_jobs(1) == [job_of()]


def test_a_printer_that_never_reads_does_not_hold_us(virtual: VirtualPrinter) -> None:
    virtual.never_reads = True
    impatient = open_printer(virtual.url, timeout_s=1)
    assert impatient.print(job_of()) is PrintResult.UNKNOWN
    assert impatient.print(bytes(20_000_000)) is PrintResult.UNKNOWN


def test_nobody_listening_is_a_lost_printer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    printer = open_printer(f"tcp://127.0.0.1:{port}", timeout_s=2)
    for ask in (printer.status, lambda: printer.print(b"\x1b@")):
        with pytest.raises(DeviceFault) as fault:
            ask()
        assert fault.value.code is FaultCode.PRINTER_LOST


@contextmanager
def scripted(answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A printer at a URL that answers each run of bytes with `answer(bytes)`; None hangs up."""

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                while (received := connection.recv(65536)) not in (b"", b"STOP"):
                    if (said := answer(received)) is None:
                        break
                    connection.sendall(said)
                if received == b"STOP":
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with socket.create_connection(server.getsockname()) as last:
                last.sendall(b"STOP")
                thread.join()


HEALTHY = b"\x12"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"\x00", MUTE),
        (b"\xff", MUTE),
        (b"\x10\x00\x00\x00", MUTE),
        (b"\x14\x00\x00\x0f", MUTE),
        (b"\x11\x13", MUTE),
        (b"\x38\x00\x00\x00\x12", WELL),
        (b"\x12\x12", WELL),
    ],
    ids=["zero", "all ones", "unasked status", "unasked status, drawer", "xon xoff", "unasked, then well", "twice"],
)
def test_noise_is_no_answer(answer: bytes, status: PrinterStatus) -> None:
    with scripted(lambda received: answer if b"\x10\x04" in received else b"") as url:
        assert open_printer(url, timeout_s=5).status() == status


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({1: 0x1A, 4: 0x7E, 2: 0x32}, PrinterStatus(Online.OFFLINE, PaperState.OUT, Cover.CLOSED)),
        ({1: 0x1A, 4: 0x12, 2: 0x16}, PrinterStatus(Online.OFFLINE, PaperState.OK, Cover.OPEN)),
        ({1: 0x12, 4: 0x1E}, PrinterStatus(Online.ONLINE, PaperState.NEAR_END)),
        ({1: 0x12}, PrinterStatus(Online.ONLINE)),
    ],
)
def test_each_answer_is_read_for_what_it_says(said: dict[int, int], status: PrinterStatus) -> None:
    def answer(received: bytes) -> bytes:
        n = received[-1] if b"\x10\x04" in received else 0
        return bytes([said[n]]) if n in said else b""

    with scripted(answer) as url:
        assert open_printer(url, timeout_s=5).status() == status


def test_an_offline_printer_that_does_not_say_why_gets_nothing() -> None:
    def answer(received: bytes) -> bytes:
        return {b"\x01": b"\x1a"}.get(received[-1:], HEALTHY) if b"\x10\x04" in received else b""

    with scripted(answer) as url, pytest.raises(DeviceFault) as fault:
        open_printer(url, timeout_s=5).print(job_of())
    assert fault.value.code is FaultCode.PRINTER_UNKNOWN


def test_a_printer_without_a_fence_is_confirmed_by_its_status() -> None:
    with scripted(lambda received: HEALTHY if b"\x10\x04" in received else b"") as url:
        assert open_printer(url, timeout_s=6).print(job_of()) is PrintResult.PRINTED


def test_a_printer_that_hangs_up_in_the_job_is_unknown() -> None:
    def answer(received: bytes) -> bytes | None:
        return None if b"\x1b@" in received else HEALTHY if b"\x10\x04" in received else b""

    with scripted(answer) as url:
        assert open_printer(url, timeout_s=3).print(job_of()) is PrintResult.UNKNOWN


def test_a_serial_printer_prints_and_confirms() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    received = bytearray()

    def serve() -> None:
        while not received.endswith(b"STOP"):
            received.extend(os.read(master, 4096))
            if received[-3:-1] == b"\x10\x04":
                os.write(master, HEALTHY)
            if received.endswith(b"\x1dr\x01"):
                os.write(master, b"\x00")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        printer = open_printer(f"serial:{os.ttyname(slave)}?baud=19200", timeout_s=5)
        assert printer.print(job_of()) is PrintResult.PRINTED
        assert job_of() in received
    finally:
        os.write(slave, b"STOP")
        thread.join()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("kind", ["serial", "file"])
def test_a_device_that_nobody_reads_does_not_hold_us(kind: str) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        printer = open_printer(f"{kind}:{os.ttyname(slave)}", timeout_s=1)
        assert printer.print(bytes(200_000)) is PrintResult.UNKNOWN
    finally:
        os.close(master)
        os.close(slave)


def test_a_serial_printer_that_another_program_has_is_lost() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        url = f"serial:{os.ttyname(slave)}"
        scanner = open_scanner(url)
        with pytest.raises(DeviceFault) as fault:
            open_printer(url, timeout_s=1).print(b"\x1b@")
        assert fault.value.code is FaultCode.PRINTER_LOST
        scanner.close()
    finally:
        os.close(master)
        os.close(slave)


def test_a_serial_printer_that_is_not_there_is_lost(tmp_path: Path) -> None:
    with pytest.raises(DeviceFault) as fault:
        open_printer(f"serial:{tmp_path / 'ttyUSB1'}", timeout_s=1).print(b"\x1b@")
    assert fault.value.code is FaultCode.PRINTER_LOST


def test_a_device_file_takes_the_job_and_can_say_no_more() -> None:
    printer = open_printer("file:/dev/null", timeout_s=1)
    assert printer.print(job_of()) is PrintResult.SENT
    assert printer.status() == MUTE


@pytest.mark.parametrize("there", [False, True], ids=["missing", "a plain file"])
def test_a_missing_device_file_is_never_made(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "lp0"
    if there:
        path.write_bytes(b"")
    with pytest.raises(DeviceFault) as fault:
        open_printer(f"file:{path}", timeout_s=1).print(job_of())
    assert fault.value.code is FaultCode.PRINTER_LOST
    assert path.exists() is there
    assert not there or path.read_bytes() == b""


class FakeUsbDevice:
    """The two calls of a pyusb device that a wire makes."""

    def __init__(self, *, takes: int) -> None:
        self.takes = takes
        self.answers = [b"", b"\x12"]

    def write(self, endpoint: int, data: bytes, timeout_ms: int) -> int:
        assert endpoint == 0x01
        assert timeout_ms > 0
        if self.takes <= 0:
            raise OSError(errno.ETIMEDOUT, "timeout")
        self.takes -= len(data)
        return len(data)

    def read(self, endpoint: int, size: int, timeout_ms: int) -> bytes:
        assert endpoint == 0x82
        if not self.answers:
            raise OSError(errno.ENODEV, "no such device")
        return self.answers.pop(0)


def test_a_usb_wire_keeps_the_deadline_and_tells_how_much_went() -> None:
    wire = connectors._UsbWire(FakeUsbDevice(takes=2000), 0x82, 0x01, lambda: None)
    assert wire.read(time.monotonic() + 5) == b"\x12"
    assert wire.write(bytes(10_000), time.monotonic() + 0.5) == 2048
    with pytest.raises(OSError, match="no such device"):
        wire.read(time.monotonic() + 5)


def test_a_usb_printer_without_its_library_is_lost() -> None:
    with pytest.raises(DeviceFault) as fault:
        open_printer("usb:0416:5011", timeout_s=1).status()
    assert fault.value.code is FaultCode.PRINTER_LOST


@pytest.mark.parametrize(
    "url", ["", "9100", "tcp://", "tcp://host:port", "serial:", "serial:/dev/a?speed=1", "usb:1", "file:", "lpt:1"]
)
def test_a_bad_address_is_said_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not a printer's address"):
        open_printer(url, timeout_s=1)


def codes_in(picture: bytes) -> list[str]:
    image = Image.open(io.BytesIO(picture)).convert("L")
    return [code.text for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("paper", [PAPER_58, PAPER_80], ids=["58 mm", "80 mm"])
@pytest.mark.parametrize("native_qr", [True, False], ids=["the printer's QR", "raster QR"])
def test_a_phone_reads_the_code_off_the_paper(paper: Paper, native_qr: bool) -> None:
    assert codes_in(png(job_of(paper=paper, native_qr=native_qr), paper.width_dots)) == [CODE]


def test_what_the_virtual_printer_drew_is_in_its_folder(tmp_path: Path) -> None:
    with VirtualDevices(tmp_path / "paper", scanner_link=tmp_path / "scanner") as devices:
        assert devices.urls.scanner == f"serial:{tmp_path / 'scanner'}"
        assert open_printer(devices.urls.printer, timeout_s=5).print(job_of()) is PrintResult.PRINTED
        devices.printer.wait_for_jobs(1)
    (drawn,) = (tmp_path / "paper").iterdir()
    assert drawn.name == "0001.png"
    assert codes_in(drawn.read_bytes()) == [CODE]


def test_the_virtual_printer_tells_when_each_job_had_come(virtual: VirtualPrinter, printer: Printer) -> None:
    began_s = time.perf_counter()
    for goods in ("酱油", "香皂"):
        assert printer.print(job_of(goods)) is PrintResult.PRINTED
    virtual.wait_for_jobs(2)
    first_s, second_s = virtual.arrived_s
    assert began_s < first_s < second_s < time.perf_counter()


def test_another_day_at_the_virtual_printer_adds_to_the_papers_that_lie_there(tmp_path: Path) -> None:
    for _ in range(2):
        with VirtualPrinter(folder=tmp_path) as printer:
            assert open_printer(printer.url, timeout_s=5).print(job_of()) is PrintResult.PRINTED
            printer.wait_for_jobs(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.png", "0002.png"]


@pytest.mark.parametrize("char", ["𠮷", "䶮"])
def test_a_rare_name_is_seen_on_the_paper(char: str) -> None:
    def row(text: str, *, raster: bool) -> Image.Image:
        job = encode((Text(text, raster=raster), Cut()), PAPER_58, draw=drawer(PAPER_58))
        return render(job, 384).crop((0, 16, 384, 46))

    printed = row(f"{char}祥酱油", raster=True)
    assert printed.crop((24, 0, 384, 30)).tobytes() == row("吉祥酱油", raster=False).crop((24, 0, 384, 30)).tobytes()
    seen = printed.crop((0, 0, 24, 24)).tobytes()
    for other in ("吉", "龚", "〓", "\U0010fffd"):
        assert seen != row(other, raster=True).crop((0, 0, 24, 24)).tobytes()
    assert seen.count(b"\x00") > 40, "ink"


@pytest.mark.parametrize("style", ["H", "W"])
def test_large_letters_are_large_in_every_part(style: Literal["H", "W"]) -> None:
    lines = redemption(receipt(), PAPER_58)
    (line,) = [line for line in lines if isinstance(line, Text) and line.style.value == style and " 分" in line.text]
    sheet = render(encode((line, Cut()), PAPER_58), 384).crop((0, 16, 384, 64))
    halves = sheet.crop((0, 0, 96, 48)), sheet.crop((288, 0, 384, 48))
    for half in halves:
        ink = Image.eval(half, lambda level: 255 - level).getbbox()
        assert ink is not None
        assert ink[3] - ink[1] > 24


def test_a_row_that_is_too_wide_goes_on_below_as_on_a_real_printer() -> None:
    once = render("宽".encode("gbk") * 16 + b"\n", 384).height
    assert render("宽".encode("gbk") * 17 + b"\n", 384).height == once + 30


def test_a_qr_alone_is_in_the_middle() -> None:
    sheet = render(encode((Qr(CODE), Cut()), PAPER_58), 384)
    left, _, right, _ = Image.eval(sheet.crop((0, 0, 384, 200)), lambda level: 255 - level).getbbox() or (0, 0, 0, 0)
    assert abs(left - (384 - right)) <= 8
