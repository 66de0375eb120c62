"""The line does its worst between a kiosk and its ledger, on real sockets: every entry arrives once and in order all the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from kiosk.clock import SystemClock, nowhere
from kiosk.counter.values import LineStatus
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.values import Owner
from kiosk.uplink.client import LedgerClient
from kiosk.uplink.identity import Identity
from kiosk.uplink.uplink import Tell, Uplink
from schemas.entries import CalledOff
from schemas.kiosk_api import UPLOAD_LIMIT, EnrolRequest
from tests.fakes.fake_ledger import CODE, TOKEN, FakeLedger
from tests.fakes.kiosk_pen import BOOT
from tests.fakes.proxy import Mood, Proxy
from tests.fakes.tls_front import AUTHORITY, TlsFront

LONG = os.environ.get("LONG") == "1"
STEP = 1 if LONG else 97  # bytes between two cuts
KEY = SigningKey(bytes(range(32)))


def note(number: int) -> CalledOff:
    return CalledOff(
        id=uuid4(), number=number, boot=BOOT, monotonic_ms=number, wall=datetime.now(UTC), clock_trusted=True, clerk="zhou",
        asked=UUID(int=number),
    )  # fmt: skip


class Kiosk:
    """A journal and its uplink over the proxy, one round at a time; what it heard of the line."""

    def __init__(self, folder: Path, url: str, *, deadline_s: float = 5.0, fresh: bool = True) -> None:
        public = KEY.verify_key.encode().hex()
        self.identity = Identity(
            village="SQ", village_name="石桥村", kiosk=1, token=TOKEN, private_key=KEY.encode().hex()
        )
        owner = Owner("SQ", 1, public)
        if fresh:
            folder.mkdir()
            create_journal(folder, owner)
        self.journal = Journal(folder, owner)
        self.client = LedgerClient(url, deadline_s=deadline_s)
        self.heard: list[LineStatus] = []
        tell = Tell(
            outcomes=lambda _: None, snapshot=lambda _: None, status=self.heard.append, server_time=lambda _: None
        )
        self.uplink = Uplink(
            self.journal, self.client, self.identity, tell, clock=SystemClock(), chance=lambda: 0.0, snapshot_every_s=3600,
            at=nowhere,
        )  # fmt: skip

    def write(self, many: int = 1) -> None:
        self.journal.append([note] * many)

    def texts(self) -> list[str]:
        return [entry.text for entry in self.journal.entries(1)]

    def close(self) -> None:
        self.client.close()
        self.journal.close()


@pytest.fixture
def ledger() -> Iterator[FakeLedger]:
    with FakeLedger() as ledger:
        request = EnrolRequest(code=CODE, public_key=KEY.verify_key.encode().hex(), version="test")
        ledger.enrol(request)
        yield ledger


@pytest.fixture
def proxy(ledger: FakeLedger) -> Iterator[Proxy]:
    with Proxy(ledger.url) as proxy:
        yield proxy


@pytest.fixture
def kiosk(tmp_path: Path, proxy: Proxy) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path / "data", proxy.url)
    yield kiosk
    kiosk.close()


def held(ledger: FakeLedger) -> list[str]:
    return [ledger.texts[number] for number in sorted(ledger.texts)]


@pytest.mark.timeout(3_600 if LONG else 120)
@pytest.mark.parametrize("way", ["request", "answer"])
def test_a_line_cut_at_every_byte_of_an_upload_loses_and_doubles_nothing(
    kiosk: Kiosk, proxy: Proxy, ledger: FakeLedger, way: str
) -> None:
    kiosk.write()
    kiosk.uplink.once()
    kiosk.client.close()
    cut = 0
    while True:
        kiosk.write()
        proxy.cut_request, proxy.cut_answer = (cut, None) if way == "request" else (None, cut)
        kiosk.uplink.once()
        survived = not kiosk.journal.unsent()
        proxy.cut_request = proxy.cut_answer = None
        kiosk.client.close()  # a line that was cut is a new line
        kiosk.uplink.once()
        kiosk.client.close()
        assert held(ledger) == kiosk.texts(), f"cut after byte {cut} of the {way}"
        assert kiosk.journal.unsent() == 0
        if survived:
            break
        cut += STEP
    assert cut > 2 * STEP or LONG
    assert LineStatus.OFFLINE in kiosk.heard


@pytest.mark.parametrize("mood", ["drip", "half_open", "portal"])
def test_what_is_no_answer_is_not_taken_for_one_and_does_not_hold_the_counter(
    tmp_path: Path, proxy: Proxy, ledger: FakeLedger, mood: Mood
) -> None:
    kiosk = Kiosk(tmp_path / "data", proxy.url, deadline_s=0.7)
    kiosk.write(3)
    proxy.mood = mood
    kiosk.uplink.once()
    assert (kiosk.heard[-1], kiosk.journal.unsent()) == (LineStatus.OFFLINE, 3)
    proxy.mood = "well"
    for _ in range(20):  # the same short deadline: a busy machine may need more than one round
        kiosk.client.close()
        kiosk.uplink.once()
        if kiosk.heard[-1] is LineStatus.ONLINE:
            break
    assert (kiosk.heard[-1], kiosk.journal.unsent()) == (LineStatus.ONLINE, 0)
    assert held(ledger) == kiosk.texts()
    kiosk.close()


@pytest.mark.parametrize("certificate", ["tomorrow", "stranger"])
def test_a_certificate_that_does_not_hold_is_no_line_until_it_holds(
    tmp_path: Path, ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch, certificate: str
) -> None:
    """A clock before the certificate's first day, or somebody in the middle: nothing is told to them, and nothing is lost."""
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    with TlsFront(ledger.url, certificate) as front:
        kiosk = Kiosk(tmp_path / "data", front.url)
        kiosk.write(3)
        kiosk.uplink.once()
        assert (kiosk.heard[-1], kiosk.journal.unsent(), held(ledger)) == (LineStatus.OFFLINE, 3, [])
        front.shows("good")
        kiosk.uplink.once()
        assert (kiosk.heard[-1], held(ledger)) == (LineStatus.ONLINE, kiosk.texts())
        kiosk.close()


