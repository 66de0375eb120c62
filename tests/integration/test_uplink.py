"""The line to the ledger over real HTTP: what counts as an answer, and that nothing is dropped, doubled or sent out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from kiosk.clock import FileClock, SystemClock, Trust, nowhere
from kiosk.counter.drafts import Numbering
from kiosk.counter.effects import AskedDraft
from kiosk.counter.events import Moment
from kiosk.counter.values import CartLine, Customer, LineStatus, Sale
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.recall import receipt_text
from kiosk.journal.values import Owner
from kiosk.uplink.client import Declined, LedgerClient, NoAnswerCame
from kiosk.uplink.identity import Identity, IdentityFault, enrolled, load_identity, save_identity
from kiosk.uplink.uplink import LONGEST_PAUSE_S, Tell, Uplink, pause_s
from schemas.entries import ENTRY
from schemas.kiosk_api import UPLOAD_LIMIT, EnrolAnswer, EnrolRequest, EntryOutcome, Snapshot
from schemas.tokens import make_token, token_hash
from tests.fakes.fake_ledger import CODE, SOAP, TOKEN, FakeLedger, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
SEED = bytes(range(32))
IDENTITY = enrolled(EnrolAnswer(village="SQ", village_name="石桥村", kiosk=1, token=TOKEN), SEED)


class Heard(NamedTuple):
    outcomes: list[EntryOutcome]
    snapshots: list[Snapshot]
    statuses: list[LineStatus]
    times: list[datetime]


class Line(NamedTuple):
    """A kiosk's uplink, its journal, and what it told."""

    journal: Journal
    uplink: Uplink
    heard: Heard

    def ask(self, first: int, count: int = 1) -> None:
        for n in range(first, first + count):
            customer = Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187")
            sale = Sale(
                id=UUID(int=1000 + n), kiosk=1, customer=customer, lines=(CartLine(SOAP, "香皂", "块", 1, 5),), before=60, snapshot=100,
                contact_at=NOON, token=make_token("SQ", n.to_bytes(17)), clerk="zhou", at=NOON, clock_trusted=True,
            )  # fmt: skip
            moment = Moment(NOON, 5, UUID(int=1), True, (UUID(int=2), UUID(int=3)), bytes(17))
            self.journal.append([Numbering(AskedDraft(sale), moment, "zhou")], [receipt_text(sale)])


@pytest.fixture
def ledger() -> Iterator[FakeLedger]:
    with FakeLedger() as ledger:
        ledger.enrolled = EnrolRequest(code=CODE, public_key=IDENTITY.public_key, version="1")
        yield ledger


@pytest.fixture
def open_line(tmp_path: Path, ledger: FakeLedger) -> Iterator[Callable[..., Line]]:
    create_journal(tmp_path, Owner("SQ", 1, IDENTITY.public_key))
    opened: list[tuple[Journal, LedgerClient]] = []

    def make(every_s: float = 20) -> Line:
        journal = Journal(tmp_path, Owner("SQ", 1, IDENTITY.public_key))
        client = LedgerClient(ledger.url, deadline_s=1.0)
        opened.append((journal, client))
        heard = Heard([], [], [], [])
        tell = Tell(heard.outcomes.extend, heard.snapshots.append, heard.statuses.append, heard.times.append)
        uplink = Uplink(
            journal,
            client,
            IDENTITY,
            tell,
            clock=SystemClock(),
            chance=lambda: 0.5,
            snapshot_every_s=every_s,
            at=nowhere,
        )
        return Line(journal, uplink, heard)

    yield make
    for journal, client in opened:
        client.close()
        journal.close()


@pytest.fixture
def line(open_line: Callable[..., Line]) -> Line:
    return open_line()


# ── enrolment ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_kiosk_introduces_itself_and_keeps_its_identity_to_itself(ledger: FakeLedger, tmp_path: Path) -> None:
    client = LedgerClient(ledger.url)
    key = SigningKey(SEED).verify_key.encode().hex()
    answer = client.enrol(EnrolRequest(code=CODE, public_key=key, version="1"))
    save_identity(tmp_path, enrolled(answer, SEED))
    client.close()
    assert load_identity(tmp_path) == IDENTITY
    assert (tmp_path / "identity.json").stat().st_mode & 0o777 == 0o600
    assert TOKEN not in repr(IDENTITY)
    assert SEED.hex() not in repr(IDENTITY)


