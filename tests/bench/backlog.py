"""A kiosk comes back after days without network: how long until the ledger has everything, and what the screen does meanwhile."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

from deploy.demo.folders import VILLAGE
from deploy.demo.running import Demo
from kiosk.care.restoring import owner_of
from kiosk.counter.deals import CartLine, Customer, Sale
from kiosk.counter.drafts import Numbering
from kiosk.counter.effects import AskedDraft, HandedOverDraft, PrintedDraft
from kiosk.counter.events import CHANCE_BYTES, Moment, Paper
from kiosk.journal.file import FILE
from kiosk.journal.journal import Journal
from kiosk.journal.recall import receipt_text
from kiosk.uplink.identity import load_identity
from schemas.kiosk_api import Snapshot
from schemas.tokens import Code, make_token, read_code, token_hash
from tests.bench.figures import Figure, at_most, percentile_99, say
from tests.bench.visits import SOAP, SOAP_POINTS, AtCounter

ENTRIES = 10_000
PATIENCE_S = 120.0
PAUSE_S = 0.1


def write_backlog(demo: Demo, households: list[str]) -> None:
    """Put so many entries of sales made offline into the journal of the demo's kiosk, which does not run: asked for, handed over, printed;
    with all that the kiosk keeps of a sale."""
    identity = load_identity(demo.folders.kiosk)
    assert identity is not None
    cards = demo.folders.card_codes()
    moment = Moment(datetime.now(UTC), 1, uuid4(), True, (uuid4(), uuid4()), secrets.token_bytes(CHANCE_BYTES))
    with closing(Journal(demo.folders.kiosk, owner_of(identity))) as journal:
        snapshot = journal.snapshot()
        assert snapshot is not None
        clerk = snapshot.clerks[0].login
        sold = [
            _sale(snapshot, identity.kiosk, clerk, household, cards[household])
            for household in islice(cycle(households), ENTRIES // 3 + 1)
        ]
        gone = [draft for sale in sold for draft in (AskedDraft(sale), HandedOverDraft(uuid4(), sale))]
        papers = [PrintedDraft(uuid4(), sale.id, 0, Paper.PRINTED) for sale in sold]
        journal.append([Numbering(draft, moment, clerk) for draft in gone], [receipt_text(sale) for sale in sold])
        journal.append([Numbering(draft, moment, clerk) for draft in papers])


def _sale(snapshot: Snapshot, kiosk: int, clerk: str, household: str, card: str) -> Sale:
    """A piece of soap, without a line."""
    code = read_code(card)
    assert isinstance(code, Code)
    customer = Customer(household, "汤**", "1组", token_hash(code.token).hex(), "4187")
    return Sale(
        id=uuid4(), kiosk=kiosk, customer=customer, lines=(CartLine(SOAP, "香皂", "块", 1, SOAP_POINTS),), before=60,
        snapshot=snapshot.seq, contact_at=snapshot.taken_at, token=make_token(VILLAGE, secrets.token_bytes(CHANCE_BYTES)), clerk=clerk,
        at=datetime.now(UTC), clock_trusted=True, offline=True,
    )  # fmt: skip


def uploading(demo: Demo, households: list[str], started_s: float, cpu_s: Callable[[], float]) -> Iterator[Figure]:
    """The kiosk was started at ``started_s`` (``time.perf_counter``) and uses ``cpu_s``: wait until all is taken, holding up cards."""
    say(f"uploading {ENTRIES:,} entries …")
    path, counter, numbers = demo.folders.kiosk / FILE, AtCounter(demo), cycle(households)
    while unsent(path):
        counter.scan(next(numbers))
        if time.perf_counter() - started_s > PATIENCE_S:
            raise TimeoutError(f"{unsent(path)} entries are still unsent")
        time.sleep(PAUSE_S)
    took, cost = time.perf_counter() - started_s, f"{cpu_s():.1f} s of the kiosk's"
    yield at_most(f"upload of {ENTRIES:,} entries, from the kiosk's start", [took], 10, "s", cost=cost)
    yield percentile_99("… scan to household on the screen meanwhile, p99", counter.shown_ms, 100, "ms")


def unsent(path: Path) -> int:
    """How many of the journal's entries the ledger has not taken."""
    with closing(sqlite3.connect(path, timeout=10)) as raw:
        query = "SELECT (SELECT max(number) FROM entries) - taken_up_to FROM contact"
        return int(raw.execute(query).fetchone()[0])
