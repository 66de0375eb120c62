"""Cards: printed, first scanned, replaced, lost. What opens a balance is never stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.people.cards import (
    Card,
    IssuedCard,
    all_cards,
    card_by_hash,
    card_by_number,
    card_scanned,
    cards_of,
    households_without_card,
    issue_cards,
    report_lost,
)
from ledger.people.households_import import HouseholdsImporter
from ledger.people.store import household_by_number
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.tokens import Code, CodeKind, code_text, read_code, token_hash
from tests.conftest import FixedClock

LIST = (Path(__file__).parents[2] / "deploy" / "demo" / "data" / "households.csv").read_text("utf-8")


class Cupboard:
    """The cards of a village of twelve households, as kiosk, office and page use them."""

    def __init__(self, database: Database, village: Village, clock: FixedClock) -> None:
        self.database, self.village, self.clock = database, village, clock
        data = "\n".join(LIST.splitlines()[:13]).encode()
        database.write(lambda tx: HouseholdsImporter().apply(tx, village, data, clock.now(), "import"))

    def issue(self, *numbers: str, random_bytes: object = os.urandom) -> list[IssuedCard]:
        def work(tx):  # type: ignore[no-untyped-def]
            found = [household_by_number(tx, self.village.village_id, number) for number in numbers]
            ids = [one.household_id for one in found if one]
            return issue_cards(
                tx,
                self.village,
                ids,
                by="staff:1",
                now=self.clock.now(),
                random_bytes=random_bytes,  # type: ignore[arg-type]
            )

        return self.database.write(work)

    def state(self, card: IssuedCard) -> str:
        found = self.database.read(lambda tx: card_by_number(tx, self.village.village_id, card.number))
        assert found is not None
        return found.state

    def scan(self, card: IssuedCard) -> Card | None:
        hash_ = token_hash(card.token)
        self.database.write(lambda tx: card_scanned(tx, self.village.village_id, hash_, self.clock.now()))
        return self.database.read(lambda tx: card_by_hash(tx, self.village.village_id, hash_))

    def lose(self, card: IssuedCard) -> None:
        self.database.write(lambda tx: report_lost(tx, self.village.village_id, card.number, self.clock.now()))


@pytest.fixture
def cupboard(database: Database, village: Village, clock: FixedClock) -> Cupboard:
    return Cupboard(database, village, clock)


def test_a_new_card_has_a_token_of_the_village_and_a_number_of_six_digits(cupboard: Cupboard) -> None:
    (card,) = cupboard.issue("0007")
    assert card.household.number == "0007"
    assert len(card.number) == 6
    assert card.number.isdigit()
    assert read_code(code_text("merit:", CodeKind.CARD, card.token)) == Code(CodeKind.CARD, "SQ", card.token)
    stored = cupboard.scan(card)
    assert stored is not None
    assert (stored.number, stored.tail, stored.state) == (card.number, card.number[-4:], "active")


def test_the_token_is_nowhere_in_the_database_nor_in_a_log_line(cupboard: Cupboard, tmp_path: Path) -> None:
    (card,) = cupboard.issue("0007")
    secret = card.token.split("-")[1].encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(secret not in path.read_bytes() for path in files)
    assert secret.decode() not in repr(card)


def test_the_old_card_works_until_the_new_one_is_first_scanned(cupboard: Cupboard) -> None:
    (old,) = cupboard.issue("0007")
    cupboard.scan(old)
    cupboard.clock.advance(days=30)
    (new,) = cupboard.issue("0007")
    assert (cupboard.state(old), cupboard.state(new)) == ("active", "active")
    cupboard.scan(old)
    assert cupboard.state(new) == "active"
    cupboard.scan(new)
    assert (cupboard.state(old), cupboard.state(new)) == ("replaced", "active")


def test_scanning_an_older_card_late_does_not_stop_the_newer_one(cupboard: Cupboard) -> None:
    (first,) = cupboard.issue("0007")
    cupboard.clock.advance(minutes=5)
    (second,) = cupboard.issue("0007")
    cupboard.scan(second)
    cupboard.scan(first)
    assert (cupboard.state(first), cupboard.state(second)) == ("replaced", "active")


def test_another_households_card_is_left_alone(cupboard: Cupboard) -> None:
    seventh, eighth = cupboard.issue("0007", "0008")
    cupboard.clock.advance(days=1)
    (new,) = cupboard.issue("0007")
    cupboard.scan(new)
    assert (cupboard.state(seventh), cupboard.state(eighth)) == ("replaced", "active")


def test_a_lost_card_stops_at_once_and_stays_stopped(cupboard: Cupboard) -> None:
    (card,) = cupboard.issue("0007")
    cupboard.lose(card)
    assert cupboard.state(card) == "lost"
    first = cupboard.scan(card)
    cupboard.clock.advance(days=1)
    cupboard.lose(card)
    assert cupboard.scan(card) == first
    assert first is not None
    assert first.first_scanned_at is None


def test_a_replaced_card_can_still_be_reported_lost(cupboard: Cupboard) -> None:
    (old,) = cupboard.issue("0007")
    cupboard.clock.advance(days=1)
    (new,) = cupboard.issue("0007")
    cupboard.scan(new)
    cupboard.lose(old)
    assert (cupboard.state(old), cupboard.state(new)) == ("lost", "active")


def test_an_unknown_card_number_and_an_unknown_token_are_simply_not_there(cupboard: Cupboard) -> None:
    village_id, now = cupboard.village.village_id, cupboard.clock.now()
    assert cupboard.database.write(lambda tx: report_lost(tx, village_id, "000000", now)) is None
    assert cupboard.database.read(lambda tx: card_by_hash(tx, village_id, bytes(32))) is None


def test_households_without_a_working_card_are_those_to_print_for(cupboard: Cupboard) -> None:
    cards = cupboard.issue("0001", "0002")
    cupboard.lose(cards[1])
    missing = cupboard.database.read(lambda tx: households_without_card(tx, cupboard.village.village_id))
    assert [one.number for one in missing] == [f"{number:04}" for number in range(2, 13)]


def test_a_number_that_is_taken_is_drawn_again(cupboard: Cupboard) -> None:
    draws = [bytes(8), bytes(17), bytes(8), b"\x01" * 8, b"\x01" * 17]
    cards = cupboard.issue("0001", "0002", random_bytes=lambda _size: draws.pop(0))
    assert cards[0].number == "100000"
    assert cards[1].number != "100000"


def test_a_household_named_twice_gets_one_card(cupboard: Cupboard) -> None:
    assert len(cupboard.issue("0007", "0007")) == 1


def test_a_closed_household_gets_no_card_and_nobody_else_does_either(cupboard: Cupboard) -> None:
    cupboard.database.write(
        lambda tx: tx.execute(text("UPDATE households SET closed_at = '2026-11-16 00:00:00' WHERE number = '0008'"))
    )
    with pytest.raises(LookupError):
        cupboard.issue("0007", "0008")
    assert cupboard.database.read(lambda tx: all_cards(tx, cupboard.village.village_id)) == []


def test_a_households_cards_are_listed_newest_first(cupboard: Cupboard) -> None:
    (old,) = cupboard.issue("0007")
    cupboard.clock.advance(days=1)
    (new,) = cupboard.issue("0007")
    found = cupboard.database.read(lambda tx: cards_of(tx, cupboard.village.village_id, old.household.household_id))
    assert [card.number for card in found] == [new.number, old.number]