def test_a_wrong_code_is_a_no_in_the_ledgers_words(ledger: FakeLedger) -> None:
    client = LedgerClient(ledger.url)
    with pytest.raises(Declined, match="不对"):
        client.enrol(EnrolRequest(code="SQ-WRONG234", public_key="ab" * 32, version="1"))
    client.close()


def test_a_spoilt_identity_is_a_fault_and_not_a_new_kiosk(tmp_path: Path) -> None:
    assert load_identity(tmp_path) is None
    (tmp_path / "identity.json").write_text('{"village": "SQ"')
    with pytest.raises(IdentityFault):
        load_identity(tmp_path)


# ── the usual round ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_entries_go_up_in_order_and_outcomes_are_kept_before_they_are_told(line: Line, ledger: FakeLedger) -> None:
    line.ask(1, 3)
    line.uplink.once()
    assert ledger.kinds() == ["asked"] * 3
    assert [outcome.outcome for outcome in line.heard.outcomes] == ["posted"] * 3
    assert line.journal.unsent() == 0
    assert line.heard.statuses == [LineStatus.CATCHING_UP, LineStatus.ONLINE]
    assert line.heard.snapshots[-1].households[0].balance == 45  # fetched after, so it holds what was posted
    assert line.journal.snapshot() == line.heard.snapshots[-1]


def test_once_online_a_sale_does_not_look_like_a_backlog(line: Line) -> None:
    line.uplink.once()
    line.ask(1)
    line.uplink.once()
    assert LineStatus.CATCHING_UP not in line.heard.statuses


def test_a_long_backlog_goes_in_batches(line: Line, ledger: FakeLedger) -> None:
    line.ask(1, UPLOAD_LIMIT + 20)
    line.uplink.once()
    assert [len(upload.entries) for upload in ledger.uploads] == [UPLOAD_LIMIT, 20]
    assert line.journal.unsent() == 0


def test_without_news_the_snapshot_is_not_fetched_again_before_its_time(line: Line, ledger: FakeLedger) -> None:
    for _ in range(3):
        assert line.uplink.once() == 20
    assert ledger.requests == ["snapshot"]


# ── what changed since ──────────────────────────────────────────────────────────────────────────────────────────────


def held(line: Line) -> Snapshot:
    kept = line.journal.snapshot()
    assert kept is not None
    return kept


def as_kept(snapshot: Snapshot) -> Snapshot:
    return snapshot.model_copy(update={"taken_at": NOON, "taken_up_to": None})


def test_only_what_changed_is_fetched_and_the_whole_is_told_and_kept(line: Line, ledger: FakeLedger) -> None:
    line.uplink.once()
    line.ask(1)
    line.uplink.once()
    [first, second] = ledger.queries[0], ledger.queries[-1]
    assert (first["since"], second["since"], second["unsent"]) == ("", line.heard.snapshots[0].cursor, "0")
    assert [one.whole for one in line.heard.snapshots] == [True, True]
    assert as_kept(held(line)) == as_kept(ledger.snapshot())
    assert held(line).households[0].balance == 55


def test_a_restart_asks_only_for_what_changed_meanwhile(open_line: Callable[..., Line], ledger: FakeLedger) -> None:
    before = open_line()
    before.uplink.once()
    before.journal.close()
    ledger.change(cards=ledger.snapshot().cards[1:], households=ledger.snapshot().households[:3], seq=101)
    after = open_line()
    after.uplink.once()
    assert ledger.queries[-1]["since"] == before.heard.snapshots[-1].cursor
    assert as_kept(held(after)) == as_kept(ledger.snapshot())
    assert len(held(after).households) == 3


def test_an_older_ledger_without_cursors_is_asked_for_the_whole(line: Line, ledger: FakeLedger) -> None:
    ledger.cursors = False
    for n in (1, 2):
        line.ask(n)
        line.uplink.once()
    assert [query.get("since") for query in ledger.queries if query] == ["", ""]
    assert held(line).households[0].balance == 50


def test_what_does_not_fit_is_fetched_whole_in_the_same_round(line: Line, ledger: FakeLedger) -> None:
    line.uplink.once()
    line.ask(1)
    ledger.mode = "forgets"
    line.uplink.once()
    assert [bool(query["since"]) for query in ledger.queries if query] == [False, True, False]
    assert as_kept(held(line)) == as_kept(ledger.snapshot())
    assert line.heard.statuses[-1] is LineStatus.ONLINE


