"""``merit-kiosk``: run the counter, enrol it, try it, look at its state and its journal, print spare slips."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from kiosk.config import KioskSettings, load_settings
from kiosk.exits import FAULT, USAGE, guard, leave
from kiosk.logs import log_as_json
from schemas.problems import BrokenContract

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
    from kiosk.serving import serve

    log_as_json()
    loaded = settings()
    guard(lambda: serve(loaded))


@cli.command(short_help="Make this machine a kiosk, with the office's one-time CODE.")
@click.argument("code")
@click.pass_obj
def enrol(settings: Callable[[], KioskSettings], code: str) -> None:
    """Make this machine a kiosk of its village, with the one-time CODE from the office (as SQ-7K2M9QXD, good for 10 minutes).

    The signing key is made here and never leaves. Afterwards compare the 8 digits shown with those in the office. The counter must not be
    running meanwhile. Exit codes: 0 enrolled, 1 the code is not good or this machine has a number already, 2 no code at all, 3 the ledger
    did not answer, or the counter is running.
    """
    from kiosk import commands

    tidy = code.replace(" ", "").upper()
    if not _CODE.fullmatch(tidy):
        raise click.BadParameter("装机码是村的代号、一横、8 位字母和数字，如 SQ-7K2M9QXD", param_hint="CODE")
    loaded = settings()
    guard(lambda: commands.enrol(loaded, tidy), STOP_FIRST)


@cli.command(short_help="Who this kiosk is, and what is unsent.")
@click.pass_obj
def status(settings: Callable[[], KioskSettings]) -> None:
    """Say who this kiosk is, how long its journal is, what is unsent, how old the register is.

    Verifies the whole chain; the counter may be running. Exit codes: 0 all well, 1 not enrolled, 3 the journal is missing or does not hold.
    """
    from kiosk import commands

    loaded = settings()
    guard(lambda: commands.status(loaded))


@cli.command(short_help="Try disk, journal, scanner and printer.")
@click.option("--print/--no-print", "on_paper", default=True, help="Also print the 自检页 (on).")
@click.pass_obj
def selftest(settings: Callable[[], KioskSettings], on_paper: bool) -> None:
    """Try the machine: disk, journal, scanner, and all that the printer can answer, which is kept for the next start.

    The counter must not be running; while it runs, its page /diagnostics does the same. Exit codes: 0 all well, 1 something is not as
    it should be (the lines say what), 3 the counter is running, or the journal does not hold.
    """
    from kiosk.care import commands

    loaded = settings()
    guard(
        lambda: commands.selftest(loaded, on_paper=on_paper),
        STOP_FIRST,
        "或者在柜台的屏幕上打自检页：/diagnostics，不用停",
    )


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
    from kiosk.care import commands

    loaded = settings()
    guard(lambda: commands.spare(loaded, first, count), STOP_FIRST)


@cli.group(invoke_without_command=True)
@click.option("--from", "first", type=click.IntRange(1), default=1, show_default=True, help="The first entry to print.")
@click.pass_context
def journal(context: click.Context, first: int) -> None:
    """Print the journal, or bring it back from the stick.

    Without a command: one entry a line, number, link, and the exact text that was hashed, with a tab between. Verifies it first. The
    counter may be running.
    """
    if context.invoked_subcommand is None:
        from kiosk import commands

        loaded: KioskSettings = context.obj()
        guard(lambda: commands.print_journal(loaded, first))


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
    from kiosk.care import commands

    loaded = settings()
    guard(lambda: commands.restore_copy(loaded, copy), STOP_FIRST)


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
        leave(USAGE, *(f"{fault.field}：{fault.words}" for fault in broken.faults))
    except OSError as error:
        leave(USAGE, f"设置文件打不开：{error}")


if __name__ == "__main__":
    main()
