"""The book's decisions, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.deciding import Decision, Posting, Standing
from ledger.book.deciding import decide as decide_in
from ledger.book.rules import Said, book_faults, examine
from ledger.book.values import Account, AccountKind, Kind, Request, Reversible, TransferRequest
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

TODAY = date(2026, 11, 16)


def uid(number: int) -> UUID:
    return UUID(int=number)


def account(code: str, kind: AccountKind, balance: int, **more: object) -> Account:
    standing = {
        "account_id": hash(code),
        "version": 0,
        "floor": 0 if kind is AccountKind.HOUSEHOLD else None,
        "blocked": False,
        "closed": False,
    }
    return Account(code=code, kind=kind, balance=balance, **(standing | more))  # type: ignore[arg-type]


def book(seven: int = 60, **more: object) -> dict[str, Account]:
    return {
        "fund": account("fund", AccountKind.FUND, -seven),
        "shop:1": account("shop:1", AccountKind.SHOP, 0),
        "household:0007": account("household:0007", AccountKind.HOUSEHOLD, seven, **more),
        "household:0008": account("household:0008", AccountKind.HOUSEHOLD, 0),
    }


def spend(amount: int, number: int = 1, **more: object) -> TransferRequest:
    made = TransferRequest(
        uid(number), Kind.REDEMPTION, "household:0007", "shop:1", amount, TODAY, "kiosk:1", uid(number)
    )
    return replace(made, **more)  # type: ignore[arg-type]


def award(amount: int, number: int = 1) -> TransferRequest:
    return TransferRequest(uid(number), Kind.AWARD, "fund", "household:0007", amount, TODAY, "staff:1", uid(number))


def decide(
    requests: list[TransferRequest], accounts: dict[str, Account], originals: dict[UUID, Reversible]
) -> list[Decision]:
    return decide_in(requests, Standing(accounts, originals))


def request_faults(request: Request, today: date) -> list[Fault]:
    found = examine(request, today)
    return found if isinstance(found, list) else []


def body_hash(request: Request) -> bytes:
    said = examine(request, TODAY)
    assert isinstance(said, Said)
    return said.hash


def account_faults(
    request: TransferRequest, accounts: dict[str, Account], originals: dict[UUID, Reversible]
) -> list[Fault]:
    return book_faults(request, accounts, originals, {})


def codes(
    requests: list[TransferRequest], accounts: dict[str, Account], originals: dict[UUID, Reversible] | None = None
) -> list[str]:
    return [d.code.code if isinstance(d, Refusal) else "posted" for d in decide(requests, accounts, originals or {})]


@pytest.mark.parametrize("amount", [0, -1, 1.5, "5", True, None, 2**53, 2**63])
def test_an_amount_is_a_positive_integer_and_nothing_else(amount: object) -> None:
    assert [fault.field for fault in request_faults(replace(award(1), amount=amount), TODAY)] == ["amount"]  # type: ignore[arg-type]


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2099, 1, 1), date(2026, 11, 18)])
def test_a_deed_is_neither_ancient_nor_still_to_come(day: date) -> None:
    assert [fault.field for fault in request_faults(replace(award(1), done_on=day), TODAY)] == ["done_on"]


def test_all_faults_are_told_at_once() -> None:
    wrong = replace(award(1), amount=0, credit="fund", done_on=date(1970, 1, 1), reverses=uid(9), document={"x": 1.5})  # type: ignore[dict-item]
    assert {fault.field for fault in request_faults(wrong, TODAY)} == {
        "amount",
        "credit",
        "done_on",
        "reverses",
        "document",
    }


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.REDEMPTION, Kind.REVERSAL)])
def test_only_a_redemption_fetches_what_was_ordered(kind: Kind) -> None:
    assert [f.field for f in request_faults(replace(award(1), kind=kind, captures=uid(9)), TODAY)] == ["captures"]
    assert request_faults(spend(1, captures=uid(9)), TODAY) == []


def test_a_document_has_an_end() -> None:
    most = 64_000 - len('{"x":""}')
    assert request_faults(replace(award(1), document={"x": "x" * most}), TODAY) == []
    assert [f.field for f in request_faults(replace(award(1), document={"x": "x" * (most + 1)}), TODAY)] == ["document"]


RIVERBED = {
    "grant": {("grant", "fund")},
    "opening": {("fund", "household")},
    "award": {("fund", "household")},
    "deduction": {("household", "fund")},
    "redemption": {("household", "shop")},
    "split": {("household", "household")},
    "merge": {("household", "household")},
    "clear": {("household", "fund"), ("fund", "household")},
    "settlement": {("shop", "settled")},
}


@pytest.mark.parametrize("kind", RIVERBED)
def test_each_kind_of_transfer_joins_what_the_design_says_and_nothing_else(kind: str) -> None:
    """All pairs of kinds of account, so that no flow is opened by mistake."""
    both = {side: {of.value: account(f"{of}:{side}", of, 50) for of in AccountKind} for side in ("debit", "credit")}
    taken = set()
    for debit, credit in product(AccountKind, AccountKind):
        sides = both["debit"][debit], both["credit"][credit]
        asked = replace(award(1), kind=Kind(kind), debit=sides[0].code, credit=sides[1].code)
        faults = account_faults(asked, {one.code: one for one in sides}, {})
        assert [fault.field for fault in faults] in ([], ["kind"])
        if not faults:
            taken.add((debit.value, credit.value))
    assert taken == RIVERBED[kind]


def test_points_flow_one_way() -> None:
    backwards = replace(award(5), debit="household:0007", credit="fund")
    assert [fault.field for fault in account_faults(backwards, book(), {})] == ["kind"]
    assert [fault.field for fault in account_faults(replace(award(5), credit="household:9999"), book(), {})] == [
        "credit"
    ]


def test_nobody_spends_what_is_not_there() -> None:
    assert codes([spend(61)], book(60)) == ["not_enough_points"]
    assert codes([spend(60)], book(60)) == ["posted"]


def test_base_points_are_not_spent() -> None:
    assert codes([spend(5)], book(60, floor=60)) == ["below_floor"]


def test_each_request_is_judged_on_what_the_ones_before_it_left() -> None:
    assert codes([spend(15, 1), spend(50, 2), spend(5, 3)], book(20)) == ["posted", "not_enough_points", "posted"]


def test_who_owes_does_not_redeem_until_it_is_made_good() -> None:
    assert codes([spend(1), award(30, 2), spend(1, 3)], book(-30)) == [
        "household_blocked",
        "posted",
        "not_enough_points",
    ]


def test_goods_that_are_gone_are_posted_whatever_the_balance() -> None:
    (decision,) = decide([spend(70, below_floor=True)], book(60), {})
    assert isinstance(decision, Posting)
    assert decision.debit.balance == -10


def test_closed_and_blocked_households_are_refused_by_name() -> None:
    assert codes([spend(1)], book(closed=True)) == ["household_closed"]
    assert codes([spend(1)], book(blocked=True)) == ["household_blocked"]
    assert codes([award(1)], book(blocked=True)) == ["posted"]


def test_the_fund_stops_at_its_issue_limit() -> None:
    accounts = book(0) | {"fund": account("fund", AccountKind.FUND, -2760, floor=-3000)}
    assert codes([award(400)], accounts) == ["issue_limit_reached"]
    assert codes([award(240)], accounts) == ["posted"]


def test_a_reversal_is_a_mirror_once_and_not_itself_reversed() -> None:
    original = Reversible(uid(1), Kind.REDEMPTION, "household:0007", "shop:1", 10, None)
    back = TransferRequest(
        uid(2), Kind.REVERSAL, "shop:1", "household:0007", 10, TODAY, "kiosk:1", uid(2), reverses=uid(1)
    )
    assert account_faults(back, book(), {uid(1): original}) == []
    assert codes([back, replace(back, id=uid(3))], book(50), {uid(1): original}) == ["posted", "already_reversed"]
    assert codes([back], book(50), {uid(1): replace(original, reversed_by=uid(9))}) == ["already_reversed"]
    assert codes([back], book(50), {uid(1): replace(original, kind=Kind.REVERSAL)}) == ["reversal_not_reversible"]
    crooked = replace(back, amount=11)
    assert [fault.field for fault in account_faults(crooked, book(), {uid(1): original})] == ["reverses"]


def test_two_bodies_never_share_a_fingerprint() -> None:
    request = award(5)
    changes = [
        {"amount": 6},
        {"done_on": date(2026, 11, 15)},
        {"actor": "staff:2"},
        {"second": "staff:3"},
        {"document": {"a": 1}},
    ]
    hashes = {body_hash(replace(request, **change)) for change in changes}  # type: ignore[arg-type]
    assert len(hashes | {body_hash(request)}) == len(changes) + 1


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 100)), max_size=30))
def test_no_points_appear_or_vanish_and_no_floor_breaks(moves: list[tuple[bool, int]]) -> None:
    requests = [award(amount, n) if earned else spend(amount, n) for n, (earned, amount) in enumerate(moves)]
    accounts = book(20)
    total = sum(a.balance for a in accounts.values())
    for decision in decide(requests, accounts, {}):
        if isinstance(decision, Posting):
            accounts |= {decision.debit.code: decision.debit, decision.credit.code: decision.credit}
            assert accounts["household:0007"].balance >= 0
        else:
            assert isinstance(decision, Refusal)
            assert decision.code is RefusalCode.NOT_ENOUGH_POINTS
    assert sum(a.balance for a in accounts.values()) == total


def test_what_base_points_stand_in_the_way_of_is_told_apart_from_what_is_not_there() -> None:
    assert codes([spend(60)], book(60, floor=10)) == ["below_floor"]
    assert codes([spend(61)], book(60, floor=10)) == ["not_enough_points"]
