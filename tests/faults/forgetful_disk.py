"""A disk that forgets: SQLite runs on real files, and beside them is kept what a power cut would leave.

An apsw VFS over the system's own. For every file it remembers what has been synced (the image that survives) and the writes,
truncations and deletions since, in order. A cut keeps the synced image and, of the rest, what chance leaves: nothing, or some
of it, the last of it torn at a sector.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
NAME = "forgetful"


class Flush(Enum):
    """What becomes of a flush: done; failed, and said so; failed, and nobody is told."""

    DONE = "done"
    FAILED = "failed"
    SWALLOWED = "swallowed"


@dataclass
class Remembered:
    """One file: what is safe (None: it does not exist on the disk yet), and what has been done to it since."""

    safe: bytes | None
    since: list[tuple[int, bytes] | int] = field(default_factory=list)  # (offset, data) written, or truncated to a size
    gone: bool = False  # deleted, but the folder was not synced since: it may come back

    def sync(self) -> None:
        self.safe = apply(self.safe or b"", self.since)
        self.since = []

    def lose(self) -> None:
        """A flush failed: the system drops what it could not write, and no later flush brings it back. Who reads still sees it."""
        self.since = []

    def after_a_cut(self, chance: random.Random | None) -> bytes | None:
        """What is found afterwards; ``chance`` None forgets everything that was not synced."""
        if chance is None:
            return self.safe
        if self.gone and chance.random() < 0.5:
            return None
        kept = [op for op in self.since if chance.random() < 0.5]
        if kept and isinstance(kept[-1], tuple):
            offset, data = kept[-1]
            kept[-1] = (offset, data[: SECTOR * chance.randrange(len(data) // SECTOR + 1)])
        return self.safe if self.safe is None and not kept else apply(self.safe or b"", kept)


def apply(image: bytes, operations: list[tuple[int, bytes] | int]) -> bytes:
    """The image after those operations. A hole reads as zeros."""
    made = bytearray(image)
    for operation in operations:
        if isinstance(operation, int):
            del made[operation:]
            continue
        offset, data = operation
        made.extend(bytes(max(0, offset + len(data) - len(made))))
        made[offset : offset + len(data)] = data
    return bytes(made)


class ForgetfulDisk:
    """Register it, open ``path`` with ``vfs=NAME``; ``before_each`` is called before every change, ``cut`` says what a cut would leave.

    ``flush`` is asked at every flush what becomes of it.
    """

    def __init__(self, before_each: Callable[[], None], flush: Callable[[], Flush] = lambda: Flush.DONE) -> None:
        self.files: dict[str, Remembered] = {}
        self.before_each = before_each
        self.flush = flush
        self._vfs = _Vfs(self)

    def cut(self, chance: random.Random | None) -> dict[str, bytes]:
        """The disk after a power cut now: file name → content."""
        found = {Path(path).name: file.after_a_cut(chance) for path, file in self.files.items()}
        return {name: content for name, content in found.items() if content is not None}

    def opened(self, path: str, *, existed: bool) -> None:
        file = self.files.get(path)
        if file is None:
            self.files[path] = Remembered(Path(path).read_bytes() if existed else None)
        elif file.gone:
            file.gone = False
            file.since.append(0)  # a new file under the old name: the old content may be what is found

    def deleted(self, path: str, *, folder_synced: bool) -> None:
        if folder_synced:
            self.files.pop(path, None)
        elif path in self.files:
            self.files[path].gone = True

    def close(self) -> None:
        self._vfs.unregister()


class _Vfs(apsw.VFS):
    """Everything goes on to the system's VFS; changes are noted first."""

    def __init__(self, disk: ForgetfulDisk) -> None:
        self._disk = disk
        super().__init__(NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - SQLite's names
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("", name, flags)
        existed = Path(path).exists()
        opened = _File(self._disk, path, name, flags)
        self._disk.opened(path, existed=existed)
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._disk.before_each()
        super().xDelete(filename, syncdir)
        self._disk.deleted(filename, folder_synced=bool(syncdir))


class _File(apsw.VFSFile):
    def __init__(self, disk: ForgetfulDisk, path: str, name: Any, flags: list[int]) -> None:
        self._disk, self._path = disk, path
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.before_each()
        super().xWrite(data, offset)
        self._disk.files[self._path].since.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.before_each()
        super().xTruncate(newsize)
        self._disk.files[self._path].since.append(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.before_each()
        file = self._disk.files[self._path]
        match self._disk.flush():
            case Flush.DONE:
                super().xSync(flags)
                file.sync()
            case Flush.FAILED:
                file.lose()
                raise apsw.IOError("the disk did not take it")
            case Flush.SWALLOWED:
                file.lose()
