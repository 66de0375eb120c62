"""A counter without hardware, for tests and the demo. The kiosk is given its addresses like those of any other devices."""

from pathlib import Path
from typing import NamedTuple, Self

from kiosk.devices.virtual_printer import VirtualPrinter
from kiosk.devices.virtual_scanner import VirtualScanner


class Urls(NamedTuple):
    """What the kiosk's settings want."""

    printer: str
    scanner: str


class VirtualDevices:
    """A printer and a scanner, for as long as the `with` lasts. `folder` gets each printed job as a PNG."""

    def __init__(self, folder: Path | None = None, *, printer_port: int = 0, scanner_link: Path | None = None) -> None:
        self.printer = VirtualPrinter(printer_port, folder=folder)
        self.scanner = VirtualScanner(scanner_link)

    @property
    def urls(self) -> Urls:
        return Urls(printer=self.printer.url, scanner=self.scanner.url)

    def __enter__(self) -> Self:
        self.printer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.scanner.unplug()
        self.printer.stop()
