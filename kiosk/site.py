"""The screen's whole site: the counter's faces, and beside them the pages of the machine."""

from __future__ import annotations

from flask import Flask

from kiosk.app import Kiosk, clips_of
from kiosk.care.pages import care_pages
from kiosk.clock import clock_of
from kiosk.enrolling.pages import enrol_pages
from kiosk.screen import ScreenSettings, create_screen
from kiosk.voice.pages import voice_pages


def site_of(kiosk: Kiosk) -> Flask:
    """What this machine's browser sees: diagnostics once it belongs to a village, enrolment until then, 乡音 always."""
    settings = kiosk.settings
    at_home = settings.host in ("127.0.0.1", "::1")
    shown = ScreenSettings(demo=settings.demo, loopback_only=at_home, sounds=settings.sounds)
    screen = create_screen(kiosk.runner, shown, clock_of(settings).now)
    screen.register_blueprint(voice_pages(clips_of(settings), kiosk.player))
    if kiosk.clinic is not None:
        screen.register_blueprint(care_pages(kiosk.clinic))
    if kiosk.enroller is not None:
        screen.register_blueprint(enrol_pages(kiosk.enroller, demo=settings.demo))
    return screen
