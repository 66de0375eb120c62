"""The journal on a real file: what was written stays, and what is broken is never taken for empty."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from kiosk.counter.drafts import Numbering
from kiosk.counter.effects import AskedDraft, CalledOffDraft, Draft, HandedOverDraft, PrintedDraft
from kiosk.counter.events import Moment, Paper
from kiosk.counter.values import CartLine, Customer, OpenPaper, OpenSale, Sale
from kiosk.journal.faults import JournalBehind, JournalFault, JournalFull, SecondCopy
from kiosk.journal.file import FILE
from kiosk.journal.journal import Journal
from kiosk.journal.lock import DataLock
from kiosk.journal.making import create_journal
from kiosk.journal.recall import overturned, recalled, receipt_text
from kiosk.journal.values import Owner
from schemas.entries import ENTRY
from schemas.journal import FIRST_LINK, link
from schemas.kiosk_api import EntryOutcome, UploadAnswer
from schemas.tokens import make_token, token_hash
from tests.fakes.fake_ledger import SOAP, a_snapshot, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
OWNER = Owner("SQ", 1, "ab" * 32)
MOMENT = Moment(NOON, 5, UUID(int=1), True, (UUID(int=2), UUID(int=3)), bytes(17))


def a_sale(n: int) -> Sale:
    customer = Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187")
    return Sale(
        id=UUID(int=1000 + n), kiosk=1, customer=customer, lines=(CartLine(SOAP, "香皂", "块", 2, 5),), before=60, snapshot=100,
        contact_at=NOON, token=make_token("SQ", n.to_bytes(17)), clerk="zhou", at=NOON, clock_trusted=True,
    )  # fmt: skip


def makers(*drafts: Draft) -> list[Numbering]:
    return [Numbering(draft, MOMENT, "zhou") for draft in drafts]


def ask(journal: Journal, n: int) -> Sale:
    sale = a_sale(n)
    journal.append(makers(AskedDraft(sale)), [receipt_text(sale)])
    return sale


def answer(journal: Journal, taken: int, *outcomes: EntryOutcome) -> None:
    journal.keep_answer(UploadAnswer(taken_up_to=taken, outcomes=list(outcomes), server_time=NOON))


def posted(number: int, sale: Sale) -> EntryOutcome:
    return EntryOutcome(number=number, id=sale.id, outcome="posted", balance=50, seq=100 + number)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    create_journal(tmp_path, OWNER)
    return tmp_path


@pytest.fixture
def journal(data_dir: Path) -> Iterator[Journal]:
    journal = Journal(data_dir, OWNER)
    yield journal
    journal.close()


@pytest.fixture
def raw(journal: Journal, data_dir: Path) -> Iterator[sqlite3.Connection]:
    """A connection that knows no rules but those in the file."""
    sale = ask(journal, 1)
    journal.paper(sale.id, 0, "queued")
    answer(journal, 1, posted(1, sale))
    connection = sqlite3.connect(data_dir / FILE, isolation_level=None)
    yield connection
    connection.close()


def test_entries_are_chained_over_their_exact_text(journal: Journal) -> None:
    for n in (1, 2, 3):
        ask(journal, n)
    last = FIRST_LINK
    for entry in journal.backlog(500):
        last = link(last, entry.text.encode())
        assert entry.link == last.hex()
        parsed = ENTRY.validate_json(entry.text)
        assert parsed.number == entry.number
        assert (
            json.dumps(json.loads(entry.text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == entry.text
        )
    head = journal.head()
    assert head is not None
    assert (head.number, head.link) == (3, last)


def test_two_entries_of_one_transaction_are_both_there_or_neither(journal: Journal, data_dir: Path) -> None:
    sale = a_sale(1)
    twice = makers(AskedDraft(sale), AskedDraft(sale))
    with pytest.raises(JournalFault):
        journal.append(twice, [receipt_text(sale)])
    assert journal.head() is None
    journal.append(makers(AskedDraft(sale), HandedOverDraft(UUID(int=9), sale)), [receipt_text(sale)])
    journal.close()
    again = Journal(data_dir, OWNER)
    head = again.head()
    again.close()
    assert head is not None
    assert head.number == 2


def test_it_is_durable_the_way_the_usual_sqlite_needs(raw: sqlite3.Connection, journal: Journal) -> None:
    inside = journal._connection
    assert inside.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert inside.execute("PRAGMA synchronous").fetchone() == (3,)


@pytest.mark.parametrize("table", ["meta", "entries", "outcomes", "receipts", "paper"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = rowid + 100", "DELETE FROM {}"])
def test_what_was_written_is_neither_changed_nor_deleted(raw: sqlite3.Connection, table: str, change: str) -> None:
    before = raw.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        raw.execute(change.format(table))
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO entries (number, id, kind, text, link) SELECT number, id, kind, '{}', link FROM entries",
        "INSERT OR REPLACE INTO entries (number, id, kind, text, link) SELECT 2, id, kind, '{}', link FROM entries",
        "REPLACE INTO receipts SELECT sale, 'other', '{}' FROM receipts",
        "REPLACE INTO meta VALUES ('kiosk', '2')",
        "REPLACE INTO paper SELECT place, sale, copy, 'closed' FROM paper",
        "INSERT INTO paper (sale, copy, state) SELECT sale, copy, 'queued' FROM paper",
        "INSERT INTO entries (number, id, kind, text, link) SELECT 3, hex(randomblob(18)), kind, '{}', link FROM entries",
    ],
)
def test_nothing_is_replaced_or_left_out(raw: sqlite3.Connection, statement: str) -> None:
    before = list(raw.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)
    assert list(raw.iterdump()) == before


def test_a_copy_that_was_queued_before_is_not_sent_again(journal: Journal, data_dir: Path) -> None:
    sale = ask(journal, 1)
    journal.paper(sale.id, 0, "queued", "sent")
    with pytest.raises(JournalFault, match="queued once"):
        journal.paper(sale.id, 0, "queued", "sent")
    journal.paper(sale.id, 1, "queued", "sent")
    with closing(sqlite3.connect(data_dir / FILE)) as raw:
        steps = raw.execute("SELECT copy, state FROM paper ORDER BY place").fetchall()
    assert steps == [(0, "queued"), (0, "sent"), (1, "queued"), (1, "sent")]


def test_the_carts_mark_goes_with_the_entry_that_the_cart_became(journal: Journal) -> None:
    sale = ask(journal, 1)
    journal.keep_cart_open(True)
    with pytest.raises(JournalFault):
        journal.append(makers(AskedDraft(sale)), cart_open=False)
    assert journal.cart_open()
    journal.append(makers(CalledOffDraft(UUID(int=8), sale.id)), cart_open=False)
    assert not journal.cart_open()


def test_a_sale_ends_once(journal: Journal) -> None:
    sale = ask(journal, 1)
    journal.append(makers(HandedOverDraft(UUID(int=8), sale)))
    for draft in (HandedOverDraft(UUID(int=9), sale), CalledOffDraft(UUID(int=10), sale.id)):
        with pytest.raises(JournalFault):
            journal.append(makers(draft))
    assert journal.unsent() == 2


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_journal_is_a_fault_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(JournalFault, match="不见了"):
        Journal(tmp_path, OWNER)
    assert not (tmp_path / FILE).exists()


def test_another_kiosks_journal_is_refused(data_dir: Path) -> None:
    with pytest.raises(JournalFault, match="另一台机"):
        Journal(data_dir, Owner("SQ", 2, "ab" * 32))


def _spoil_text(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER entries_no_update")
    connection.execute("UPDATE entries SET text = replace(text, '\"total\":10', '\"total\":11') WHERE number = 20")
    connection.close()


def _cut_entries(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("DROP TRIGGER entries_no_delete; DROP TRIGGER receipts_no_delete;")
    connection.execute("DELETE FROM entries WHERE number > 30")
    connection.close()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    page = len(data) // 2 // 4096 * 4096  # from its head on, so that what is hit is never the room between two rows
    for at in range(page, page + 600):
        data[at] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil",
    [
        _spoil_text,
        _cut_entries,
        _flip,
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database, but long enough to be read as one " * 100),
    ],
    ids=["a changed entry", "a cut journal", "flipped bytes", "half a file", "an empty file", "something else"],
)
def test_a_spoilt_journal_is_refused_and_left_as_it_is(data_dir: Path, spoil: Callable[[Path], object]) -> None:
    journal = Journal(data_dir, OWNER)
    sales = [ask(journal, n) for n in range(1, 41)]
    answer(journal, 40, *(posted(n, sale) for n, sale in enumerate(sales, start=1)))
    journal.close()
    spoil(data_dir / FILE)
    found = (data_dir / FILE).read_bytes()
    with pytest.raises(JournalFault):
        Journal(data_dir, OWNER)
    assert (data_dir / FILE).read_bytes() == found
    with pytest.raises(JournalFault) if found else _nothing():
        create_journal(data_dir, OWNER)


class _nothing:  # noqa: N801 - stands where ``pytest.raises`` stands
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_an_unused_journal_of_a_broken_off_enrolment_is_put_aside(data_dir: Path) -> None:
    create_journal(data_dir, Owner("SQ", 2, "cd" * 32))
    Journal(data_dir, Owner("SQ", 2, "cd" * 32)).close()
    assert len(list(data_dir.glob(f"{FILE}.unused-*"))) == 1


def test_a_second_copy_does_not_start(tmp_path: Path) -> None:
    program = "import sys, pathlib; from kiosk.journal.lock import DataLock; DataLock(pathlib.Path(sys.argv[1]))"
    with DataLock(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert SecondCopy.__name__ in done.stderr
        with pytest.raises(SecondCopy):
            DataLock(tmp_path)
    DataLock(tmp_path).close()


def test_a_transaction_that_was_under_way_when_the_power_went_is_undone(data_dir: Path, tmp_path: Path) -> None:
    program = (
        "import sys, os, sqlite3; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('PRAGMA cache_size=1');"
        "c.execute('BEGIN IMMEDIATE');"
        "[c.execute('INSERT INTO entries (number, id, kind, text, link) VALUES (?, ?, ?, ?, ?)',"
        " (n, f'{n:036}', 'asked', '{\"x\":\"' + 'y' * 5000 + '\"}', 'z' * 64)) for n in range(1, 200)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(data_dir / FILE)], check=False)
    assert (data_dir / f"{FILE}-journal").exists(), "a hot rollback journal was left"
    journal = Journal(data_dir, OWNER)
    assert journal.head() is None
    journal.close()


def test_a_full_disk_is_a_fault_and_nothing_is_written(journal: Journal) -> None:
    ask(journal, 1)
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFull):
        _ask_many(journal)
    head = journal.head()
    journal._connection.execute("PRAGMA max_page_count = 100000")
    ask(journal, 200)
    assert head is not None
    assert journal.unsent() == head.number + 1


def _ask_many(journal: Journal) -> None:
    for n in range(2, 100):
        ask(journal, n)


# ── the ledger's answers ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_backlog_is_what_the_ledger_does_not_hold(journal: Journal) -> None:
    sales = [ask(journal, n) for n in (1, 2, 3)]
    answer(journal, 2, *(posted(n, sales[n - 1]) for n in (1, 2)))
    assert [entry.number for entry in journal.backlog(500)] == [3]
    assert journal.unsent() == 1
    answer(journal, 1)  # a ledger that was restored asks for more
    assert [entry.number for entry in journal.backlog(500)] == [2, 3]


def test_an_answer_that_is_another_than_the_first_is_told(journal: Journal) -> None:
    sale, other = ask(journal, 1), ask(journal, 2)

    def told(taken: int, *outcomes: EntryOutcome) -> bool:
        return journal.keep_answer(UploadAnswer(taken_up_to=taken, outcomes=list(outcomes), server_time=NOON))

    assert not told(1, posted(1, sale))
    assert not told(1, posted(1, sale).model_copy(update={"repeated": True}))
    assert not told(2, posted(1, sale), posted(2, other))
    assert not told(0)
    assert told(1, EntryOutcome(number=1, id=sale.id, outcome="household_blocked"))
    assert [(one.sale.id, one.gone) for one in overturned(journal)] == [(sale.id, True)]
    journal.append(makers(HandedOverDraft(UUID(int=50), sale)))
    assert overturned(journal) == ()


def test_a_ledger_that_holds_more_means_that_this_journal_was_cut(journal: Journal) -> None:
    ask(journal, 1)
    with pytest.raises(JournalBehind):
        answer(journal, 2)
    assert journal.taken_up_to() == 0


def test_repeated_answers_are_one_outcome_and_quarantine_is_counted(journal: Journal) -> None:
    sale = ask(journal, 1)
    odd = EntryOutcome(number=1, id=sale.id, outcome="quarantined")
    for repeated in (False, True):
        answer(journal, 1, odd.model_copy(update={"repeated": repeated}))
    assert journal._rows("SELECT count(*) FROM outcomes") == [(1,)]
    assert journal.quarantined() == 1
    answer(journal, 1, posted(1, sale))
    assert journal.quarantined() == 0


def test_the_snapshot_is_there_at_the_next_start(journal: Journal) -> None:
    assert journal.snapshot() is None
    for seq in (100, 101):
        journal.keep_snapshot(a_snapshot(seq, taken_at=NOON))
    assert journal.snapshot() == a_snapshot(101, taken_at=NOON)


# ── after a restart ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_under_way_is_recalled_with_its_number_check_and_token(journal: Journal) -> None:
    sale = ask(journal, 1)
    pending = recalled(journal, None).pending
    assert len(pending) == 1
    assert isinstance(pending[0], OpenSale)
    back = pending[0].sale
    head = journal.head()
    assert head is not None
    assert (back.id, back.token, back.number_text, back.lines) == (sale.id, sale.token, "1-000001", sale.lines)
    assert back.check == f"{head.link.hex()[:4]} {head.link.hex()[4:8]}"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], -1),
        (["queued"], 0),
        (["queued", "sent"], 0),
        (["queued", "sent", "unknown"], 0),
        (["queued", "not_printed"], 0),
        (["queued", "sent", "printed"], None),
        (["queued", "sent", "unknown", "closed"], None),
        (["closed"], None),
    ],
)
def test_paper_that_nobody_saw_is_recalled(journal: Journal, steps: list[str], expected: int | None) -> None:
    sale = ask(journal, 1)
    answer(journal, 1, posted(1, sale))
    for state in steps:
        if state in ("queued", "sent", "closed"):
            journal.paper(sale.id, 0, state)
        else:
            journal.append(makers(PrintedDraft(UUID(int=50), sale.id, 0, Paper(state))))
    pending = recalled(journal, None).pending
    assert [p.copy for p in pending if isinstance(p, OpenPaper)] == ([] if expected is None else [expected])
    assert [p.sale.after for p in pending if isinstance(p.sale, Sale)] == [50] * len(pending)


def test_a_refused_or_called_off_sale_is_over(journal: Journal) -> None:
    refused, off = ask(journal, 1), ask(journal, 2)
    answer(journal, 1, EntryOutcome(number=1, id=refused.id, outcome="not_enough_points"))
    journal.append(makers(CalledOffDraft(UUID(int=60), off.id)))
    assert recalled(journal, a_snapshot(taken_at=NOON)).pending == ()
    assert recalled(journal, a_snapshot(taken_at=NOON)).sold == ()


def test_sales_that_the_snapshot_does_not_hold_are_counted_again(journal: Journal) -> None:
    first, second, third = (ask(journal, n) for n in (1, 2, 3))
    journal.append(makers(HandedOverDraft(UUID(int=70), third)))
    answer(journal, 2, posted(1, first), posted(2, second))
    sold = recalled(journal, a_snapshot(101, taken_at=NOON)).sold
    assert [(s.sale, s.taken, s.seq, s.handed_over) for s in sold] == [
        (second.id, True, 102, None),
        (third.id, False, None, UUID(int=70)),
    ]
    pending = recalled(journal, None).pending
    sales = [p.sale for p in pending if isinstance(p.sale, Sale)]
    assert [(sale.id, sale.offline) for sale in sales] == [(first.id, False), (second.id, False), (third.id, True)]


def test_a_copy_of_the_file_can_be_opened_elsewhere(journal: Journal, data_dir: Path, tmp_path: Path) -> None:
    ask(journal, 1)
    other = tmp_path / "copy"
    other.mkdir()
    shutil.copy(data_dir / FILE, other / FILE)
    copy = Journal(other, OWNER)
    assert copy.head() == journal.head()
    copy.close()
