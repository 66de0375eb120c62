"""``merit-kiosk``: run the counter, enrol it, try it, look at its state and its journal, print spare slips."""

from __future__ import annotations

import logging
import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from kiosk.config import KioskSettings, load_settings
from schemas.problems import BrokenContract

NO, USAGE, FAULT = 1, 2, 3
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[0-9A-Z]{8}")  # schemas.kiosk_api.EnrolRequest


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings in TOML. Without it, the file that MERIT_KIOSK_CONFIG names, else the environment alone.",
)
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """The counter of a village's love supermarket: scanner, receipt printer, touch screen.

    It serves for days without a network; what it did is in its journal before anything is said, sent or printed.

    \b
    Settings are the names of the TOML file, or MERIT_KIOSK_ and the name in capitals, which wins:
      data_dir            where journal and identity live; one process holds it
      ledger_url          the village's ledger, https://…
      printer             tcp://host:port, serial:/dev/…, usb:…, file:/dev/usb/lp0, cups:QUEUE
      scanner             serial:/dev/…, evdev:/dev/input/by-id/… (a keyboard), socket://host:port
      host, port          the screen's address (127.0.0.1, 8090)
      paper_columns       32 for 58 mm, 48 for 80 mm; native_qr=false if the printer makes no QR
      answer_deadline_s   how long a sale waits for the ledger (4)
      snapshot_every_s    how often register and prices are fetched (20)
      idle_s              when an untouched customer is put away (60)
      same_code_s         the same code again within this time is the same reading (0.7)
      stick_dir           where the USB stick with the second copy of the journal is mounted
      clips_dir           the village's recordings (data_dir/clips)
      repair_phone        the telephone on the 诊断条
      demo                nothing counts; a banner says so

    \b
    Exit codes: 0 done, 1 the answer is no, 2 bad usage or settings, 3 a fault.
    """
    context.obj = lambda: _settings(config)


@cli.command()
@click.pass_obj
def run(settings: Callable[[], KioskSettings]) -> None:
    """Serve at the counter until SIGTERM or Ctrl-C.

    Refuses to start when another copy runs, when the journal is missing, torn or another kiosk's, and for an unknown setting. A kiosk that
    is not enrolled shows how to enrol it.
    """
    from kiosk.app import JsonLines, serve

    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    loaded = settings()
    _guard(lambda: serve(loaded))


@cli.command()
@click.argument("code")
@click.pass_obj
def enrol(settings: Callable[[], KioskSettings], code: str) -> None:
    """Make this machine a kiosk of its village, with the one-time CODE from the office (as SQ-7K2M9QXD, good for 10 minutes).

    The signing key is made here and never leaves. Afterwards compare the 8 digits shown with those in the office. The counter must not be
    running meanwhile.
    """
    tidy = code.replace(" ", "").upper()
    if not _CODE.fullmatch(tidy):
        raise click.BadParameter("装机码是村的代号、一横、8 位字母和数字，如 SQ-7K2M9QXD", param_hint="CODE")
    loaded = settings()
    _guard(lambda: _enrol(loaded, tidy))


@cli.command()
@click.pass_obj
def status(settings: Callable[[], KioskSettings]) -> None:
    """Say who this kiosk is, how long its journal is, what is unsent. Verifies the whole chain. Exit 1 if it is not enrolled."""
    loaded = settings()
    _guard(lambda: _status(loaded))


@cli.command()
@click.option("--print/--no-print", "on_paper", default=True, help="Also print the 自检页 (on).")
@click.pass_obj
def selftest(settings: Callable[[], KioskSettings], on_paper: bool) -> None:
    """Try the machine: disk, journal, scanner, and all that the printer can answer, which is kept for the next start.

    The counter must not be running; while it runs, its page /diagnostics does the same. Exit 1 when something is not as it should be.
    """
    loaded = settings()
    _guard(lambda: _selftest(loaded, on_paper))


@cli.command()
@click.option(
    "--first", type=click.IntRange(1, 99_999), required=True, help="The first slip's number; never one that was used."
)
@click.option("--count", type=click.IntRange(1, 200), default=50, show_default=True, help="How many slips.")
@click.pass_obj
def spare(settings: Callable[[], KioskSettings], first: int, count: int) -> None:
    """Print numbered slips (备用小票) for the day this machine is dead, two parts each. The counter must not be running.

    Stops at the first that does not come out and says which numbers are on paper. Exit 3 then.
    """
    loaded = settings()
    _guard(lambda: _spare(loaded, first, count))


@cli.command()
@click.option("--from", "first", type=click.IntRange(1), default=1, show_default=True, help="The first entry to print.")
@click.pass_obj
def journal(settings: Callable[[], KioskSettings], first: int) -> None:
    """Print the journal, one entry a line: number, link, and the exact text that was hashed, with a tab between. Verifies it first."""
    loaded = settings()
    _guard(lambda: _print_journal(loaded, first))


def main() -> NoReturn:
    """The command. A crash is exit code 3, never 1."""
    try:
        cli()
    except Exception:
        logging.getLogger("kiosk").exception("a fault nobody foresaw")
        sys.exit(FAULT)
    sys.exit(0)


