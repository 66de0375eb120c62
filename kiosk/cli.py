"""``merit-kiosk``: run the counter, enrol it, try it, look at its state and its journal, print spare slips."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import click

from kiosk.config import KioskSettings, load_settings
from schemas.problems import BrokenContract

if TYPE_CHECKING:
    from schemas.kiosk_api import Snapshot

NO, USAGE, FAULT = 1, 2, 3
STOP_FIRST = "要在这里办，先停柜台：systemctl stop merit-kiosk"
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[0-9A-Z]{8}")  # schemas.kiosk_api.EnrolRequest


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings in TOML. Without it, the file that MERIT_KIOSK_CONFIG names, else the environment alone.",
)
@click.version_option(package_name="village-merit", prog_name="merit-kiosk")
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
      printer_timeout_s   how long a paper may take before nobody knows whether it came out (8)
      answer_deadline_s   how long a sale waits for the ledger (4)
      snapshot_every_s    how often register and prices are fetched (20)
      idle_s              when an untouched customer is put away (60)
      same_code_s         the same code again within this time is the same reading (0.7)
      stick_dir           where the USB stick with the second copy of the journal is mounted
      clips_dir           the village's recordings (data_dir/clips)
      player              the program that plays them, with its options (aplay -q)
      sounds              the screen beeps (true)
      repair_phone        the telephone on the 诊断条
      demo                nothing counts; a banner says so

    \b
    Exit codes: 0 done, 1 the answer is no, 2 bad usage or settings, 3 a fault.
    """
    context.obj = lambda: _settings(config)


@cli.command(short_help="Serve at the counter.")
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


@cli.command(short_help="Make this machine a kiosk, with the office's one-time CODE.")
@click.argument("code")
@click.pass_obj
def enrol(settings: Callable[[], KioskSettings], code: str) -> None:
    """Make this machine a kiosk of its village, with the one-time CODE from the office (as SQ-7K2M9QXD, good for 10 minutes).

    The signing key is made here and never leaves. Afterwards compare the 8 digits shown with those in the office. The counter must not be
    running meanwhile. Exit codes: 0 enrolled, 1 the code is not good or this machine has a number already, 2 no code at all, 3 the ledger
    did not answer, or the counter is running.
    """
    tidy = code.replace(" ", "").upper()
    if not _CODE.fullmatch(tidy):
        raise click.BadParameter("装机码是村的代号、一横、8 位字母和数字，如 SQ-7K2M9QXD", param_hint="CODE")
    loaded = settings()
    _guard(lambda: _enrol(loaded, tidy), STOP_FIRST)


@cli.command(short_help="Who this kiosk is, and what is unsent.")
@click.pass_obj
def status(settings: Callable[[], KioskSettings]) -> None:
    """Say who this kiosk is, how long its journal is, what is unsent, how old the register is.

    Verifies the whole chain; the counter may be running. Exit codes: 0 all well, 1 not enrolled, 3 the journal is missing or does not hold.
    """
    loaded = settings()
    _guard(lambda: _status(loaded))


@cli.command(short_help="Try disk, journal, scanner and printer.")
@click.option("--print/--no-print", "on_paper", default=True, help="Also print the 自检页 (on).")
@click.pass_obj
def selftest(settings: Callable[[], KioskSettings], on_paper: bool) -> None:
    """Try the machine: disk, journal, scanner, and all that the printer can answer, which is kept for the next start.

    The counter must not be running; while it runs, its page /diagnostics does the same. Exit codes: 0 all well, 1 something is not as
    it should be (the lines say what), 3 the counter is running, or the journal does not hold.
    """
    loaded = settings()
    _guard(lambda: _selftest(loaded, on_paper), STOP_FIRST, "或者在柜台的屏幕上打自检页：/diagnostics，不用停")


@cli.command(short_help="Print numbered slips for the day the machine is dead.")
@click.option(
    "--first", type=click.IntRange(1, 99_999), required=True, help="The first slip's number; never one that was used."
)
@click.option("--count", type=click.IntRange(1, 200), default=50, show_default=True, help="How many slips.")
@click.pass_obj
def spare(settings: Callable[[], KioskSettings], first: int, count: int) -> None:
    """Print numbered slips (备用小票) for the day this machine is dead, two parts each. The counter must not be running.

    Stops at the first that does not come out and says which numbers are on paper. Exit codes: 0 all are on paper, 1 there is no register
    yet, 3 it stopped, or the counter is running.
    """
    loaded = settings()
    _guard(lambda: _spare(loaded, first, count), STOP_FIRST)


