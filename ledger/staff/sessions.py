"""Signing in and out. A session is a row; the browser holds a random token of which only the SHA-256 is kept.

Sessions and locks run on real time (``Services.wall``): moving the demo's clock ahead signs nobody out.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy import Connection, delete, insert, select, update

from ledger.staff.audit import audit
from ledger.staff.passwords import TooBusy, hash_password, is_outdated, password_matches
from ledger.staff.rules import SESSION_LONGEST, TOUCH_AFTER, clean_login, session_holds, tries_left, wait_minutes
from ledger.staff.store import StaffMember
from ledger.staff.tables import staff, staff_sessions
from ledger.staff.throttle import clear, count_miss, sign_in_key, take_back, throttle_of
from ledger.web.services import Services, services

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The password was right. ``token`` goes into the cookie and nowhere else."""

    member: StaffMember
    token: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Login and password do not belong together. ``minutes`` > 0: locked that long; else ``tries`` are left."""

    misses: int
    tries: int
    minutes: int


@dataclass(frozen=True, slots=True)
class _Known:
    member: StaffMember | None
    password_hash: str | None


def sign_in(given: Services, login: str, password: str) -> SignedIn | Missed:
    """Check a password and open a session.

    The miss is counted before the password is looked at and wiped out when it is right, so that guesses sent side by side
    are counted too. Unknown logins are counted, hashed and answered like known ones. TooBusy when the machine is.
    """
    login, now = clean_login(login), given.wall.now()
    key = sign_in_key(login)
    begun = given.database.write(lambda tx: _begin(tx, login, key, now))
    if isinstance(begun, Missed):
        return begun
    known, missed = begun
    try:
        right = password_matches(known.password_hash, password)
    except TooBusy:
        given.database.write(lambda tx: take_back(tx, key))
        raise
    if not right or known.member is None or known.password_hash is None:
        return missed
    member, stored = known.member, known.password_hash
    fresh = hash_password(password) if is_outdated(stored) else stored
    token = secrets.token_urlsafe(TOKEN_BYTES)
    opened = given.database.write(lambda tx: _open(tx, member, (stored, fresh), token, now))
    return SignedIn(member, token) if opened else missed


def sign_out(tx: Connection, token: str, now: datetime) -> None:
    """End the session in the database: the cookie, kept or copied, opens nothing any more."""
    this = (staff_sessions.c.token_hash == _hash(token)) & staff_sessions.c.ended_at.is_(None)
    tx.execute(update(staff_sessions).where(this).values(ended_at=now))


def member_by_token(tx: Connection, token: str, now: datetime) -> tuple[StaffMember, bool] | None:
    """Whose open session that is, and whether its last use should be written down. None for no open session."""
    joined = staff_sessions.join(staff, staff.c.staff_id == staff_sessions.c.staff_id)
    here = (staff_sessions.c.token_hash == _hash(token)) & staff_sessions.c.ended_at.is_(None)
    query = select(staff, staff_sessions.c.created_at.label("opened_at"), staff_sessions.c.seen_at).select_from(joined)
    row = tx.execute(query.where(here, staff.c.disabled_at.is_(None))).one_or_none()
    if row is None or not session_holds(row.opened_at, row.seen_at, now):
        return None
    return StaffMember(row.staff_id, row.login, row.name), now - row.seen_at > TOUCH_AFTER


def cookie_name(secure: bool) -> str:
    """The session cookie's name; browsers take the ``__Host-`` prefix only together with Secure."""
    return "__Host-merit" if secure else "merit"


def token_of_request() -> str | None:
    """The token in this request's cookie."""
    return request.cookies.get(cookie_name(services().settings.secure_cookies))


def member_of_request() -> StaffMember | None:
    """Whose session this request carries; its use is written down at most once a minute."""
    token, given = token_of_request(), services()
    if not token:
        return None
    now = given.wall.now()
    found = given.database.read(lambda tx: member_by_token(tx, token, now))
    if found is None:
        return None
    member, stale = found
    if stale:
        given.database.write(lambda tx: _touch(tx, token, now))
    return member


def _begin(tx: Connection, login: str, key: str, now: datetime) -> tuple[_Known, Missed] | Missed:
    before = throttle_of(tx, key)
    minutes = wait_minutes(before, now)
    if before is not None and minutes:
        return Missed(before.misses, 0, minutes)
    counted = count_miss(tx, key, now)
    missed = Missed(counted.misses, tries_left(counted), wait_minutes(counted, now))
    if missed.minutes:
        audit(tx, None, None, "sign_in_locked", f"{key} {missed.minutes} min", now)
    row = tx.execute(select(staff).where(staff.c.login == login, staff.c.disabled_at.is_(None))).one_or_none()
    if row is None:
        return _Known(None, None), missed
    return _Known(StaffMember(row.staff_id, row.login, row.name), row.password_hash), missed


def _open(tx: Connection, member: StaffMember, hashes: tuple[str, str], token: str, now: datetime) -> bool:
    """False when the password was changed, or the member disabled, while the old password was being checked."""
    stored, fresh = hashes
    still = (staff.c.staff_id == member.staff_id) & (staff.c.password_hash == stored) & staff.c.disabled_at.is_(None)
    if tx.execute(update(staff).where(still).values(password_hash=fresh)).rowcount != 1:
        return False
    clear(tx, sign_in_key(member.login))
    tx.execute(delete(staff_sessions).where(staff_sessions.c.created_at < now - 2 * SESSION_LONGEST))
    row = {"token_hash": _hash(token), "staff_id": member.staff_id, "created_at": now, "seen_at": now}
    tx.execute(insert(staff_sessions).values(row))
    audit(tx, member.staff_id, None, "signed_in", "", now)
    return True


def _touch(tx: Connection, token: str, now: datetime) -> None:
    tx.execute(update(staff_sessions).where(staff_sessions.c.token_hash == _hash(token)).values(seen_at=now))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