def test_a_snapshot_that_says_nothing_new_is_told_and_not_written_again(
    open_line: Callable[..., Line], ledger: FakeLedger
) -> None:
    clock = StandingClock()
    line = open_line()
    uplink = Uplink(
        line.journal, LedgerClient(ledger.url), IDENTITY, Tell(print, line.heard.snapshots.append, print, print),
        clock=clock, chance=lambda: 0.5, snapshot_every_s=20, at=nowhere,
    )  # fmt: skip
    for minutes in (0, 1, 9, 11):
        clock.ms = minutes * 60_000
        uplink.once()
    told = [one.taken_at for one in line.heard.snapshots]
    assert len(set(told)) == 4
    assert held(line).taken_at == told[3]
    clock.ms += 60_000
    uplink.once()
    assert held(line).taken_at == told[3]
    ledger.change(goods=[])
    clock.ms += 60_000
    uplink.once()
    assert held(line).taken_at == line.heard.snapshots[-1].taken_at


# ── what is no answer ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["html", "error", "silent", "mute", "cut", "packed", "twice"])
def test_what_is_no_answer_keeps_the_backlog_and_is_sent_again_once(line: Line, ledger: FakeLedger, mode: str) -> None:
    line.ask(1, 2)
    ledger.mode = mode
    line.uplink.once()
    assert line.heard == Heard([], [], [LineStatus.OFFLINE], [])
    assert line.journal.unsent() == 2
    ledger.mode = "well"
    line.uplink.once()
    assert [o.outcome for o in line.heard.outcomes] == ["posted", "posted"]
    assert [o.repeated for o in line.heard.outcomes] == [mode in ("mute", "cut", "packed", "twice")] * 2
    assert ledger.balance("0007") == 50
    assert line.heard.statuses == [LineStatus.OFFLINE, LineStatus.CATCHING_UP, LineStatus.ONLINE]


def test_another_villages_snapshot_is_no_answer(line: Line, ledger: FakeLedger) -> None:
    ledger.change(village=ledger.snapshot().village.model_copy(update={"code": "LT"}))
    line.uplink.once()
    assert line.heard.statuses == [LineStatus.OFFLINE]
    assert (line.journal.snapshot(), line.heard.snapshots) == (None, [])


def test_nobody_there_is_offline(tmp_path: Path, open_line: Callable[..., Line], ledger: FakeLedger) -> None:
    line = open_line()
    ledger.__exit__()
    assert line.uplink.once() <= 1
    assert line.heard.statuses == [LineStatus.OFFLINE]


def test_a_stopped_kiosk_keeps_what_it_could_not_send(line: Line, ledger: FakeLedger) -> None:
    line.ask(1)
    ledger.mode = "stopped"
    line.uplink.once()
    assert line.heard.statuses == [LineStatus.REVOKED]
    assert line.journal.unsent() == 1


def test_a_sign_in_page_never_stops_a_kiosk(line: Line, ledger: FakeLedger) -> None:
    """Only the ledger's own problem document says 403; a router's page is silence."""
    ledger.mode = "html"
    line.uplink.once()
    assert line.heard.statuses == [LineStatus.OFFLINE]


def test_another_journal_under_the_same_number_is_a_fork(line: Line, ledger: FakeLedger) -> None:
    line.ask(1)
    ledger.texts[1] = "somebody else's first entry"
    line.uplink.once()
    assert line.heard.statuses == [LineStatus.FORKED]


def test_a_ledger_that_holds_more_is_a_fork_too(line: Line, ledger: FakeLedger) -> None:
    line.ask(1)
    line.uplink.once()
    ledger.texts[2] = "an entry that is not in this journal"
    line.ask(2)
    line.uplink.once()
    assert line.heard.statuses[-1] is LineStatus.FORKED


def test_a_restored_ledger_gets_everything_again(line: Line, ledger: FakeLedger) -> None:
    line.ask(1, 3)
    line.uplink.once()
    before = dict(ledger.texts)
    ledger.restore(1)
    line.ask(4)
    line.uplink.once()
    assert line.journal.unsent() == 3
    line.uplink.once()
    assert {number: ledger.texts[number] for number in before} == before
    assert line.journal.unsent() == 0
    assert line.heard.statuses[-1] is LineStatus.ONLINE


def test_a_restored_ledger_is_noticed_by_a_counter_that_has_nothing_to_send(
    open_line: Callable[..., Line], ledger: FakeLedger
) -> None:
    line = open_line(every_s=0)
    line.ask(1, 3)
    line.uplink.once()
    before = dict(ledger.texts)
    ledger.restore(1)
    line.uplink.once()
    assert (line.journal.unsent(), line.heard.statuses[-1]) == (2, LineStatus.OFFLINE)
    line.uplink.once()
    assert ledger.texts == before
    assert (line.journal.unsent(), line.heard.statuses[-1]) == (0, LineStatus.ONLINE)