@cli.group(invoke_without_command=True)
@click.option("--from", "first", type=click.IntRange(1), default=1, show_default=True, help="The first entry to print.")
@click.pass_context
def journal(context: click.Context, first: int) -> None:
    """Print the journal, or bring it back from the stick.

    Without a command: one entry a line, number, link, and the exact text that was hashed, with a tab between. Verifies it first. The
    counter may be running.
    """
    if context.invoked_subcommand is None:
        loaded: KioskSettings = context.obj()
        _guard(lambda: _print_journal(loaded, first))


@journal.command(short_help="Make the stick's copy the journal again.")
@click.option(
    "--from",
    "copy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The copy on the stick: merit-VILLAGE-NUMBER.journal.",
)
@click.pass_obj
def restore(settings: Callable[[], KioskSettings], copy: Path) -> None:
    """Make the stick's copy the journal again, after the card or the file was lost.

    \b
    Needs this kiosk's identity.json in data_dir: the key that signs is not on the stick.
      the key is there      the copy becomes the journal, whole or not at all. The counter then sends
                            all of it; what the ledger has already, it takes once. Nothing is sold
                            before the ledger has everything. If the ledger holds more than the copy,
                            this number is over: move data_dir away and enrol anew. Nothing is lost,
                            all of the copy is there.
      the key is gone       enrol this machine as a new kiosk, carry the stick to the office, and read
                            it in on the ledger's machine: merit-ledger kiosk copy.

    Checked before anything is written: whose copy it is, every link, the signed head beside it. A journal that is there is never
    overwritten. What the stick does not hold stays lost: the words of receipts (no 补打, no 作废 of older sales here; the office can),
    and whether the last sale's goods were given, which is listed. The counter must not be running.

    Exit codes: 0 restored, 1 it may not be (the words say why), 3 the copy is broken.
    """
    loaded = settings()
    _guard(lambda: _restore(loaded, copy), STOP_FIRST)


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


def _guard(work: Callable[[], None], *at_rest: str) -> None:
    """Run it; trouble becomes words and an exit code. ``at_rest`` is said as well when the counter is running meanwhile."""
    from kiosk.care.restoring import CannotRestore
    from kiosk.journal.faults import JournalFault, SecondCopy
    from kiosk.uplink.client import Declined, NoAnswerCame
    from kiosk.uplink.identity import IdentityFault

    try:
        work()
    except Declined as no:
        _leave(NO, no.words)
    except CannotRestore as no:
        _leave(NO, str(no))
    except SecondCopy as running:
        _leave(FAULT, str(running), *at_rest)
    except (JournalFault, IdentityFault) as fault:
        _leave(FAULT, str(fault))
    except NoAnswerCame as fault:
        _leave(FAULT, f"连不上村里的账：{fault}")
    except BrokenContract as broken:
        _leave(USAGE, *(f"{fault.field}：{fault.words}" for fault in broken.faults))
    except OSError as fault:  # the data directory, the screen's port
        _leave(FAULT, f"机器出了事，没办成：{fault}")