def _settings(config: Path | None) -> KioskSettings:
    try:
        return load_settings(config, os.environ)
    except BrokenContract as broken:
        _leave(USAGE, *(f"{fault.field}：{fault.words}" for fault in broken.faults))
    except OSError as error:
        _leave(USAGE, f"设置文件打不开：{error}")


def _guard(work: Callable[[], None]) -> None:
    from kiosk.journal.faults import JournalFault
    from kiosk.uplink.client import Declined, NoAnswerCame
    from kiosk.uplink.identity import IdentityFault

    try:
        work()
    except Declined as no:
        _leave(NO, no.words)
    except (JournalFault, IdentityFault) as fault:
        _leave(FAULT, str(fault))
    except NoAnswerCame as fault:
        _leave(FAULT, f"连不上村里的账：{fault}")
    except BrokenContract as broken:
        _leave(USAGE, *(f"{fault.field}：{fault.words}" for fault in broken.faults))


def _leave(code: int, *lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


def _enrol(settings: KioskSettings, code: str) -> None:
    from nacl.signing import SigningKey

    from kiosk.app import owner_of
    from kiosk.journal.journal import create_journal
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.client import LedgerClient
    from kiosk.uplink.identity import enrolled, load_identity, save_identity
    from schemas.kiosk_api import EnrolRequest

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        if (old := load_identity(settings.data_dir)) is not None:
            _leave(NO, f"这台机已经是 {old.village_name} 的 {old.kiosk} 号机")
        seed = secrets.token_bytes(32)
        public_key = SigningKey(seed).verify_key.encode().hex()
        request = EnrolRequest(code=code, public_key=public_key, version=_version())
        identity = enrolled(LedgerClient(settings.ledger_url).enrol(request), seed)
        create_journal(
            settings.data_dir, owner_of(identity)
        )  # first, so that an identity never stands without its journal
        save_identity(settings.data_dir, identity)
    click.echo(f"装好了：{identity.village_name} {identity.kiosk} 号机")
    click.echo(f"两边的 8 位对得上吗？ {identity.fingerprint}")


def _status(settings: KioskSettings) -> None:
    from kiosk.app import owner_of
    from kiosk.journal.journal import Journal
    from kiosk.uplink.identity import load_identity

    identity = load_identity(settings.data_dir)
    if identity is None:
        _leave(NO, "这台机还没装：merit-kiosk enrol 装机码")
    book = Journal(settings.data_dir, owner_of(identity))
    snapshot, head = book.snapshot(), book.head()
    click.echo(f"{identity.village_name} {identity.kiosk} 号机 · 8 位 {identity.fingerprint}")
    click.echo(
        f"记录 {head.number if head else 0} 笔，校验全对 · 没传 {book.unsent()} 笔 · 村里读不懂 {book.quarantined()} 笔"
    )
    click.echo(
        f"名册和价目 {snapshot.taken_at.isoformat()}，村账到第 {snapshot.seq} 笔" if snapshot else "名册和价目还没到"
    )
    book.close()


def _selftest(settings: KioskSettings, on_paper: bool) -> None:
    from kiosk.app import clock_of, encoder_of, owner_of
    from kiosk.care.bench import examine
    from kiosk.journal.journal import Journal
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        book = Journal(settings.data_dir, owner_of(identity)) if identity else None
        now = clock_of(settings).now()
        report = examine(settings, identity, book, encoder_of(settings), now, on_paper=on_paper)
        if book is not None:
            book.close()
    for label, value in report.facts:
        click.echo(f"{label}：{value}")
    if not report.well:
        _leave(NO, "有一样不对，看上面")


def _spare(settings: KioskSettings, first: int, count: int) -> None:
    from kiosk.app import encoder_of, owner_of
    from kiosk.care.bench import print_spares
    from kiosk.journal.journal import Journal
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        book = Journal(settings.data_dir, owner_of(identity)) if identity else None
        snapshot = book.snapshot() if book else None
        if book is not None:
            book.close()
        if snapshot is None:
            _leave(NO, "名册和价目还没到：先登记、联网一次，再打备用小票")
        out = print_spares(settings, snapshot, first, count, encoder_of(settings), lambda n: click.echo(f"No.{n:04d}"))
    if out:
        click.echo(f"打出 {out} 张：No.{first:04d} 到 No.{first + out - 1:04d}。锁进抽屉。")
    if out < count:
        _leave(FAULT, f"No.{first + out:04d} 不知道打没打出来：有就撕掉不用，从下一号接着打")


def _print_journal(settings: KioskSettings, first: int) -> None:
    from kiosk.app import owner_of
    from kiosk.journal.journal import Journal
    from kiosk.uplink.identity import load_identity

    identity = load_identity(settings.data_dir)
    if identity is None:
        _leave(NO, "这台机还没装：merit-kiosk enrol 装机码")
    book = Journal(settings.data_dir, owner_of(identity))
    for entry in book.entries(first):
        click.echo(f"{entry.number}\t{entry.link}\t{entry.text}")
    book.close()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("village-merit")
    except PackageNotFoundError:
        return "0"


if __name__ == "__main__":
    main()