def test_a_journal_from_an_older_card_is_noticed_before_anything_is_sold(line: Line, ledger: FakeLedger) -> None:
    ledger.texts[1] = "an entry that the journal on this card does not have"
    line.uplink.once()
    assert line.heard.statuses == [LineStatus.FORKED]
    assert line.heard.snapshots == []


def test_quarantine_is_kept_counted_and_does_not_stop_the_rest(line: Line, ledger: FakeLedger) -> None:
    line.ask(1, 2)
    first = ENTRY.validate_json(line.journal.backlog(1)[0].text)
    ledger.frozen[first.id] = EntryOutcome(number=1, id=first.id, outcome="quarantined")
    line.uplink.once()
    assert [o.outcome for o in line.heard.outcomes] == ["quarantined", "posted"]
    assert (line.journal.quarantined(), line.journal.unsent()) == (1, 0)


def test_what_was_answered_before_a_restart_is_not_sent_again(
    open_line: Callable[..., Line], ledger: FakeLedger
) -> None:
    line = open_line()
    line.ask(1)
    line.uplink.once()
    line.journal.close()
    again = open_line()
    again.ask(2)
    again.uplink.once()
    assert [len(upload.entries) for upload in ledger.uploads] == [1, 1]


def test_the_thread_sends_when_it_is_woken(line: Line, ledger: FakeLedger) -> None:
    line.uplink.start()
    line.ask(1)
    line.uplink.wake()
    assert ledger.wait_for(1)
    line.uplink.stop()


def test_a_dead_address_is_no_answer_within_the_deadline() -> None:
    client = LedgerClient("http://127.0.0.1:9", deadline_s=1.0)
    with pytest.raises(NoAnswerCame):
        client.snapshot(TOKEN, since="", unsent=0)


# ── pauses and clocks ───────────────────────────────────────────────────────────────────────────────────────────────


def test_pauses_double_to_a_minute_and_differ_between_kiosks() -> None:
    assert [pause_s(n, 1.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert pause_s(50, 1.0) == LONGEST_PAUSE_S
    assert pause_s(50, 0.0) == LONGEST_PAUSE_S / 2


def test_sales_without_a_line_make_no_pause_longer(line: Line, ledger: FakeLedger) -> None:
    ledger.mode = "html"
    assert [line.uplink.once() for _ in range(3)] == [pause_s(n, 0.5) for n in (1, 2, 3)]
    assert [line.uplink.once(woken=True) for _ in range(5)] == [pause_s(3, 0.5)] * 5
    assert line.uplink.once() == pause_s(4, 0.5)
    ledger.mode = "well"
    line.uplink.once()
    ledger.mode = "html"
    line.ask(1)
    assert line.uplink.once(woken=True) == pause_s(1, 0.5)


class StandingClock:
    def __init__(self) -> None:
        self.wall, self.ms = NOON, 0

    def now(self) -> datetime:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.ms


def test_the_clock_is_believed_only_while_it_agrees_with_the_ledger() -> None:
    clock = StandingClock()
    trust = Trust(clock)
    assert not trust.trusted(clock.now(), clock.ms)
    trust.heard(NOON + timedelta(minutes=4))
    assert trust.trusted(clock.now(), clock.ms)
    clock.ms += 3_600_000  # an hour passed and the wall clock stood still
    assert not trust.trusted(clock.now(), clock.ms)
    assert trust.trusted(NOON + timedelta(hours=1), clock.ms)
    trust.heard(NOON + timedelta(days=400))
    assert not trust.trusted(NOON + timedelta(hours=1), clock.ms)


def test_days_pass_in_the_demo_when_its_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = FileClock(file)
    trust = Trust(clock)
    trust.heard(clock.now())
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    file.write_text("3\n")
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=1)
    assert trust.trusted(clock.now(), clock.monotonic_ms())  # a Pi that was on for three days knows what day it is
    ahead_ms = clock.monotonic_ms()
    file.write_text("nonsense")
    assert clock.monotonic_ms() >= ahead_ms


def test_an_identity_signs_what_the_ledger_checks() -> None:
    assert isinstance(IDENTITY, Identity)
    assert len(bytes.fromhex(IDENTITY.sign_head(1, bytes(32)))) == 64
    assert len(IDENTITY.fingerprint) == 9
