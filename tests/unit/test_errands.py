"""Errands end in exactly one event, whatever went wrong; a day is sealed only when nothing is unsent."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from kiosk.counter.effects import AskPin, AskSeal, CheckPin, FetchPassbook
from kiosk.counter.events import Event, PassbookCame, PinAnswered, PinChecked, SealCame
from kiosk.errands import Errand, ErrandThread, is_pin
from kiosk.uplink.client import NoAnswerCame
from schemas.kiosk_api import Passbook, PassbookLine, PinAnswer, PinRequest, Seal
from tests.fakes.counter_village import PIN, PIN_HASH

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)


class Village:
    """A ledger that answers, or does not."""

    def __init__(self, answers: bool = True, household: str = "0007") -> None:
        self.answers = answers
        self.household = household

    def passbook(self, token: str, household: str) -> Passbook:
        self._say()
        line = PassbookLine(day=date(2026, 11, 14), words="义务劳动", amount=5, balance=20)
        return Passbook(household=self.household, seq=7, balance=20, lines=[line])

    def pin(self, token: str, request: PinRequest) -> PinAnswer:
        self._say()
        return PinAnswer(ok=request.pin == PIN)

    def seal(self, token: str) -> Seal:
        self._say()
        return Seal(size=9, sealed_at=NOON, slip="x", words=["孙女", "湖面", "蒸饭", "谷仓"], to_look_at=1)

    def _say(self) -> None:
        if not self.answers:
            raise NoAnswerCame("cut")


@contextmanager
def errands(village: Village, unsent: int = 0) -> Iterator[tuple[ErrandThread, queue.SimpleQueue[Event]]]:
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    thread = ErrandThread(village, "t", lambda: unsent, heard.put)
    thread.start()
    try:
        yield thread, heard
    finally:
        thread.stop()


@pytest.mark.parametrize(
    ("pin", "hash_", "ok"), [(PIN, PIN_HASH, True), ("1111", PIN_HASH, False), (PIN, "$argon2id$", False)]
)
def test_a_pin_is_held_against_its_hash(pin: str, hash_: str, ok: bool) -> None:
    assert is_pin(hash_, pin) is ok


@pytest.mark.parametrize("answers", [True, False])
def test_every_errand_ends_in_one_event(answers: bool) -> None:
    wanted: list[Errand] = [
        CheckPin("wang", PIN_HASH, PIN), AskPin("0007", PIN), FetchPassbook("0007"), AskSeal(),
    ]  # fmt: skip
    with errands(Village(answers)) as (thread, heard):
        for errand in wanted:
            thread.queue(errand)
        checked, pin, passbook, seal = (heard.get(timeout=30) for _ in wanted)
    assert checked == PinChecked("wang", True)
    assert pin == PinAnswered("0007", PinAnswer(ok=True) if answers else None)
    assert isinstance(passbook, PassbookCame)
    assert isinstance(seal, SealCame)
    assert (passbook.passbook is not None, seal.seal is not None) == (answers, answers)


def test_another_households_passbook_is_no_answer() -> None:
    with errands(Village(household="0008")) as (thread, heard):
        thread.queue(FetchPassbook("0007"))
        assert heard.get(timeout=30) == PassbookCame("0007", None)


def test_a_book_that_lacks_the_days_entries_is_not_sealed() -> None:
    with errands(Village(), unsent=1) as (thread, heard):
        thread.queue(AskSeal())
        thread.stop()
        assert heard.get(timeout=30) == SealCame(None)
