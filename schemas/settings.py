"""Settings of a program: one frozen object from TOML text and environment names. Pure; the edges read the file and the environment.

Unknown names refuse to start, and all faults are told at once, each with the place it came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

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
        raise BrokenContract([_fault(detail, source) for detail in error.errors()]) from error


def _fault(detail: ErrorDetails, source: Mapping[str, str]) -> Fault:
    """Our own words where the kind of fault is a usual one, else pydantic's."""
    loc, limits = detail["loc"], detail.get("ctx", {})
    field = ".".join(str(part) for part in loc)
    said = _WORDS.get(detail["type"])
    words = said.format_map({"given": detail["input"], **limits}) if said else detail["msg"]
    return Fault(source.get(str(loc[0]) if loc else "") or field, words)


_WORDS = {
    "extra_forbidden": "没有这项设置，看看名字是不是写错了",
    "missing": "这项设置没有写",
    "value_error": "{error}",
    "int_parsing": "写成整数，现在是 {given}",
    "float_parsing": "写成数字，现在是 {given}",
    "literal_error": "写其中一个：{expected}；现在是 {given}",
    "bool_parsing": "写 true 或 false，现在是 {given}",
    "greater_than_equal": "最小 {ge}，现在是 {given}",
    "greater_than": "要大于 {gt}，现在是 {given}",
    "less_than_equal": "最大 {le}，现在是 {given}",
    "string_too_short": "最少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
}
