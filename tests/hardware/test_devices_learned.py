"""What a self-test learns of a printer, and how the kiosk then deals with it: confirmation, half answers, silence, unasked status."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.answers import Confirmed, Fence, Named, Status, Unasked, last_words, split
from kiosk.devices.ports import Abilities, Capability, DeviceFault, FaultCode, PaperState, PrintResult
from kiosk.devices.printer import learn_abilities, open_printer, printer_name
from kiosk.devices.virtual_printer import NAME, VirtualPrinter
from kiosk.receipts.escpos import encode
from kiosk.receipts.values import PAPER_58, Cut, Text

JOB = encode((Text("酱油"), Cut()), PAPER_58)
WELL = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}


@contextmanager
def scripted(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A printer that says what ``answer`` makes of each thing it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        while received := connection.recv(4096):
                            connection.sendall(answer(received))
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def questions_in(received: bytes) -> list[int]:
    return [received[at + 2] for at in range(len(received) - 2) if received[at : at + 2] == b"\x10\x04"]


def test_a_printer_that_answers_everything_is_full() -> None:
    with VirtualPrinter() as virtual:
        assert learn_abilities(virtual.url, timeout_s=5) == Abilities(Capability.FULL, False, NAME)
        virtual.confirms = True
        assert learn_abilities(virtual.url, timeout_s=5).confirms
        assert printer_name(virtual.url, timeout_s=5) == NAME
        assert virtual.jobs == [], "asking moves no paper"


def test_a_printer_that_says_nothing_has_none() -> None:
    with VirtualPrinter(silent=True) as virtual:
        assert learn_abilities(virtual.url, timeout_s=10) == Abilities(Capability.NONE)


def test_a_cheap_printer_that_knows_two_questions_is_partial() -> None:
    def answer(received: bytes) -> bytes:
        return bytes(WELL[n] for n in questions_in(received) if n in (1, 4))

    with scripted(answer) as url:
        assert learn_abilities(url, timeout_s=10) == Abilities(Capability.PARTIAL)


def test_a_printer_that_is_away_cannot_be_learned() -> None:
    with pytest.raises(DeviceFault) as fault:
        learn_abilities("tcp://127.0.0.1:1", timeout_s=1)
    assert fault.value.code is FaultCode.PRINTER_LOST


def test_a_printer_that_confirms_is_believed_and_one_that_does_not_come_back_is_not() -> None:
    confirms = Abilities(Capability.FULL, confirms=True)
    with VirtualPrinter() as virtual:
        virtual.confirms = True
        printer = open_printer(virtual.url, timeout_s=5, abilities=confirms)
        assert [printer.print(JOB), printer.print(JOB)] == [PrintResult.PRINTED] * 2
        virtual.paper_ends_in_job = True
        assert printer.print(JOB) is PrintResult.UNKNOWN


def test_the_confirmation_of_another_job_come_late_does_not_count() -> None:
    def answer(received: bytes) -> bytes:
        told = bytes(WELL[n] for n in questions_in(received))
        return told + (b"\x37\x22" + b"9999" + b"\x00" if b"\x1d(H" in received else b"")

    with scripted(answer) as url:
        printer = open_printer(url, timeout_s=3, abilities=Abilities(Capability.FULL, confirms=True))
        assert printer.print(JOB) is PrintResult.UNKNOWN


def test_a_printer_known_to_be_mute_is_not_asked_and_never_called_well() -> None:
    heard: list[bytes] = []

    def answer(received: bytes) -> bytes:
        heard.append(received)
        return b""

    with scripted(answer) as url:
        printer = open_printer(url, timeout_s=5, abilities=Abilities(Capability.NONE))
        assert printer.print(JOB) is PrintResult.UNKNOWN
        assert printer.status().paper is PaperState.UNKNOWN
    assert not any(b"\x10\x04" in each for each in heard)


def test_unasked_status_before_and_after_an_answer_is_not_taken_for_it() -> None:
    cover_open = b"\x38\x00\x00\x00"

    def answer(received: bytes) -> bytes:
        told = b"".join(cover_open + bytes([WELL[n]]) + b"\x10\x00\x00\x0f" for n in questions_in(received))
        return told + (b"\x14\x00\x00\x0f\x00" if b"\x1dr" in received else b"")

    with scripted(answer) as url:
        assert open_printer(url, timeout_s=5).print(JOB) is PrintResult.PRINTED


def test_a_fence_is_not_believed_on_the_bytes_of_unasked_status_alone() -> None:
    started = time.monotonic()

    def answer(received: bytes) -> bytes:
        told = bytes(WELL[n] for n in questions_in(received))
        return told + (b"\x10\x00\x00\x00" if b"\x1dr" in received else b"")

    with scripted(answer) as url:
        open_printer(url, timeout_s=20).print(JOB)
    assert time.monotonic() - started > 1, "it went on waiting for the fence"


@given(
    st.lists(st.sampled_from([b"\x12", b"\x10\x00\x00\x0f", b"\x37\x22ABCD\x00", b"_TM\x00", b"\x00", b"\xff"])),
    st.data(),
)
def test_answers_are_the_same_however_the_bytes_are_cut(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    whole, rest = split(stream)
    cut = data.draw(st.integers(0, len(stream)))
    first, held = split(stream[:cut])
    second, left = split(held + stream[cut:])
    assert [*first, *second] == whole
    assert left == rest


def test_each_kind_of_answer_is_known() -> None:
    answers, rest = split(b"\x12\x38\x00\x00\x00\x37\x220001\x00_ZJ-58\x00\x0c\x10")
    assert answers == [Status(0x12), Unasked(b"\x38\x00\x00\x00"), Confirmed(b"0001"), Named("ZJ-58"), Fence(0x0C)]
    assert rest == b"\x10"
    assert list(last_words(b"\x37")) == []
    assert list(last_words(b"\x0c")) == [Fence(0x0C)]


@pytest.fixture
def lp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called ``lp`` that keeps what it is given; ``refuses`` or ``hangs`` beside it make it do so."""
    program = tmp_path / "lp"
    program.write_text(
        '#!/bin/sh\ncd "$(dirname "$0")"\n[ -e refuses ] && { echo "no such queue" >&2; exit 1; }\n'
        '[ -e hangs ] && exec sleep 30\necho "$@" > args\ncat > job\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_a_print_queue_takes_a_job_whole_and_can_say_no_more(lp: Path) -> None:
    printer = open_printer("cups:kiosk_58", timeout_s=5)
    assert printer.print(JOB) is PrintResult.SENT
    assert (lp / "job").read_bytes() == JOB
    assert (lp / "args").read_text().split() == ["-d", "kiosk_58", "-o", "raw", "-s"]
    assert learn_abilities("cups:kiosk_58", timeout_s=5) == Abilities(Capability.NONE)


def test_a_print_queue_that_refuses_is_lost_and_one_that_hangs_is_unknown(lp: Path) -> None:
    (lp / "refuses").touch()
    with pytest.raises(DeviceFault, match="no such queue"):
        open_printer("cups:kiosk_58", timeout_s=5).print(JOB)
    (lp / "refuses").unlink()
    (lp / "hangs").touch()
    assert open_printer("cups:kiosk_58", timeout_s=0.3).print(JOB) is PrintResult.UNKNOWN


def test_a_machine_without_a_print_queue_has_lost_its_printer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceFault, match="lp is not installed"):
        open_printer("cups:kiosk_58", timeout_s=1).print(JOB)


@pytest.mark.parametrize("url", ["cups:", "cups:-o", "cups:a b", "cups:a?x=1", "cups:/etc/passwd"])
def test_a_queue_has_a_plain_name(url: str) -> None:
    with pytest.raises(ValueError, match="not a printer's address"):
        open_printer(url, timeout_s=1)
