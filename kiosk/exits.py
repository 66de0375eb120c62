"""How a command of ``merit-kiosk`` ends: its exit codes, and trouble in words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

import click

from schemas.problems import BrokenContract

NO, USAGE, FAULT = 1, 2, 3


def guard(work: Callable[[], None], *at_rest: str) -> None:
    """Run it; trouble becomes words and an exit code. ``at_rest`` is said as well when the counter is running meanwhile."""
    from kiosk.care.restoring import CannotRestore
    from kiosk.journal.faults import JournalFault, SecondCopy
    from kiosk.uplink.client import Declined, NoAnswerCame
    from kiosk.uplink.identity import IdentityFault

    try:
        work()
    except Declined as no:
        leave(NO, no.words)
    except CannotRestore as no:
        leave(NO, str(no))
    except SecondCopy as running:
        leave(FAULT, str(running), *at_rest)
    except (JournalFault, IdentityFault) as fault:
        leave(FAULT, str(fault))
    except NoAnswerCame as fault:
        leave(FAULT, f"连不上村里的账：{fault}")
    except BrokenContract as broken:
        leave(USAGE, *(f"{fault.field}：{fault.words}" for fault in broken.faults))
    except OSError as fault:  # the data directory, the screen's port
        leave(FAULT, f"机器出了事，没办成：{fault}")


def leave(code: int, *lines: str) -> NoReturn:
    """End here, with these lines on standard error."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)
