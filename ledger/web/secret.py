"""The key that signs form tokens: a file beside the database, readable by the service alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SECRET_BYTES = 32


def ensure_secret(path: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> bool:
    """Make the key's file with mode 0600 if it is not there; True when it was made. Two starters agree on one key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return False
    fresh = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(random_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(fresh, path)
            return True
        return False
    finally:
        fresh.unlink()


def read_secret(path: Path) -> bytes:
    """The key. ValueError when the file is too short to be one."""
    key = path.read_bytes()
    if len(key) < SECRET_BYTES:
        raise ValueError(f"{path} 不是密钥：删掉它，再跑一次 merit-ledger init")
    return key
