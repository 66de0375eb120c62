"""One thread of another process, stopped from outside as a debugger stops it: it stands still, and everything beside it goes on."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17  # linux/ptrace.h
_ANY_KIND = 0x40000000  # __WALL: threads, too
_libc = ctypes.CDLL(None, use_errno=True)


class NotAllowed(Exception):
    """This machine does not let one process stop another's thread."""


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) == -1:
        error = ctypes.get_errno()
        raise NotAllowed(os.strerror(error))


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """The thread with that native id stands still for as long as the ``with`` lasts. Raises NotAllowed.

    It may hold the interpreter's lock just then, and its whole process with it: whoever needs the others alive tries again.
    """
    _ptrace(_SEIZE, thread)
    try:
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _ANY_KIND)
        yield
    finally:
        _ptrace(_DETACH, thread)
