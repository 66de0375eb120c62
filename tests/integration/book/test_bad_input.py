"""Bad input: every fault is told at once, by its field, and the book is afterwards what it was, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, HoldRequest, Kind, ReleaseRequest, TransferRequest
from ledger.book.verify import verify
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract, IdReused
from tests.conftest import FixedClock
from tests.integration.book.conftest import Door
from tests.integration.book.made import EIGHT, SEVEN, award, made, reversal, spend
from tests.integration.book.seeing import dump, standing

AMOUNTS: list[Any] = [0, -1, 1.5, "5", "1e3", True, False, None, 2**53, 2**63, 10**30, float("nan"), [5]]
DAYS = [date(1970, 1, 1), date(1999, 12, 31), date(2099, 1, 1), date.max]


def hold(amount: object = 5, **more: object) -> HoldRequest:
    return replace(HoldRequest(uuid7(), SEVEN, 5, None, "kiosk:1", uuid7()), amount=amount, **more)  # type: ignore[arg-type]


def changed(request: Any, change: Mapping[str, object]) -> Any:
    return replace(request, **change)


def faults(door: Door, *requests: object, linked: bool = False) -> list[str]:
    with pytest.raises(BrokenContract) as caught:
        door(*requests, linked=linked)
    assert all(fault.words for fault in caught.value.faults)
    return [fault.field for fault in caught.value.faults]


def test_nothing_is_written_of_any_amount_that_is_no_amount(database: Database, door: Door, clock: FixedClock) -> None:
    """P1."""
    door(award(9, clock))
    before = dump(database)
    for amount in AMOUNTS:
        assert faults(door, replace(award(5, clock), amount=amount)) == ["transfers.0.amount"], amount
        assert faults(door, hold(amount)) == ["transfers.0.amount"], amount
    everything = [replace(award(5, clock), amount=amount) for amount in AMOUNTS]
    assert faults(door, award(1, clock), *everything) == [f"transfers.{n}.amount" for n in range(1, len(AMOUNTS) + 1)]
    assert dump(database) == before


def test_the_largest_amount_is_kept_exactly(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    largest = 2**53 - 1
    door(award(largest, clock), spend(largest, clock))
    assert standing(database, village.village_id, "fund").balance == -largest
    assert standing(database, village.village_id, "shop:1").balance == largest
    assert verify(database, village.village_id).ok


def test_a_balance_beyond_the_integers_is_never_wrapped(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """P8: no balance grows past what JSON carries unharmed; what would is refused whole, and the book goes on."""
    largest = 2**53 - 1
    door(award(largest - 5, clock))
    before = dump(database)
    assert faults(door, award(5, clock, credit=EIGHT), award(1, clock)) == ["transfers.1.amount"]
    assert faults(door, award(largest, clock, credit=EIGHT)) == ["transfers.0.amount"]
    assert dump(database) == before
    assert door(spend(5, clock), award(5, clock))[1].posted
    assert verify(database, village.village_id).ok


def test_deeds_of_another_age_are_no_deeds(database: Database, door: Door, clock: FixedClock) -> None:
    before = dump(database)
    for day in DAYS:
        assert faults(door, award(5, clock, done_on=day)) == ["transfers.0.done_on"]
    assert dump(database) == before
    tomorrow = clock.now().date() + timedelta(days=1)  # it is tomorrow already east of the server
    assert door(award(5, clock, done_on=date(2000, 1, 1)), award(5, clock, done_on=tomorrow))[1].posted


def test_two_sides_of_one_account_are_no_transfer(database: Database, door: Door, clock: FixedClock) -> None:
    """P2."""
    before = dump(database)
    assert faults(door, award(5, clock, debit=SEVEN)) == ["transfers.0.credit"]
    assert dump(database) == before


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"credit": "household:9999"}, ["credit"]),
        ({"debit": "household:9999"}, ["debit"]),
        ({"debit": "nobody", "credit": "nowhere"}, ["debit", "credit"]),
        ({"credit": "HOUSEHOLD:0007"}, ["credit"]),
        ({"credit": "household:0007 "}, ["credit"]),
        ({"credit": "household:７"}, ["credit"]),
        ({"credit": ""}, ["credit"]),
        ({"credit": "a\x00b"}, ["credit"]),
        ({"credit": "\ud800"}, ["credit"]),
        ({"credit": "x" * 10_000}, ["credit"]),
        ({"credit": "x' OR '1'='1"}, ["credit"]),
        ({"actor": "村" * 10_000}, ["actor"]),
        ({"actor": ""}, ["actor"]),
        ({"actor": "staff:1\nsecond"}, ["actor"]),
        ({"actor": "张三", "second": "\x00"}, ["actor", "second"]),
        ({"second": "-"}, ["second"]),
        ({"document": {"text": "x" * 10_000_000}}, ["document"]),
        ({"document": {"价": 1}}, ["document"]),
        ({"document": {"price": 1.5}}, ["document"]),
        ({"document": {"price": 2**53}}, ["document"]),
        ({"document": {"name": "\ud800"}}, ["document"]),
        ({"kind": Kind.GRANT}, ["kind"]),
        ({"kind": Kind.REVERSAL}, ["reverses"]),
        ({"reverses": UUID(int=1)}, ["reverses"]),
        ({"captures": UUID(int=1)}, ["captures"]),
        ({"over_limit": True}, ["second"]),
        ({"over_limit": True, "second": "staff:1"}, ["second"]),
    ],
)  # fmt: skip
def test_each_wrong_field_is_named_and_nothing_is_written(
    database: Database, door: Door, clock: FixedClock, change: dict[str, object], fields: list[str]
) -> None:
    """P3, P4: the right side is unchanged too. One wrong request in a batch keeps the right ones out."""
    before = dump(database)
    expected = [f"transfers.1.{field}" for field in fields]
    assert faults(door, award(1, clock), award(5, clock, **change), award(1, clock)) == expected
    assert faults(door, award(1, clock), award(5, clock, **change), linked=True) == expected
    assert dump(database) == before


def test_a_document_without_bottom_is_a_fault_not_a_crash(database: Database, door: Door, clock: FixedClock) -> None:
    bottomless: list[object] = []
    for _ in range(100_000):
        bottomless = [bottomless]
    before = dump(database)
    try:
        assert faults(door, award(5, clock, document={"x": bottomless})) == ["transfers.0.document"]
    finally:
        while bottomless:  # taken apart by hand: a list this deep is not freed by recursion
            bottomless = bottomless.pop()  # type: ignore[assignment]
    assert dump(database) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "household:9999"}, "account"),
        ({"account": "shop:1"}, "account"),
        ({"account": "a\x00b"}, "account"),
        ({"actor": "店主"}, "actor"),
        ({"until": datetime(2026, 11, 17)}, "until"),  # noqa: DTZ001 - that is the fault
    ],
)
def test_a_hold_that_names_nothing_right_is_named(
    database: Database, door: Door, clock: FixedClock, change: dict[str, object], field: str
) -> None:
    door(award(9, clock))
    before = dump(database)
    assert faults(door, hold(**change)) == [f"transfers.0.{field}"]
    assert dump(database) == before


def test_a_hold_until_long_ago_or_for_ever_is_taken_as_it_says(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    door(award(20, clock))
    past, far = hold(5, until=datetime(1970, 1, 1, tzinfo=UTC)), hold(7, until=datetime(2099, 1, 1, tzinfo=UTC))
    assert [o.code for o in door(past, far)] == ["held", "held"]
    assert door(spend(13, clock))[0].posted  # the first is over, the second not
    assert standing(database, village.village_id, SEVEN).held == 7


def test_every_fault_of_every_request_is_told_at_once(database: Database, door: Door, clock: FixedClock) -> None:
    wrong = award(0, clock, credit="fund", done_on=date(1970, 1, 1), reverses=uuid7(), document={"x": 1.5}, actor="")
    before = dump(database)
    told = faults(door, wrong, award(1, clock), hold(0), ReleaseRequest(uuid7(), uuid7(), "店主"))
    assert {field for field in told if field.startswith("transfers.0")} == {
        f"transfers.0.{field}" for field in ("amount", "credit", "done_on", "reverses", "document", "actor")
    }
    assert told[-2:] == ["transfers.2.amount", "transfers.3.actor"]
    unknown = [
        award(1, clock, credit="household:1"),
        hold(account="household:2"),
        ReleaseRequest(uuid7(), uuid7(), "k"),
    ]
    assert faults(door, *unknown) == ["transfers.0.credit", "transfers.1.account", "transfers.2.hold"]
    assert dump(database) == before


def test_what_is_another_villages_is_unknown_here(
    database: Database, make_village: Callable[..., Village], door: Door, clock: FixedClock
) -> None:
    """P4, I3: an account, a hold and a transfer of the next village; ids are each village's own."""
    other = make_village("LT", "柳塘村")
    theirs = "household:0300"
    database.write(lambda tx: open_account(tx, other.village_id, theirs, AccountKind.HOUSEHOLD, floor=0))

    def next_door(*requests: object) -> list[str]:
        return [
            outcome.code
            for outcome in database.write(
                lambda tx: post(tx, other.village_id, requests, now=clock.now())  # type: ignore[arg-type]
            )
        ]

    paid, placed = award(9, clock, credit=theirs), hold(5, account=theirs)
    assert next_door(paid, placed) == ["posted", "held"]
    before = dump(database)
    assert faults(door, award(1, clock, credit=theirs)) == ["transfers.0.credit"]
    assert faults(door, hold(1, account=theirs)) == ["transfers.0.account"]
    assert faults(door, ReleaseRequest(uuid7(), placed.id, "kiosk:1")) == ["transfers.0.hold"]
    assert faults(door, spend(5, clock, captures=placed.id)) == ["transfers.0.captures"]
    assert faults(door, reversal(award(9, clock, id=paid.id), clock)) == ["transfers.0.reverses"]
    assert dump(database) == before
    assert door(award(4, clock, id=paid.id))[0].seq == 1
    with pytest.raises(LookupError):
        database.write(lambda tx: post(tx, 999, [award(1, clock)], now=clock.now()))


