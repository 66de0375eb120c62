"""Settings of a program: one frozen object from TOML text and environment names. Pure; the edges read the file and the environment.

Unknown names refuse to start, and all faults are told at once, each with the place it came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.problems import BrokenContract, Fault


class Settings(BaseModel):
    """Base of a program's settings. Lax in types, for an environment holds only text; closed and frozen all the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=Settings)


def parse_settings(model: type[S], *, toml: str, environ: Mapping[str, str], prefix: str) -> S:
    """Settings from TOML, overridden by ``PREFIX…`` names of the environment. BrokenContract with every fault."""
    try:
        given: dict[str, object] = dict(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise BrokenContract([Fault("toml", f"设置文件读不懂：{error}")]) from error
    source = dict.fromkeys(given, "")
    for name, value in environ.items():
        if name.startswith(prefix):
            key = name.removeprefix(prefix).lower()
            given[key] = value
            source[key] = name
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise BrokenContract([_fault(detail["loc"], detail["msg"], source) for detail in error.errors()]) from error


def _fault(loc: tuple[int | str, ...], message: str, source: Mapping[str, str]) -> Fault:
    field = ".".join(str(part) for part in loc)
    return Fault(source.get(str(loc[0]) if loc else "") or field, message)
