"""Void, day close and slips without buying, in a real process with a real printer's socket; and the power going in the middle."""

from __future__ import annotations

import pytest

from tests.hardware.test_kiosk_kill import CARD, CounterProcess, World, world

__all__ = ["world"]


def sold(counter: CounterProcess) -> None:
    counter.line("online")
    counter.sell()
    assert counter.until("Done") == "Done None"
    counter.tap("leave", "Idle")


def ask_for_void(counter: CounterProcess) -> None:
    counter.say("tap void")
    counter.until("SalesList")
    counter.tap("sale newest", "VoidReasons")
    counter.tap("reason wrong_goods", "VoidAsked")


def text(job: bytes) -> str:
    """What a job says, as far as it is text."""
    return job.decode("gb18030", "replace")


def test_a_void_gives_the_points_back_and_prints_both_numbers(world: World) -> None:
    with CounterProcess(world) as counter:
        sold(counter)
        ask_for_void(counter)
        assert counter.tap("void", "Done") == "Done None"
        assert world.ledger.wait_for(4)
        counter.ends()
    assert world.kinds() == world.ledger.kinds() == ["asked", "printed", "voided", "printed"]
    assert world.ledger.balance("0007") == 60
    slip = text(world.printer.jobs[-1])
    assert "1-000003" in slip
    assert "1-000001" in slip


@pytest.mark.parametrize("point", ["after_write", "before_print", "after_print"])
def test_power_that_goes_during_a_void_never_gives_back_twice(world: World, point: str) -> None:
    with CounterProcess(world) as counter:
        sold(counter)
        assert world.ledger.wait_for(2)
        counter.ends()
    printed = len(world.printer.jobs)
    with CounterProcess(world, point) as counter:
        counter.line("online")
        ask_for_void(counter)
        counter.say("tap void")
        counter.dies()
    assert world.kinds() == ["asked", "printed", "voided"]
    jobs = len(world.printer.wait_for_jobs(printed + (point == "after_print")))
    with CounterProcess(world) as counter:
        assert counter.until("PrintUnknown") == "PrintUnknown True"
        assert len(world.printer.jobs) == jobs, "nothing is printed before somebody asks for it"
        assert counter.tap("reprint", "Done") == "Done None"
        counter.line("online")
        assert world.ledger.wait_for(4)
        counter.ends()
    assert (world.ledger.balance("0007"), world.kinds().count("voided")) == (60, 1)
    assert ("补打" in text(world.printer.jobs[-1])) == (point != "after_write")


@pytest.mark.parametrize("online", [True, False], ids=["online", "offline"])
def test_a_day_is_closed_with_four_words_or_without(world: World, online: bool) -> None:
    with CounterProcess(world) as counter:
        sold(counter)
        if not online:
            world.ledger.mode = "error"
            counter.line("offline")
        counter.say("tap day")
        counter.until("DayShown")
        counter.say("tap close_day")
        assert counter.until("Done") == "Done None"
        world.ledger.mode = "well"
        counter.line("online")
        assert world.ledger.wait_for(4)
        counter.ends()
    assert world.kinds() == ["asked", "printed", "day_closed", "printed"]
    slip = text(world.printer.jobs[-1])
    assert ("孙女" in slip) == online
    assert ("没有封上账" in slip) == (not online)


def test_balance_and_passbook_are_printed_without_an_entry(world: World) -> None:
    with CounterProcess(world) as counter:
        counter.line("online")
        world.scanner.scan(CARD)
        counter.until("HouseholdShown")
        counter.say("tap balance", "tap passbook")
        jobs = world.printer.wait_for_jobs(2)
        counter.ends()
    assert world.kinds() == []
    assert sorted("余额条" in text(job) for job in jobs) == [False, True]
    assert any("积分存折" in text(job) for job in jobs)
