"""The kiosk's settings: one TOML file and ``MERIT_KIOSK_…`` names of the environment. An unknown one refuses to start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from schemas.settings import Settings, parse_settings

PREFIX = "MERIT_KIOSK_"
CONFIG = "MERIT_KIOSK_CONFIG"
_WEB = re.compile(r"https?://[^\s/]+")
_DEVICE = re.compile(r"[a-z][a-z0-9+]*:\S")

Point = Literal["before_write", "after_write", "after_send", "before_print", "mid_print", "after_print"]


class KioskSettings(Settings):
    """Every setting, its unit last. ``sounds``: the screen beeps. ``demo`` shows a banner on every page and slip; ``clock_file``,
    ``kill_at`` and ``stall_s`` (how long a thread may stand still before the watchdog hears nothing) need it."""

    data_dir: Path
    ledger_url: str
    printer: str
    scanner: str
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8090
    paper_columns: Literal[32, 48] = 32
    native_qr: bool = True
    printer_timeout_s: Annotated[float, Field(gt=0, le=60)] = 8.0
    answer_deadline_s: Annotated[float, Field(gt=0, le=30)] = 4.0
    snapshot_every_s: Annotated[float, Field(gt=0, le=3600)] = 20.0
    idle_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    same_code_s: Annotated[float, Field(ge=0, le=10)] = 0.7
    stick_dir: Path | None = None
    clips_dir: Path | None = None
    player: Annotated[str, Field(min_length=1, max_length=200)] = "aplay -q"
    repair_phone: Annotated[str, Field(max_length=30)] = ""
    sounds: bool = True
    demo: bool = False
    clock_file: Path | None = None
    kill_at: Point | None = None
    stall_s: Annotated[float, Field(gt=0, le=60)] | None = None

    @field_validator("paper_columns", mode="before")
    @classmethod
    def _columns(cls, value: object) -> object:
        """The environment holds only text, and a literal takes no text for a number."""
        return int(value) if isinstance(value, str) and value.isdigit() else value

    @field_validator("ledger_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not _WEB.match(value):
            raise ValueError("写成 https:// 开头的网址")
        return value

    @field_validator("printer", "scanner")
    @classmethod
    def _is_a_devices_address(cls, value: str) -> str:
        """Only that it names a way to a device, so that it is told with the rest; the driver reads what follows."""
        if not _DEVICE.match(value):
            raise ValueError(f"写成 serial:/dev/… 这样的地址，现在是 {value}")
        return value

    @field_validator("clock_file", "kill_at", "stall_s")
    @classmethod
    def _only_in_the_demo(cls, value: object, known: ValidationInfo) -> object:
        if value is not None and known.data.get("demo") is False:
            raise ValueError("只在演示里用，要一起写 demo=true")
        return value


def load_settings(path: Path | None, environ: Mapping[str, str]) -> KioskSettings:
    """Settings from the file (``--config``, else ``MERIT_KIOSK_CONFIG``, else none) and the environment.

    Raises BrokenContract with every fault, OSError when a named file cannot be read.
    """
    named = path or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    toml = named.read_text(encoding="utf-8") if named else ""
    rest = {name: value for name, value in environ.items() if name != CONFIG}
    return parse_settings(KioskSettings, toml=toml, environ=rest, prefix=PREFIX)