def test_a_slow_line_is_waited_for(kiosk: Kiosk, proxy: Proxy, ledger: FakeLedger) -> None:
    kiosk.write(3)
    proxy.mood = "delay"
    kiosk.uplink.once()
    assert (kiosk.heard[-1], held(ledger)) == (LineStatus.ONLINE, kiosk.texts())


def test_ten_thousand_entries_after_days_without_a_line_arrive_once_and_in_order(
    kiosk: Kiosk, proxy: Proxy, ledger: FakeLedger
) -> None:
    kiosk.write(10_000)
    proxy.cut_request = 100_000  # less than a batch: nothing gets through
    kiosk.uplink.once()
    assert kiosk.journal.unsent() == 10_000
    proxy.cut_request = 500_000  # the line goes after every second batch
    kiosk.uplink.once()
    proxy.cut_request = None
    kiosk.uplink.once()
    assert kiosk.journal.unsent() == 0
    assert held(ledger) == kiosk.texts()
    assert max(len(upload.entries) for upload in ledger.uploads) == UPLOAD_LIMIT


def test_a_cloned_disk_is_found_out_and_sells_nothing_more(
    tmp_path: Path, kiosk: Kiosk, proxy: Proxy, ledger: FakeLedger
) -> None:
    kiosk.write(2)
    kiosk.uplink.once()
    shutil.copytree(tmp_path / "data", tmp_path / "clone")
    clone = Kiosk(tmp_path / "clone", proxy.url, fresh=False)
    kiosk.write()
    kiosk.uplink.once()
    clone.write()
    clone.uplink.once()
    assert clone.heard[-1] is LineStatus.FORKED
    assert clone.journal.unsent() == 1, "its own history is kept"
    assert held(ledger) == kiosk.texts()
    clone.close()


def test_a_disk_put_back_from_an_old_copy_is_found_out(tmp_path: Path, kiosk: Kiosk, proxy: Proxy) -> None:
    kiosk.write(2)
    shutil.copytree(tmp_path / "data", tmp_path / "old")
    kiosk.write(2)
    kiosk.uplink.once()
    old = Kiosk(tmp_path / "old", proxy.url, fresh=False)
    old.write()
    old.uplink.once()
    assert old.heard[-1] is LineStatus.FORKED
    old.close()
