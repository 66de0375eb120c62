"""``merit-kiosk enrol | status | journal``: what they do and say."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from kiosk.care.restoring import opened_journal, other_copies
from kiosk.config import KioskSettings
from kiosk.enrolling.making import make_kiosk
from kiosk.exits import NO, leave
from kiosk.journal.lock import DataLock
from kiosk.uplink.identity import Identity, load_identity
from schemas.kiosk_api import Snapshot


def enrol(settings: KioskSettings, code: str) -> None:
    """Enrol this machine with a code of the right form, and say the 8 digits to compare."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        if (old := load_identity(settings.data_dir)) is not None:
            leave(NO, f"这台机已经是 {old.village_name} 的 {old.kiosk} 号机")
        identity = make_kiosk(settings, code)
    click.echo(f"装好了：{identity.village_name} {identity.kiosk} 号机")
    click.echo(f"两边的 8 位对得上吗？ {identity.fingerprint}")
    for words in other_copies(settings, identity):
        click.echo(words, err=True)


def status(settings: KioskSettings) -> None:
    """Verify the journal and say how things stand."""
    identity = _enrolled(settings)
    book = opened_journal(settings, identity)
    snapshot, head = book.snapshot(), book.head()
    click.echo(f"{identity.village_name} {identity.kiosk} 号机 · 8 位 {identity.fingerprint}")
    click.echo(
        f"记录 {head.number if head else 0} 笔，校验全对 · 没传 {book.unsent()} 笔 · 村里读不懂 {book.quarantined()} 笔"
    )
    click.echo(f"名册和价目 {_local(snapshot)}，村账到第 {snapshot.seq} 笔" if snapshot else "名册和价目还没到")
    book.close()


def print_journal(settings: KioskSettings, first: int) -> None:
    """Verify the journal and print it from that entry on."""
    book = opened_journal(settings, _enrolled(settings))
    for entry in book.entries(first):
        click.echo(f"{entry.number}\t{entry.link}\t{entry.text}")
    book.close()


def _enrolled(settings: KioskSettings) -> Identity:
    identity = load_identity(settings.data_dir)
    if identity is None:
        leave(NO, "这台机还没装：merit-kiosk enrol 装机码")
    return identity


def _local(snapshot: Snapshot) -> str:
    """When it was taken, by the village's clock."""
    return f"{snapshot.taken_at.astimezone(ZoneInfo(snapshot.village.timezone)):%Y-%m-%d %H:%M}"
