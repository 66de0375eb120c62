"""A serial scanner made of a pseudo-terminal. For tests and the demo only."""

import contextlib
import os
import pty
import select
import tty
from pathlib import Path
from typing import Self

_WRITE_S = 5.0


class VirtualScanner:
    """Plugged in at once. With `link`, the device is found at that path through every unplug and plug, as udev does it."""

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._ends: tuple[int, int] | None = None
        self.plug()

    @property
    def path(self) -> str:
        """The device to open."""
        return str(self._link) if self._link else self._device

    @property
    def url(self) -> str:
        """What `open_scanner` takes."""
        return f"serial:{self.path}"

    def scan(self, text: str, end: str = "\r") -> None:
        """Read a code off something."""
        self.send((text + end).encode())

    def send(self, data: bytes) -> None:
        """Put bytes on the line. Raises OSError if it is unplugged, TimeoutError if nobody takes them for 5 s."""
        if self._ends is None:
            raise OSError("unplugged")
        master = self._ends[0]
        while data:
            if not select.select([], [master], [], _WRITE_S)[1]:
                raise TimeoutError("nobody reads")
            data = data[os.write(master, data[:256]) :]

    def plug(self) -> None:
        """Put the cable in (again)."""
        self.unplug()
        master, slave = pty.openpty()
        tty.setraw(slave)
        self._ends = master, slave
        self._device = os.ttyname(slave)
        if self._link:
            fresh = self._link.with_name(self._link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._device)
            fresh.replace(self._link)

    def unplug(self) -> None:
        """Pull the cable: whoever reads gets an error, and the path is gone."""
        if self._ends is None:
            return
        for end in self._ends:
            os.close(end)
        self._ends = None
        if self._link:
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
