"""An entry over which the ledger's own program stumbles lies in quarantine and the rest goes on; what the machine lacks puts nothing aside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from ledger.kiosks.taking import MOST_STUMBLES, lies_in_an_entry
from ledger.storage.writer import StorageFault
from ledger.villages.store import close_case, open_cases
from schemas.kiosk_api import UploadAnswer
from tests.fakes.kiosk_door import come_in
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import SOAP, SOY, Scene

POISON = 3  # pieces: whoever takes three of anything, the database refuses
Send = Callable[[], tuple[int, UploadAnswer | None]]


@pytest.fixture
def pen(scene: Scene, client: FlaskClient) -> KioskPen:
    """An enrolled kiosk's pen."""
    pen, header = come_in(client, scene)
    client.environ_base["HTTP_AUTHORIZATION"] = header["Authorization"]
    return pen


@pytest.fixture
def send(client: FlaskClient, pen: KioskPen) -> Send:
    """Upload the whole journal: the status, and the answer if there is one."""

    def sent() -> tuple[int, UploadAnswer | None]:
        answer = client.post(
            "/api/v1/kiosk/entries", data=pen.upload().model_dump_json(), content_type="application/json"
        )
        good = answer.status_code == 200
        return answer.status_code, UploadAnswer.model_validate_json(answer.data) if good else None

    return sent


def raw(scene: Scene, sql: str) -> None:
    def work(tx: Connection) -> None:
        tx.execute(text(sql))

    scene.database.write(work)


@pytest.fixture
def poisoned(scene: Scene) -> Scene:
    """The database refuses some rows, as it would refuse what a bug makes of an entry."""
    raw(
        scene,
        f"CREATE TRIGGER poison BEFORE INSERT ON redemption_lines WHEN NEW.quantity = {POISON} "
        "BEGIN SELECT raise(ABORT, 'nobody foresaw this'); END",
    )
    return scene


def codes(answer: UploadAnswer | None) -> list[str]:
    assert answer is not None
    return [outcome.outcome for outcome in answer.outcomes]


