"""A rule book as values: areas, items and caps. Points in the village's minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Caps = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A field of village life: 环境卫生."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """What earns points. ``public`` says what a notice may show of it: item, area or nothing."""

    code: str
    area: str
    area_name: str
    name: str
    points: int
    unit: str
    caps: Caps
    public: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule book that was read and found right, not yet adopted. ``body`` is its canonical text, all of it."""

    name: str
    caps: Caps
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A version in force from a day on; never edited. ``body`` is what was adopted, canonical."""

    version: int
    name: str
    in_force_from: date
    caps: Caps
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    body: bytes = field(repr=False)

    def item(self, code: str) -> Item | None:
        """The item with that code, or None."""
        return next((item for item in self.items if item.code == code), None)
