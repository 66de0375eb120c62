"""A dead kiosk's stick is read in at the ledger's console: what was sent before is not moved twice, what was not is posted once."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.cli import cli
from ledger.kiosks.copies import UNIT, read_signed_copy, take_copy
from ledger.kiosks.intake import Forked, Revoked
from ledger.kiosks.store import kiosk_by_id, revoke
from ledger.storage.database import Database
from ledger.villages.store import village_by_code
from schemas.journal_copy import SignedHead, entry_line, head_line
from schemas.kiosk_api import EntryOutcome
from schemas.problems import BrokenContract
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.shop_scene import RICE, SOAP, Scene

PASSED = "号机的副本到第 2 笔：账里已有 0 笔，新读进 2 笔"
ONE_SOAP = [(SOAP, 1, 5)]


def stick_of(pen: KioskPen, folder: Path, signed: int | None = None) -> Path:
    """What the kiosk's stick holds, its head signed up to entry ``signed``."""
    path = folder / f"merit-{pen.village}-{pen.kiosk}.journal"
    path.write_text("".join(map(entry_line, pen.journal)), encoding="utf-8", newline="\n")
    last = pen.journal[(signed or len(pen.journal)) - 1]
    head = SignedHead(last.number, last.link, pen.sign([last]).signature)
    path.with_suffix(".head").write_text(head_line(head), encoding="ascii", newline="\n")
    return path


def read_in(scene: Scene, path: Path) -> tuple[EntryOutcome, ...]:
    copy = read_signed_copy(scene.database, scene.village, path)
    taken = take_copy(scene.database, scene.village, copy, scene.clock.now())
    assert isinstance(taken, tuple)
    return taken


def test_half_sent_the_rest_from_the_stick_each_once(scene: Scene, tmp_path: Path) -> None:
    pen = scene.enrolled()
    pen.printed(pen.asked("0007", scene.cards["0007"], ONE_SOAP))
    scene.send(pen)
    pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    path = stick_of(pen, tmp_path)
    assert [outcome.outcome for outcome in read_in(scene, path)] == ["posted"]
    assert read_in(scene, path) == ()
    assert (scene.balance("0007"), scene.balance("0012")) == (55, 195)
    kiosk = scene.database.read(lambda tx: kiosk_by_id(tx, scene.village.village_id, pen.kiosk))
    assert kiosk is not None
    assert kiosk.taken_up_to == 3
    assert scene.adds_up()


def test_a_long_copy_is_taken_in_units(scene: Scene, tmp_path: Path) -> None:
    pen = scene.enrolled()
    for _ in range(UNIT + 7):
        pen.called_off(uuid.uuid4())
    assert len(read_in(scene, stick_of(pen, tmp_path))) == UNIT + 7


def test_what_came_after_the_signed_head_is_told_and_not_taken(scene: Scene, tmp_path: Path) -> None:
    pen = scene.enrolled()
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.asked("0012", scene.cards["0012"], ONE_SOAP)
    path = stick_of(pen, tmp_path, signed=1)
    assert len(read_signed_copy(scene.database, scene.village, path).unsigned) == 1
    assert len(read_in(scene, path)) == 1
    assert (scene.balance("0007"), scene.balance("0012")) == (55, 200)


@pytest.mark.parametrize("sent", [1, 2], ids=["as long as the copy", "longer"])
def test_another_history_under_the_same_numbers_freezes_the_kiosk(scene: Scene, tmp_path: Path, sent: int) -> None:
    pen = scene.enrolled()
    clone = pen.clone()
    for _ in range(sent):
        pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.send(pen)
    clone.asked("0012", scene.cards["0012"], ONE_SOAP)
    copy = read_signed_copy(scene.database, scene.village, stick_of(clone, tmp_path))
    assert take_copy(scene.database, scene.village, copy, scene.clock.now()) == Forked()
    assert ("journal_fork", None) in scene.cases()
    assert scene.balance("0012") == 200


