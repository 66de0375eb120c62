"""Which logins and passwords will do, how long a session lasts, when a guesser has to wait. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.problems import Fault

SESSION_IDLE = timedelta(minutes=30)
SESSION_LONGEST = timedelta(hours=12)
CLOCK_SLACK = timedelta(minutes=5)  # a clock set back further than this ends a session rather than prolongs it
TOUCH_AFTER = timedelta(minutes=1)  # a session's last use is written at most once a minute

FREE_MISSES = 5
LONGEST_LOCK = timedelta(minutes=60)
MISSES_FORGOTTEN = timedelta(hours=24)

PASSWORD_SHORTEST, PASSWORD_LONGEST = 8, 128
# The commonest of at least eight characters, by the published lists of leaked passwords; case and blanks do not count.
_LEAKED = """
    12345678 123456789 1234567890 87654321 11111111 00000000 88888888 66666666 12341234 11223344 123123123 147258369
    password password1 passw0rd qwertyui qwerty123 1qaz2wsx 1q2w3e4r abcd1234 abc12345 a1234567 a12345678 aa123456
    asdfghjkl iloveyou sunshine princess football woaini1314 woaini520 5201314520 woaini123 admin123 administrator
    changeme letmein1 welcome1 13800138000
"""
COMMONEST = frozenset(_LEAKED.split())
_LOCAL_PATH = re.compile(r"/(?:[A-Za-z0-9._~%?&=+-][A-Za-z0-9._~%?&=+/-]*)?")
_LOGIN = re.compile(r"[a-z0-9._-]{2,40}")


@dataclass(frozen=True, slots=True)
class Throttle:
    """How often somebody missed in a row, and until when no further try is looked at."""

    misses: int
    last_miss_at: datetime
    locked_until: datetime | None


def clean_login(typed: str) -> str:
    """A login as it is stored: lower case, no blanks around."""
    return typed.strip().lower()


def login_faults(login: str) -> list[Fault]:
    """What is wrong with a new login."""
    if _LOGIN.fullmatch(login):
        return []
    return [Fault("login", "账号用 2 到 40 个小写字母或数字，中间可以有点、横线、下划线")]


def password_faults(password: str, unwanted: Iterable[str]) -> list[Fault]:
    """What is wrong with a new password; ``unwanted`` are words that anyone would try (login, name, village code)."""
    if len(password) < PASSWORD_SHORTEST:
        return [Fault("password", f"密码至少 {PASSWORD_SHORTEST} 个字，现在是 {len(password)} 个")]
    if len(password) > PASSWORD_LONGEST:
        return [Fault("password", f"密码最多 {PASSWORD_LONGEST} 个字，现在是 {len(password)} 个")]
    plain = "".join(password.lower().split())
    if plain in COMMONEST or len(set(plain)) <= 2:
        return [Fault("password", "这个密码用的人太多，一猜就中。换一个，几个不相干的词连起来就好")]
    if any(_mostly(plain, word.lower()) for word in unwanted if word):
        return [Fault("password", "密码不要用账号、名字或村码。换一个，几个不相干的词连起来就好")]
    return []


def session_holds(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """True while a session is good: used in the last half hour, begun in the last twelve, and not in the future."""
    if now < created_at - CLOCK_SLACK or now < seen_at - CLOCK_SLACK:
        return False
    return now < seen_at + SESSION_IDLE and now < created_at + SESSION_LONGEST


def wait_minutes(throttle: Throttle | None, now: datetime) -> int:
    """Whole minutes until the next try is looked at, 0 when it is now. A lock never outlasts the longest lock."""
    if throttle is None or throttle.locked_until is None:
        return 0
    left = min(throttle.locked_until - now, LONGEST_LOCK)
    return max(0, -(-left // timedelta(minutes=1)))


def after_a_miss(throttle: Throttle | None, now: datetime) -> Throttle:
    """One miss more. From the fifth on the account is locked for 1, 2, 4 … minutes; a day without a miss starts afresh."""
    fresh = throttle is None or now - throttle.last_miss_at > MISSES_FORGOTTEN
    misses = 1 if fresh or throttle is None else throttle.misses + 1
    beyond = misses - FREE_MISSES
    lock = min(timedelta(minutes=1) * 2 ** min(beyond, 10), LONGEST_LOCK) if beyond >= 0 else None
    return Throttle(misses, now, now + lock if lock else None)


def tries_left(throttle: Throttle) -> int:
    """How many misses are still free before the next lock."""
    return max(0, FREE_MISSES - throttle.misses)


def local_path(wanted: str) -> str | None:
    """``wanted`` when it is a path on this site, else None: ``//host``, ``/\\host``, schemes and control characters are not."""
    return wanted if len(wanted) <= 500 and _LOCAL_PATH.fullmatch(wanted) else None


def _mostly(password: str, word: str) -> bool:
    """The word itself, or the word with so little around it that it is still guessed first."""
    return word in password and len(password) - len(word) < PASSWORD_SHORTEST // 2
