"""Voids, stock and days in a real journal: kept with their papers, taken up after a power cut, added up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from kiosk.acts import Acts, Enrolment
from kiosk.clock import nowhere
from kiosk.counter.deals import DayClose, Filed, Sale, Stock, StockLine, Voiding, Way
from kiosk.counter.drafts import Numbering, beside_of
from kiosk.counter.effects import (
    AskedDraft,
    CollectedDraft,
    Draft,
    FiledDraft,
    HandedOverDraft,
    OrderCancelledDraft,
    PrintedDraft,
    WriteEntries,
    kept_of,
)
from kiosk.counter.events import Moment, NotWritten, Paper
from kiosk.counter.values import CartLine, Customer, OpenPaper, OpenSale, Till
from kiosk.journal.day import added_up
from kiosk.journal.faults import JournalFault
from kiosk.journal.file import FILE
from kiosk.journal.journal import Journal
from kiosk.journal.making import create_journal
from kiosk.journal.recall import recalled, receipt_text, voidable
from kiosk.journal.values import Owner
from schemas.beside import belongs, commitments
from schemas.entries import ENTRY
from schemas.kiosk_api import EntryOutcome, UploadAnswer
from schemas.refusals import FaultCode
from schemas.tokens import make_token, token_hash
from tests.fakes.fake_ledger import SOAP, a_snapshot, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
OWNER = Owner("SQ", 1, "ab" * 32)
MOMENT = Moment(NOON, 5, UUID(int=1), True, (UUID(int=2), UUID(int=3)), bytes(33))
SALT = "5a" * 16


def a_sale(n: int, way: Way | None = None) -> Sale:
    customer = Customer("0007", "汤**", "1组", token_hash(card_token(7)).hex(), "4187")
    return Sale(
        id=UUID(int=1000 + n), kiosk=1, customer=customer, lines=(CartLine(SOAP, "香皂", "块", 2, 5),), before=60, snapshot=100,
        contact_at=NOON, token=make_token("SQ", n.to_bytes(17)), clerk="zhou", at=NOON, clock_trusted=True, way=way or Way(),
        salt=SALT if way and way.proxy else "",
    )  # fmt: skip


def filed(n: int, what: Voiding | Stock | DayClose) -> Filed:
    return Filed(UUID(int=2000 + n), 1, "zhou", NOON, True, what)


def write(journal: Journal, *drafts: Draft, moment: Moment = MOMENT) -> None:
    receipts = [receipt_text(deal) for draft in drafts if (deal := kept_of(draft)) is not None]
    beside = {index: names for index, draft in enumerate(drafts) if (names := beside_of(draft))}
    journal.append([Numbering(draft, moment, "zhou") for draft in drafts], receipts, beside)


def answer(journal: Journal, number: int, id_: UUID, outcome: str = "posted", seq: int | None = 105) -> None:
    said = EntryOutcome(number=number, id=id_, outcome=outcome, seq=seq)
    journal.keep_answer(UploadAnswer(taken_up_to=number, outcomes=[said], server_time=NOON))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    create_journal(tmp_path, OWNER)
    journal = Journal(tmp_path, OWNER)
    yield journal
    journal.close()


def test_only_sales_that_hold_and_were_not_voided_can_be_voided(journal: Journal) -> None:
    one, two, three, four = (a_sale(n) for n in range(1, 5))
    write(journal, AskedDraft(one))
    write(journal, AskedDraft(two), HandedOverDraft(UUID(int=50), two))
    write(journal, AskedDraft(three))
    answer(journal, 1, one.id)
    answer(journal, 4, three.id, "not_enough_points", None)
    write(journal, CollectedDraft(replace(four, ordered=UUID(int=9))))
    assert [sale.number for sale in voidable(journal)] == [5, 2, 1]
    write(journal, FiledDraft(filed(1, Voiding(one, "not_wanted", None, 60, False))))
    assert [sale.number for sale in voidable(journal)] == [5, 2]


def test_a_sale_is_voided_once_and_an_order_collected_once_whatever_the_screen_says(journal: Journal) -> None:
    sale = a_sale(1)
    write(journal, AskedDraft(sale), HandedOverDraft(UUID(int=50), sale))
    write(journal, FiledDraft(filed(1, Voiding(sale, "not_wanted", None, 60, True))))
    with pytest.raises(JournalFault, match="voided once"):
        write(journal, FiledDraft(filed(2, Voiding(sale, "not_wanted", None, 60, True))))
    write(journal, OrderCancelledDraft(UUID(int=60), UUID(int=9)))
    with pytest.raises(JournalFault, match="once"):
        write(journal, CollectedDraft(replace(a_sale(2), ordered=UUID(int=9))))


@pytest.mark.parametrize(("steps", "copy"), [([], -1), (["queued", "sent"], 0), (["unknown"], 0), (["printed"], None)])
def test_a_void_slip_that_nobody_saw_is_asked_about_after_a_power_cut(
    journal: Journal, steps: list[str], copy: int | None
) -> None:
    sale = a_sale(1)
    paper = filed(1, Voiding(sale, "not_wanted", None, 60, False))
    write(journal, AskedDraft(sale))
    answer(journal, 1, sale.id)
    journal.paper(sale.id, 0, "closed")
    write(journal, FiledDraft(paper))
    for step in steps:
        if step in ("queued", "sent"):
            journal.paper(paper.id, 0, step)
        else:
            write(journal, PrintedDraft(UUID(int=70), paper.id, 0, Paper(step)))
    pending = recalled(journal, None).pending
    assert [(p.sale.number, p.copy) for p in pending if isinstance(p, OpenPaper)] == (
        [] if copy is None else [(2, copy)]
    )


def test_what_came_back_is_counted_until_the_snapshot_holds_it(journal: Journal) -> None:
    sale = a_sale(1)
    paper = filed(1, Voiding(sale, "not_wanted", None, 60, False))
    write(journal, AskedDraft(sale), FiledDraft(paper))
    answer(journal, 1, sale.id, seq=101)
    book = {here.sale: here for here in recalled(journal, a_snapshot(101, taken_at=NOON)).sold}
    assert [(here.total, here.goods, here.taken) for here in book.values()] == [(-10, ((SOAP, -2),), False)]
    answer(journal, 2, paper.id, seq=102)
    assert recalled(journal, a_snapshot(102, taken_at=NOON)).sold == ()


def test_a_proxys_name_travels_beside_its_commitment(journal: Journal) -> None:
    write(journal, AskedDraft(a_sale(1, Way(proxy="away"))), AskedDraft(a_sale(2)))
    first, second = journal.backlog(10)
    entry = ENTRY.validate_json(first.text)
    assert first.beside is not None
    assert belongs(first.beside["proxy"], commitments(entry)["proxy"])
    assert "见签字" not in first.text
    assert second.beside is None
    assert [entry.beside is None for entry in journal.entries(1)] == [False, True]


def test_a_day_is_what_the_kiosk_itself_knows_of_it(journal: Journal) -> None:
    yesterday = replace(MOMENT, wall=NOON - timedelta(days=1))
    one, two, three, open_ = (a_sale(n) for n in range(1, 5))
    write(journal, AskedDraft(one), HandedOverDraft(UUID(int=50), one), moment=yesterday)
    write(journal, AskedDraft(two), HandedOverDraft(UUID(int=51), two))
    write(journal, AskedDraft(replace(three, cash_fen=200, way=Way(cash_points=2))))
    write(journal, AskedDraft(open_))
    answer(journal, 5, three.id)
    write(journal, FiledDraft(filed(1, Voiding(one, "not_wanted", "liang", 60, True))))
    write(journal, FiledDraft(filed(2, Stock("bought", (StockLine(SOAP, "香皂", "块", 0, 40, 500),)))))
    for copy in (0, 1):
        write(journal, PrintedDraft(UUID(int=80 + copy), two.id, copy, Paper.UNKNOWN))
    added = added_up(journal, NOON.date(), "Asia/Shanghai")
    figures = added.figures
    assert (added.first, added.last) == (3, 10)
    assert (figures.sales, figures.points, figures.offline_sales, figures.offline_points) == (2, 18, 1, 10)
    assert (figures.voids, figures.voided_points, figures.cash_sales, figures.cash_fen) == (1, 10, 1, 200)
    assert (figures.received, figures.received_pieces, figures.reprints, figures.unsent) == (1, 40, 1, 5)
    write(journal, FiledDraft(filed(3, DayClose(added))))
    assert added_up(journal, NOON.date(), "Asia/Shanghai").last == 10
    assert added_up(journal, NOON.date() + timedelta(days=1), "Asia/Shanghai").first is None


def test_what_the_contract_does_not_allow_is_told_as_not_written(journal: Journal) -> None:
    """It gets no further than the journal, so nothing else is at hand."""
    acts = Acts(Enrolment(journal, None, None, None), Till, list, demo=True, at=nowhere)  # type: ignore[arg-type]
    draft = AskedDraft(replace(a_sale(1, Way(proxy="away")), salt=""))
    said = next(acts.do(WriteEntries((draft,), MOMENT, "zhou"), MOMENT))
    assert said == NotWritten(draft.sale.id, FaultCode.DISK_NEARLY_FULL)
    assert journal.head() is None


def test_a_sale_kept_before_proxies_had_names_is_taken_up_as_it_was(journal: Journal) -> None:
    sale = a_sale(1, Way(proxy="away"))
    kept = json.loads(receipt_text(sale).text)
    del kept["way"]["proxy_name"]
    old = replace(receipt_text(sale), text=json.dumps(kept))
    journal.append([Numbering(AskedDraft(sale), MOMENT, "zhou")], [old])
    (pending,) = recalled(journal, None).pending
    assert isinstance(pending, OpenSale)
    assert beside_of(HandedOverDraft(UUID(int=9), pending.sale))["proxy"].text == "见签字"


def test_a_journal_of_the_first_release_is_opened_and_gets_what_came_after_it(tmp_path: Path) -> None:
    create_journal(tmp_path, OWNER)
    raw = sqlite3.connect(tmp_path / FILE)
    raw.executescript(
        "DROP VIEW sales; DROP VIEW filed; DROP TABLE beside; DROP TABLE desk; DROP TRIGGER sale_voided_once;"
        "DROP TRIGGER order_collected_once; DROP INDEX entries_kind; PRAGMA user_version = 0;"
    )
    raw.close()
    journal = Journal(tmp_path, OWNER)
    write(journal, AskedDraft(a_sale(1, Way(proxy="away"))))
    assert journal.cart_open() is False
    journal.keep_cart_open(True)
    journal.close()
    again = Journal(tmp_path, OWNER)
    event = recalled(again, None)
    again.close()
    assert (event.cart_lost, event.clerk, len(event.pending)) == (True, "zhou", 1)