def test_a_stopped_kiosks_copy_lies_aside(scene: Scene, tmp_path: Path) -> None:
    pen = scene.enrolled()
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    scene.database.write(lambda tx: revoke(tx, scene.village.village_id, pen.kiosk, scene.clock.now()))
    copy = read_signed_copy(scene.database, scene.village, stick_of(pen, tmp_path))
    assert take_copy(scene.database, scene.village, copy, scene.clock.now()) == Revoked()
    assert scene.balance("0007") == 60


def test_whatever_does_not_hold_is_said_and_nothing_is_read(scene: Scene, tmp_path: Path) -> None:
    pen, other = scene.enrolled(), scene.enrolled()
    for each in (pen, other):
        each.asked("0007", scene.cards["0007"], ONE_SOAP)
        each.asked("0012", scene.cards["0012"], ONE_SOAP)
    path = stick_of(pen, tmp_path)
    text, head = path.read_text(encoding="utf-8"), path.with_suffix(".head")
    signed, theirs = head.read_text(encoding="ascii"), stick_of(other, tmp_path).with_suffix(".head").read_text()

    def said() -> str:
        with pytest.raises(BrokenContract) as broken:
            read_in(scene, path)
        return broken.value.faults[0].words

    path.write_text(text.replace('"total":5', '"total":4', 1), encoding="utf-8")
    assert "第 1 笔对不上校验" in said()
    path.write_text(text[: text.index("\n") + 1], encoding="utf-8")
    assert "副本少了" in said()
    path.write_text(text, encoding="utf-8")
    head.write_text(theirs)
    assert "签名和这台机登记的对不上" in said()
    head.unlink()
    assert "没有签名" in said()
    head.write_text(signed)
    path.rename(tmp_path / "merit-SQ-77.journal")
    path = tmp_path / "merit-SQ-77.journal"
    assert "没有 77 号机" in said()
    path.rename(tmp_path / "copy.txt")
    path = tmp_path / "copy.txt"
    assert "不是这个村的副本" in said()
    assert (scene.balance("0007"), scene.balance("0012")) == (60, 200)


def test_the_command_says_what_it_did_and_what_it_could_not(tmp_path: Path, clock: FixedClock) -> None:
    environ = {"MERIT_LEDGER_DATA_DIR": str(tmp_path / "ledger")}

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, words, env=environ)

    assert run("init").exit_code == 0
    assert run("village", "add", "SQ", "石桥村", "--phone", "555 0123").exit_code == 0
    database = Database(f"sqlite:///{tmp_path / 'ledger' / 'ledger.sqlite'}")
    village = database.read(lambda tx: village_by_code(tx, "SQ"))
    assert village is not None
    scene = Scene(database, village, clock)
    scene.furnish()
    pen = scene.enrolled()
    pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    pen.asked("0007", scene.cards["0007"], ONE_SOAP)
    path = stick_of(pen, tmp_path, signed=2)
    done = run("kiosk", "copy", "--village", "SQ", str(path))
    assert (done.exit_code, PASSED in done.output) == (0, True), done.output
    assert "1-000001 没有入账：not_enough_points" in done.output
    assert "后面 1 笔没有签名，没有读" in done.output
    assert "账里已有 2 笔，新读进 0 笔" in run("kiosk", "copy", "--village", "SQ", str(path)).output
    path.with_suffix(".head").unlink()
    broken = run("kiosk", "copy", "--village", "SQ", str(path))
    assert (broken.exit_code, "没有签名" in broken.output) == (2, True)
    stick_of(pen, tmp_path)
    database.write(lambda tx: revoke(tx, village.village_id, pen.kiosk, clock.now()))
    stopped = run("kiosk", "copy", "--village", "SQ", str(path))
    assert (stopped.exit_code, "那台机已经停用" in stopped.output) == (1, True)
    assert scene.balance("0007") == 55
    database.close()