TRANSFER_CHANGES: Mapping[str, object] = {
    "kind": Kind.OPENING, "debit": "grant", "credit": EIGHT, "amount": 6, "done_on": date(2026, 11, 15), "actor": "staff:9",
    "document_id": UUID(int=9), "document": {"item": "别的"}, "second": "staff:3", "reverses": UUID(int=9), "below_floor": True,
    "captures": UUID(int=9), "over_limit": True,
}  # fmt: skip
HOLD_CHANGES: Mapping[str, object] = {
    "account": EIGHT, "amount": 6, "until": datetime(2026, 12, 1, tzinfo=UTC), "actor": "kiosk:2", "document_id": UUID(int=9),
}  # fmt: skip
RELEASE_CHANGES: Mapping[str, object] = {"hold": UUID(int=9), "actor": "kiosk:2"}


def test_the_lists_below_leave_no_field_out() -> None:
    for kind, changes in (
        (TransferRequest, TRANSFER_CHANGES),
        (HoldRequest, HOLD_CHANGES),
        (ReleaseRequest, RELEASE_CHANGES),
    ):
        assert {*changes, "id"} == set(kind.__dataclass_fields__)


def test_one_id_with_any_one_field_changed_is_told_so(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """I2. What was done under that id stays done and can still be asked for."""
    paid, placed = award(5, clock, second="staff:2"), hold(5)
    back = ReleaseRequest(uuid7(), placed.id, "kiosk:1")
    first = [door(request)[0] for request in (paid, placed, back)]
    before = dump(database)
    for request, changes in ((paid, TRANSFER_CHANGES), (placed, HOLD_CHANGES), (back, RELEASE_CHANGES)):
        for field, value in changes.items():
            with pytest.raises(BrokenContract) as caught:
                door(changed(request, {field: value}))
            told = caught.value
            assert isinstance(told, IdReused) or field in ("reverses", "captures"), field
    assert dump(database) == before
    assert [replace(door(request)[0], repeated=False) for request in (paid, placed, back)] == first


def test_one_id_with_and_without_the_goods_it_fetches_is_two_bodies(door: Door, clock: FixedClock) -> None:
    placed = hold(5)
    door(award(20, clock), placed)
    fetched, bought = spend(5, clock, captures=placed.id), spend(5, clock)
    assert [outcome.code for outcome in door(fetched, bought)] == ["posted", "posted"]
    for other in (replace(fetched, captures=None), replace(bought, captures=placed.id)):
        with pytest.raises(IdReused):
            door(other)


def test_one_id_for_two_kinds_of_request_is_told_so(door: Door, clock: FixedClock) -> None:
    paid = award(5, clock)
    door(paid)
    for other in (hold(5, id=paid.id), ReleaseRequest(paid.id, uuid7(), "kiosk:1")):
        with pytest.raises(IdReused):
            door(other)
    with pytest.raises(IdReused):
        door(award(1, clock, id=(same := uuid7())), award(2, clock, id=same))


def test_the_same_instant_said_in_another_zone_is_the_same_body(door: Door, clock: FixedClock) -> None:
    placed = hold(5, until=datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    door(award(9, clock), placed)
    assert door(replace(placed, until=datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=8)))))[0].repeated


