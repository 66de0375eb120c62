"""What time starts here: the credit of notices that are over. Runs every minute beside the pages, and by ``merit-ledger due``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from sqlalchemy import Connection

from ledger.awards.crediting import credit_due
from ledger.awards.reading import due_claims
from ledger.awards.values import Credited
from ledger.villages.store import Village, all_villages
from ledger.web.services import Services

EVERY_S = 60.0
_log = structlog.get_logger("ledger.awards")


def run_due(given: Services) -> list[tuple[Village, list[Credited]]]:
    """Credit what is due in every village, one unit of work a village; villages where nothing is due are left out.

    May run twice, late, and beside another process. A village's fault is logged, the others go on, the next run tries again.
    """
    now = given.clock.now()

    def due(tx: Connection) -> list[Village]:
        return [village for village in all_villages(tx) if due_claims(tx, village.village_id, now)]

    done: list[tuple[Village, list[Credited]]] = []
    for village in given.database.read(due):
        try:
            done.append((village, _credit(given, village, now)))
        except Exception as error:
            _log.error("credit_failed", village=village.code, kind=type(error).__name__)
    return done


@contextmanager
def crediting(given: Services, every_s: float = EVERY_S) -> Iterator[None]:
    """Run the job now and every ``every_s`` seconds in a thread of its own until the block is left."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(given, stop, every_s), name="awards-due", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _credit(given: Services, village: Village, now: datetime) -> list[Credited]:
    lines = given.database.write(lambda tx: credit_due(tx, village, now))
    held = sum(line.held is not None for line in lines)
    if held < len(lines):
        _log.info("credited", village=village.code, lines=len(lines) - held, held=held)
    return lines


def _run(given: Services, stop: threading.Event, every_s: float) -> None:
    """Whatever goes wrong is logged and tried again a minute later: the job may run late, but it never ends by itself."""
    while True:
        try:
            run_due(given)
        except Exception as error:
            _log.error("credit_failed", kind=type(error).__name__)
        if stop.wait(every_s):
            return
