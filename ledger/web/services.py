"""What every page, job and command works with: database, clock, settings, ids. Made once, handed down, never global."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import uuid6
from flask import current_app

from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.web.clock import Clock, DemoClock, SystemClock

__all__ = ["Clock", "CommandContext", "DemoClock", "Services", "SystemClock", "open_services", "services"]


@dataclass(frozen=True)
class Services:
    """``clock`` is the village's time (ahead in the demo); ``wall`` is real time, for sessions and locks."""

    database: Database
    clock: Clock
    settings: LedgerSettings
    new_id: Callable[[], UUID] = uuid6.uuid7
    random_bytes: Callable[[int], bytes] = os.urandom
    wall: Clock = field(default_factory=SystemClock)


class CommandContext:
    """What click's ``ctx.obj`` holds: the services, opened when a command first asks, so that ``--help`` touches nothing."""

    def __init__(self, services: Services | Callable[[], Services]) -> None:
        self._services = services

    @property
    def services(self) -> Services:
        """The services, opened by now."""
        if not isinstance(self._services, Services):
            self._services = self._services()
        return self._services

    def close(self) -> None:
        """Finish what is under way, if anything was opened."""
        if isinstance(self._services, Services):
            self._services.database.close()


def open_services(settings: LedgerSettings) -> Services:
    """Services on the settings' database. Nothing is read or written yet."""
    clock: Clock = DemoClock(settings.clock_file) if settings.clock_file else SystemClock()
    return Services(Database(settings.url), clock, settings)


def services() -> Services:
    """The services of the application that answers this request."""
    return cast(Services, current_app.extensions["merit"])
