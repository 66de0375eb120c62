"""The loudspeaker: plays the village's clips with a program like ``aplay``. Without the program or the clips it is silent."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from kiosk.voice.saying import NEEDED

_FIGURES = frozenset(range(1, 26))  # numbers and their units: a figure is said whole or not at all


class Clips:
    """The folder with ``01.wav`` … ``67.wav``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, clip: int) -> Path:
        """Where that clip is, recorded or not."""
        return self.folder / f"{clip:02d}.wav"

    def recorded(self) -> frozenset[int]:
        """The clips that there are."""
        return frozenset(clip for clip in range(1, NEEDED + 5) if self.path(clip).is_file())

    def files(self, clips: Sequence[int]) -> tuple[Path, ...]:
        """What to play for them. A clip that nobody recorded is left out; a figure that lacks one silences the whole sentence."""
        there = self.recorded()
        if any(clip in _FIGURES and clip not in there for clip in clips):
            return ()
        return tuple(self.path(clip) for clip in clips if clip in there)


class Player:
    """Says one thing at a time; a new one interrupts the old. ``say`` never waits for the sound."""

    def __init__(self, clips: Clips, *, command: Sequence[str] = ("aplay", "-q")) -> None:
        self._clips = clips
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._playing: subprocess.Popen[bytes] | None = None

    def say(self, clips: Sequence[int]) -> bool:
        """Begin to say it. False when nothing is heard."""
        files = self._clips.files(clips)
        program = shutil.which(self._command[0])
        with self._lock:
            self._hush()
            if not files or program is None:
                return False
            with contextlib.suppress(OSError):
                self._playing = subprocess.Popen(  # noqa: S603 - our own program and our own files, and no shell
                    [program, *self._command[1:], *map(str, files)],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                return True
            return False

    def close(self) -> None:
        """Silence."""
        with self._lock:
            self._hush()

    def _hush(self) -> None:
        if self._playing is not None:
            self._playing.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._playing.wait(timeout=1)
            if self._playing.poll() is None:
                self._playing.kill()
                self._playing.wait()
            self._playing = None
