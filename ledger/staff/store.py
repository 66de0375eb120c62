"""Staff: who may sign in. Passwords are hashed before they reach a table; disabling somebody ends all their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from ledger.staff.audit import audit
from ledger.staff.passwords import hash_password
from ledger.staff.rules import clean_login, login_faults, password_faults
from ledger.staff.tables import staff, staff_sessions
from ledger.staff.throttle import clear, sign_in_key
from schemas.problems import BrokenContract, Fault

__all__ = [
    "StaffMember",
    "add_staff",
    "audit",
    "disable_staff",
    "end_sessions",
    "set_password",
    "staff_by_id",
    "staff_by_login",
]


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who may sign in. ``login`` is what they type, ``name`` what others call them."""

    staff_id: int
    login: str
    name: str


def add_staff(
    tx: Connection, login: str, name: str, password: str, now: datetime, *, unwanted: Iterable[str] = ()
) -> StaffMember:
    """A new member. ``unwanted``: further words the password may not be (the village's code). BrokenContract with all faults."""
    login, name = clean_login(login), name.strip()
    faults = [*login_faults(login), *password_faults(password, [login, name, *unwanted])]
    if not 1 <= len(name) <= 40:
        faults.append(Fault("name", "名字写 1 到 40 个字"))
    if staff_by_login(tx, login) is not None or _is_disabled(tx, login):
        faults.append(Fault("login", f"账号 {login} 已经有人用了，换一个"))
    if faults:
        raise BrokenContract(faults)
    staff_id = int(tx.execute(select(func.coalesce(func.max(staff.c.staff_id), 0))).scalar_one()) + 1
    row = {"staff_id": staff_id, "login": login, "name": name, "created_at": now}
    tx.execute(insert(staff).values(**row, password_hash=hash_password(password)))
    audit(tx, None, None, "staff_added", f"staff:{staff_id}", now)
    return StaffMember(staff_id, login, name)


def set_password(
    tx: Connection, member: StaffMember, password: str, now: datetime, *, unwanted: Iterable[str] = ()
) -> None:
    """A new password: every session ends and the misses are forgotten. BrokenContract when it will not do."""
    faults = password_faults(password, [member.login, member.name, *unwanted])
    if faults:
        raise BrokenContract(faults)
    changed = {"password_hash": hash_password(password)}
    tx.execute(update(staff).where(staff.c.staff_id == member.staff_id).values(changed))
    end_sessions(tx, member.staff_id, now)
    clear(tx, sign_in_key(member.login))
    audit(tx, None, None, "password_set", f"staff:{member.staff_id}", now)


def disable_staff(tx: Connection, member: StaffMember, now: datetime) -> None:
    """From now on they cannot sign in, and every session of theirs has ended. Who they were stays in the book."""
    tx.execute(update(staff).where(staff.c.staff_id == member.staff_id).values(disabled_at=now))
    end_sessions(tx, member.staff_id, now)
    audit(tx, None, None, "staff_disabled", f"staff:{member.staff_id}", now)


def end_sessions(tx: Connection, staff_id: int, now: datetime) -> None:
    """End every open session of a member."""
    theirs = (staff_sessions.c.staff_id == staff_id) & staff_sessions.c.ended_at.is_(None)
    tx.execute(update(staff_sessions).where(theirs).values(ended_at=now))


def staff_by_login(tx: Connection, login: str) -> StaffMember | None:
    """The member with that login who may sign in; None for nobody and for somebody disabled."""
    return _member(tx, staff.c.login == clean_login(login))


def staff_by_id(tx: Connection, staff_id: int) -> StaffMember | None:
    """The member with that number who may sign in; None for nobody and for somebody disabled."""
    return _member(tx, staff.c.staff_id == staff_id)


def _member(tx: Connection, which: ColumnElement[bool]) -> StaffMember | None:
    query = select(staff.c.staff_id, staff.c.login, staff.c.name).where(which, staff.c.disabled_at.is_(None))
    row = tx.execute(query).one_or_none()
    return StaffMember(row.staff_id, row.login, row.name) if row else None


def _is_disabled(tx: Connection, login: str) -> bool:
    query = select(staff.c.staff_id).where(staff.c.login == login, staff.c.disabled_at.is_not(None))
    return tx.execute(query).first() is not None
