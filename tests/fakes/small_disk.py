"""A real file system of a few megabytes, so that a disk can be full. Only root may have one; elsewhere the test is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size_bytes: int) -> Iterator[Path]:
    """``place``, made and mounted; gone with all that is on it when the block ends."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may mount a small file system")
    place.mkdir()
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run([umount, place], check=True)
