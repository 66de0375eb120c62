"""The office's menu: one list, made at composition, shown to each person as far as their roles go; and what waits for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from flask import current_app, g
from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page of the office. ``roles`` by their names in the database; empty means everyone with a role here."""

    label: str
    endpoint: str
    roles: frozenset[str] = frozenset()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits: where it is done, how many of it there are (0: it is one thing, and not counted)."""

    label: str
    hint: str
    endpoint: str
    count: int
    unit: str = "件"


class TaskFinder(Protocol):
    """A room's answer to "what waits for this person here?", for 今天的事. ``ledger.app`` hands them to the page."""

    def __call__(self, tx: Connection, village_id: int, staff_id: int, roles: Collection[str]) -> Sequence[Task]: ...


def waiting_tasks(tx: Connection, village_id: int, staff_id: int, roles: Collection[str]) -> list[Task]:
    """What waits for this person in the rooms that were composed in, in their order."""
    finders = cast("Sequence[TaskFinder]", current_app.extensions.get("merit_tasks", ()))
    return [task for finder in finders for task in finder(tx, village_id, staff_id, roles)]


def visible(entries: Sequence[MenuEntry], roles: Collection[str]) -> list[MenuEntry]:
    """The entries that somebody with these roles may open, in order."""
    return [entry for entry in entries if not entry.roles or entry.roles.intersection(roles)]


def office_menu() -> list[MenuEntry]:
    """The menu of whoever is signed in, for the village this page is about."""
    entries = cast("Sequence[MenuEntry]", current_app.extensions.get("merit_menu", ()))
    return visible(entries, g.get("roles") or ())