def _leave(code: int, *lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


def _enrol(settings: KioskSettings, code: str) -> None:
    from kiosk.care.restoring import other_copies
    from kiosk.enrolling.making import make_kiosk
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        if (old := load_identity(settings.data_dir)) is not None:
            _leave(NO, f"这台机已经是 {old.village_name} 的 {old.kiosk} 号机")
        identity = make_kiosk(settings, code)
    click.echo(f"装好了：{identity.village_name} {identity.kiosk} 号机")
    click.echo(f"两边的 8 位对得上吗？ {identity.fingerprint}")
    for words in other_copies(settings, identity):
        click.echo(words, err=True)


def _status(settings: KioskSettings) -> None:
    from kiosk.care.restoring import opened_journal
    from kiosk.uplink.identity import load_identity

    identity = load_identity(settings.data_dir)
    if identity is None:
        _leave(NO, "这台机还没装：merit-kiosk enrol 装机码")
    book = opened_journal(settings, identity)
    snapshot, head = book.snapshot(), book.head()
    click.echo(f"{identity.village_name} {identity.kiosk} 号机 · 8 位 {identity.fingerprint}")
    click.echo(
        f"记录 {head.number if head else 0} 笔，校验全对 · 没传 {book.unsent()} 笔 · 村里读不懂 {book.quarantined()} 笔"
    )
    click.echo(f"名册和价目 {_local(snapshot)}，村账到第 {snapshot.seq} 笔" if snapshot else "名册和价目还没到")
    book.close()


def _local(snapshot: Snapshot) -> str:
    """When it was taken, by the village's clock."""
    return f"{snapshot.taken_at.astimezone(ZoneInfo(snapshot.village.timezone)):%Y-%m-%d %H:%M}"


def _selftest(settings: KioskSettings, on_paper: bool) -> None:
    from kiosk.app import clock_of, encoder_of
    from kiosk.care.bench import examine
    from kiosk.care.restoring import opened_journal
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        book = opened_journal(settings, identity) if identity else None
        now = clock_of(settings).now()
        report = examine(settings, identity, book, encoder_of(settings), now, on_paper=on_paper)
        if book is not None:
            book.close()
    for label, value in report.facts:
        click.echo(f"{label}：{value}")
    if not report.well:
        _leave(NO, "有一样不对，看上面")


def _spare(settings: KioskSettings, first: int, count: int) -> None:
    from kiosk.app import encoder_of
    from kiosk.care.bench import print_spares
    from kiosk.care.restoring import opened_journal
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        book = opened_journal(settings, identity) if identity else None
        snapshot = book.snapshot() if book else None
        if book is not None:
            book.close()
        if snapshot is None:
            _leave(NO, "名册和价目还没到：先装好（merit-kiosk enrol 装机码）、联网开一次，再打备用小票")
        out = print_spares(settings, snapshot, first, count, encoder_of(settings), lambda n: click.echo(f"No.{n:04d}"))
    next_ = first + out.done
    if out.done:
        click.echo(f"打出 {out.done} 张：No.{first:04d} 到 No.{next_ - 1:04d}。锁进抽屉。")
    if out.unsure:
        _leave(FAULT, f"No.{next_:04d} 不知道打没打出来：有就撕掉不用，从下一号接着打")
    if out.trouble:
        _leave(FAULT, f"{out.trouble}。No.{next_:04d} 没有打，弄好了从这一号接着打")


def _restore(settings: KioskSettings, copy: Path) -> None:
    from kiosk.care.restoring import restore as restored
    from kiosk.journal.lock import DataLock
    from kiosk.uplink.identity import load_identity

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DataLock(settings.data_dir):
        identity = load_identity(settings.data_dir)
        found = restored(settings, identity, copy)
    signed = "没有签名，只对了校验" if found.signed is None else f"签名到第 {found.signed} 笔，对"
    click.echo(f"放回来了：{found.entries} 笔，校验全对，{signed}。最后一笔 {found.last or '看不出时间'}")
    for sale in found.open:
        click.echo(f"{found.kiosk}-{sale.number:06d} 没有下文：{sale.household} 户的东西给没给，问一声，告诉村里")
    click.echo("这以后办过、U盘上没有的：看村民手里的小票，到村里补录。")
    click.echo("开机以后先全部传一遍，村里收齐了才能办。")
    click.echo(f"村里的比这份还多，屏幕会说停用：把 {settings.data_dir} 搬到别处，再 merit-kiosk enrol 装机码")


def _print_journal(settings: KioskSettings, first: int) -> None:
    from kiosk.care.restoring import opened_journal
    from kiosk.uplink.identity import load_identity

    identity = load_identity(settings.data_dir)
    if identity is None:
        _leave(NO, "这台机还没装：merit-kiosk enrol 装机码")
    book = opened_journal(settings, identity)
    for entry in book.entries(first):
        click.echo(f"{entry.number}\t{entry.link}\t{entry.text}")
    book.close()


if __name__ == "__main__":
    main()
