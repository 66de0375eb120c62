"""The card dies, the stick lives: the journal comes back whole and goes on, or the office reads it in; nothing starts empty in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk.app import running
from kiosk.care.stick import head_path
from kiosk.counter.events import Action
from kiosk.counter.values import LineStatus
from tests.fakes.enrolled_kiosk import Hands, VirtualCounter
from tests.fakes.fake_ledger import CODE


@pytest.fixture
def stick(counter: VirtualCounter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick that is in: a folder that says it is a mount."""
    folder = tmp_path / "stick"
    folder.mkdir()
    ismount = os.path.ismount
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == folder or ismount(path))
    counter.always["stick_dir"] = str(folder)
    return folder


def sell(hands: Hands) -> None:
    """Card, soap, confirm, paper."""
    hands.to_confirm()
    hands.tap(Action.CONFIRM)
    hands.put_away()


def serve_half(counter: VirtualCounter, stick: Path) -> Path:
    """Two sales with a line, one without, and all of it on the stick; the copy's file."""
    with running(counter.settings()) as kiosk:
        hands = Hands(kiosk.runner)
        hands.ready()
        sell(hands)
        sell(hands)
        assert counter.ledger.wait_for(4)
        counter.ledger.mode = "error"
        hands.until(lambda till: till.line.status is LineStatus.OFFLINE)
        sell(hands)
    copy = stick / "merit-SQ-1.journal"
    with running(counter.settings(same_code_s="0")):  # starting looks at the stick once, and writes what it lacks
        pass
    assert copy.read_text().count("\n") == 7
    return copy


def lose_the_journal(counter: VirtualCounter) -> None:
    (counter.data_dir / "journal.sqlite").unlink()


def test_half_uploaded_then_the_journal_is_lost_and_comes_back_from_the_stick(
    counter: VirtualCounter, stick: Path
) -> None:
    copy = serve_half(counter, stick)
    lose_the_journal(counter)
    for word in ("run", "status"):
        done = counter.run(word)
        assert done.exit_code == 3
        assert f"U盘上有副本，到第 7 笔。放回来：merit-kiosk journal restore --from {copy}" in done.output
    done = counter.run("journal", "restore", "--from", str(copy))
    assert (done.exit_code, "放回来了：7 笔" in done.output, "签名到第 7 笔" in done.output) == (0, True, True), (
        done.output
    )
    assert "没有下文" not in done.output
    assert "看村民手里的小票" in done.output
    with running(counter.settings()) as kiosk:
        hands = Hands(kiosk.runner)
        hands.until(lambda till: till.line.status is LineStatus.OFFLINE)
        assert kiosk.runner.state().book is None, "nothing is sold before the ledger has everything"
        counter.ledger.mode = "well"
        hands.until(lambda till: till.book is not None and till.line.sells_online and not till.line.unsent)
        assert (len(counter.ledger.texts), counter.ledger.balance("0007")) == (7, 45)
        sell(hands)
        assert counter.ledger.wait_for(9)
    assert counter.ledger.balance("0007") == 40
    assert counter.ledger.kinds() == ["asked", "printed"] * 2 + ["asked", "handed_over", "printed", "asked", "printed"]


def test_a_ledger_that_holds_more_than_the_copy_ends_the_number(counter: VirtualCounter, stick: Path) -> None:
    copy = serve_half(counter, stick)
    older = copy.read_text().splitlines(keepends=True)[:2]
    copy.write_text("".join(older))
    head_path(copy).unlink()
    lose_the_journal(counter)
    done = counter.run("journal", "restore", "--from", str(copy))
    assert (done.exit_code, "没有签名，只对了校验" in done.output) == (0, True), done.output
    counter.ledger.mode = "well"
    with running(counter.settings()) as kiosk:
        hands = Hands(kiosk.runner)
        hands.until(lambda till: till.line.status is LineStatus.FORKED)
        assert kiosk.runner.state().book is None
    assert counter.ledger.balance("0007") == 50


def test_a_sale_without_an_end_is_listed(counter: VirtualCounter, stick: Path) -> None:
    copy = serve_half(counter, stick)
    copy.write_text("".join(copy.read_text().splitlines(keepends=True)[:5]))
    head_path(copy).unlink()
    lose_the_journal(counter)
    done = counter.run("journal", "restore", "--from", str(copy))
    assert "1-000005 没有下文：0007 户的东西给没给" in done.output


def test_what_may_not_be_restored_is_said_and_nothing_is_written(
    counter: VirtualCounter, stick: Path, tmp_path: Path
) -> None:
    copy = serve_half(counter, stick)
    again = counter.run("journal", "restore", "--from", str(copy))
    assert (again.exit_code, "不覆盖" in again.output) == (1, True)
    whole, head = copy.read_text(), head_path(copy).read_text()
    lose_the_journal(counter)
    others = stick / "merit-SQ-2.journal"
    others.write_text(whole)
    for name, text, signed, code, words in (
        ("merit-SQ-2.journal", whole, head, 1, "这份是 SQ 村 2 号机的副本"),
        ("记录.journal", whole, head, 1, "看不出是哪台机的副本"),
        ("merit-SQ-1.journal", "", "", 1, "一笔也没有"),
        ("merit-SQ-1.journal", whole.replace("zhou", "zhao", 1), head, 3, "第 1 笔对不上校验"),
        ("merit-SQ-1.journal", whole[: len(whole) // 2], head, 1, "副本少了：签名签到第 7 笔"),
        # no signature ends in ff; one in 16 ends in 00
        ("merit-SQ-1.journal", whole, head[:-3] + "ff\n", 1, "不是这台机的钥匙签的"),
    ):
        (stick / name).write_text(text)
        head_path(stick / name).write_text(signed)
        done = counter.run("journal", "restore", "--from", str(stick / name))
        assert (done.exit_code, words in done.output) == (code, True), done.output
        assert [path.name for path in counter.data_dir.glob("journal*")] == []
    copy.write_text(whole)
    head_path(copy).write_text(head)
    (counter.data_dir / "journal.sqlite.restoring").write_bytes(b"half")
    (counter.data_dir / "journal.sqlite.restoring-journal").write_bytes(b"half")
    assert counter.run("journal", "restore", "--from", str(copy)).exit_code == 0


def test_without_the_key_it_is_said_what_to_do_and_a_new_kiosk_is_told_of_the_copy(
    counter: VirtualCounter, stick: Path
) -> None:
    copy = serve_half(counter, stick)
    for path in counter.data_dir.iterdir():
        path.unlink()
    done = counter.run("journal", "restore", "--from", str(copy))
    assert done.exit_code == 1
    assert "没有它的钥匙" in done.output
    assert "merit-ledger kiosk copy" in done.output
    counter.ledger.mode = "well"
    copy.rename(copy.with_name("merit-SQ-9.journal"))  # as if the fake ledger gave a new number
    enrolled = counter.run("enrol", CODE)
    assert (enrolled.exit_code, "9 号机的副本，到第 7 笔" in enrolled.output) == (0, True), enrolled.output
