"""Password hashes: argon2id, never more than two at a time, and as long for an unknown login as for a known one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19_456  # OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane; two at once fit a Pi with 1 GB
AT_ONCE = 2
PATIENCE_S = 10.0

_HASHER = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
_SLOTS = threading.BoundedSemaphore(AT_ONCE)
# What an unknown login is compared with: the hash of a long random text that nobody kept, with the parameters above.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$pd47F/xlrRsixtyNSAGEDA$lMiwW1Gj+3on5bqJ6eV3UNMvBUGO8V7D2qWYaDBelgk"


class TooBusy(Exception):
    """More people are signing in than this machine can check at once. Nothing was decided; try again."""


def hash_password(password: str) -> str:
    """The argon2id hash with its salt and parameters, as text."""
    with _slot():
        return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """True for the right password. None (nobody has that login) takes as long and is False."""
    with _slot():
        try:
            _HASHER.verify(stored or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """True when a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@contextmanager
def _slot() -> Iterator[None]:
    if not _SLOTS.acquire(timeout=PATIENCE_S):
        raise TooBusy
    try:
        yield
    finally:
        _SLOTS.release()
