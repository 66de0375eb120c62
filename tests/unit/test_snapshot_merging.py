"""A snapshot by its cursor: whatever changed, got lost or was started again, the counter ends with exactly the whole one."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.uplink.merging import cursor_of, merged
from ledger.kiosks.snapshot import changed_since
from schemas.cursor import Parts, part_of
from schemas.kiosk_api import Snapshot, SnapshotCard, SnapshotHousehold
from tests.fakes.fake_ledger import a_snapshot

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(["nothing", "earn", "enter", "strike_out", "card", "lose_card", "strike_card", "move_card"]),
        st.integers(0, 10**9),
        st.sampled_from(["heard", "heard", "lost", "restart", "old_copy", "older_ledger"]),
    ),
    max_size=25,
)


def a_card(n: int, household: str) -> SnapshotCard:
    hash_ = hashlib.sha256(str(n).encode()).hexdigest()
    return SnapshotCard(hash=hash_, household=household, tail=f"{n % 10_000:04}", state="active")


def register(households: int) -> Snapshot:
    """A village's whole snapshot with so many households, a card each."""
    some = a_snapshot(taken_at=NOON)
    known = [some.households[0].model_copy(update={"number": f"{n:04}"}) for n in range(1, households + 1)]
    return ordered(some, known, [a_card(n, one.number) for n, one in enumerate(known)])


def ordered(some: Snapshot, households: list[SnapshotHousehold], cards: list[SnapshotCard]) -> Snapshot:
    update = {
        "households": sorted(households, key=lambda one: one.number),
        "cards": sorted(cards, key=lambda card: card.hash),
        "seq": some.seq + 1,
        "taken_at": some.taken_at + timedelta(seconds=20),
    }
    return some.model_copy(update=update)


def changed(whole: Snapshot, what: str, dice: int) -> Snapshot:
    """The register after one thing that can happen to it."""
    households, cards = [*whole.households], [*whole.cards]
    here = dice % len(households) if households else 0
    card = dice % len(cards) if cards else 0
    match what:
        case "earn" if households:
            households[here] = households[here].model_copy(update={"balance": dice})
        case "enter":
            fresh = whole.model_copy().households[0] if households else a_snapshot().households[0]
            households = [one for one in households if one.number != f"{dice % 10_000:04}"]
            households.append(fresh.model_copy(update={"number": f"{dice % 10_000:04}"}))
        case "strike_out" if households:
            del households[here]
        case "card":
            cards = [one for one in cards if one.hash != a_card(dice, "0001").hash] + [a_card(dice, "0001")]
        case "lose_card" if cards:
            cards[card] = cards[card].model_copy(update={"state": "lost"})
        case "strike_card" if cards:
            del cards[card]
        case "move_card" if cards:
            cards[card] = cards[card].model_copy(update={"household": f"{dice % 10_000:04}"})
    return ordered(whole, households, cards)


def over_the_line(answer: Snapshot) -> Snapshot:
    return Snapshot.model_validate_json(answer.model_dump_json())


def fetched(held: Snapshot | None, ledger: Snapshot) -> Snapshot:
    """One exchange as the uplink makes it."""
    answer = over_the_line(changed_since(ledger, cursor_of(held)))
    after = merged(held, answer)
    assert after is not None, "a well-kept snapshot never needs a second question"
    return after


def plain(snapshot: Snapshot) -> Snapshot:
    return snapshot.model_copy(update={"cursor": ""})


@settings(max_examples=60, deadline=None)
@given(rounds=ROUNDS)
def test_after_any_changes_lost_answers_and_restarts_it_is_exactly_the_whole(
    rounds: list[tuple[str, int, str]],
) -> None:
    ledger, held = register(12), None
    copies = [ledger]
    for what, dice, line in rounds:
        ledger = changed(ledger, what, dice)
        copies.append(ledger)
        match line:
            case "heard":
                held = fetched(held, ledger)
            case "restart":
                held = over_the_line(held) if held else None
            case "old_copy":
                ledger = copies[dice % len(copies)]
            case "older_ledger":
                held = merged(held, over_the_line(ledger))
            case _:
                changed_since(ledger, cursor_of(held))
    assert plain(fetched(held, ledger)) == ledger


def test_a_household_and_a_card_that_are_gone_are_gone_here_too() -> None:
    before = register(220)
    held = fetched(None, before)
    after = ordered(before, before.households[1:], before.cards[5:])
    now = fetched(held, after)
    assert len(changed_since(after, held.cursor).households) < 60
    assert before.households[0].number not in {one.number for one in now.households}
    assert plain(now) == after


def test_a_part_that_becomes_empty_is_emptied() -> None:
    before = register(1)
    held = fetched(None, before)
    now = fetched(held, ordered(before, [], []))
    assert (now.households, now.cards, now.whole) == ([], [], True)


def spoilt(answer: Snapshot, how: str) -> Snapshot:
    """The answer as a broken program might give it."""
    other = next(one for one in register(300).households if part_of(one.number) != part_of(answer.households[0].number))
    match how:
        case "half of the part":
            return answer.model_copy(update={"households": answer.households[1:]})
        case "another part too":
            return answer.model_copy(update={"households": [*answer.households, other]})
        case "another cursor":
            return answer.model_copy(update={"cursor": Parts.of([], []).cursor})
        case "no cursor":
            return answer.model_copy(update={"cursor": ""})
    return answer.model_copy(update={"cursor": answer.cursor.replace("1.", "2.", 1)})


@pytest.mark.parametrize("how", ["half of the part", "another part too", "another cursor", "no cursor", "a later kind"])
def test_what_does_not_fit_is_never_merged(how: str) -> None:
    before = register(220)
    held = fetched(None, before)
    answer = changed_since(changed(before, "earn", 7), held.cursor)
    assert merged(held, answer) is not None
    assert merged(held, spoilt(answer, how)) is None
    assert merged(None, answer) is None


def test_what_is_not_as_its_cursor_says_is_asked_for_whole() -> None:
    """An older program left a field out when it kept the snapshot, or a newer ledger counts fields that are unknown here."""
    held = fetched(None, register(30))
    assert cursor_of(held) == held.cursor
    bent = [held.households[0].model_copy(update={"pin": True}), *held.households[1:]]
    assert cursor_of(held.model_copy(update={"households": bent})) == ""
    assert cursor_of(held.model_copy(update={"cursor": ""})) == ""
    assert cursor_of(held.model_copy(update={"whole": False})) == ""
    assert cursor_of(None) == ""


def test_the_order_of_what_came_does_not_matter() -> None:
    before = register(220)
    held = fetched(None, before)
    after = changed(before, "earn", 99)
    answer = changed_since(after, held.cursor)
    shaken = answer.model_copy(
        update={"households": random.Random(1).sample(answer.households, len(answer.households))}
    )
    now = merged(held, shaken)
    assert now is not None
    assert plain(now) == after
