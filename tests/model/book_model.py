"""The book on one page: plain dicts, no database, no log. What the real one must agree with after every step.

Written from the README's words, not from ``ledger.book.deciding``; it shares only the requests with it. Where the real book
ends overdue holds when it next touches their account, the model ends them as time passes: nobody can see a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ledger.book.values import HoldRequest, Kind, ReleaseRequest, Request, TransferRequest

ID_REUSED = "id_reused"
DONE = ("posted", "held", "released")
_ENDED = {"captured": "hold_captured", "released": "hold_released", "lapsed": "hold_over"}


@dataclass
class ModelAccount:
    balance: int = 0
    floor: int | None = None
    blocked: bool = False
    closed: bool = False


@dataclass
class ModelHold:
    account: str
    amount: int
    until: datetime | None
    state: str = "open"


@dataclass
class BookModel:
    """A village's book. Times must not run backwards."""

    accounts: dict[str, ModelAccount] = field(default_factory=dict)
    holds: dict[UUID, ModelHold] = field(default_factory=dict)
    posted: dict[UUID, TransferRequest] = field(default_factory=dict)  # in the order of seq
    decided: dict[UUID, tuple[Request, str]] = field(default_factory=dict)

    def held(self, code: str) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.account == code and hold.state == "open")

    def lapse(self, now: datetime) -> None:
        for hold in self.holds.values():
            if hold.state == "open" and hold.until is not None and hold.until <= now:
                hold.state = "lapsed"

    def post(self, requests: Sequence[Request], now: datetime, *, linked: bool = False) -> list[str] | str:
        """A code for each request; or ``id_reused`` for all of them together, and nothing has happened."""
        bodies: dict[UUID, Request] = {}
        for request in requests:
            known = self.decided.get(request.id, (bodies.get(request.id, request), ""))[0]
            if known != request:
                return ID_REUSED
            bodies[request.id] = request
        self.lapse(now)
        fresh = [request for id_, request in bodies.items() if id_ not in self.decided]
        frozen_no = any(self.decided[id_][1] not in DONE for id_ in bodies if id_ in self.decided)
        codes = self._try(fresh, all_or_nothing=linked, doomed=frozen_no)
        self.decided |= {request.id: (request, code) for request, code in zip(fresh, codes, strict=True)}
        return [self.decided[request.id][1] for request in requests]

    def _try(self, requests: Sequence[Request], *, all_or_nothing: bool, doomed: bool) -> list[str]:
        before = (
            {c: a.balance for c, a in self.accounts.items()},
            {i: h.state for i, h in self.holds.items()},
            len(self.posted),
        )
        codes = [self._one(request) for request in requests]
        if all_or_nothing and (doomed or any(code not in DONE for code in codes)):
            balances, states, posted = before
            for code, balance in balances.items():
                self.accounts[code].balance = balance
            self.holds = {id_: self.holds[id_] for id_ in states}
            for id_, state in states.items():
                self.holds[id_].state = state
            self.posted = dict(list(self.posted.items())[:posted])
            codes = [code if code not in DONE else "linked_refused" for code in codes]
        return codes

    def _one(self, request: Request) -> str:
        if isinstance(request, TransferRequest):
            refusal = self._why_not(request)
            return refusal or self._move(request)
        if isinstance(request, ReleaseRequest):
            hold = self.holds[request.hold]
            if hold.state != "open":
                return _ENDED[hold.state]
            hold.state = "released"
            return "released"
        return self._hold(request)

    def _hold(self, request: HoldRequest) -> str:
        account = self.accounts[request.account]
        if account.closed:
            return "household_closed"
        if account.blocked or account.balance < 0:
            return "household_blocked"
        short = self._short(request.account, request.amount, self.held(request.account))
        if not short:
            self.holds[request.id] = ModelHold(request.account, request.amount, request.until)
        return short or "held"

    def _why_not(self, request: TransferRequest) -> str:
        """The refusal's code, or "" when it may be posted."""
        if request.reverses is not None:
            if self.posted[request.reverses].kind is Kind.REVERSAL:
                return "reversal_not_reversible"
            return "already_reversed" if any(t.reverses == request.reverses for t in self.posted.values()) else ""
        taken = self.holds[request.captures] if request.captures else None
        if taken and taken.state != "open":
            return _ENDED[taken.state]
        if request.below_floor:
            return ""
        debit, credit = self.accounts[request.debit], self.accounts[request.credit]
        if debit.closed or credit.closed:
            return "household_closed"
        if request.kind is Kind.REDEMPTION and (debit.blocked or debit.balance < 0):
            return "household_blocked"
        if taken and request.amount > taken.amount:
            return "hold_exceeded"
        if request.debit == "fund" and debit.floor is not None and not request.over_limit:
            return "issue_limit_reached" if debit.balance - request.amount < debit.floor else ""
        if not request.debit.startswith("household:") or request.kind in (Kind.CLEAR, Kind.MERGE):
            return ""
        return self._short(request.debit, request.amount, self.held(request.debit) - (taken.amount if taken else 0))

    def _short(self, code: str, amount: int, held: int) -> str:
        free, floor = self.accounts[code].balance - held, self.accounts[code].floor or 0
        if amount <= free - floor:
            return ""
        return "below_floor" if amount <= free else "not_enough_points"

    def _move(self, request: TransferRequest) -> str:
        if request.captures:
            self.holds[request.captures].state = "captured"
        self.accounts[request.debit].balance -= request.amount
        self.accounts[request.credit].balance += request.amount
        self.posted[request.id] = request
        return "posted"
