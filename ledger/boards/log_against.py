"""A village's book held against paper, for ``merit-ledger verify --against``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console

from ledger.boards.log_arguments import key_folder, read_paper, read_vkeys
from ledger.book.against import AgainstReport, verify_against
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.notes import read_vkey
from schemas.problems import BrokenContract, Fault


def against_paper(given: Services, village: Village, paper: str, vkeys: Sequence[str]) -> AgainstReport:
    """Hold a village's book against a slip's text or a file with a slip or note, and say what came out.

    Without ``vkeys`` the keys in this machine's key folder serve: good against a changed database, not against whoever has the folder.
    """
    keys = read_vkeys(vkeys)
    if not keys:
        held = key_folder(given.settings).load(village.code)
        keys = [read_vkey(record.vkey) for record in held.history] if held else []
    if not keys:
        raise BrokenContract([Fault("vkey", "用 --vkey 写上村里公布的公钥")])
    with counting(f"正在拿 {village.name}（{village.code}）的账和纸对") as progress:
        report = verify_against(
            given.database, village.village_id, village.code, read_paper(paper), keys, progress=progress
        )
    click.echo(f"{village.code} {report.words}")
    if not vkeys:
        click.echo("用的是本机的公钥。要更牢靠，用 --vkey 写上贴出来的那把。", err=True)
    return report


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """On a terminal, ``what`` and how far it is, to be told after each page; nothing where nobody looks. Gone when it is done."""
    with Console(stderr=True).status(f"{what}…") as status:
        yield lambda done, of: status.update(f"{what}：{done:,} / {of:,} 笔")
