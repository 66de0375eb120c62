"""The counter's touch screen: local Flask pages over the till's state."""

from kiosk.screen.pages import create_screen
from kiosk.screen.values import ScreenSettings

__all__ = ["ScreenSettings", "create_screen"]
