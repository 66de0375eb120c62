"""Says what the till wants said, in a thread of its own: neither the clips nor the program that plays them ever hold up a sale."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from kiosk.voice.player import Player

log = logging.getLogger("kiosk.voice")


class SpeakingThread:
    """``say`` comes back at once. Of several sentences that wait, the newest is said; ``unheard`` is called when one cannot be."""

    def __init__(self, player: Player, unheard: Callable[[], None]) -> None:
        self._player = player
        self._unheard = unheard
        self._queue: queue.SimpleQueue[tuple[int, ...] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def say(self, clips: tuple[int, ...]) -> None:
        """Have these clips said one after the other."""
        self._queue.put(clips)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Silence, and an end."""
        self._queue.put(None)
        self._thread.join(timeout=5)
        self._player.close()

    def _run(self) -> None:
        while (clips := self._newest()) is not None:
            try:
                heard = self._player.say(clips)
            except OSError:  # a folder that cannot be read
                log.exception("nothing could be said")
                heard = False
            if not heard:
                self._unheard()

    def _newest(self) -> tuple[int, ...] | None:
        """What to say next; None at the end, whatever still waits."""
        clips = self._queue.get()
        while clips is not None and not self._queue.empty():
            clips = self._queue.get()
        return clips
