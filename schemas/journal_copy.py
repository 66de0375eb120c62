"""A journal's second copy as a file: one entry a line, and in a file beside it the head that the kiosk has signed.

    merit-SQ-1.journal    number TAB link TAB text LF, from 1 on
    merit-SQ-1.head       number TAB link TAB signature LF, the last that was signed

The signature is the one of an upload (``journal.head_message``). So the copy can be taken as an upload can, even when the kiosk and its
key are gone. Names that lie beside entries are in neither file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from schemas.journal import FIRST_LINK, head_message, link
from schemas.kiosk_api import UploadedEntry

_NAME = re.compile(r"merit-([A-Z][A-Z0-9]{1,11})-([1-9][0-9]{0,2})\.journal")
_HEAD = re.compile(r"([1-9][0-9]{0,15})\t([0-9a-f]{64})\t([0-9a-f]{128})\n")


class BrokenCopy(ValueError):
    """A line does not follow from those before it. ``number`` is the entry that it should have been."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


class SignedHead(NamedTuple):
    """Up to where the kiosk has signed the copy; ``link`` and ``signature`` in hex."""

    number: int
    link: str
    signature: str


def copy_name(village: str, kiosk: int) -> str:
    """What the copy's file is called."""
    return f"merit-{village}-{kiosk}.journal"


def whose_copy(name: str) -> tuple[str, int] | None:
    """Village code and kiosk number that a file's name says, None when it is no copy's name."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def entry_line(entry: UploadedEntry) -> str:
    """An entry as it stands in the copy."""
    return f"{entry.number}\t{entry.link}\t{entry.text}\n"


def copied_entries(lines: Iterable[str]) -> Iterator[UploadedEntry]:
    """The entries of a copy, chained anew. A last line without its LF was cut short by a power cut and is no entry.

    Raises BrokenCopy at the first line that does not hold.
    """
    last = FIRST_LINK
    for number, line in enumerate(lines, start=1):
        if not line.endswith("\n"):
            return
        parts = line[:-1].split("\t", 2)
        if len(parts) != 3 or parts[0] != str(number) or parts[1] != (last := link(last, parts[2].encode())).hex():
            raise BrokenCopy(number)
        yield UploadedEntry(number=number, text=parts[2], link=parts[1])


def head_line(head: SignedHead) -> str:
    """A signed head as it stands in its file."""
    return f"{head.number}\t{head.link}\t{head.signature}\n"


def read_head(text: str) -> SignedHead | None:
    """The signed head that a file holds, None when it holds none."""
    found = _HEAD.fullmatch(text)
    return SignedHead(int(found[1]), found[2], found[3]) if found else None


def signed_by(head: SignedHead, village: str, kiosk: int, public_key: bytes) -> bool:
    """True when that kiosk's key has signed this head."""
    try:
        message = head_message(village, kiosk, head.number, bytes.fromhex(head.link))
        VerifyKey(public_key).verify(message, bytes.fromhex(head.signature))
    except (BadSignatureError, ValueError):
        return False
    return True
