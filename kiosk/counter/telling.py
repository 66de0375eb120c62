"""Telling: the face stays, the notice and a beep say why."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter.effects import Beep, Effect
from kiosk.counter.values import Notice, Till

Step = tuple[Till, tuple[Effect, ...]]


def told(till: Till, notice: Notice) -> Step:
    """The face stays; the notice and a beep say why."""
    return replace(till, notice=notice), (Beep.REFUSED,)
