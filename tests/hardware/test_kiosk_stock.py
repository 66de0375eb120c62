"""Stock papers through the real program: from the pad to the entry that was sent, the name beside it, and the paper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.beside import belongs
from schemas.kiosk_api import SnapshotClerk
from tests.fakes.counter_program import CounterProgram, counter_program
from tests.fakes.counter_village import PIN, PIN_HASH
from tests.fakes.fake_ledger import SOAP, SOY, FakeLedger, a_snapshot

DONOR = "山泉毛巾厂"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[CounterProgram]:
    people = [
        SnapshotClerk(login="zhou", name="周玉兰"),
        SnapshotClerk(login="wang", name="王秀英", pin_hash=PIN_HASH),
    ]
    ledger = FakeLedger(a_snapshot().model_copy(update={"donors": [DONOR], "clerks": people}))
    with counter_program(tmp_path / "data", ledger) as counter:
        counter.shows("联网")
        yield counter


def sheet(counter: CounterProgram, kind: str) -> None:
    counter.tap("stock")
    counter.tap("sheet", kind)


def printed(counter: CounterProgram) -> str:
    """What the first paper says."""
    return counter.printer.wait_for_jobs(1)[0].decode("gb18030", "replace")


def test_given_goods_go_with_their_day_and_their_donor_to_the_ledger_and_onto_paper(counter: CounterProgram) -> None:
    sheet(counter, "donated")
    counter.scan(SOAP)
    counter.shows("来了几件？")
    counter.types("50")
    counter.types("10.5")
    counter.types("20290615")
    counter.tap("goods", SOY)
    counter.types("5")
    counter.types("")
    counter.tap("no_date")
    counter.tap("file")
    counter.shows("谁捐的？")
    counter.tap("donor", DONOR)
    text = printed(counter)
    assert [words in text for words in (DONOR, "2029-06-15", "525.00")] == [True, True, True]

    assert counter.ledger.wait_for(2)
    entry = json.loads(counter.ledger.texts[1])
    assert [(line["barcode"], line["quantity"], line["cost_fen"], line["best_before"]) for line in entry["lines"]] == [
        (SOAP, 50, 1050, "2029-06-15"),
        (SOY, 5, 0, None),
    ]
    beside = next(sent.beside for upload in counter.ledger.uploads for sent in upload.entries if sent.beside)["donor"]
    assert (entry["source"], beside.text, belongs(beside, entry["donor"])) == ("donated", DONOR, True)
    assert DONOR not in counter.ledger.texts[1]


def test_a_write_off_names_who_looked_too_and_keeps_no_pin(counter: CounterProgram, tmp_path: Path) -> None:
    sheet(counter, "written_off")
    counter.tap("goods", SOY)
    counter.types("2")
    counter.tap("reason", "broken")
    counter.tap("file")
    counter.shows("谁一起点的？")
    counter.tap("person", "wang")
    counter.types(PIN)
    text = printed(counter)
    assert [words in text for words in ("报损单", "2件：破损", "王**")] == [True, True, True]

    assert counter.ledger.wait_for(2)
    entry = json.loads(counter.ledger.texts[1])
    assert (entry["kind"], entry["clerk"], entry["second"]) == ("written_off", "zhou", "wang")
    alone = re.compile(rb"(?<![0-9a-f])" + PIN.encode() + rb"(?![0-9a-f])")
    files = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert [file.name for file in files if alone.search(file.read_bytes())] == []
