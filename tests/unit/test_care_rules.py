"""What the machine makes of its own state: when it stops selling, what it shows, when it lets the watchdog bite."""

from __future__ import annotations

import pytest

from kiosk.care.rules import (
    LEAST_FREE_BYTES,
    WELL_AGAIN_BYTES,
    Beat,
    Findings,
    may_be_virtual,
    nearly_full,
    silent,
    troubles,
    virtual_scanner,
)
from schemas.refusals import FaultCode


def test_a_thread_that_stands_still_is_named() -> None:
    beats = (Beat("scanner", 90.0, 5.0), Beat("printer", 60.0, 75.0), Beat("till", 99.0, 5.0))
    assert silent(beats, 100.0) == ("scanner",)
    assert silent(beats, 140.0) == ("scanner", "printer", "till")


def test_a_full_disk_stops_sales_before_it_fails_and_the_bar_does_not_flicker() -> None:
    assert nearly_full(LEAST_FREE_BYTES - 1, before=False)
    assert not nearly_full(LEAST_FREE_BYTES, before=False)
    assert nearly_full(LEAST_FREE_BYTES, before=True)
    assert not nearly_full(WELL_AGAIN_BYTES, before=True)


@pytest.mark.parametrize(
    ("url", "device", "virtual"),
    [
        ("serial:/dev/scanner", "/dev/pts/4", True),
        ("serial:/dev/scanner", "/dev/ttyACM0", False),
        ("serial:/dev/scanner", "/dev/scanner", False),
        ("evdev:/dev/input/by-id/x", "/dev/input/event3", False),
        ("loop://", "", True),
        ("socket://127.0.0.1:7000", "", True),
        ("socket://192.0.2.7:7000", "", False),
    ],
)
def test_a_scanner_without_a_cable_is_known(url: str, device: str, virtual: bool) -> None:
    assert virtual_scanner(url, device) is virtual


def test_only_a_printer_on_this_machine_is_asked_for_its_name() -> None:
    assert may_be_virtual("tcp://127.0.0.1:9100")
    assert may_be_virtual("tcp://localhost:9100")
    assert not any(map(may_be_virtual, ("tcp://192.0.2.5:9100", "usb:0416:5011", "file:/dev/usb/lp0", "cups:a")))


def test_the_gravest_trouble_comes_first_and_the_demo_minds_no_virtual_device() -> None:
    found = Findings(virtual=True, full=True, stick_there=False)
    grave = (FaultCode.VIRTUAL_DEVICE, FaultCode.DISK_NEARLY_FULL, FaultCode.STICK_MISSING)
    assert troubles(found, demo=False) == grave
    assert troubles(found, demo=True) == grave[1:]
    assert troubles(Findings(stick_there=True), demo=False) == troubles(Findings(), demo=False) == ()
