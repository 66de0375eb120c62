"""One process per data directory: an advisory ``flock`` that the system lets go when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from kiosk.journal.faults import SecondCopy


class DataLock:
    """Holds a data directory for this process. Raises SecondCopy when another has it. A context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._file = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise SecondCopy(f"{SecondCopy.code.seen}（{data_dir}）") from error

    def close(self) -> None:
        """Let the directory go."""
        os.close(self._file)

    def __enter__(self) -> DataLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
