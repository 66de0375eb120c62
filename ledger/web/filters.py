"""How figures and days are written on a page: 11月25日, 周三, 10:24, 1.5, 加分 +5, 兑换 −10."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, g

from schemas.points import points_text

DEFAULT_ZONE = "Asia/Shanghai"
_WEEK = "一二三四五六日"


def add_filters(app: Flask) -> None:
    """Register the filters under their own names."""
    for filter_ in (points, signed, day, weekday, local, clock_time, moment):
        app.add_template_filter(filter_)


def points(amount: int, decimals: int) -> str:
    """Minor units as people write them, "1.5" or "−10"."""
    return points_text(amount, decimals)


def signed(amount: int, decimals: int) -> str:
    """As ``points``, with a plus before what was earned."""
    return f"+{points_text(amount, decimals)}" if amount > 0 else points_text(amount, decimals)


def local(instant: datetime, zone: str | None = None) -> datetime:
    """The instant on the clocks of ``zone``, by default those of the village this page is about."""
    here: str = getattr(g.get("village"), "timezone", DEFAULT_ZONE)
    return instant.astimezone(ZoneInfo(zone or here))


def day(when: date | datetime, zone: str | None = None) -> str:
    """ "11月25日"; an instant's day is the village's day."""
    there = local(when, zone) if isinstance(when, datetime) else when
    return f"{there.month}月{there.day}日"


def weekday(when: date | datetime, zone: str | None = None) -> str:
    """ "周三"."""
    there = local(when, zone) if isinstance(when, datetime) else when
    return f"周{_WEEK[there.weekday()]}"


def clock_time(instant: datetime, zone: str | None = None) -> str:
    """ "10:24"."""
    return local(instant, zone).strftime("%H:%M")


def moment(instant: datetime, zone: str | None = None) -> str:
    """ "11月25日 10:24"."""
    return f"{day(instant, zone)} {clock_time(instant, zone)}"
