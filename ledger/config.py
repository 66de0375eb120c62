"""Settings of ``merit-ledger``: a TOML file, overridden by ``MERIT_LEDGER_…`` of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from schemas.settings import Settings, parse_settings

PREFIX = "MERIT_LEDGER_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class LedgerSettings(Settings):
    """Everything the service can be told. ``database_url`` "" means SQLite in ``data_dir``.

    ``secure_cookies`` follows from the rest when it is not given: off only where no TLS can be meant, in the demo and on
    loopback without a public HTTPS address.
    """

    data_dir: Path = Path("/var/lib/merit-ledger")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    public_url: str = ""
    demo: bool = False
    clock_file: Path | None = None
    secure_cookies: bool = True

    @property
    def log_key_dir(self) -> Path:
        """Where the log keys lie: beside the database, not in it. A backup takes the database, never this folder."""
        return self.data_dir / "log-keys"

    @model_validator(mode="before")
    @classmethod
    def _cookies_follow(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "secure_cookies" in given:
            return given
        plain = str(given.get("demo", "")).lower() in ("true", "1", "yes", "on")
        plain = plain or given.get("host", "127.0.0.1") in LOOPBACK
        behind_tls = str(given.get("public_url", "")).startswith("https://")
        return {**given, "secure_cookies": behind_tls or not plain}

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("写成 https:// 开头的网址，或不写")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:", "postgres:")):
            raise ValueError("写成 sqlite:/// 或 postgresql:// 开头的地址，或不写")
        return value

    @field_validator("clock_file")
    @classmethod
    def _only_in_the_demo(cls, value: Path | None, known: ValidationInfo) -> Path | None:
        if value is not None and known.data.get("demo") is False:
            raise ValueError("只在演示里用，要一起写 demo = true")
        return value

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ledger.sqlite'}"

    @property
    def secret_file(self) -> Path:
        """Where the key that signs form tokens lies: outside the database and its backup."""
        return self.data_dir / "secret.key"


def ledger_settings(toml: str, environ: Mapping[str, str]) -> LedgerSettings:
    """The settings from a TOML text and the environment. BrokenContract with every fault, unknown names included."""
    return parse_settings(LedgerSettings, toml=toml, environ=environ, prefix=PREFIX)
