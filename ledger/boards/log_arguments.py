"""What the log's commands are given: a village, its keys, slips and notes, as text or as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.book.keys import KeyFolder
from ledger.config import LedgerSettings
from schemas.notes import VerifierKey, read_vkey
from schemas.problems import BrokenContract, Fault
from schemas.slip import is_slip, read_slip

village_option = click.option("--village", "code", required=True, help="村码，如 SQ。")
vkey_option = click.option(
    "--vkey", "vkeys", multiple=True, help="信得过的公钥（merit/SQ+…），或装着公钥的文件。可写几个。"
)


def key_folder(settings: LedgerSettings) -> KeyFolder:
    """Where the log keys lie: beside the database, not in it. A backup takes the database, never this folder."""
    return KeyFolder(settings.log_key_dir)


def read_vkeys(given: Sequence[str]) -> list[VerifierKey]:
    """Keys from texts or from files that hold one a line (what follows a blank is left aside)."""
    found: list[VerifierKey] = []
    for text in given:
        lines = read_text(Path(text)).splitlines() if len(text) < 200 and Path(text).is_file() else [text]
        found += [read_vkey(line.split()[0]) for line in lines if line.strip()]
    return found


def read_paper(given: str) -> str:
    """A slip as typed or scanned, or a file that holds a slip or a note (and perhaps what ``checkpoint`` printed around it)."""
    if is_slip(given):
        return given.strip()
    path = Path(given)
    text = read_text(path) if len(given) < 400 and path.is_file() else given
    slips = [word for word in text.replace("封账码：", " ").split() if is_slip(word)]
    if not slips:
        return text
    read_slip(slips[0])
    return slips[0]


def read_text(path: Path) -> str:
    """A file's text; BrokenContract when it is none."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenContract([Fault(str(path), "不是文字文件")]) from error
