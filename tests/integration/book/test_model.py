"""A model beside the real book: random days in a village's life, and after every step both say the same (CHECKS.md, Invariants).

LONG=1 plays many more and longer ones.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select
from uuid6 import uuid7

from ledger.book.accounts import set_issue_limit
from ledger.book.holding import open_holds
from ledger.book.reading import balances, book_head, total_of_accounts
from ledger.book.store import lapse_holds, open_account, post, set_account
from ledger.book.tables import accounts, documents, hold_ends, holds, transfers
from ledger.book.values import Account, AccountKind, HoldRequest, Kind, ReleaseRequest, Request, TransferRequest
from ledger.book.verify import verify
from ledger.migrations.runner import upgrade
from ledger.storage.database import Database
from ledger.villages.store import NewVillage, add_village
from schemas.merkle import append, leaf_hash, root
from schemas.problems import BrokenContract, IdReused
from tests.conftest import FixedClock
from tests.integration.book.seeing import leaves
from tests.model.book_model import DONE, ID_REUSED, BookModel, ModelAccount

LONG = os.environ.get("LONG") == "1"
HOUSEHOLDS = ("household:0001", "household:0002", "household:0003")
households = st.sampled_from(HOUSEHOLDS)
amounts = st.integers(1, 40)
minutes = st.none() | st.integers(0, 90)
_villages = count(1)


class BookMachine(RuleBasedStateMachine):
    """One village's book, real and modelled. ``database`` is set by the test; each run opens a village of its own in it."""

    database: Database
    requests: Bundle[Request] = Bundle("requests")
    placed: Bundle[HoldRequest] = Bundle("placed")
    moved: Bundle[TransferRequest] = Bundle("moved")

    @initialize()
    def a_village(self) -> None:
        self.clock = FixedClock()
        new = NewVillage(code=f"M{next(_villages)}", name="石桥村", phone="555 0123", quorum=1)
        self.village_id = self.database.write(lambda tx: add_village(tx, new, self.clock.now())).village_id
        for code in HOUSEHOLDS:
            self.database.write(
                lambda tx, code=code: open_account(tx, self.village_id, code, AccountKind.HOUSEHOLD, floor=0)  # type: ignore[misc]
            )
        self.model = BookModel({code: ModelAccount(floor=0) for code in HOUSEHOLDS})
        self.model.accounts |= {code: ModelAccount() for code in ("grant", "fund", "shop:1", "settled")}
        self.tree: list[bytes] = []
        for code in HOUSEHOLDS:
            self.send(self.transfer(Kind.OPENING, "fund", code, 60))

    def transfer(self, kind: Kind, debit: str, credit: str, amount: int, **more: object) -> TransferRequest:
        day = self.clock.now().date()
        made = TransferRequest(uuid7(), kind, debit, credit, amount, day, "staff:1", uuid7(), second="staff:2")
        return replace(made, **more)  # type: ignore[arg-type]

    def send(self, *requests: Request, linked: bool = False) -> list[str]:
        """Post to both and compare; what was refused or known already left everything but the frozen outcome as it was."""
        before, now = self.rows(), self.clock.now()
        expected = self.model.post(requests, now, linked=linked)
        if expected == ID_REUSED:
            with pytest.raises(IdReused):
                self.database.write(lambda tx: post(tx, self.village_id, requests, now=now, linked=linked))
            assert self.rows() == before
            return []
        outcomes = self.database.write(lambda tx: post(tx, self.village_id, requests, now=now, linked=linked))
        codes = [outcome.code for outcome in outcomes]
        assert codes == expected
        if all(outcome.repeated or not outcome.done for outcome in outcomes):
            assert self.rows() == before
        elif len(requests) == 1:
            self.spending_kept_the_floor(requests[0])
        return codes

    def spending_kept_the_floor(self, posted: Request) -> None:
        if not isinstance(posted, TransferRequest) or posted.below_floor:
            return
        if posted.kind in (Kind.REDEMPTION, Kind.SPLIT, Kind.DEDUCTION):
            account = self.accounts()[posted.debit]
            assert account.balance - account.held >= (account.floor or 0)

    def accounts(self) -> dict[str, Account]:
        def read(tx: Connection) -> dict[str, Account]:
            return {c: a for kind in AccountKind for c, a in balances(tx, self.village_id, kind).items()}

        return self.database.read(read)

    def rows(self) -> list[list[tuple[object, ...]]]:
        """Everything but outcomes, the book's own row, and what holds that are over leave behind (any request may sweep those up)."""
        standing = (accounts.c.code, accounts.c.balance, accounts.c.version, accounts.c.blocked, accounts.c.closed)
        queries = [
            *(select(table).where(table.c.village_id == self.village_id) for table in (transfers, documents, holds)),
            select(*standing).where(accounts.c.village_id == self.village_id),
            select(hold_ends).where(hold_ends.c.village_id == self.village_id, hold_ends.c.how != "lapsed"),
        ]
        return self.database.read(lambda tx: [sorted(map(tuple, tx.execute(q)), key=repr) for q in queries])

    @rule(targets=(requests, moved), to=households, amount=amounts, over_limit=st.booleans())
    def award(self, to: str, amount: int, over_limit: bool) -> TransferRequest:
        request = self.transfer(Kind.AWARD, "fund", to, amount, over_limit=over_limit)
        self.send(request)
        return request

    @rule(targets=(requests, moved), who=households, amount=amounts, below_floor=st.booleans())
    def redeem(self, who: str, amount: int, below_floor: bool) -> TransferRequest:
        request = self.transfer(Kind.REDEMPTION, who, "shop:1", amount, below_floor=below_floor)
        self.send(request)
        return request

    @rule(
        targets=(requests, moved),
        ways=st.permutations(HOUSEHOLDS),
        amount=amounts,
        kind=st.sampled_from([Kind.SPLIT, Kind.MERGE]),
    )
    def between_households(self, ways: list[str], amount: int, kind: Kind) -> TransferRequest:
        request = self.transfer(kind, ways[0], ways[1], amount)
        self.send(request)
        return request

    @rule(targets=(requests, moved), who=households, amount=amounts, back=st.booleans())
    def deduct_or_clear(self, who: str, amount: int, back: bool) -> TransferRequest:
        request = self.transfer(Kind.CLEAR if back else Kind.DEDUCTION, who, "fund", amount)
        self.send(request)
        return request

    @rule(targets=(requests, placed), who=households, amount=amounts, everything=st.booleans(), after=minutes)
    def hold(self, who: str, amount: int, everything: bool, after: int | None) -> HoldRequest:
        if everything:
            account = self.model.accounts[who]
            amount = max(1, account.balance - self.model.held(who) - (account.floor or 0))
        until = self.clock.now() + timedelta(minutes=after) if after is not None else None
        request = HoldRequest(uuid7(), who, amount, until, "kiosk:1", uuid7())
        if self.send(request) != ["held"]:  # then nothing can be taken by its id
            self.bad(ReleaseRequest(uuid7(), request.id, "kiosk:1"))
            self.bad(self.transfer(Kind.REDEMPTION, who, "shop:1", amount, captures=request.id))
        return request

    @rule(targets=(requests, moved), hold=placed, amount=st.none() | amounts, below_floor=st.booleans())
    def capture(self, hold: HoldRequest, amount: int | None, below_floor: bool) -> TransferRequest:
        taken = min(amount or hold.amount, hold.amount + 1)
        request = self.transfer(
            Kind.REDEMPTION, hold.account, "shop:1", taken, captures=hold.id, below_floor=below_floor
        )
        if hold.id in self.model.holds:
            self.send(request)
        return request

    @rule(target=requests, hold=placed)
    def release(self, hold: HoldRequest) -> Request:
        request = ReleaseRequest(uuid7(), hold.id, "kiosk:1")
        if hold.id in self.model.holds:
            self.send(request)
        return request

    @rule(targets=(requests, moved), original=moved)
    def reverse(self, original: TransferRequest) -> TransferRequest:
        back = self.transfer(Kind.REVERSAL, original.credit, original.debit, original.amount, reverses=original.id)
        if original.id in self.model.posted:
            self.send(back)
        else:
            self.bad(back)
        return back

    @rule(old=requests)
    def send_an_old_one_again(self, old: Request) -> None:
        if old.id in self.model.decided:
            assert self.send(old) == [self.model.decided[old.id][1]]

    @rule(old=requests, actor=st.sampled_from(["staff:8", "kiosk:9"]))
    def send_another_body_under_an_old_id(self, old: Request, actor: str) -> None:
        if old.id in self.model.decided:
            assert self.send(replace(old, actor=actor)) == []

    @rule(
        data=st.data(),
        who=households,
        size=st.integers(2, 4),
        linked=st.booleans(),
        old=st.none() | requests,
        wrong=st.none() | moved,
    )
    def batch(
        self,
        data: st.DataObject,
        who: str,
        size: int,
        linked: bool,
        old: Request | None,
        wrong: TransferRequest | None,
    ) -> None:
        """Spending, earning and holding in one batch; now and then with something old in it, or the same thing twice, or one transfer
        reversed by two people at once.
        """
        made: list[Request] = []
        for amount in data.draw(st.lists(amounts, min_size=size, max_size=size)):
            kind = data.draw(st.sampled_from(["spend", "award", "hold"]))
            if kind == "hold":
                made.append(HoldRequest(uuid7(), who, amount, None, "kiosk:1", uuid7()))
            else:
                sides = (Kind.REDEMPTION, who, "shop:1") if kind == "spend" else (Kind.AWARD, "fund", who)
                made.append(self.transfer(*sides, amount))
        made += [made[0]] if data.draw(st.booleans()) else []
        made += [old] if old is not None and old.id in self.model.decided else []
        if wrong is not None and wrong.id in self.model.posted:
            back = (Kind.REVERSAL, wrong.credit, wrong.debit, wrong.amount)
            made += [self.transfer(*back, reverses=wrong.id) for _ in range(2)]
        self.send(*made, linked=linked)

    @rule(who=households, mark=st.sampled_from(["closed", "blocked"]), value=st.sampled_from([False, False, True]))
    def mark(self, who: str, mark: str, value: bool) -> None:
        self.database.write(lambda tx: set_account(tx, self.village_id, who, **{mark: value}))
        setattr(self.model.accounts[who], mark, value)

    @rule(who=households, floor=st.sampled_from([0, 0, 10, 60]))
    def base_points(self, who: str, floor: int) -> None:
        self.database.write(lambda tx: set_account(tx, self.village_id, who, floor=floor))
        self.model.accounts[who].floor = floor

    @rule(tied=st.booleans(), amount=amounts)
    def money(self, tied: bool, amount: int) -> None:
        self.database.write(lambda tx: set_issue_limit(tx, self.village_id, tied_to_grants=tied))
        self.model.accounts["fund"].floor = 0 if tied else None
        self.send(self.transfer(Kind.GRANT, "grant", "fund", amount))

    @rule(later=st.integers(1, 60))
    def time_passes(self, later: int) -> None:
        self.clock.advance(minutes=later)
        self.model.lapse(self.clock.now())

    @rule()
    def sweep(self) -> None:
        self.database.write(lambda tx: lapse_holds(tx, self.village_id, now=self.clock.now()))

    @rule(
        who=households,
        wrong=st.sampled_from([{"amount": 0}, {"amount": True}, {"credit": "household:9"}, {"kind": Kind.GRANT}]),
    )
    def nonsense(self, who: str, wrong: dict[str, object]) -> None:
        self.bad(self.transfer(Kind.AWARD, "fund", who, 1), replace(self.transfer(Kind.AWARD, "fund", who, 5), **wrong))  # type: ignore[arg-type]

    def bad(self, *requests: Request) -> None:
        before = self.rows()
        with pytest.raises(BrokenContract):
            self.database.write(lambda tx: post(tx, self.village_id, requests, now=self.clock.now()))
        assert self.rows() == before

    @invariant()
    def both_books_say_the_same(self) -> None:
        now = self.clock.now()
        real = self.accounts()
        assert {code: a.balance for code, a in real.items()} == {c: a.balance for c, a in self.model.accounts.items()}
        for code in HOUSEHOLDS:
            still = self.database.read(lambda tx, code=code: open_holds(tx, self.village_id, code))  # type: ignore[misc]
            assert real[code].held == sum(hold.amount for hold in still)
            due = {hold.id for hold in still if hold.until is None or hold.until > now}
            standing = {i: h for i, h in self.model.holds.items() if h.account == code and h.state == "open"}
            assert due == {
                i for i, h in standing.items() if h.until is None or h.until > now
            }  # one placed until now is over

    @invariant()
    def the_book_is_right_in_itself(self) -> None:
        assert self.database.read(lambda tx: total_of_accounts(tx, self.village_id)) == 0
        report = verify(self.database, self.village_id)
        assert report.ok, report.problems

    @invariant()
    def the_log_only_grows(self) -> None:
        now = leaves(self.database, self.village_id)
        assert now[: len(self.tree)] == self.tree
        self.tree = now
        frontier: tuple[bytes, ...] = ()
        for index, leaf in enumerate(now):
            frontier = append(frontier, index, leaf_hash(leaf))
        assert self.database.read(lambda tx: book_head(tx, self.village_id)) == (len(self.model.posted), root(frontier))
        posted = [UUID(leaf.decode().splitlines()[3]) for leaf in now]
        assert posted == list(self.model.posted)

    @invariant()
    def nobody_was_given_two_answers(self) -> None:
        assert sum(code == "posted" for _, code in self.model.decided.values()) == len(self.model.posted)
        assert all(code in DONE or id_ not in self.model.holds for id_, (_, code) in self.model.decided.items())


@pytest.fixture(params=["sqlite", "postgresql"])
def quick_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database that need not outlive a power cut: in memory's file system where there is one, without waiting for disks."""
    if request.param == "postgresql":
        database = Database(request.getfixturevalue("fresh_postgres"))
        yield database
        database.close()
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        database = Database(f"sqlite:///{folder}/ledger.sqlite", journal="delete")
        upgrade(database)
        yield database
        database.close()


@pytest.mark.timeout(3_000 if LONG else 300)
def test_the_book_and_its_model_never_disagree(quick_database: Database) -> None:
    BookMachine.database = quick_database
    run_state_machine_as_test(
        BookMachine,
        settings=settings(
            max_examples=500 if LONG else 50,
            stateful_step_count=60 if LONG else 18,
            deadline=None,
            phases=[Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else [])],  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
