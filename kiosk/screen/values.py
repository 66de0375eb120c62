"""A page of the touch screen, whole: the line on top, the strips, the face; and how the screen is set."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.screen.faces import FaceView
from kiosk.screen.parts import Words


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """``demo``: the banner says that nothing counts. ``loopback_only``: no other machine may open the screen. ``sounds``: beeps are heard.
    ``night_from`` and ``night_until`` are hours of the village's day between which the screen is dark; equal hours are never."""

    demo: bool = False
    loopback_only: bool = True
    sounds: bool = True
    night_from: int = 0
    night_until: int = 0


@dataclass(frozen=True, slots=True)
class Top:
    """The line on top: whose shop and who serves, or the household in hand; the time (empty while the clock is not trusted)."""

    place: str
    clerk: str
    number: str
    who: str
    held: str
    time: str
    line: str
    online: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that is on the screen. ``version`` goes with every tap; ``told`` is said above the face."""

    version: int
    title: str
    night: bool
    top: Top
    bars: tuple[Words, ...]
    told: Words | None
    face: FaceView
    demo: str = ""
