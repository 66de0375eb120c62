"""The second copy of the journal on a USB stick: a plain file that only grows, one entry a line (``schemas.journal_copy``).

It holds what ``merit-kiosk journal`` prints. Names that lie beside entries are not on it. Beside it lies its head, signed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

from kiosk.journal.faults import JournalFault
from schemas.journal_copy import BrokenCopy, SignedHead, copied_entries, copy_name, entry_line, head_line
from schemas.kiosk_api import UploadedEntry

Sign = Callable[[int, bytes], str]


class Entries(Protocol):
    """What is copied (``kiosk.journal.journal.Journal``)."""

    def entries(self, first: int) -> Iterator[UploadedEntry]:
        """Every entry from that number on."""


class StickFault(JournalFault):
    """The copy holds something else than the journal. The kiosk does not start: one of the two was cut, restored or swapped."""


class StickGone(Exception):
    """The stick is not there, or cannot be written just now."""


class StickCopy:
    """One kiosk's file on the stick.

    ``mounted`` says whether the folder is really the stick and not an empty mount point; ``sign`` is the kiosk's signature of a head.
    """

    def __init__(
        self,
        folder: Path,
        village: str,
        kiosk: int,
        *,
        mounted: Callable[[Path], bool] | None = None,
        sign: Sign | None = None,
    ) -> None:
        self.path = folder / copy_name(village, kiosk)
        self._folder = folder
        self._mounted = mounted or os.path.ismount
        self._sign = sign
        self._number = 0
        self._signed = 0
        self._read = False

    @property
    def number(self) -> int:
        """Up to which entry the copy goes, as far as this program has seen."""
        return self._number

    def there(self) -> bool:
        """Whether the stick is in."""
        try:
            return self._mounted(self._folder)
        except OSError:
            return False

    def check(self, journal: Entries) -> int:
        """Compare the copy with the journal; the number up to which they are the same.

        Raises StickFault when the copy says anything that the journal does not, StickGone when it cannot be read. A last line that was
        cut short by a power cut is taken off; the rest is never changed.
        """
        if not self.there():
            raise StickGone
        try:
            self._number = self._compared(journal) if self.path.exists() else 0
        except OSError as error:
            raise StickGone from error
        self._signed = 0
        self._read = True
        return self._number

    def catch_up(self, journal: Entries) -> int:
        """Write what the copy lacks, durably; up to which entry it goes now. Raises as ``check`` does, which it calls after a gap."""
        if not self.there():
            self._read = False
            raise StickGone
        if not self._read or not self.path.exists():
            self.check(journal)
        rows = list(journal.entries(self._number + 1))
        try:
            if rows:
                _append(self.path, "".join(map(entry_line, rows)))
                self._number += len(rows)
            self._sign_head(journal)
        except OSError as error:
            self._read = False
            raise StickGone from error
        return self._number

    def _sign_head(self, journal: Entries) -> None:
        """A copy with its signed head can be taken by the ledger even when the kiosk's key is gone."""
        if self._sign is None or self._signed == self._number:
            return
        last = next(journal.entries(self._number))
        head = SignedHead(last.number, last.link, self._sign(last.number, bytes.fromhex(last.link)))
        path, new = head_path(self.path), self.path.with_suffix(".head.new")
        new.unlink(missing_ok=True)
        _append(new, head_line(head))
        new.replace(path)
        self._signed = self._number

    def _compared(self, journal: Entries) -> int:
        self._take_off_the_torn_end()
        kept = journal.entries(1)
        number = 0
        with closing(read_copy(self.path)) as copied:
            for number, row in enumerate(copied, start=1):
                here = next(kept, None)
                if here is None:
                    last = number + sum(1 for _ in copied)
                    raise StickFault(f"U盘副本到第 {last} 笔，这里只到第 {number - 1} 笔。先不要办，打镇里电话。")
                if (here.number, here.link, here.text) != (row.number, row.link, row.text):
                    raise StickFault(f"U盘副本从第 {number} 笔起和这里不一样。先不要办，打镇里电话。")
        return number

    def _take_off_the_torn_end(self) -> None:
        with self.path.open("rb+") as file:
            data = file.read()
            whole = data.rfind(b"\n") + 1
            if whole != len(data):
                file.truncate(whole)
                os.fsync(file.fileno())


def head_path(copy: Path) -> Path:
    """Where the signed head of that copy lies."""
    return copy.with_suffix(".head")


def read_copy(path: Path) -> Generator[UploadedEntry, None, None]:
    """The entries of a copy, chained anew. Raises StickFault at the first line that does not hold, OSError."""
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            yield from copied_entries(lines)
    except BrokenCopy as broken:
        raise StickFault(f"U盘副本第 {broken.number} 笔对不上校验。不要删，打镇里电话。") from broken
    except UnicodeDecodeError as error:
        raise StickFault("U盘副本里有读不出的字。不要删，打镇里电话。") from error


def _append(path: Path, text: str) -> None:
    with path.open("ab") as out:
        out.write(text.encode())
        out.flush()
        os.fsync(out.fileno())
