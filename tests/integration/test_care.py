"""The machine looks after itself: a frozen thread starves the watchdog, a full disk and a missing stick are told, the copy is true."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest

from kiosk.care.caretaker import Caretaker, Senses
from kiosk.care.facts import Papers
from kiosk.care.history import LAST_PAPERS, count_start, last_papers, unsent_points
from kiosk.care.learned import keep_abilities, known_abilities
from kiosk.care.rules import Beat
from kiosk.care.stick import StickCopy, StickFault, StickGone, read_copy
from kiosk.care.watchdog import Notifier, every_s
from kiosk.counter.drafts import Numbering
from kiosk.counter.effects import AskedDraft, CalledOffDraft, Draft, HandedOverDraft, PrintedDraft
from kiosk.counter.events import Moment, Paper
from kiosk.devices.ports import Abilities, Capability
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.recall import receipt_text
from kiosk.journal.values import Owner
from schemas.entries import CalledOff
from schemas.refusals import FaultCode
from tests.fakes.kiosk_pen import BOOT, MONDAY
from tests.integration.test_journal import a_sale

OWNER = Owner("SQ", 1, "a" * 64)


def note(number: int) -> CalledOff:
    return CalledOff(
        id=uuid4(), number=number, boot=BOOT, monotonic_ms=number, wall=MONDAY, clock_trusted=True, clerk="zhou",
        asked=UUID(int=number),
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    (tmp_path / "data").mkdir()
    create_journal(tmp_path / "data", OWNER)
    journal = Journal(tmp_path / "data", OWNER)
    yield journal
    journal.close()


def socket_name(folder: Path) -> str:
    """Abstract: a folder's path may be longer than a socket's name may be."""
    return f"merit-test-{uuid5(NAMESPACE_URL, str(folder))}"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0" + socket_name(tmp_path))
        bound.settimeout(0.2)
        yield bound


@dataclass
class Machine:
    """A machine whose state the test sets, and what its counter was told."""

    free_bytes: int = 10**9
    virtual: bool | None = False
    now_s: float = 100.0
    scanner_s: float = 100.0
    told: list[tuple[FaultCode, ...]] = field(default_factory=list)

    def senses(self) -> Senses:
        return Senses(
            beats=lambda: (Beat("scanner", self.scanner_s, 10.0),),
            free_bytes=lambda: self.free_bytes,
            virtual=lambda: self.virtual,
            monotonic_s=lambda: self.now_s,
        )


def caretaker(
    machine: Machine,
    tmp_path: Path,
    *,
    journal: Journal | None = None,
    stick: StickCopy | None = None,
    demo: bool = False,
) -> Caretaker:
    notifier = Notifier({"NOTIFY_SOCKET": "@" + socket_name(tmp_path)})
    return Caretaker(machine.senses(), machine.told.append, demo=demo, journal=journal, stick=stick, notifier=notifier)


def heard(systemd: socket.socket) -> str | None:
    try:
        return systemd.recv(200).decode()
    except TimeoutError:
        return None


def test_the_watchdog_is_fed_while_all_go_round_and_starves_when_one_stands_still(
    tmp_path: Path, systemd: socket.socket, journal: Journal
) -> None:
    machine = Machine()
    care = caretaker(machine, tmp_path, journal=journal)
    assert care.once()
    assert heard(systemd) == "WATCHDOG=1"
    machine.now_s = 200.0
    assert not care.once()
    assert heard(systemd) is None
    machine.scanner_s = 199.0
    assert care.once()
    assert heard(systemd) == "WATCHDOG=1"


def test_ready_is_said_once_after_the_first_look_and_stopping_at_the_end(
    tmp_path: Path, systemd: socket.socket
) -> None:
    care = caretaker(Machine(), tmp_path)
    care.start()
    care.stop()
    said = list(iter(lambda: heard(systemd), None))
    assert said[:2] == ["WATCHDOG=1", "READY=1"]
    assert said[-1] == "STOPPING=1"
    assert set(said[2:-1]) <= {"WATCHDOG=1"}, "on a busy machine there was time for another round"


def test_a_journal_that_cannot_be_written_starves_the_watchdog(
    tmp_path: Path, systemd: socket.socket, journal: Journal
) -> None:
    care = caretaker(Machine(), tmp_path, journal=journal)
    other = sqlite3.connect(tmp_path / "data" / "journal.sqlite", isolation_level=None)
    journal._connection.execute("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    assert not care.once()
    other.execute("ROLLBACK")
    other.close()
    assert care.once()


def test_the_probe_leaves_no_trace(tmp_path: Path, journal: Journal) -> None:
    before = (tmp_path / "data" / "journal.sqlite").read_bytes()
    journal.probe()
    assert (tmp_path / "data" / "journal.sqlite").read_bytes() == before
    assert journal.unsent() == 0


def test_nobody_listens_and_nobody_minds(tmp_path: Path) -> None:
    assert not Notifier({}).tell("READY=1")
    assert not Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")
    assert every_s({"WATCHDOG_USEC": "30000000"}) == 10.0
    assert every_s({}) is None


def test_an_abstract_socket_is_reached_too() -> None:
    name = f"@merit-test-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0" + name[1:])
        assert Notifier({"NOTIFY_SOCKET": name}).tell("READY=1", "STATUS=x")
        assert bound.recv(100) == b"READY=1\nSTATUS=x"


def test_troubles_are_told_when_they_come_and_when_they_go(tmp_path: Path) -> None:
    machine = Machine()
    care = caretaker(machine, tmp_path)
    care.once()
    machine.free_bytes = 1_000_000
    care.once()
    care.once()
    machine.free_bytes = 10**9
    care.once()
    assert machine.told == [(), (FaultCode.DISK_NEARLY_FULL,), ()]


def test_a_virtual_device_is_told_outside_the_demo_and_stays_told_while_the_printer_is_away(tmp_path: Path) -> None:
    machine = Machine(virtual=True)
    care = caretaker(machine, tmp_path)
    care.once()
    machine.virtual = None
    for _ in range(40):
        care.once()
    assert machine.told == [(FaultCode.VIRTUAL_DEVICE,)]
    demo = Machine(virtual=True)
    caretaker(demo, tmp_path, demo=True).once()
    assert demo.told == [()]


# ── the second copy ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def stick(folder: Path, *, there: bool = True) -> StickCopy:
    return StickCopy(folder, "SQ", 1, mounted=lambda _folder: there)


def test_every_entry_is_on_the_stick_and_chains(folder: Path, journal: Journal) -> None:
    copy = stick(folder)
    journal.append([note] * 3)
    assert copy.catch_up(journal) == 3
    journal.append([note] * 2)
    assert copy.catch_up(journal) == 5
    assert [entry.text for entry in read_copy(copy.path)] == [entry.text for entry in journal.entries(1)]
    assert stick(folder).check(journal) == 5


def test_an_empty_mount_point_is_no_stick(folder: Path, journal: Journal) -> None:
    journal.append([note])
    with pytest.raises(StickGone):
        stick(folder, there=False).catch_up(journal)
    assert list(folder.iterdir()) == []


def test_a_missing_stick_is_told_and_catches_up_when_it_is_back(tmp_path: Path, folder: Path, journal: Journal) -> None:
    there = [True]
    copy = StickCopy(folder, "SQ", 1, mounted=lambda _folder: there[0])
    machine = Machine()
    care = caretaker(machine, tmp_path, journal=journal, stick=copy)
    journal.append([note] * 2)
    care.once()
    there[0] = False
    journal.append([note] * 2)
    care.once()
    there[0] = True
    care.once()
    assert machine.told == [(), (FaultCode.STICK_MISSING,), ()]
    assert stick(folder).check(journal) == 4


def test_a_line_cut_by_a_power_cut_is_taken_off_at_every_byte_and_written_again(folder: Path, journal: Journal) -> None:
    journal.append([note] * 3)
    copy = stick(folder)
    copy.catch_up(journal)
    whole = copy.path.read_bytes()
    second_line_end = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for length in range(second_line_end, len(whole), 37):
        copy.path.write_bytes(whole[:length])
        fresh = stick(folder)
        assert fresh.check(journal) == 2
        assert fresh.catch_up(journal) == 3
        assert copy.path.read_bytes() == whole


def test_a_stick_that_knows_more_than_the_journal_stops_the_start(
    tmp_path: Path, folder: Path, journal: Journal
) -> None:
    journal.append([note] * 2)
    stick(folder).catch_up(journal)
    (tmp_path / "older").mkdir()
    create_journal(tmp_path / "older", OWNER)
    older = Journal(tmp_path / "older", OWNER)
    with pytest.raises(StickFault, match="到第 2 笔，这里只到第 0 笔"):
        stick(folder).check(older)
    older.append([note] * 2)
    with pytest.raises(StickFault, match="从第 1 笔起和这里不一样"):
        stick(folder).check(older)
    older.close()


def test_a_copy_that_somebody_changed_is_found_out(folder: Path, journal: Journal) -> None:
    journal.append([note] * 2)
    copy = stick(folder)
    copy.catch_up(journal)
    copy.path.write_text(copy.path.read_text(encoding="utf-8").replace("zhou", "zhao"), encoding="utf-8")
    with pytest.raises(StickFault, match="第 1 笔对不上校验"):
        stick(folder).check(journal)


def test_what_was_learned_of_a_printer_holds_for_that_printer(tmp_path: Path) -> None:
    assert known_abilities(tmp_path, "tcp://192.0.2.5:9100") is None
    learned = Abilities(Capability.PARTIAL, confirms=True, name="ZJ-58")
    keep_abilities(tmp_path, "tcp://192.0.2.5:9100", learned)
    assert known_abilities(tmp_path, "tcp://192.0.2.5:9100") == learned
    assert known_abilities(tmp_path, "tcp://192.0.2.6:9100") is None
    (tmp_path / "printer.json").write_text("{")
    assert known_abilities(tmp_path, "tcp://192.0.2.5:9100") is None


# ── what the diagnostics add up ─────────────────────────────────────────────────────────────────────────────────────


def test_the_last_papers_and_the_unsent_points_are_added_up(tmp_path: Path, journal: Journal) -> None:
    assert (last_papers(journal), unsent_points(journal)) == (Papers(0, 0), 0)
    sales = [a_sale(n) for n in range(3)]
    moment = Moment(MONDAY, 5, BOOT, True, (UUID(int=2), UUID(int=3)), bytes(17))

    def write(*drafts: Draft) -> None:
        receipts = [receipt_text(draft.sale) for draft in drafts if isinstance(draft, AskedDraft)]
        journal.append([Numbering(draft, moment, "zhou") for draft in drafts], receipts)

    write(AskedDraft(sales[0]), HandedOverDraft(UUID(int=500), sales[0]))  # one sale, two entries
    write(AskedDraft(sales[1]))
    write(AskedDraft(sales[2]), CalledOffDraft(UUID(int=501), sales[2].id))
    for copy in range(LAST_PAPERS + 5):
        state = Paper.UNKNOWN if copy == LAST_PAPERS + 4 else Paper.PRINTED
        write(PrintedDraft(uuid4(), sales[0].id, copy, state))
    assert last_papers(journal) == Papers(LAST_PAPERS - 1, 1)
    assert unsent_points(journal) == 20
    journal.keep_taken(2)
    assert unsent_points(journal) == 10


def test_starts_are_counted_whatever_lies_in_the_file(tmp_path: Path) -> None:
    assert [count_start(tmp_path) for _ in range(3)] == [1, 2, 3]
    (tmp_path / "starts").write_text("许多次", encoding="utf-8")
    assert count_start(tmp_path) == 1
