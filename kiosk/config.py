"""The kiosk's settings: one TOML file and ``MERIT_KIOSK_…`` names of the environment. An unknown one refuses to start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from schemas.settings import Settings, parse_settings

PREFIX = "MERIT_KIOSK_"
CONFIG = "MERIT_KIOSK_CONFIG"

Point = Literal["before_write", "after_write", "after_send", "before_print", "mid_print", "after_print"]


class KioskSettings(Settings):
    """Every setting, its unit last. ``demo`` shows a banner on every page and slip; ``clock_file`` and ``kill_at`` need it."""

    data_dir: Path
    ledger_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
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
    repair_phone: Annotated[str, Field(max_length=30)] = ""
    demo: bool = False
    clock_file: Path | None = None
    kill_at: Point | None = None

    @field_validator("paper_columns", mode="before")
    @classmethod
    def _columns(cls, value: object) -> object:
        """The environment holds only text, and a literal takes no text for a number."""
        return int(value) if isinstance(value, str) and value.isdigit() else value

    @model_validator(mode="after")
    def _only_in_the_demo(self) -> KioskSettings:
        if not self.demo and (self.clock_file is not None or self.kill_at is not None):
            raise ValueError("clock_file and kill_at are for demo=true alone")
        return self


def load_settings(path: Path | None, environ: Mapping[str, str]) -> KioskSettings:
    """Settings from the file (``--config``, else ``MERIT_KIOSK_CONFIG``, else none) and the environment.

    Raises BrokenContract with every fault, OSError when a named file cannot be read.
    """
    named = path or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    toml = named.read_text(encoding="utf-8") if named else ""
    rest = {name: value for name, value in environ.items() if name != CONFIG}
    return parse_settings(KioskSettings, toml=toml, environ=rest, prefix=PREFIX)
