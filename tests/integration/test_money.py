"""Money behind points, by two people: what is granted, settled and limited, and a month's sheet that ties to the book."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError

from ledger.book.checkpoints import sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.reading import last_lines
from ledger.book.tables import documents
from ledger.shop.money import decided, drop, waiting
from ledger.shop.money_rules import MoneyKind, MoneyRequest, MoneyState, MoneyWish
from ledger.shop.money_sheet import months_of, seal_slip
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.four_words import four_words
from schemas.problems import BrokenContract, IdReused
from schemas.refusals import Refusal
from schemas.slip import read_slip
from tests.conftest import FixedClock
from tests.fakes.award_scene import CHEN, LI, ZHOU
from tests.fakes.money_scene import DECEMBER, NOVEMBER, MoneyScene
from tests.fakes.shop_scene import SOY

GRANT = MoneyWish(MoneyKind.GRANT, 3000, "村集体分红")
OFF, ON = MoneyWish(MoneyKind.LIMIT_OFF), MoneyWish(MoneyKind.LIMIT_ON)


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> MoneyScene:
    return MoneyScene(database, village, clock).furnish()


def code(found: object) -> str:
    assert isinstance(found, Refusal), found
    return found.code.code


def test_money_counts_once_another_person_has_confirmed_it(scene: MoneyScene) -> None:
    asked = scene.asked(GRANT)
    assert (asked.state, asked.asker, scene.standing().totals.granted) == (MoneyState.ASKED, "李秀文", 0)
    assert code(scene.confirm(asked, by=LI)) == "same_person"
    for _ in ("first", "again"):
        done = scene.confirm(asked)
        assert isinstance(done, MoneyRequest)
        assert (done.state, done.decider, done.seq) == (MoneyState.DONE, "周玉兰", 3)
    assert scene.standing().totals.granted == 3000
    [line] = scene.database.read(lambda tx: last_lines(tx, scene.village.village_id, "grant", limit=5))
    assert (line.id, line.document) == (asked.request_id, '{"source":"村集体分红"}'.encode())
    leaf = scene.database.read(lambda tx: tx.execute(text("SELECT leaf FROM transfers WHERE seq = 3")).scalar_one())
    assert b"\nstaff:1\nstaff:2\n" in leaf  # both people are in the log


def test_the_same_form_sent_twice_is_one_request_and_another_under_its_id_is_refused(scene: MoneyScene) -> None:
    id_ = scene.id()
    assert scene.ask(GRANT, request_id=id_) == scene.ask(GRANT, request_id=id_)
    assert len(scene.database.read(lambda tx: waiting(tx, scene.village.village_id))) == 1
    with pytest.raises(IdReused):
        scene.ask(MoneyWish(MoneyKind.GRANT, 3001, "村集体分红"), request_id=id_)


def test_only_those_who_answer_for_money_ask_and_confirm(scene: MoneyScene) -> None:
    for stranger in (ZHOU, CHEN):
        with pytest.raises(BrokenContract, match="村管理员"):
            scene.ask(GRANT, by=stranger)
    asked = scene.asked(GRANT)
    with pytest.raises(BrokenContract, match="村管理员、监督员"):
        scene.confirm(asked, by=CHEN)


def test_every_fault_of_a_request_is_told_and_nothing_is_written(scene: MoneyScene) -> None:
    with pytest.raises(BrokenContract) as caught:
        scene.ask(MoneyWish(MoneyKind.GRANT), by=CHEN)
    assert [fault.field for fault in caught.value.faults] == ["amount", "source", "by"]
    assert scene.database.read(lambda tx: waiting(tx, scene.village.village_id)) == []


def test_what_was_dropped_does_not_come_back(scene: MoneyScene) -> None:
    village, now = scene.village, scene.clock.now()
    for by in (LI, ZHOU):  # taken back, turned down
        asked = scene.asked(GRANT)
        for _ in ("first", "again"):
            gone = scene.database.write(lambda tx, id_=asked.request_id, by=by: drop(tx, village, id_, by=by, now=now))  # type: ignore[misc]
            assert isinstance(gone, MoneyRequest)
            assert (gone.state, gone.decided_by) == (MoneyState.DROPPED, by)
        assert code(scene.confirm(asked)) == "not_waiting"
    done = scene.done(GRANT)
    assert code(scene.database.write(lambda tx: drop(tx, village, done.request_id, by=LI, now=now))) == "not_waiting"
    assert scene.standing().totals.granted == 3000
    assert len(scene.database.read(lambda tx: decided(tx, village.village_id))) == 3


def test_the_shop_is_never_paid_for_more_than_it_took(scene: MoneyScene) -> None:
    scene.award("0007", 50)
    scene.spend("0007", (SOY, 4))
    settle = MoneyWish(MoneyKind.SETTLEMENT, 15)
    refused = scene.ask(MoneyWish(MoneyKind.SETTLEMENT, 21))
    assert code(refused) == "settlement_exceeded"
    first, second = scene.asked(settle), scene.asked(settle)
    scene.confirm(first)
    refused = scene.confirm(second)
    assert isinstance(refused, Refusal)
    assert (refused.code.code, refused.figures) == ("settlement_exceeded", {"limit": 5, "total": 15})
    assert (scene.standing().totals.shop, scene.standing().totals.settled) == (5, 15)


def test_one_person_may_be_stricter_and_two_are_needed_to_be_laxer(scene: MoneyScene) -> None:
    scene.grant(100)
    stricter = scene.asked(ON)
    assert (stricter.state, stricter.decided_by, scene.standing().tied) == (MoneyState.DONE, LI, True)
    asked = scene.asked(OFF)
    assert scene.standing().tied
    assert code(scene.confirm(asked, by=LI)) == "same_person"
    scene.confirm(asked)
    assert not scene.standing().tied


def test_the_warning_comes_at_four_fifths_of_what_was_granted_and_only_while_issuing_is_tied(scene: MoneyScene) -> None:
    scene.grant(500)
    scene.award("0007", 341)  # 58 were in the old books
    assert not scene.standing().near
    scene.award("0007", 1)
    assert not scene.standing().near
    scene.asked(ON)
    assert scene.standing().near
    assert scene.standing().left == 100


WRONG_ROWS = {
    "one person alone": "decided_by = asked_by",
    "a grant of nobody's money": "source = ''",
    "points without a transfer": "seq = NULL",
    "nothing at all": "amount = 0",
    "an unknown kind": "kind = 'gift'",
    "decided by nobody": "decided_by = NULL",
}


@pytest.mark.parametrize("change", WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_the_database_refuses_a_wrong_row(scene: MoneyScene, change: str) -> None:
    scene.done(GRANT)
    with pytest.raises(IntegrityError):
        scene.database.write(lambda tx: tx.execute(text(f"UPDATE money_requests SET {change}")).close())


def test_a_months_sheet_adds_up_and_begins_where_the_last_one_ended(scene: MoneyScene) -> None:
    scene.two_months()
    november, december = scene.sheet(NOVEMBER), scene.sheet(DECEMBER)
    assert [(c.opening, c.closing) for c in (november.money, november.goods, november.points)] == [
        (0, 3000),
        (0, 3145),
        (0, 158),
    ]
    assert [(c.opening, c.closing) for c in (december.money, december.goods, december.points)] == [
        (3000, 3470),
        (3145, 3130),
        (158, 185),
    ]
    assert (november.trouble, december.trouble, scene.standing().trouble) == ((), (), ())
    assert (november.current, december.current) == (False, True)
    assert [(line.words, line.amount) for line in december.money.lines] == [("捐款", 500), ("和店里结账 1 次", -30)]
    assert [(line.words, line.amount) for line in november.points.lines] == [
        ("公示后发出 2 笔", 120),
        ("原来本子转来 2 户", 58),
        ("兑出 1 次", -20),
    ]
    assert [(line.name, line.points, line.households) for line in december.areas] == [
        ("移风易俗", 20, 1),
        ("志愿服务", 12, 1),
        ("家庭美德", 10, 1),
    ]
    assert (december.cover.owed, december.cover.unsettled, december.cover.missing) == (185, 5, 0)
    now = scene.clock.now()
    assert scene.database.read(lambda tx: months_of(tx, scene.village, now)) == [DECEMBER, NOVEMBER]


def test_a_month_begins_at_the_villages_midnight(scene: MoneyScene, clock: FixedClock) -> None:
    clock.set(clock.now().replace(month=11, day=30, hour=15, minute=59))
    scene.award("0007", 1)
    clock.advance(minutes=1)  # December in Shanghai, still November in Greenwich
    scene.award("0007", 2)
    assert (scene.sheet(NOVEMBER).awarded, scene.sheet(DECEMBER).awarded) == (1, 2)


def test_an_award_whose_document_was_erased_still_counts(scene: MoneyScene) -> None:
    scene.award("0007", 7)
    scene.award("0011", 3, "FA02")
    scene.database.write(lambda tx: tx.execute(delete(documents).where(documents.c.seq == 3)).close())
    assert [(line.name, line.points) for line in scene.sheet(NOVEMBER).areas] == [("凭据已抹掉的", 7), ("家庭美德", 3)]


def test_what_went_beyond_the_grants_stands_on_the_sheet_with_a_name(scene: MoneyScene) -> None:
    scene.grant(100)
    scene.asked(ON)
    scene.award("0008", 60, over_limit=True)
    [line] = scene.sheet(NOVEMBER).overrides
    assert (line.household, line.name, line.override.amount, line.override.seq) == ("0008", "陈建国", 60, 4)
    assert scene.standing().left == -18


TAMPERING: dict[str, tuple[str, Callable[[MoneyScene], tuple[str, ...]]]] = {
    "a balance": (
        "UPDATE accounts SET balance = balance + 1 WHERE code = 'household:0007'",
        lambda s: s.standing().trouble,
    ),
    "two balances": (
        "UPDATE accounts SET balance = balance + CASE code WHEN 'shop:1' THEN -1 ELSE 1 END WHERE code IN ('shop:1', 'household:0007')",
        lambda s: s.standing().trouble,
    ),
    "the shelf": ("UPDATE goods SET stock = stock + 1", lambda s: s.sheet(DECEMBER).trouble),
    "an amount": ("UPDATE transfers SET amount = amount + 1 WHERE seq = 9", lambda s: s.sheet(DECEMBER).trouble),
    "a transfer": ("DELETE FROM transfers WHERE seq = 9", lambda s: s.sheet(DECEMBER).trouble),
}


@pytest.mark.parametrize(("statement", "trouble"), TAMPERING.values(), ids=TAMPERING)
def test_what_was_changed_behind_our_back_does_not_add_up(
    scene: MoneyScene, tmp_path: Path, statement: str, trouble: Callable[[MoneyScene], tuple[str, ...]]
) -> None:
    scene.two_months()
    assert trouble(scene) == ()
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite")) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        raw.execute(statement)
    assert trouble(scene)


def test_the_sheet_carries_the_seal_that_covers_it(scene: MoneyScene, tmp_path: Path) -> None:
    scene.two_months()
    village_id, folder = scene.village.village_id, KeyFolder(tmp_path / "keys")
    assert scene.sheet(DECEMBER).seal is None
    note = sign_checkpoint(scene.database, village_id, "SQ", folder, now=scene.clock.now())
    seal = scene.sheet(DECEMBER).seal
    assert seal is not None
    assert (seal.size, seal.four_words) == (12, four_words(seal.root))
    slip = scene.database.read(lambda tx: seal_slip(tx, scene.village, seal))
    assert slip is not None
    assert read_slip(slip) == note
    scene.award("0007", 1)
    assert scene.sheet(NOVEMBER).seal == seal
    assert scene.sheet(DECEMBER).seal == seal, "the present month shows how far the last seal goes"
