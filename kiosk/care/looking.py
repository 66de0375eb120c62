"""Where the facts come from: the disk, the devices' paths, the Pi's own sensors. Whatever cannot be read is None."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.care.rules import may_be_virtual, virtual_scanner
from kiosk.devices.ports import DeviceFault

_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_UNDER_VOLTAGE = 0x50001  # under-voltage now, or since the start (Raspberry Pi firmware, get_throttled)
_NAME_S = 2.0


def free_bytes(data_dir: Path) -> int:
    """What is left where the journal lives."""
    return shutil.disk_usage(data_dir).free


def devices_are_virtual(printer_url: str, scanner_url: str) -> bool | None:
    """Whether printer or scanner is a program on this machine; None while the printer does not say and the scanner is real."""
    if virtual_scanner(scanner_url, os.path.realpath(urlsplit(scanner_url).path)):
        return True
    if not may_be_virtual(printer_url):
        return False
    from kiosk.devices.printer import printer_name
    from kiosk.devices.virtual_printer import NAME

    try:
        return printer_name(printer_url, timeout_s=_NAME_S) == NAME
    except DeviceFault:
        return None


def device_text(url: str) -> str:
    """Where a device's address leads in the end: the name that udev gave, and the port behind it."""
    path = urlsplit(url).path
    if not path.startswith("/"):
        return url
    behind = os.path.realpath(path)
    if not Path(behind).exists():
        return f"{path} 没有"
    return path if behind == path else f"{Path(path).name} 是 {Path(behind).name}"


def throttled() -> bool | None:
    """Whether the power supply was too weak since the start; None on other machines."""
    try:
        return bool(int(_THROTTLED.read_text(encoding="ascii"), 16) & _UNDER_VOLTAGE)
    except (OSError, ValueError):
        return None


def celsius() -> int | None:
    """How warm the processor is."""
    try:
        return round(int(_TEMPERATURE.read_text(encoding="ascii")) / 1000)
    except (OSError, ValueError):
        return None
