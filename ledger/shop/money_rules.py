"""Money behind points: who may ask, who may confirm. Pure; amounts in the village's minor unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ledger.staff.roles import Role
from schemas.canonical import MAX_INTEGER
from schemas.problems import Fault
from schemas.refusals import Refusal, RefusalCode

SOURCE_LIMIT = 40
ASKERS = frozenset({Role.VILLAGE_ADMIN})
CONFIRMERS = frozenset({Role.VILLAGE_ADMIN, Role.SUPERVISOR})


class MoneyKind(StrEnum):
    """What is asked: money put in, the shop paid, issuing tied to what was put in, or no longer."""

    GRANT = "grant"
    SETTLEMENT = "settlement"
    LIMIT_ON = "limit_on"
    LIMIT_OFF = "limit_off"

    @property
    def moves_points(self) -> bool:
        """True when it becomes a transfer."""
        return self in (MoneyKind.GRANT, MoneyKind.SETTLEMENT)

    @property
    def takes_two(self) -> bool:
        """False only for the limit: one person may be stricter, nobody is laxer alone."""
        return self is not MoneyKind.LIMIT_ON


class MoneyState(StrEnum):
    """Asked, and then one of the two for ever."""

    ASKED = "asked"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class MoneyWish:
    """What somebody asks for. ``source`` says whose money a grant is (村集体、捐款); the limit has no amount."""

    kind: MoneyKind
    amount: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class MoneyRequest:
    """A wish with the people: ``asked_by`` and ``decided_by`` are staff ids, ``asker`` and ``decider`` their names."""

    request_id: UUID
    wish: MoneyWish
    state: MoneyState
    asked_by: int
    asker: str
    asked_at: datetime
    decided_by: int | None
    decider: str | None
    decided_at: datetime | None
    seq: int | None


def wish_faults(wish: MoneyWish) -> list[Fault]:
    """What makes it none."""
    faults: list[Fault] = []
    if wish.kind.moves_points and not 1 <= wish.amount <= MAX_INTEGER:
        faults.append(Fault("amount", "分数写成大于 0 的数，如 3000"))
    if wish.kind is MoneyKind.GRANT and not 1 <= len(wish.source) <= SOURCE_LIMIT:
        faults.append(Fault("source", f"写明是谁的钱，1 到 {SOURCE_LIMIT} 个字，如 村集体、捐款"))
    if (wish.source and wish.kind is not MoneyKind.GRANT) or (wish.amount and not wish.kind.moves_points):
        faults.append(Fault("kind", "这件事不写数目和来源"))
    return faults


def settlement_refusal(wish: MoneyWish, unsettled: int) -> Refusal | None:
    """The shop cannot be paid for more than it took."""
    if wish.kind is not MoneyKind.SETTLEMENT or wish.amount <= unsettled:
        return None
    return Refusal(RefusalCode.SETTLEMENT_EXCEEDED, {"limit": unsettled, "total": wish.amount})


def confirm_refusal(request: MoneyRequest, staff_id: int, unsettled: int, others: Collection[str]) -> Refusal | None:
    """None when ``staff_id`` may make it happen now. ``others`` are the names of those who may."""
    if request.state is not MoneyState.ASKED:
        done = {MoneyState.DONE: "办好了", MoneyState.DROPPED: "不办了"}[request.state]
        return Refusal(RefusalCode.NOT_WAITING, {"state": done})
    if request.wish.kind.takes_two and request.asked_by == staff_id:
        return Refusal(RefusalCode.SAME_PERSON, {"who": "、".join(others) or "另一位村管理员或监督员"})
    return settlement_refusal(request.wish, unsettled)