def test_three_transfers_in_a_ring(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    """P6: 40, -10, -30 and two versions each where debts may move; nothing at all where a floor forbids one of them."""
    nine = "household:0009"
    database.write(lambda tx: open_account(tx, village.village_id, nine, AccountKind.HOUSEHOLD, floor=0))
    ring = ((SEVEN, EIGHT, 10), (EIGHT, nine, 20), (nine, SEVEN, 50))
    refused = door(*(made(Kind.SPLIT, *leg, clock, second="staff:2") for leg in ring), linked=True)
    assert not any(outcome.done for outcome in refused)
    accounts = [standing(database, village.village_id, code) for code in (SEVEN, EIGHT, nine)]
    assert [(a.balance, a.version) for a in accounts] == [(0, 0)] * 3
    door(*(made(Kind.MERGE, *leg, clock, second="staff:2") for leg in ring), linked=True)
    accounts = [standing(database, village.village_id, code) for code in (SEVEN, EIGHT, nine)]
    assert [(a.balance, a.version) for a in accounts] == [(40, 2), (-10, 2), (-30, 2)]


def test_running_balances_and_versions(database: Database, village: Village, door: Door, clock: FixedClock) -> None:
    """P7: 5, 10, -20 run 0 → 5 → 15 → -5, versions 1, 2, 3."""
    seen = []
    for request in (award(5, clock), award(10, clock), spend(20, clock, below_floor=True)):
        (outcome,) = door(request)
        side = outcome.credit_balance if request.credit == SEVEN else outcome.debit_balance
        seen.append((side, standing(database, village.village_id, SEVEN).version))
    assert seen == [(5, 1), (15, 2), (-5, 3)]


def test_not_even_the_other_side_of_a_debt_goes_beyond_the_integers(
    database: Database, village: Village, door: Door, clock: FixedClock
) -> None:
    """Each household's debt is still a number; what the shop would have is none."""
    most = 2**53 - 1
    door(spend(most, clock, below_floor=True))
    before = dump(database)
    assert faults(door, spend(1, clock, debit=EIGHT, below_floor=True)) == ["transfers.0.amount"]
    assert dump(database) == before
