"""``merit-kiosk selftest | spare | journal restore``: what they do and say, while no counter is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kiosk.care.bench import Spares, examine, print_spares
from kiosk.care.restoring import Restored, opened_journal, restore
from kiosk.clock import clock_of
from kiosk.config import KioskSettings
from kiosk.encoding import encoder_of
from kiosk.exits import FAULT, NO, leave
from kiosk.journal.journal import Journal
from kiosk.journal.lock import DataLock
from kiosk.uplink.identity import Identity, load_identity


def selftest(settings: KioskSettings, *, on_paper: bool) -> None:
    """Try everything once and say what was found; the answer is no when something is not as it should be."""
    with _at_rest(settings) as (identity, book):
        report = examine(settings, identity, book, encoder_of(settings), clock_of(settings).now(), on_paper=on_paper)
    for label, value in report.facts:
        click.echo(f"{label}：{value}")
    if not report.well:
        leave(NO, "有一样不对，看上面")


def spare(settings: KioskSettings, first: int, count: int) -> None:
    """Print the slips from that number on, and say which are on paper."""
    with _at_rest(settings) as (_, book):
        snapshot = book.snapshot() if book else None
        if snapshot is None:
            leave(NO, "名册和价目还没到：先装好（merit-kiosk enrol 装机码）、联网开一次，再打备用小票")
        out = print_spares(settings, snapshot, first, count, encoder_of(settings), lambda n: click.echo(f"No.{n:04d}"))
    _tell_spares(out, first)


def restore_copy(settings: KioskSettings, copy: Path) -> None:
    """Make that copy the journal again, and say what it holds and what it cannot."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        found = restore(settings, load_identity(settings.data_dir), copy)
    _tell_restored(found, settings.data_dir)


@contextmanager
def _at_rest(settings: KioskSettings) -> Iterator[tuple[Identity | None, Journal | None]]:
    """This machine held against a counter that starts meanwhile: who it is, and its journal, once it is enrolled."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        book = opened_journal(settings, identity) if identity else None
        try:
            yield identity, book
        finally:
            if book is not None:
                book.close()


def _tell_spares(out: Spares, first: int) -> None:
    next_ = first + out.done
    if out.done:
        click.echo(f"打出 {out.done} 张：No.{first:04d} 到 No.{next_ - 1:04d}。锁进抽屉。")
    if out.unsure:
        leave(FAULT, f"No.{next_:04d} 不知道打没打出来：有就撕掉不用，从下一号接着打")
    if out.trouble:
        leave(FAULT, f"{out.trouble}。No.{next_:04d} 没有打，弄好了从这一号接着打")


def _tell_restored(found: Restored, data_dir: Path) -> None:
    signed = "没有签名，只对了校验" if found.signed is None else f"签名到第 {found.signed} 笔，对"
    click.echo(f"放回来了：{found.entries} 笔，校验全对，{signed}。最后一笔 {found.last or '看不出时间'}")
    for sale in found.open:
        click.echo(f"{found.kiosk}-{sale.number:06d} 没有下文：{sale.household} 户的东西给没给，问一声，告诉村里")
    click.echo("这以后办过、U盘上没有的：看村民手里的小票，到村里补录。")
    click.echo("开机以后先全部传一遍，村里收齐了才能办。")
    click.echo(f"村里的比这份还多，屏幕会说停用：把 {data_dir} 搬到别处，再 merit-kiosk enrol 装机码")