def test_one_poisoned_entry_is_put_aside_and_the_rest_is_posted(poisoned: Scene, pen: KioskPen, send: Send) -> None:
    pen.asked("0007", poisoned.cards["0007"], [(SOAP, 1, 5)])
    bad = pen.asked("0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    pen.asked("0012", poisoned.cards["0012"], [(SOY, 2, 5)])
    status, answer = send()
    assert (status, codes(answer)) == (200, ["posted", "quarantined", "posted"])
    assert answer is not None
    assert (answer.taken_up_to, answer.outcomes[1].id) == (3, bad)
    assert (poisoned.balance("0007"), poisoned.balance("0012"), poisoned.stock(SOAP)) == (55, 190, 39)
    [case] = poisoned.database.read(lambda tx: open_cases(tx, poisoned.village.village_id))
    assert (case.kind, case.figures["entry"], case.figures["kiosk"]) == ("entry_quarantined", 2, pen.kiosk)
    assert poisoned.adds_up()


def test_it_is_logged_with_its_place_and_without_what_it_says(poisoned: Scene, pen: KioskPen, send: Send) -> None:
    pen.asked("0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    with capture_logs() as logged:
        send()
    [told] = [line for line in logged if line["event"] == "entry_quarantined"]
    assert (told["number"], told["kinds"][0], told["log_level"]) == (1, "IntegrityError", "error")
    assert any("intake.py" in frame for frame in told["frames"])
    assert "nobody foresaw" not in str(logged)


def test_sent_again_it_has_the_same_outcomes_and_one_case(poisoned: Scene, pen: KioskPen, send: Send) -> None:
    pen.asked("0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    assert codes(send()[1]) == ["quarantined"]
    raw(poisoned, "DROP TRIGGER poison")
    _, again = send()
    assert again is not None
    assert [(one.outcome, one.repeated) for one in again.outcomes] == [("quarantined", True)]
    assert (poisoned.balance("0007"), len(poisoned.cases())) == (60, 1)


def test_goods_that_went_after_a_poisoned_asked_are_posted(poisoned: Scene, pen: KioskPen, send: Send) -> None:
    sale = pen.asked("0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    send()
    raw(poisoned, "DROP TRIGGER poison")
    pen.handed_over(sale, "0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    assert codes(send()[1]) == ["quarantined", "posted"]
    assert (poisoned.balance("0007"), poisoned.adds_up()) == (45, True)


def test_what_fails_in_company_and_not_alone_is_no_entrys_fault(scene: Scene, pen: KioskPen, send: Send) -> None:
    raw(
        scene,
        "CREATE TRIGGER company BEFORE INSERT ON redemptions WHEN NEW.total = 10 AND NOT EXISTS (SELECT 1 FROM entries) "
        "BEGIN SELECT raise(ABORT, 'only in company'); END",
    )
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    pen.asked("0012", scene.cards["0012"], [(SOY, 2, 5)])
    assert codes(send()[1]) == ["posted", "posted"]
    assert scene.cases() == []


def test_a_database_that_is_away_is_a_fault_and_puts_nothing_aside(scene: Scene, pen: KioskPen, send: Send) -> None:
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    pen.asked("0012", scene.cards["0012"], [(SOY, 2, 5)])
    raw(scene, "ALTER TABLE redemption_lines RENAME TO away")
    assert send() == (503, None)
    assert (scene.balance("0007"), scene.cases()) == (60, [])
    raw(scene, "ALTER TABLE away RENAME TO redemption_lines")
    assert codes(send()[1]) == ["posted", "posted"]
    assert scene.cases() == []


def test_a_fault_while_going_one_by_one_keeps_what_was_taken_and_puts_nothing_aside(
    poisoned: Scene, pen: KioskPen, send: Send
) -> None:
    """The first fails by itself; before the second the database goes away; afterwards everything is as it should be."""
    pen.asked("0007", poisoned.cards["0007"], [(SOAP, POISON, 5)])
    pen.asked("0012", poisoned.cards["0012"], [(SOY, 2, 5)])
    raw(
        poisoned,
        "CREATE TRIGGER gone BEFORE INSERT ON redemption_lines WHEN NEW.quantity = 2 BEGIN DELETE FROM nowhere; END",
    )
    assert send() == (503, None)
    raw(poisoned, "DROP TRIGGER gone")
    assert codes(send()[1]) == ["quarantined", "posted"]
    assert len(poisoned.cases()) == 1


def test_when_everything_stumbles_it_is_the_program_and_the_kiosk_keeps_its_entries(
    poisoned: Scene, pen: KioskPen, send: Send
) -> None:
    for _ in range(MOST_STUMBLES + 2):
        pen.asked("0012", poisoned.cards["0012"], [(SOAP, POISON, 5)])
    assert send() == (500, None)
    assert send() == (500, None)
    assert len(poisoned.cases()) == MOST_STUMBLES
    village_id, now = poisoned.village.village_id, poisoned.clock.now()
    first = poisoned.database.read(lambda tx: open_cases(tx, village_id))[0]
    poisoned.database.write(lambda tx: close_case(tx, village_id, first.case_id, by="staff:1", now=now))
    raw(poisoned, "DROP TRIGGER poison")
    assert codes(send()[1]) == ["quarantined"] * MOST_STUMBLES + ["posted"] * 2


def a_state(code: str) -> Exception:
    failure = type("Failure", (Exception,), {"sqlstate": code})()
    return IntegrityError("INSERT", {}, failure)


@pytest.mark.parametrize(
    ("error", "theirs"),
    [
        (ValueError("a bug"), True),
        (AssertionError(), True),
        (KeyError("x"), True),
        (RecursionError(), True),
        (OverflowError(), True),
        (IntegrityError("INSERT", {}, Exception()), True),
        (DataError("INSERT", {}, Exception()), True),
        (StatementError("bind", "INSERT", {}, TypeError()), True),
        (a_state("23514"), True),
        (a_state("P0001"), True),
        (a_state("42P01"), False),
        (a_state("40001"), False),
        (a_state("53100"), False),
        (StorageFault("away"), False),
        (OperationalError("INSERT", {}, Exception()), False),
        (PoolTimeout(), False),
        (MemoryError(), False),
        (OSError("disk"), False),
        (RuntimeError("nobody knows"), False),
    ],
)
def test_only_what_would_fail_again_lies_in_an_entry(error: Exception, theirs: bool) -> None:
    assert lies_in_an_entry(error) is theirs
