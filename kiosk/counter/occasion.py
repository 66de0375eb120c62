"""When and where a paper is printed, and how it writes figures and times there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kiosk.counter.names import mark_of
from schemas.kiosk_api import Limits, SnapshotClerk, SnapshotVillage
from schemas.points import points_text

_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where a paper is printed: the village and its limits, the copy's number, the time, whether nothing counts, and who may
    have served."""

    village: SnapshotVillage
    limits: Limits
    copy: int
    printed_at: datetime
    demo: bool = False
    clerks: tuple[SnapshotClerk, ...] = ()

    def mark(self, login: str) -> str:
        """Who that is, as papers say it: 经手 周**. The entry keeps the login."""
        return mark_of(login, self.clerks)

    def marked(self, login: str | None) -> str | None:
        """The same of somebody who may not have been there."""
        return None if login is None else self.mark(login)

    @property
    def again(self) -> str:
        """What a further copy says beside its number, where the paper has no line of its own for it."""
        return f" 补打第{self.copy}次" if self.copy else ""

    def points(self, amount: int) -> str:
        """In the village's unit, without 分."""
        return points_text(amount, self.village.decimals)

    def local(self, instant: datetime) -> datetime:
        """On the village's clock."""
        return instant.astimezone(ZoneInfo(self.village.timezone))

    def when(self, instant: datetime) -> str:
        """ "2026-11-18 10:24"."""
        return f"{self.local(instant):%Y-%m-%d %H:%M}"


def dated(day: date) -> str:
    """ "2026-11-18（周三）"."""
    return f"{day:%Y-%m-%d}（周{_WEEKDAYS[day.weekday()]}）"
