"""The loudspeaker: plays the village's clips with a program like ``aplay``. Without the program or the clips it is silent."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from kiosk.voice.saying import CLIPS, MAY_LACK


class Clips:
    """The folder with ``01.wav``, ``02.wav`` … one for each of ``saying.CLIPS``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, clip: int) -> Path:
        """Where that clip is, recorded or not."""
        return self.folder / f"{clip:02d}.wav"

    def recorded(self) -> frozenset[int]:
        """The clips that there are."""
        return frozenset(clip for clip in range(1, len(CLIPS) + 1) if self.path(clip).is_file())

    def files(self, clips: Sequence[int]) -> tuple[Path, ...]:
        """What to play for them: a sentence that lacks a clip it cannot do without is not said at all, half of one would mislead."""
        there = self.recorded()
        if any(clip not in there and clip not in MAY_LACK for clip in clips):
            return ()
        return tuple(self.path(clip) for clip in clips if clip in there)


class Player:
    """Says one thing at a time; a new one interrupts the old. ``say`` never waits for the sound."""

    def __init__(self, clips: Clips, *, command: Sequence[str] = ("aplay", "-q")) -> None:
        self._clips = clips
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._playing: subprocess.Popen[bytes] | None = None
        self._failed = False

    def program(self) -> str | None:
        """The program that plays, None when this machine has none of that name."""
        return shutil.which(self._command[0])

    def told(self) -> str:
        """For who repairs it: how many clips there are, and what keeps them from being heard."""
        there = len(self._clips.recorded())
        if not there:
            return "没录，不出声"
        if self.program() is None:
            return f"录了 {there} 条，没有放音的 {self._command[0]}"
        with self._lock:
            self._look()
            return f"录了 {there} 条" + ("，上次没放出来" if self._failed else "")

    def say(self, clips: Sequence[int]) -> bool:
        """Begin to say it. False when nothing is heard."""
        files = self._clips.files(clips)
        program = self.program()
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
                self._failed = False
                return True
            self._failed = True
            return False

    def close(self) -> None:
        """Silence."""
        with self._lock:
            self._hush()

    def _look(self) -> None:
        """What ended by itself and badly (no loudspeaker, another program holds it) is remembered."""
        if self._playing is not None and self._playing.poll() is not None:
            self._failed = self._playing.returncode != 0
            self._playing = None

    def _hush(self) -> None:
        self._look()
        if self._playing is not None:
            self._playing.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._playing.wait(timeout=1)
            if self._playing.poll() is None:
                self._playing.kill()
                self._playing.wait()
            self._playing = None
