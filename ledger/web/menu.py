"""The office's menu: one list, made at composition, shown to each person as far as their roles go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from flask import current_app, g


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page of the office. ``roles`` by their names in the database; empty means everyone with a role here."""

    label: str
    endpoint: str
    roles: frozenset[str] = frozenset()
    hint: str = ""


def visible(entries: Sequence[MenuEntry], roles: Collection[str]) -> list[MenuEntry]:
    """The entries that somebody with these roles may open, in order."""
    return [entry for entry in entries if not entry.roles or entry.roles.intersection(roles)]


def office_menu() -> list[MenuEntry]:
    """The menu of whoever is signed in, for the village this page is about."""
    entries = cast("Sequence[MenuEntry]", current_app.extensions.get("merit_menu", ()))
    return visible(entries, g.get("roles") or ())
